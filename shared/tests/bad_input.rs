//! The table of bad input, `bad_input.toml`: every row, with its exact answer.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod table;

use leads::feedback::{parse_feedback, parse_feedback_batch, parse_tags, parse_verdict};
use leads::problem::ProblemDocument;
use leads::submission::{Encoding, MAX_BODY_BYTES, Rejection, parse, parse_batch};
use serde_json::Value;
use table::{expand, replaced, table, valid};

const VALID_FORM: &str = "form_id=web&contact.email=a%40example.com&source.channel=event";

/// An answer in the table's words, in no particular order. Checks on the way that each answer can be sent, and that no
/// text of ten characters or more that was sent comes back.
fn answer<T>(result: Result<T, Rejection>, sent: &[String]) -> Vec<String> {
    let rejection = match result {
        Ok(_) => return vec!["ok".to_owned()],
        Err(rejection) => rejection,
    };
    let document = serde_json::to_string(&ProblemDocument::from(rejection.clone())).unwrap();
    for text in sent {
        assert!(!document.contains(text.as_str()), "{document} tells back {text:?}");
    }
    let mut answer = match rejection {
        Rejection::Malformed { .. } => vec!["malformed".to_owned()],
        Rejection::Invalid(problems) => problems.iter().map(|p| format!("{} {}", p.pointer, p.code)).collect(),
    };
    answer.sort();
    answer
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.chars().count() >= 10 => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// What a row expects, after its first `skip` cells; a bare code is about `at`.
fn expected(row: &[String], skip: usize, at: &str) -> Vec<String> {
    let mut expected: Vec<String> = row[skip..]
        .iter()
        .map(|cell| expand(cell))
        .map(|cell| match cell.as_str() {
            "ok" | "malformed" => cell,
            _ if cell.contains(' ') => cell,
            _ => format!("{at} {cell}"),
        })
        .collect();
    expected.sort();
    expected
}

/// Fails with every row that differs, not with the first.
fn report(differences: &[String]) {
    assert!(differences.is_empty(), "{} rows differ:\n{}", differences.len(), differences.join("\n"));
}

fn compare(differences: &mut Vec<String>, row: &str, found: &[String], expected: &[String]) {
    if found != expected {
        let row: String = row.chars().take(120).collect();
        differences.push(format!("{row}\n    expected {expected:?}\n    found    {found:?}"));
    }
}

#[test]
fn malformed_bodies() {
    let table = table();
    let mut differences = Vec::new();
    let hex = |text: &String| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let json = table.malformed_json.iter().map(|row| expand(row).into_bytes());
    for body in json.chain(table.malformed_json_bytes.iter().map(hex)) {
        let row = String::from_utf8_lossy(&body).into_owned();
        let malformed = ["malformed".to_owned()];
        compare(&mut differences, &row, &answer(parse(&body, Encoding::Json), &[]), &malformed);
        compare(&mut differences, &row, &answer(parse_batch(&body), &[]), &malformed);
        compare(&mut differences, &row, &answer(parse_feedback(&body), &[]), &malformed);
        compare(&mut differences, &row, &answer(parse_verdict(&body), &[]), &malformed);
        compare(&mut differences, &row, &answer(parse_tags(&body), &[]), &malformed);
        // A text whose only fault is that it is a list is no fault here.
        if serde_json::from_slice::<Value>(&body).is_err() {
            compare(&mut differences, &row, &answer(parse_feedback_batch(&body), &[]), &malformed);
        }
    }
    for row in &table.malformed_form {
        let found = answer(parse(expand(row).as_bytes(), Encoding::Form), &[]);
        compare(&mut differences, row, &found, &["malformed".to_owned()]);
    }
    report(&differences);
}

#[test]
fn fields() {
    let mut differences = Vec::new();
    for row in table().field {
        let (at, value) = (&row[0], expand(&row[1]));
        let text = replaced(at, &value);
        let sent = serde_json::from_str(&value).map(|value| texts(&value)).unwrap_or_default();
        let found = answer(parse(text.as_bytes(), Encoding::Json), &sent);
        compare(&mut differences, &format!("{at} {value}"), &found, &expected(&row, 2, at));

        // The same in a batch: the same places below `/leads/1`. What a page sends along is not known there.
        let Ok(mut lead) = serde_json::from_str::<Value>(&text) else { continue };
        lead.as_object_mut().unwrap().remove("redirect");
        let of_a_page = ["/redirect", "/homepage", "/elapsed_ms", "/captcha_token", "/cf-turnstile-response"];
        if !of_a_page.contains(&at.as_str()) && !value.contains("e300") {
            let batch = format!("{{\"leads\":[{},{lead}]}}", minimal());
            let mut results = parse_batch(batch.as_bytes()).unwrap();
            let found = answer(results.pop().unwrap().map_err(Rejection::Invalid), &sent);
            let below: Vec<String> = expected(&row, 2, at)
                .iter()
                .map(|cell| if cell == "ok" { cell.clone() } else { format!("/leads/1{cell}") })
                .collect();
            compare(&mut differences, &format!("batch {at} {value}"), &found, &below);
            assert!(results.pop().unwrap().is_ok());
        }
    }
    report(&differences);
}

fn minimal() -> &'static str {
    r#"{"form_id":"web","contact":{"phone":"1"},"source":{"channel":"event"}}"#
}

