//! Places: what people type, as codes. Countries become ISO 3166-1 alpha-2; Chinese provinces and cities become
//! GB/T 2260. The lists are vendored; `shared/data/README.md` names their sources.

mod countries;
mod divisions;

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

pub use countries::{country_code, country_name};
pub use divisions::{city_code, province_code};

pub(crate) use countries::countries;
pub(crate) use divisions::{cities, provinces};

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
    // Some forms ask for the city alone, and people name the province in it.
    let named = province.and_then(province_code).or(home).or_else(|| city.and_then(province_code));
    let city = city.and_then(|text| city_code(text, named)).or_else(|| named.and_then(divisions::municipality));
    let province = named.or_else(|| city.and_then(divisions::province_of));
    Place { country: stated.or_else(|| province.map(country_of)), province, city }
}

/// The country whose numbering plan applies: the special regions have one of their own, even where a form says China.
pub fn phone_region(place: &Place) -> Option<&'static str> {
    place.province.map(country_of).or(place.country)
}

/// Whether text holds Chinese characters.
pub fn has_han(text: &str) -> bool {
    text.chars().any(is_han)
}

pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{2ebef}')
}

/// Lower case, NFKC, accents and everything but letters and digits dropped: `Côte d’Ivoire` and `cote d'ivoire` meet.
fn folded(text: &str) -> Cow<'_, str> {
    // Most of what the lists have, which are folded with every start of a function.
    let already = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || is_han(c);
    if text.chars().all(already) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfkd().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
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
