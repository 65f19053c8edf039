//! The corpus of bad input, `tests/corpus`: each case through the real handlers, with its exact answer, the calls that it
//! may cost, and where its lead ends if one is stored. `tests/corpus/README.md` says how a case is written.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod case;
mod run;
mod sinks;

use case::{Case, Family};

/// The families, and how many cases each has at least.
const FAMILIES: [(&str, usize); 13] = [
    ("media-type", 15),
    ("size", 8),
    ("json-syntax", 50),
    ("fields", 90),
    ("email", 40),
    ("phone", 40),
    ("unicode", 40),
    ("injection", 50),
    ("programs", 20),
    ("idempotency", 15),
    ("method-and-path", 15),
    ("feedback", 40),
    ("pages", 18),
];

/// Runs a family, and fails with every case that differs.
fn check(name: &str) {
    let family = Family::read(name);
    let least = FAMILIES.iter().find(|(family, _)| *family == name).unwrap().1;
    assert!(family.cases.len() >= least, "{name} has {} cases, of {least}", family.cases.len());
    let differences: Vec<String> = family.cases.iter().flat_map(run::differences).collect();
    assert!(differences.is_empty(), "{} differences in {name}:\n{}", differences.len(), differences.join("\n"));
    println!("{name}: {} cases", family.cases.len());
}

#[test]
fn every_family_is_there() {
    let mut found: Vec<String> = Family::files();
    found.sort();
    let mut expected: Vec<String> = FAMILIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    expected.sort();
    assert_eq!(found, expected);
    let cases: Vec<Case> = found.iter().flat_map(|name| Family::read(name).cases).collect();
    assert!(cases.len() >= 400, "{} cases", cases.len());
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "a name is given twice");
    println!("{} cases", cases.len());
}

#[test]
fn pages() {
    check("pages");
}

#[test]
fn media_type() {
    check("media-type");
}

#[test]
fn size() {
    check("size");
}

#[test]
fn json_syntax() {
    check("json-syntax");
}

#[test]
fn fields() {
    check("fields");
}

#[test]
fn email() {
    check("email");
}

#[test]
fn phone() {
    check("phone");
}

#[test]
fn unicode() {
    check("unicode");
}

#[test]
fn injection() {
    check("injection");
}

#[test]
fn programs() {
    check("programs");
}

#[test]
fn idempotency() {
    check("idempotency");
}

#[test]
fn method_and_path() {
    check("method-and-path");
}

#[test]
fn feedback() {
    check("feedback");
}

/// The runner itself: a wrong expectation of each kind is told.
#[test]
fn a_wrong_expectation_is_told() {
    let case = |expect: &str| {
        let text = format!(r#"{{"name": "planted", "set": {{"/contact/email": "nobody"}}, "expect": {expect}}}"#);
        run::differences(&Case::parse(&text)).len().min(1)
    };
    assert_eq!(case(r#"{"status": 422, "type": "validation", "errors": ["/contact/email not-an-email"]}"#), 0);
    assert_eq!(case(r#"{"status": 400, "type": "validation", "errors": ["/contact/email not-an-email"]}"#), 1);
    assert_eq!(case(r#"{"status": 422, "type": "malformed-json", "errors": ["/contact/email not-an-email"]}"#), 1);
    assert_eq!(case(r#"{"status": 422, "type": "validation", "errors": ["/contact/email required"]}"#), 1);
    let calls =
        r#"{"status": 422, "type": "validation", "errors": ["/contact/email not-an-email"], "calls": ["commit"]}"#;
    assert_eq!(case(calls), 1);
    let stored = |then: &str| {
        let set = r#"{"/contact/email": "li.lei@mailinator.com"}"#;
        let text = format!(r#"{{"name": "planted", "set": {set}, "expect": {{"status": 202, "then": "{then}"}}}}"#);
        run::differences(&Case::parse(&text)).len()
    };
    assert_eq!(stored("held disposable-mail"), 0);
    assert_eq!(stored("held honeypot"), 1);
    assert_eq!(stored("goes on"), 1);
}