#[test]
fn form_fields() {
    let mut differences = Vec::new();
    for row in table().form {
        let found = answer(parse(format!("{VALID_FORM}{}", expand(&row[0])).as_bytes(), Encoding::Form), &[]);
        compare(&mut differences, &row[0], &found, &expected(&row, 1, ""));
    }
    report(&differences);
}

#[test]
fn batches_feedback_and_verdicts() {
    let table = table();
    let mut differences = Vec::new();
    for row in &table.batch {
        compare(
            &mut differences,
            &row[0],
            &answer(parse_batch(expand(&row[0]).as_bytes()), &[]),
            &expected(row, 1, ""),
        );
    }
    for row in &table.feedback {
        let found = answer(parse_feedback(expand(&row[0]).as_bytes()), &[]);
        compare(&mut differences, &row[0], &found, &expected(row, 1, ""));
    }
    for row in &table.reports {
        let entries = parse_feedback_batch(expand(&row[0]).as_bytes()).and_then(|entries| {
            let problems: Vec<_> = entries.into_iter().filter_map(Result::err).flat_map(|bad| bad.problems).collect();
            if problems.is_empty() { Ok(()) } else { Err(Rejection::Invalid(problems)) }
        });
        compare(&mut differences, &row[0], &answer(entries, &[]), &expected(row, 1, ""));
    }
    for row in &table.tags {
        let found = answer(parse_tags(expand(&row[0]).as_bytes()), &[]);
        compare(&mut differences, &row[0], &found, &expected(row, 1, ""));
    }
    for row in &table.verdict {
        let found = answer(parse_verdict(expand(&row[0]).as_bytes()), &[]);
        compare(&mut differences, &row[0], &found, &expected(row, 1, ""));
    }
    report(&differences);
}

#[test]
fn a_batch_has_at_most_a_hundred() {
    let batch = |count: usize| format!("{{\"leads\":[{}]}}", vec![minimal(); count].join(","));
    assert_eq!(parse_batch(batch(100).as_bytes()).unwrap().len(), 100);
    assert_eq!(answer(parse_batch(batch(101).as_bytes()), &[]), ["/leads too-many"]);
    let results =
        parse_batch(format!("{{\"leads\":[{},5,{{\"redirect\":\"https://a.example\"}}]}}", minimal()).as_bytes());
    let answers: Vec<_> =
        results.unwrap().into_iter().map(|result| answer(result.map_err(Rejection::Invalid), &[])).collect();
    assert_eq!(
        answers,
        [
            vec!["ok"],
            vec!["/leads/1 wrong-type"],
            vec![
                "/leads/2/contact required",
                "/leads/2/form_id required",
                "/leads/2/redirect unknown-field",
                "/leads/2/source/channel required"
            ]
        ]
    );
}

