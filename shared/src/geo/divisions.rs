//! Chinese provinces and cities as codes of GB/T 2260, whatever the spelling: in Chinese with or without what a division
//! is called, in pinyin, in customary English, with the province before or behind.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::folded;

/// The two GB/T 2260 digits of a Chinese province, in Chinese (short or long), pinyin or English.
pub fn province_code(text: &str) -> Option<&'static str> {
    let key = folded(text);
    forms(without_country(&key), PROVINCE_WORDS).find_map(|key| INDEX.provinces.get(key).copied())
}

/// The code of a Chinese city or prefecture. County-level cities answer with their prefecture. A name that several
/// provinces know needs `province`, or names it itself: `Taizhou, Zhejiang`, `浙江省台州市`.
pub fn city_code(text: &str, province: Option<&str>) -> Option<&'static str> {
    let key = folded(text);
    let key = without_country(&key);
    let alone = forms(key, CITY_WORDS).find_map(|key| INDEX.city(key, province));
    alone.or_else(|| {
        let provinces = INDEX.long_provinces.iter().filter(|(_, code)| province.is_none_or(|wanted| wanted == *code));
        provinces
            .flat_map(|(spelling, code)| beside(key, spelling).map(move |city| (city, *code)))
            .find_map(|(city, province)| forms(city, CITY_WORDS).find_map(|city| INDEX.city(city, Some(province))))
    })
}

/// Every province that [`super::place`] can answer.
pub(crate) fn provinces() -> BTreeSet<&'static str> {
    INDEX.provinces.values().copied().collect()
}

/// Every city that [`super::place`] can answer.
pub(crate) fn cities() -> BTreeSet<&'static str> {
    INDEX.cities.iter().map(|(_, city)| city.code).collect()
}

/// The code that a municipality or special region has as a city.
pub(super) fn municipality(province: &str) -> Option<&'static str> {
    match province {
        "11" => Some("1100"),
        "12" => Some("1200"),
        "31" => Some("3100"),
        "50" => Some("5000"),
        "81" => Some("8100"),
        "82" => Some("8200"),
        _ => None,
    }
}

/// The province of a city's code.
pub(super) fn province_of(city: &'static str) -> Option<&'static str> {
    city.get(..2)
}

/// What English and pinyin add to a province's name, folded.
const PROVINCE_WORDS: &[&str] =
    &["specialadministrativeregion", "autonomousregion", "municipality", "province", "sheng", "city", "shi", "sar"];

/// What they add to a city's.
const CITY_WORDS: &[&str] = &[
    "autonomousprefecture",
    "prefecturelevelcity",
    "municipality",
    "prefecture",
    "diqu",
    "city",
    "league",
    "meng",
    "zhou",
    "shi",
];

/// A name as it is, then without one of `words` behind it.
fn forms<'k>(key: &'k str, words: &'static [&'static str]) -> impl Iterator<Item = &'k str> {
    std::iter::once(key).chain(words.iter().filter_map(move |word| key.strip_suffix(word)))
}

/// Drops the country before or behind.
fn without_country(key: &str) -> &str {
    let rest = key.strip_prefix("中国").or_else(|| key.strip_suffix("prchina")).or_else(|| key.strip_suffix("china"));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(key)
}

/// What stands behind a province, as Chinese has it, or before one, as English has it.
fn beside<'k>(key: &'k str, province: &'k str) -> impl Iterator<Item = &'k str> {
    let before = forms(key, PROVINCE_WORDS).filter_map(move |key| key.strip_suffix(province));
    key.strip_prefix(province).into_iter().chain(before)
}

