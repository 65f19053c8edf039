//! Chinese divisions in the spellings that people use. The spellings are made here, from the official names as they stand
//! in `shared/data/cn-divisions.tsv` (columns 1 and 2) and pinyin (column 4), by rules of this test's own.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

use leads::geo::place;

/// Names of peoples in the names of autonomous divisions, longest first, and in English.
const PEOPLES: &[(&str, &str)] = &[
    ("柯尔克孜族", "Kirgiz"),
    ("柯尔克孜", "Kirgiz"),
    ("维吾尔", "Uygur"),
    ("哈萨克", "Kazak"),
    ("朝鲜族", "Korean"),
    ("土家族", "Tujia"),
    ("布依族", "Buyei"),
    ("哈尼族", "Hani"),
    ("景颇族", "Jingpo"),
    ("傈僳族", "Lisu"),
    ("蒙古族", "Mongolian"),
    ("蒙古", "Mongolian"),
    ("藏族", "Tibetan"),
    ("回族", "Hui"),
    ("苗族", "Miao"),
    ("侗族", "Dong"),
    ("彝族", "Yi"),
    ("壮族", "Zhuang"),
    ("傣族", "Dai"),
    ("白族", "Bai"),
    ("羌族", "Qiang"),
];

struct Division {
    code: &'static str,
    name: &'static str,
    /// The first name in Latin letters: pinyin, or what maps use in its place.
    latin: &'static str,
    all_latin: Vec<&'static str>,
}