#[test]
fn a_batch_of_feedback_has_at_most_a_hundred() {
    let batch =
        |count: usize| format!("[{}]", vec![r#"{"lead_id":"ld_1","epoch":1,"disposition":"won"}"#; count].join(","));
    assert_eq!(parse_feedback_batch(batch(100).as_bytes()).unwrap().len(), 100);
    assert_eq!(answer(parse_feedback_batch(batch(101).as_bytes()), &[]), [" too-many"]);
    // Whose entry it is, is told as far as it can be read.
    let entries = parse_feedback_batch(br#"[{"lead_id":"ld_1"},{"lead_id":"ld 1"}]"#).unwrap();
    let leads: Vec<_> = entries.into_iter().map(|entry| entry.unwrap_err().lead_id.map(|id| id.to_string())).collect();
    assert_eq!(leads, [Some("ld_1".to_owned()), None]);
}

#[test]
fn at_most_fifty_problems_are_told() {
    let body = format!("{{{}}}", (0..3000).map(|n| format!("\"f{n}\":1")).collect::<Vec<_>>().join(","));
    let Err(Rejection::Invalid(problems)) = parse(body.as_bytes(), Encoding::Json) else { panic!("accepted") };
    assert_eq!(problems.len(), 50);
}

#[test]
fn unknown_names_come_with_the_likely_one() {
    let rows = [
        ("/emial", "This field is not known; take it out, or send it under `custom`."),
        ("/email", "This field is not known; did you mean `email` in `contact`?"),
        ("/formId", "This field is not known; did you mean `form_id`?"),
        ("/form-id", "This field is not known; did you mean `form_id`?"),
        ("/contact/Phone", "This field is not known; did you mean `phone`?"),
        ("/contact/emial", "This field is not known; did you mean `email`?"),
        ("/interest/mesage", "This field is not known; did you mean `message`?"),
        ("/budget", "This field is not known; did you mean `budget` in `interest`?"),
        ("/source/signed_by", "This field is not known; take it out, or send it under `custom`."),
    ];
    for (at, detail) in rows {
        let mut body = valid();
        let (parent, name) = at.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = Value::from("x");
        let Err(Rejection::Invalid(problems)) = parse(body.to_string().as_bytes(), Encoding::Json) else {
            panic!("{at} passed")
        };
        assert_eq!(
            problems.iter().map(|p| (p.pointer.as_str(), p.detail.as_str())).collect::<Vec<_>>(),
            [(at, detail)]
        );
    }
}

/// Bodies of the largest size that cost the most to read. The bound is wide: it is for a debug build on a busy machine.
#[test]
fn the_worst_bodies_are_read_in_time() {
    let fill = |unit: &str| unit.repeat(MAX_BODY_BYTES / unit.len());
    let numbered =
        |separator: &str, unit: &dyn Fn(usize) -> String| (0..1_500).map(unit).collect::<Vec<_>>().join(separator);
    let bodies = [
        (Encoding::Form, fill("a&")),
        (Encoding::Form, fill("a=1&")),
        (Encoding::Form, numbered("&", &|n| format!("u{n}=1"))),
        (Encoding::Form, numbered("&", &|n| format!("custom.u{n}=1"))),
        (Encoding::Form, fill("a.")),
        (Encoding::Form, fill("interest.brands=a&")),
        (Encoding::Json, format!("{{\"a\":[{}1]}}", fill("1,"))),
        (Encoding::Json, format!("{{{}}}", numbered(",", &|n| format!("\"contact_name_{n}\":1")))),
        (Encoding::Json, format!("{{\"contact\":{{\"name\":\"{}\"}}}}", fill("\u{1d160}"))),
        (Encoding::Json, format!("{{\"contact\":{{\"name\":\"{}\"}}}}", fill("\u{301}\u{323}"))),
        (Encoding::Json, format!("{{\"contact\":{{\"email\":\"{}@a.example\"}}}}", fill("a."))),
        (Encoding::Json, format!("{{\"company\":{{\"domain\":\"{}\"}}}}", fill("ü."))),
    ];
    for (encoding, body) in bodies {
        let start = std::time::Instant::now();
        assert!(parse(body.as_bytes(), encoding).is_err());
        let took = start.elapsed();
        assert!(took.as_millis() < 500, "{} took {took:?}", body.chars().take(40).collect::<String>());
    }
}
