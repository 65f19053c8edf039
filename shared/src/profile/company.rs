//! Company names: what is left of a name without its legal form, and the key it is matched by.

use crate::geo;

use super::text::{nfkc, skeleton, words};

/// The key by which a company is known: the skeleton of its `bare_name`, which no look-alike letter changes. Not for
/// people to read.
pub fn company_key(name: &str) -> String {
    skeleton(&bare_name(name))
}

/// A company's name in lower case and NFKC, without legal form, branch and bracketed place and, in Chinese, without
/// spaces. A name that is nothing else keeps its last part.
fn bare_name(name: &str) -> String {
    let name = nfkc(name);
    // Dots belong to forms such as `S.p.A.`; dropped first, they leave one word.
    let dotless = |name: &str| words(&name.replace('.', ""));
    let mut key = Some(dotless(&without_place(&name))).filter(|key| !key.is_empty()).unwrap_or_else(|| dotless(&name));
    while let Some(shorter) = without_latin_form(&key) {
        key = shorter.to_owned();
    }
    if geo::has_han(&key) {
        key.retain(|c| c != ' ');
        while let Some(shorter) = without_chinese_form(&key) {
            key = shorter.to_owned();
        }
    }
    key
}

/// Drops a place in brackets: `西门子（中国）有限公司`, `Bosch (Shanghai)`. It says where, not who, and the account is
/// one. Codes of two letters stay, because `(IT)` and `(AI)` mean other things more often.
fn without_place(name: &str) -> String {
    let (mut kept, mut rest) = (String::new(), name);
    while let Some((before, (inside, after))) =
        rest.split_once('(').and_then(|(before, behind)| Some((before, behind.split_once(')')?)))
    {
        kept.push_str(before);
        if is_place(inside) {
            kept.push(' ');
        } else {
            kept.push_str(&format!("({inside})"));
        }
        rest = after;
    }
    kept + rest
}

fn is_place(text: &str) -> bool {
    let text = text.trim();
    let told_apart = text.len() > 2 || ["HK", "UK"].contains(&text);
    told_apart
        && (geo::country_code(text).is_some()
            || geo::province_code(text).is_some()
            || geo::city_code(text, None).is_some())
}

fn without_latin_form(key: &str) -> Option<&str> {
    let behind = ENDINGS.iter().find_map(|form| key.strip_suffix(form)?.strip_suffix(' '));
    behind.or_else(|| BEGINNINGS.iter().find_map(|form| key.strip_prefix(form)?.strip_prefix(' ')))
}

fn without_chinese_form(key: &str) -> Option<&str> {
    // A branch is no company of its own (Company Law of the PRC, article 13): what counts is its head.
    let head = key.strip_suffix("分公司").and_then(|rest| rest.get(..rest.find("公司")? + "公司".len()));
    let head = head.or_else(|| CHINESE_ENDINGS.iter().find_map(|form| key.strip_suffix(form)));
    head.or_else(|| CHINESE_BEGINNINGS.iter().find_map(|form| key.strip_prefix(form))).filter(|rest| !rest.is_empty())
}

// Legal forms after ISO 20275 (the GLEIF's list of entity legal forms), as far as companies write them in their names, in
// the shape that [`words`] leaves them in; put together by hand. Left out are forms that are ordinary words or initials
// (`me`, `da`, `pc`). Composed ones such as `GmbH & Co. KG` come off piece by piece.