fn divisions(digits: usize) -> Vec<Division> {
    let rows = include_str!("../data/cn-divisions.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.split('\t').collect::<Vec<_>>())
        .filter(|cells| cells[0].len() == digits)
        .map(|cells| {
            let all_latin: Vec<_> = cells[3].split(';').collect();
            Division { code: cells[0], name: cells[1], latin: all_latin[0], all_latin }
        })
        .collect()
}

/// The name proper, what kind of division it is, and its peoples in English.
fn taken_apart(name: &str) -> (String, &'static str, Vec<&'static str>) {
    let kinds = ["特别行政区", "自治区", "自治州", "地区", "省", "市", "盟"];
    let kind = kinds.into_iter().find(|kind| name.ends_with(kind)).unwrap();
    let mut rest = name.strip_suffix(kind).unwrap().to_owned();
    let mut peoples = Vec::new();
    while kind.starts_with("自治") {
        // 内蒙古自治区 is named after no people.
        let found = PEOPLES.iter().find(|(chinese, _)| rest.ends_with(chinese) && rest != "内蒙古");
        let Some((chinese, english)) = found else { break };
        rest = rest.strip_suffix(chinese).unwrap().to_owned();
        peoples.insert(0, *english);
    }
    (rest, kind, peoples)
}

fn capital(pinyin: &str) -> String {
    let mut letters = pinyin.chars();
    letters.next().unwrap().to_uppercase().chain(letters).collect()
}

/// What a form's fields answer with: province and city.
fn found(province: Option<&str>, city: Option<&str>) -> (Option<&'static str>, Option<&'static str>) {
    let place = place(None, province, city);
    (place.province, place.city)
}

#[test]
fn every_province_in_every_spelling() {
    let provinces = divisions(2);
    let (mut tried, mut wrong) = (0, Vec::new());
    for province in &provinces {
        let (short, kind, peoples) = taken_apart(province.name);
        let latin = capital(province.latin);
        let mut spellings = vec![province.name.to_owned(), short.clone(), province.latin.to_owned()];
        spellings.push(latin.to_uppercase());
        spellings.push(format!("中国{}", province.name));
        spellings.push(format!("{latin}, China"));
        match kind {
            "省" => spellings.extend([format!("{latin} Province"), format!("{latin} Sheng")]),
            "市" => {
                spellings.extend([format!("{latin} City"), format!("{latin} Municipality"), format!("{latin} Shi")]);
            }
            "自治区" if !peoples.is_empty() => {
                spellings.push(format!("{latin} {} Autonomous Region", peoples.join(" and ")));
            }
            _ => {}
        }
        spellings.extend(province.all_latin.iter().map(|name| (*name).to_owned()));
        for spelling in &spellings {
            tried += 1;
            if found(Some(spelling), None).0 != Some(province.code) {
                wrong.push(format!("{} as {spelling}", province.name));
            }
        }
        assert!(spellings.len() >= 5, "{}", province.name);
    }
    for (spelling, code) in [
        ("内蒙", "15"),
        ("Inner Mongolia", "15"),
        ("Inner Mongolia Autonomous Region", "15"),
        ("Tibet", "54"),
        ("Canton", "44"),
        ("Hong Kong", "81"),
        ("Hong Kong SAR", "81"),
        ("Macau", "82"),
        ("Macao", "82"),
        ("CN-GD", "44"),
        ("粤", "44"),
        ("440000", "44"),
        ("Shaanxi", "61"),
        ("Shanxi", "14"),
    ] {
        tried += 1;
        if found(Some(spelling), None).0 != Some(code) {
            wrong.push(format!("{code} as {spelling}"));
        }
    }
    println!("{} provinces in {tried} spellings", provinces.len());
    assert!(wrong.is_empty(), "{} of {tried}: {}", wrong.len(), wrong.join("; "));
    assert_eq!(provinces.len(), 34);
}

/// Each spelling is tried beside its province; and alone, where no other division shares it, or the division is the one
/// meant by default.
#[test]
fn every_prefecture_in_every_spelling() {
    let (provinces, prefectures) = (divisions(2), divisions(4));
    let of = |code: &str| provinces.iter().find(|province| province.code == &code[..2]).unwrap();
    let (mut tried, mut alone, mut homonyms, mut wrong) = (0, 0, Vec::new(), Vec::new());
    for prefecture in &prefectures {
        let province = of(prefecture.code);
        let (province_short, ..) = taken_apart(province.name);
        let (short, kind, peoples) = taken_apart(prefecture.name);
        let latin = capital(prefecture.latin);
        let province_latin = capital(province.latin);
        let mut spellings = vec![prefecture.name.to_owned(), short.clone(), latin.clone(), latin.to_uppercase()];
        match kind {
            "市" => spellings.extend([format!("{latin} City"), format!("{latin} Shi"), format!("{latin}shi")]),
            "地区" => spellings.extend([format!("{latin} Prefecture"), format!("{latin} Diqu")]),
            "盟" => spellings.extend([format!("{latin} League"), format!("{latin} Meng")]),
            _ => spellings.extend([
                format!("{short}州"),
                format!("{latin} Prefecture"),
                format!("{latin} {} Autonomous Prefecture", peoples.join(" and ")),
            ]),
        }
        let whole = [
            format!("{}{}", province.name, prefecture.name),
            format!("{province_short}{short}"),
            format!("中国{}{}", province.name, prefecture.name),
            format!("{latin}, {province_latin}"),
            format!("{latin} City, {province_latin} Province, China"),
        ];
        let right = (Some(province.code), Some(prefecture.code));
        for spelling in
            spellings.iter().chain(&prefecture.all_latin.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())
        {
            tried += 1;
            if found(Some(province.name), Some(spelling)) != right
                || found(Some(&province_latin), Some(spelling)) != right
            {
                wrong.push(format!("{} as {spelling} beside its province", prefecture.name));
            }
        }
        for spelling in &whole {
            tried += 1;
            if found(None, Some(spelling)) != right {
                wrong.push(format!("{} as {spelling}", prefecture.name));
            }
        }
        let shares = |other: &Division| {
            other.code != prefecture.code && other.all_latin.iter().any(|n| prefecture.all_latin.contains(n))
        };
        // 海南 alone is the province, whatever Qinghai calls a prefecture.
        let is_a_province = provinces.iter().any(|p| p.code != province.code && taken_apart(p.name).0 == short);
        if prefectures.iter().any(shares) || is_a_province {
            homonyms.push(format!("{short} {latin}"));
            let default = ["3205", "3501"].contains(&prefecture.code);
            let answer = found(None, Some(&latin));
            let expected = if is_a_province {
                (Some("46"), None)
            } else if default {
                right
            } else {
                answer
            };
            if answer != expected || (!default && answer == right) {
                wrong.push(format!("{latin} alone is {answer:?}"));
            }
            continue;
        }
        alone += 1;
        for spelling in &spellings {
            tried += 1;
            if found(None, Some(spelling)) != right {
                wrong.push(format!("{} as {spelling} alone: {:?}", prefecture.name, found(None, Some(spelling))));
            }
        }
    }
    println!(
        "{} prefecture-level divisions in {tried} spellings; {alone} need no province, homonyms: {}",
        prefectures.len(),
        homonyms.join(", ")
    );
    assert!(wrong.is_empty(), "{} of {tried}: {}", wrong.len(), wrong.join("; "));
    assert_eq!((prefectures.len(), alone + homonyms.len()), (333, 333));
}

#[test]
fn what_is_no_chinese_place_stays_unknown() {
    for city in ["London", "Paris", "Springfield", "伦敦", "Nowhere City", "City", "市", "Province", "州", ""] {
        assert_eq!(found(None, Some(city)), (None, None), "{city}");
    }
}
