//! `docs/http-api.md` says what the parser does: its examples are read, its tables are complete.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use leads::feedback::{parse_feedback, parse_verdict};
use leads::problem::{ProblemDocument, ProblemKind, TYPE_BASE};
use leads::submission::{Encoding, parse};
use serde_json::Value;

const DOC: &str = include_str!("../../docs/http-api.md");

/// What stands between two texts, at each place.
fn between<'a>(start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    DOC.split(start).skip(1).map(move |rest| rest.split(end).next().unwrap())
}

#[test]
fn examples_are_read() {
    let submission = between("-d '", "'\n").next().unwrap();
    assert_eq!(parse(submission.as_bytes(), Encoding::Json).map(|_| ()), Ok(()));

    let examples: Vec<&str> = between("```json\n", "```").collect();
    let [feedback, verdict, problem] = examples.as_slice() else { panic!("{} JSON examples", examples.len()) };
    assert_eq!(parse_feedback(feedback.as_bytes()).map(|_| ()), Ok(()));
    assert_eq!(parse_verdict(verdict.as_bytes()).map(|_| ()), Ok(()));

    let mended: Value = serde_json::from_str(submission).unwrap();
    let mut refused = mended.clone();
    refused["contact"]["email"] = "nobody".into();
    refused["source"]["chanel"] = "website".into();
    let rejection = parse(refused.to_string().as_bytes(), Encoding::Json).unwrap_err();
    let documented: ProblemDocument = serde_json::from_str(problem).unwrap();
    assert_eq!(ProblemDocument::from(rejection), documented);
}

#[test]
fn the_form_is_read() {
    let form = between("```html\n", "```").next().unwrap();
    let mut fields = form_urlencoded::Serializer::new(String::new());
    for name in form.split("name=\"").skip(1) {
        let (name, rest) = name.split_once('"').unwrap();
        let value =
            rest.split('>').next().unwrap().split_once("value=\"").map(|(_, value)| value.trim_end_matches('"'));
        let typed = match name {
            "contact.email" => "li.lei@example.cn",
            "submission_id" => "k-1",
            _ => value.unwrap_or_default(),
        };
        fields.append_pair(name, typed);
    }
    let posted = parse(fields.finish().as_bytes(), Encoding::Form).unwrap();
    assert_eq!(posted.submission.consent.unwrap().purpose, "sales_contact");

    let declared: toml::Table = toml::from_str(include_str!("../../infra/rules/forms.toml")).unwrap();
    let declared = declared["form"].as_array().unwrap();
    let declared =
        declared.iter().find(|form| form["id"].as_str() == Some(posted.submission.form_id.as_str())).unwrap();
    assert!(declared["redirects"].as_array().unwrap().contains(&posted.redirect.unwrap().into()));
}

#[test]
fn every_kind_of_problem_is_listed() {
    for kind in ProblemKind::ALL {
        let row = format!("| `{TYPE_BASE}{}` | {} |", kind.slug(), kind.status());
        assert!(DOC.contains(&row), "{row}");
    }
}

#[test]
fn every_code_is_listed() {
    let table: toml::Table = toml::from_str(include_str!("bad_input.toml")).unwrap();
    let mut codes = BTreeSet::new();
    for rows in ["field", "form", "batch", "feedback", "reports", "tags", "verdict"] {
        for row in table[rows].as_array().unwrap() {
            let cells = row.as_array().unwrap().iter().skip(if rows == "field" { 2 } else { 1 });
            codes.extend(cells.filter_map(|cell| cell.as_str()?.rsplit(' ').next()));
        }
    }
    assert!(codes.remove("ok") && codes.remove("malformed") && codes.len() >= 15, "{codes:?}");
    for code in codes {
        assert!(between("\n| `", " |").any(|cell| format!("`{cell}").contains(&format!("`{code}`"))), "{code}");
    }
}

#[test]
fn every_field_is_listed() {
    let every: Value = serde_json::from_str(include_str!("valid_submission.json")).unwrap();
    for (object, members) in every.as_object().unwrap() {
        let Some(members) = members.as_object().filter(|_| object != "custom") else {
            assert!(DOC.contains(&format!("| `{object}")), "{object}");
            continue;
        };
        let rows: Vec<&str> = DOC.lines().filter(|row| row.starts_with(&format!("| `{object}."))).collect();
        for name in members.keys() {
            assert!(rows.iter().any(|row| row.contains(&format!(".{name}"))), "{object}.{name}");
        }
    }
}
