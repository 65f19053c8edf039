//! Places: what people type, as codes. Countries become ISO 3166-1 alpha-2; Chinese provinces and cities become
//! GB/T 2260. The lists are vendored; `shared/data/README.md` names their sources.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Where a company sits, as far as it could be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: Option<&'static str>,
    /// The two digits of a Chinese province in GB/T 2260.
    pub province: Option<&'static str>,
    /// The four digits of a prefecture-level division (six for a county that answers to its province), or the
    /// province's two digits and `00` for a municipality.
    pub city: Option<&'static str>,
}

/// Reads what a form says about a company's place. A city alone implies its province, and a province its country; a
/// stated country that is not Chinese keeps Chinese homonyms out.
pub fn place(country: Option<&str>, province: Option<&str>, city: Option<&str>) -> Place {
    let stated = country.and_then(country_code);
    if stated.is_some_and(|code| !matches!(code, "CN" | "HK" | "MO" | "TW")) {
        return Place { country: stated, ..Place::default() };
    }
    let home = stated.and_then(special_region);
    let of_field = province.and_then(province_code).or(home);
    let city = city.and_then(|text| city_code(text, of_field)).or_else(|| of_field.and_then(municipality));
    let province = of_field.or_else(|| city.and_then(province_of));
    Place { country: stated.or_else(|| province.map(country_of)), province, city }
}

/// The alpha-2 code of a country given as alpha-2, alpha-3, or by its English or Chinese name.
pub fn country_code(text: &str) -> Option<&'static str> {
    COUNTRIES.get(&folded(text)).copied()
}

/// The two GB/T 2260 digits of a Chinese province, in Chinese (short or long) or English.
pub fn province_code(text: &str) -> Option<&'static str> {
    let key = folded(text);
    PROVINCES.get(&key).or_else(|| PROVINCES.get(key.strip_suffix("province")?)).copied()
}

/// The code of a Chinese city, in Chinese (with or without its suffix) or pinyin. County-level cities answer with their
/// prefecture. A name that several provinces know needs `province`.
pub fn city_code(text: &str, province: Option<&str>) -> Option<&'static str> {
    let key = folded(text);
    let found = CITIES.get(&key).or_else(|| CITIES.get(key.strip_suffix("city")?))?;
    let mut fitting = found.iter().filter(|code| province.is_none_or(|province| code.starts_with(province)));
    let first = *fitting.next()?;
    match fitting.next() {
        None => Some(first),
        // Pinyin that two cities share; the far larger one is meant when nothing else is said.
        Some(_) => LARGER_HOMONYMS.iter().copied().find(|code| found.contains(code)),
    }
}

/// The country whose numbering plan applies: the special regions have one of their own, even where a form says China.
pub fn phone_region(place: &Place) -> Option<&'static str> {
    place.province.map(country_of).or(place.country)
}

/// Every country that [`place`] can answer.
pub(crate) fn countries() -> BTreeSet<&'static str> {
    COUNTRIES.values().copied().collect()
}

/// Every province that [`place`] can answer.
pub(crate) fn provinces() -> BTreeSet<&'static str> {
    PROVINCES.values().copied().collect()
}

/// Every city that [`place`] can answer.
pub(crate) fn cities() -> BTreeSet<&'static str> {
    CITIES.values().flatten().copied().collect()
}

/// Whether text holds Chinese characters.
pub fn has_han(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{2ebef}'))
}