/// At the end of a name.
const ENDINGS: &[&str] = &[
    // Those that end with another one
    "limited liability company",
    "limited liability partnership",
    "public limited company",
    "joint stock company",
    "gmbh und co",
    "gmbh und co kg",
    "oy ab",
    "fz llc",
    // English
    "ltd",
    "limited",
    "co",
    "company",
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "llc",
    "l l c",
    "llp",
    "lp",
    "plc",
    "pllc",
    "cic",
    "pte",
    "private",
    "pvt",
    "pty",
    "proprietary",
    "holding",
    "holdings",
    "group",
    // German
    "gmbh",
    "mbh",
    "gesellschaft mit beschränkter haftung",
    "ggmbh",
    "ag",
    "aktiengesellschaft",
    "kg",
    "kgaa",
    "ohg",
    "gbr",
    "ug haftungsbeschränkt",
    "ug",
    "ek",
    "e k",
    "eg",
    // French, Italian, Spanish, Portuguese
    "sa",
    "s a",
    "sas",
    "sasu",
    "sarl",
    "s à rl",
    "sà rl",
    "eurl",
    "snc",
    "scop",
    "selarl",
    "spa",
    "srl",
    "srls",
    "sapa",
    "soc coop",
    "sl",
    "slu",
    "sau",
    "sa de cv",
    "sab de cv",
    "sapi de cv",
    "s de rl de cv",
    "eirl",
    "cia",
    "lda",
    "ltda",
    "unipessoal",
    "eireli",
    "sgps",
    // Dutch
    "bv",
    "b v",
    "nv",
    "n v",
    "vof",
    "bvba",
    "sprl",
    "cvba",
    // Nordic
    "ab",
    "aktiebolag",
    "as",
    "a s",
    "asa",
    "aps",
    "ivs",
    "oy",
    "oyj",
    "abp",
    "ehf",
    "hf",
    // Central and eastern European
    "se",
    "sp z oo",
    "sp z o o",
    "sp zoo",
    "spółka z oo",
    "sp k",
    "sp j",
    "sro",
    "s r o",
    "spol s ro",
    "vos",
    "kft",
    "zrt",
    "nyrt",
    "bt",
    "doo",
    "d o o",
    "jdoo",
    "dd",
    "ood",
    "eood",
    "ead",
    "uab",
    "sia",
    "oü",
    "ооо",
    "оао",
    "зао",
    "пао",
    "ао",
    "тоо",
    // Turkish, Greek, Israeli, Gulf
    "aş",
    "ltd şti",
    "ltd sti",
    "san tic",
    "san ve tic",
    "ae",
    "epe",
    "ike",
    "בע מ",
    "fze",
    "fzc",
    "fzco",
    "dmcc",
    "wll",
    "pjsc",
    "psc",
    // Asian
    "kk",
    "k k",
    "gk",
    "yk",
    "kabushiki kaisha",
    "godo kaisha",
    "株式会社",
    "有限会社",
    "合同会社",
    "株",
    "주식회사",
    "유한회사",
    "주",
    "sdn bhd",
    "sdn",
    "bhd",
    "plt",
    "pcl",
    "tbk",
    "jsc",
    "tnhh",
];

/// At the beginning.
const BEGINNINGS: &[&str] = &[
    "株式会社",
    "有限会社",
    "合同会社",
    "株",
    "주식회사",
    "유한회사",
    "주",
    "pt",
    "cv",
    "ооо",
    "оао",
    "зао",
    "пао",
    "ао",
    "тоо",
    "sia",
    "uab",
    "công ty tnhh",
    "công ty cổ phần",
];

/// Chinese and Japanese ones at the end, each before those that it ends with.
const CHINESE_ENDINGS: &[&str] = &[
    "股份有限公司",
    "有限责任公司",
    "有限責任公司",
    "有限公司",
    "股份公司",
    "责任公司",
    "子公司",
    "总公司",
    "總公司",
    "公司",
    "集团",
    "集團",
    "控股",
    "股份",
    "特殊普通合伙",
    "普通合伙",
    "有限合伙",
    "合伙企业",
    "个人独资企业",
    "个体工商户",
    "总厂",
    "工厂",
    "厂",
    "廠",
    "株式会社",
    "有限会社",
    "合同会社",
];

/// Japanese ones at the beginning.
const CHINESE_BEGINNINGS: &[&str] = &["株式会社", "有限会社", "合同会社"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_what_is_not_the_name() {
        for (name, bare) in [
            ("Falk Antriebe GmbH & Co. KG", "falk antriebe"),
            ("Limited", "limited"),
            ("Acme, S.A. de C.V.", "acme"),
            ("Acme S.à r.l.", "acme"),
            ("Acme Sp. z o.o.", "acme"),
            ("Novák s.r.o.", "novák"),
            ("Tanaka Seiki K.K.", "tanaka seiki"),
            ("株式会社田中製作所", "田中製作所"),
            ("田中製作所株式会社", "田中製作所"),
            ("㈱田中製作所", "田中製作所"),
            ("株式会社 Tanaka", "tanaka"),
            ("(주)한국기계", "한국기계"),
            ("PT Maju Jaya Tbk", "maju jaya"),
            ("ООО «Вектор»", "вектор"),
            ("Axis Sdn. Bhd.", "axis"),
            ("Axis (Pvt.) Ltd.", "axis"),
            ("西门子（中国）有限公司", "西门子"),
            ("博世汽车部件(苏州)有限公司", "博世汽车部件"),
            ("Bosch (Shanghai) Co., Ltd.", "bosch"),
            ("Acme (IT) Ltd", "acme it"),
            ("Acme (Robotics) Ltd", "acme robotics"),
            ("东海汽车（集团）股份有限公司", "东海汽车"),
            ("苏州华星机械有限公司上海分公司", "苏州华星机械"),
            ("明德咨询合伙企业（有限合伙）", "明德咨询"),
            ("有限公司", "有限公司"),
            ("(Shanghai)", "shanghai"),
            ("Open (bracket", "open bracket"),
        ] {
            assert_eq!(bare_name(name), bare, "{name}");
        }
    }
}