struct Index {
    provinces: BTreeMap<Cow<'static, str>, &'static str>,
    /// Spellings of provinces that are long enough to be looked for beside a city.
    long_provinces: Vec<(Cow<'static, str>, &'static str)>,
    /// By spelling and code: sorted once, which is quicker than to hash each at the start of a function.
    cities: Vec<(Cow<'static, str>, City)>,
}

/// What a spelling may mean.
#[derive(Clone, Copy, PartialEq, Eq)]
struct City {
    code: &'static str,
    /// Whether it names the prefecture-level division itself, not a county-level city of it.
    itself: bool,
}

impl Index {
    fn city(&self, key: &str, province: Option<&str>) -> Option<&'static str> {
        // Alone, 海南 is the province, though Qinghai has a prefecture of that name.
        let province = province.or_else(|| self.provinces.get(key).copied());
        let fitting = |city: &&City| province.is_none_or(|province| city.code.starts_with(province));
        let start = self.cities.partition_point(|(spelling, _)| spelling.as_ref() < key);
        let spelt = self.cities.iter().skip(start).take_while(|(spelling, _)| spelling == key).map(|(_, city)| city);
        let found: Vec<&City> = spelt.filter(fitting).collect();
        // A prefecture's own name comes before a county-level city of that name elsewhere.
        let any_itself = found.iter().any(|city| city.itself);
        let codes: Vec<_> = found.iter().filter(|city| city.itself || !any_itself).map(|city| city.code).collect();
        match codes.as_slice() {
            [] => None,
            [only] => Some(only),
            // Pinyin that two cities share; the far larger one is meant when nothing else is said.
            several => LARGER_HOMONYMS.iter().copied().find(|code| several.contains(code)),
        }
    }

    fn add_province(&mut self, key: Cow<'static, str>, code: &'static str) {
        // Two Chinese characters, or a word of Latin letters.
        if key.chars().count() >= if key.is_ascii() { 5 } else { 2 } {
            self.long_provinces.push((key.clone(), code));
        }
        self.provinces.insert(key, code);
    }

    fn add_city(&mut self, key: Cow<'static, str>, code: &'static str, itself: bool) {
        self.cities.push((key, City { code, itself }));
    }

    /// To be done once all are added. Of two entries that mean the same the first stays.
    fn sort(&mut self) {
        self.cities.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.code.cmp(other.code)));
        self.cities.dedup_by(|(b, other), (a, one)| a == b && one.code == other.code);
    }
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index { provinces: BTreeMap::new(), long_provinces: Vec::new(), cities: Vec::new() };
    // Provinces, then prefectures, then county-level cities: the file's order.
    for line in include_str!("../../data/cn-divisions.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (Some(code), Some(name)) = (columns.next(), columns.next()) else { continue };
        let more = columns.flat_map(|column| column.split(';')).filter(|spelling| !spelling.is_empty());
        let names = std::iter::once(name).chain(more).map(folded);
        let codes = [Cow::Borrowed(code), Cow::Owned(format!("{code:0<6}"))];
        match code.len() {
            2 => {
                names.clone().chain(codes).for_each(|key| index.add_province(key, code));
                if let Some(city) = municipality(code) {
                    names.chain([Cow::Borrowed(city)]).for_each(|key| index.add_city(key, city, true));
                }
            }
            4 => names.chain(codes).for_each(|key| index.add_city(key, code, true)),
            _ => {
                let answer = if directly_governed(code) { code } else { code.get(..4).unwrap_or(code) };
                names.for_each(|key| index.add_city(key, answer, false));
            }
        }
    }
    for (spelling, code) in TAIWAN {
        index.add_city(folded(spelling), code, true);
    }
    index.sort();
    index
});

/// Counties and cities under their province itself have a placeholder as prefecture, so they answer with all six digits.
fn directly_governed(code: &str) -> bool {
    ["4190", "4290", "4690", "6590"].iter().any(|placeholder| code.starts_with(placeholder))
}

/// `suzhou`, `fuzhou`: Jiangsu's and Fujian's.
const LARGER_HOMONYMS: &[&str] = &["3205", "3501"];

/// Cities of Taiwan, to which GB/T 2260 gives no codes; these are ours.
const TAIWAN: &[(&str, &str)] = &[
    ("台北", "7101"),
    ("台北市", "7101"),
    ("臺北", "7101"),
    ("taipei", "7101"),
    ("新北", "7102"),
    ("new taipei", "7102"),
    ("高雄", "7103"),
    ("kaohsiung", "7103"),
];