/// Lower case, NFKC, accents and everything but letters and digits dropped: `Côte d’Ivoire` and `cote d'ivoire` meet.
fn folded(text: &str) -> String {
    text.nfkd().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn special_region(country: &'static str) -> Option<&'static str> {
    match country {
        "TW" => Some("71"),
        "HK" => Some("81"),
        "MO" => Some("82"),
        _ => None,
    }
}

fn country_of(province: &'static str) -> &'static str {
    match province {
        "71" => "TW",
        "81" => "HK",
        "82" => "MO",
        _ => "CN",
    }
}

fn municipality(province: &'static str) -> Option<&'static str> {
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

fn province_of(city: &'static str) -> Option<&'static str> {
    city.get(..2)
}

static COUNTRIES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut index = HashMap::new();
    for line in include_str!("../data/countries.tsv").lines() {
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

static PROVINCES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut index = HashMap::new();
    for (code, spellings) in CHINESE_PROVINCES {
        index.insert((*code).to_owned(), *code);
        index.insert(format!("{code}0000"), *code);
        for spelling in *spellings {
            index.insert(folded(spelling), *code);
        }
    }
    index
});

static CITIES: LazyLock<HashMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let mut index: HashMap<String, Vec<&'static str>> = HashMap::new();
    let mut add = |spelling: &str, code: &'static str, prefecture: bool| {
        let codes = index.entry(folded(spelling)).or_default();
        // A prefecture's own name wins over a county-level city elsewhere of that name.
        let taken = codes.iter().any(|known| prefecture_level(known));
        if !codes.contains(&code) && (prefecture || !taken) {
            codes.push(code);
        }
    };
    let lines: Vec<_> = include_str!("../data/cn-cities.tsv").lines().collect();
    for wanted in [true, false] {
        for line in &lines {
            let mut columns = line.split('\t');
            let (Some(code), Some(name)) = (columns.next(), columns.next()) else { continue };
            let prefecture = code.len() == 4;
            if prefecture != wanted {
                continue;
            }
            let answer = if prefecture || directly_governed(code) { code } else { code.get(..4).unwrap_or(code) };
            add(name, answer, prefecture);
            add(without_suffix(name), answer, prefecture);
            if let Some(pinyin) = columns.next() {
                add(pinyin, answer, prefecture);
            }
            if prefecture {
                add(code, answer, true);
                add(&format!("{code}00"), answer, true);
            }
        }
    }
    for (code, spellings) in CHINESE_PROVINCES {
        if let Some(city) = municipality(code) {
            spellings.iter().for_each(|spelling| add(spelling, city, true));
            add(city, city, true);
        }
    }
    for (name, code) in [("台北", "7101"), ("台北市", "7101"), ("taipei", "7101"), ("新北", "7102"), ("高雄", "7103")]
    {
        add(name, code, true);
    }
    index
});

fn prefecture_level(code: &str) -> bool {
    code.len() == 4
}

/// Counties and cities under their province itself have a placeholder as prefecture, so they answer with all six digits.
fn directly_governed(code: &str) -> bool {
    ["4190", "4290", "4690", "6590"].iter().any(|placeholder| code.starts_with(placeholder))
}

fn without_suffix(name: &str) -> &str {
    ["地区", "市", "盟", "林区"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix).filter(|rest| rest.chars().count() >= 2))
        .unwrap_or(name)
}

/// `suzhou`, `fuzhou`: Jiangsu's and Fujian's.
const LARGER_HOMONYMS: &[&str] = &["3205", "3501"];

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

/// GB/T 2260 codes of the 34 provinces, and how people write them.
const CHINESE_PROVINCES: &[(&str, &[&str])] = &[
    ("11", &["北京", "北京市", "Beijing", "Peking"]),
    ("12", &["天津", "天津市", "Tianjin"]),
    ("13", &["河北", "河北省", "Hebei"]),
    ("14", &["山西", "山西省", "Shanxi"]),
    ("15", &["内蒙古", "内蒙", "内蒙古自治区", "Inner Mongolia", "Neimenggu"]),
    ("21", &["辽宁", "辽宁省", "Liaoning"]),
    ("22", &["吉林", "吉林省", "Jilin"]),
    ("23", &["黑龙江", "黑龙江省", "Heilongjiang"]),
    ("31", &["上海", "上海市", "Shanghai"]),
    ("32", &["江苏", "江苏省", "Jiangsu"]),
    ("33", &["浙江", "浙江省", "Zhejiang"]),
    ("34", &["安徽", "安徽省", "Anhui"]),
    ("35", &["福建", "福建省", "Fujian"]),
    ("36", &["江西", "江西省", "Jiangxi"]),
    ("37", &["山东", "山东省", "Shandong"]),
    ("41", &["河南", "河南省", "Henan"]),
    ("42", &["湖北", "湖北省", "Hubei"]),
    ("43", &["湖南", "湖南省", "Hunan"]),
    ("44", &["广东", "广东省", "Guangdong", "Canton"]),
    ("45", &["广西", "广西壮族自治区", "广西省", "Guangxi"]),
    ("46", &["海南", "海南省", "Hainan"]),
    ("50", &["重庆", "重庆市", "Chongqing"]),
    ("51", &["四川", "四川省", "Sichuan"]),
    ("52", &["贵州", "贵州省", "Guizhou"]),
    ("53", &["云南", "云南省", "Yunnan"]),
    ("54", &["西藏", "西藏自治区", "Tibet", "Xizang"]),
    ("61", &["陕西", "陕西省", "Shaanxi"]),
    ("62", &["甘肃", "甘肃省", "Gansu"]),
    ("63", &["青海", "青海省", "Qinghai"]),
    ("64", &["宁夏", "宁夏回族自治区", "Ningxia"]),
    ("65", &["新疆", "新疆维吾尔自治区", "Xinjiang"]),
    ("71", &["台湾", "台湾省", "臺灣", "Taiwan"]),
    ("81", &["香港", "香港特别行政区", "Hong Kong"]),
    ("82", &["澳门", "澳门特别行政区", "Macau", "Macao"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_as_people_type_them() {
        let rows: &[(&str, &str, &str, [&str; 3])] = &[
            ("China", "", "", ["CN", "", ""]),
            ("中国", "江苏省", "苏州市", ["CN", "32", "3205"]),
            ("", "江苏", "昆山", ["CN", "32", "3205"]),
            ("", "", "昆山市", ["CN", "32", "3205"]),
            ("", "", "深圳", ["CN", "44", "4403"]),
            ("", "", "ShenZhen", ["CN", "44", "4403"]),
            ("", "", "Shenzhen City", ["CN", "44", "4403"]),
            ("cn", "Guangdong Province", "", ["CN", "44", ""]),
            ("", "上海市", "", ["CN", "31", "3100"]),
            ("", "", "Shanghai", ["CN", "31", "3100"]),
            ("", "北京市", "朝阳区", ["CN", "11", "1100"]),
            ("", "", "重庆", ["CN", "50", "5000"]),
            ("", "内蒙古自治区", "呼和浩特", ["CN", "15", "1501"]),
            ("", "湖北", "仙桃", ["CN", "42", "429004"]),
            ("", "", "Suzhou", ["CN", "32", "3205"]),
            ("CN", "Anhui", "Suzhou", ["CN", "34", "3413"]),
            ("", "", "Taizhou", ["", "", ""]),
            ("", "Zhejiang", "Taizhou", ["CN", "33", "3310"]),
            ("", "吉林", "吉林", ["CN", "22", "2202"]),
            ("", "海南", "", ["CN", "46", ""]),
            ("", "Shanxi", "", ["CN", "14", ""]),
            ("", "Shaanxi", "西安", ["CN", "61", "6101"]),
            ("Hong Kong", "", "", ["HK", "81", "8100"]),
            ("中国香港", "", "", ["HK", "81", "8100"]),
            ("CN", "香港", "", ["CN", "81", "8100"]),
            ("", "台湾", "", ["TW", "71", ""]),
            ("Germany", "Bavaria", "München", ["DE", "", ""]),
            ("deutschland", "", "", ["DE", "", ""]),
            ("USA", "California", "", ["US", "", ""]),
            ("U.S.A.", "", "", ["US", "", ""]),
            ("us", "", "Shanghai", ["US", "", ""]),
            ("英国", "", "", ["GB", "", ""]),
            ("DEU", "", "", ["DE", "", ""]),
            ("Cote d'Ivoire", "", "", ["CI", "", ""]),
            ("Türkiye", "", "", ["TR", "", ""]),
            ("Turkey", "", "", ["TR", "", ""]),
            ("ＣＮ", "", "", ["CN", "", ""]),
            ("Atlantis", "", "", ["", "", ""]),
            ("", "", "", ["", "", ""]),
        ];
        for (country, province, city, expected) in rows {
            let given = |text: &'static str| (!text.is_empty()).then_some(text);
            let place = place(given(country), given(province), given(city));
            let found = [place.country, place.province, place.city].map(Option::unwrap_or_default);
            assert_eq!(&found, expected, "{country} / {province} / {city}");
        }
    }

    #[test]
    fn a_numbering_plan_follows_the_special_region() {
        let hong_kong = place(Some("CN"), Some("香港"), None);
        assert_eq!(phone_region(&hong_kong), Some("HK"));
        assert_eq!(phone_region(&place(Some("France"), None, None)), Some("FR"));
    }
}
