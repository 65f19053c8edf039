//! Phone numbers as libphonenumber's Python port reads them; `shared/tests/data/phones.tsv` says from which version.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

use std::collections::BTreeMap;

use leads::profile::{PhoneFact, Profile};
use leads::submission::{Encoding, parse};
use serde_json::json;

/// What is typed into a form of a company in `country`; or of one that names no country.
fn read(typed: &str, country: Option<&str>) -> PhoneFact {
    let mut lead = json!({
        "form_id": "contact",
        "source": { "channel": "website" },
        "contact": { "email": "a@firma.example", "phone": typed },
    });
    if let Some(country) = country {
        lead["company"] = json!({ "country": country });
    }
    Profile::of(&parse(lead.to_string().as_bytes(), Encoding::Json).unwrap().submission).phone
}

/// E.164 without `+`, type, extension.
type Answer = Option<(String, &'static str, String)>;

fn answer(typed: &str, country: &str) -> Answer {
    match read(typed, Some(country)) {
        PhoneFact::Valid { e164, extension, kind, .. } => {
            let extension = extension.map(|digits| digits.expose().to_owned()).unwrap_or_default();
            Some((e164.expose()[1..].to_owned(), kind, extension))
        }
        PhoneFact::None | PhoneFact::Invalid { .. } => None,
    }
}

fn type_of(letter: &str) -> &'static str {
    let types = [
        ("f", "fixed_line"),
        ("m", "mobile"),
        ("b", "fixed_line_or_mobile"),
        ("t", "toll_free"),
        ("p", "premium_rate"),
        ("s", "shared_cost"),
        ("v", "voip"),
        ("n", "personal_number"),
        ("g", "pager"),
        ("u", "uan"),
        ("o", "voicemail"),
    ];
    types.iter().find(|(known, _)| *known == letter).unwrap().1
}

/// Why our answer may be another one: what we read in a number beyond the plan of the company's country, or more digits
/// than a number can have.
fn known_reason(typed: &str, ours: &Answer, theirs: &Answer) -> Option<&'static str> {
    let digits: String = typed.chars().filter_map(|c| c.to_digit(10).or_else(|| full_width(c))).map(digit).collect();
    if let (Some((e164, ..)), None) = (theirs, ours) {
        return (e164.len() > 15).then_some("more digits than E.164 has");
    }
    let (None, Some((e164, ..))) = (theirs, ours) else { return None };
    let chinese =
        |digits: &str| digits.len() == 11 && digits.starts_with('1') && !digits[1..].starts_with(['0', '1', '2']);
    if chinese(&digits) && *e164 == format!("86{digits}") {
        return Some("a Chinese mobile number in a lead from elsewhere");
    }
    // The extension, if any, is among the digits.
    let abroad = digits.strip_prefix("00").is_some_and(|rest| rest.starts_with(e164.as_str()));
    abroad.then_some("00 where the country dials another prefix abroad")
}

fn full_width(c: char) -> Option<u32> {
    ('０'..='９').contains(&c).then(|| u32::from(c) - u32::from('０'))
}

fn digit(value: u32) -> char {
    char::from_digit(value, 10).unwrap()
}

#[test]
fn every_generated_number_reads_as_another_implementation_reads_it() {
    let file = include_str!("data/phones.tsv");
    let (mut region, mut regions) = ("", 0);
    let (mut total, mut valid) = (0, 0);
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        if let Some(code) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            (region, regions) = (code, regions + 1);
            continue;
        }
        let cells: Vec<&str> = line.split('\t').collect();
        let theirs = (cells[1] != "-").then(|| {
            let extension = cells.get(3).copied().unwrap_or_default();
            (cells[1].to_owned(), type_of(cells[2]), extension.to_owned())
        });
        let ours = answer(cells[0], region);
        (total, valid) = (total + 1, valid + usize::from(theirs.is_some()));
        if let Some((_, kind, _)) = &theirs {
            *types.entry(kind).or_default() += 1;
        }
        if ours != theirs {
            match known_reason(cells[0], &ours, &theirs) {
                Some(reason) => *reasons.entry(reason).or_default() += 1,
                None => wrong.push(format!("{region} {:?}: ours {ours:?}, theirs {theirs:?}", cells[0])),
            }
        }
    }
    println!(
        "{total} numbers of {regions} regions, {valid} of them valid: {types:?}; read otherwise by intent: {reasons:?}"
    );
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(total >= 20_000 && regions >= 30 && types.len() == 11, "{total} numbers of {regions} regions");
    let by_intent: usize = reasons.values().sum();
    assert!(by_intent * 20 < total, "{by_intent} are read otherwise: {reasons:?}");
}

#[test]
fn a_number_without_country_as_people_type_it() {
    let rows = [
        // typed, country of the company, E.164, type, extension
        ("0086 138 1234 5078", None, "+8613812345078", "mobile", ""),
        ("008613812345078", Some("US"), "+8613812345078", "mobile", ""),
        ("8613812345078", None, "+8613812345078", "mobile", ""),
        ("86-138-1234-5078", Some("US"), "+8613812345078", "mobile", ""),
        ("013812345078", Some("CN"), "+8613812345078", "mobile", ""),
        ("（０２１）６２８８１７９９", Some("CN"), "+862162881799", "fixed_line", ""),
        ("021-62881799转8001", Some("CN"), "+862162881799", "fixed_line", "8001"),
        ("021-62881799 分机 8001", Some("CN"), "+862162881799", "fixed_line", "8001"),
        ("+86 21 6288 1799 ext. 12", None, "+862162881799", "fixed_line", "12"),
        ("0044 20 7946 0018", None, "+442079460018", "fixed_line", ""),
        ("+49 (0)30 901820", None, "+4930901820", "fixed_line", ""),
        ("＋８６ １３８ １２３４ ５０７８", None, "+8613812345078", "mobile", ""),
        ("400-810-8888", Some("CN"), "+864008108888", "shared_cost", ""),
        ("1-800-555-0199", Some("US"), "+18005550199", "toll_free", ""),
    ];
    for (typed, country, number, wanted, ext) in rows {
        let PhoneFact::Valid { e164, extension, kind, .. } = read(typed, country) else {
            panic!("{typed} of {country:?} is invalid")
        };
        let extension = extension.map(|digits| digits.expose().to_owned()).unwrap_or_default();
        assert_eq!((e164.expose(), kind, extension.as_str()), (number, wanted, ext), "{typed} of {country:?}");
    }
    for (typed, country) in [("138 1234 507", None), ("030 901820", None), ("00", None), ("ext. 12", Some("CN"))] {
        assert!(matches!(read(typed, country), PhoneFact::Invalid { .. }), "{typed} of {country:?}");
    }
}
