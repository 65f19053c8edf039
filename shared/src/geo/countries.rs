//! Countries as ISO 3166-1 alpha-2.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::folded;

/// The alpha-2 code of a country given as alpha-2, alpha-3, or by its English or Chinese name.
pub fn country_code(text: &str) -> Option<&'static str> {
    COUNTRIES.get(folded(text).as_ref()).copied()
}

/// The English and the Chinese name of an alpha-2 code.
pub fn country_name(code: &str) -> Option<(&'static str, &'static str)> {
    let mut rows = LIST.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t'));
    let mut columns = rows.find_map(|mut columns| (columns.next() == Some(code)).then_some(columns))?;
    Some((columns.nth(1)?, columns.next()?))
}

/// Every country that [`super::place`] can answer.
pub(crate) fn countries() -> BTreeSet<&'static str> {
    COUNTRIES.values().copied().collect()
}

/// Alpha-2, alpha-3, English name, Chinese name.
const LIST: &str = include_str!("../../data/countries.tsv");

static COUNTRIES: LazyLock<HashMap<Cow<'static, str>, &'static str>> = LazyLock::new(|| {
    let mut index = HashMap::new();
    for line in LIST.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let Some(code) = columns.next() else { continue };
        for spelling in std::iter::once(code).chain(columns) {
            index.insert(folded(spelling), code);
        }
    }
    for (code, spellings) in MORE_COUNTRIES {
        for spelling in *spellings {
            index.insert(folded(spelling), *code);
        }
    }
    index
});

/// Spellings beyond ISO's and CLDR's.
const MORE_COUNTRIES: &[(&str, &[&str])] = &[
    ("AE", &["UAE", "Emirates", "迪拜"]),
    ("BA", &["Bosnia"]),
    ("BR", &["Brasil"]),
    ("CH", &["Schweiz", "Suisse"]),
    (
        "CN",
        &[
            "PRC",
            "P.R. China",
            "PR China",
            "People's Republic of China",
            "Mainland China",
            "中国大陆",
            "中华人民共和国",
            "大陆",
        ],
    ),
    ("CZ", &["Czech Republic"]),
    ("DE", &["Deutschland"]),
    ("ES", &["España"]),
    ("GB", &["UK", "Great Britain", "England", "Scotland", "Wales", "Northern Ireland", "Britain"]),
    ("HK", &["Hong Kong", "Hongkong", "香港", "中国香港"]),
    ("IT", &["Italia"]),
    ("KR", &["Korea", "Republic of Korea", "南韩", "大韩民国"]),
    ("MO", &["Macau", "Macao", "澳门", "中国澳门"]),
    ("NL", &["Holland", "The Netherlands"]),
    ("RU", &["Russian Federation"]),
    ("SA", &["KSA"]),
    ("TR", &["Turkey"]),
    ("TW", &["中国台湾", "台灣", "臺灣"]),
    ("US", &["United States of America", "U.S.", "U.S.A.", "America"]),
    ("VN", &["Viet Nam"]),
];
