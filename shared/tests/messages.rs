//! The contract with sales: real messages fit the schema, mutilated ones do not, and `docs/messages.md` shows one.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod rows;

use std::collections::BTreeSet;

use jsonschema::Validator;
use leads::id::Queue;
use leads::message::SalesMessage;
use leads::ports::Destination;
use leads::schema;
use serde_json::{Value, json};

const DOC: &str = include_str!("../../docs/messages.md");

/// One message of each type, under its name.
fn messages() -> [(&'static str, SalesMessage); 10] {
    let submission = rows::stored_submission();
    let queue = |name: &str| Queue::parse(name).unwrap();
    let owed = |step| SalesMessage::step_owed(&rows::owing(step), &rows::decision(), &queue("sla-breaches")).unwrap();
    let tags = &submission.submission.tags;
    let gone = |which: usize| SalesMessage::recalls_owed(&rows::moved_on()[which], tags).next().unwrap();
    let mut touched = rows::routed();
    touched.touches = 1;
    touched.told_touch = Some(rows::from(json!({"decided_on": 6, "touches": 1, "at": "2026-03-02T09:00:00Z"})));
    [
        ("lead.routed", SalesMessage::routed(&rows::decision(), &submission)),
        ("lead.touched", SalesMessage::touched(&touched, Some(&submission.submission)).unwrap()),
        ("lead.recalled", gone(0)),
        ("nurture.enter", SalesMessage::routed(&rows::to_nurture(), &submission)),
        ("nurture.exit", gone(1)),
        ("lead.held", SalesMessage::held(&rows::held(), &submission.submission, &queue("telemarketing")).unwrap()),
        ("lead.reminder", owed(1)),
        ("lead.breached", owed(2)),
        ("lead.escalated", owed(3)),
        ("lead.erased", SalesMessage::erased(&rows::erased(), false).remove(0)),
    ]
}

fn schema() -> Validator {
    jsonschema::draft202012::new(&schema::sales_message()).unwrap()
}

fn body(message: &SalesMessage) -> Value {
    serde_json::from_str(&message.addressed().body).unwrap()
}

#[test]
fn real_messages_fit() {
    let schema = schema();
    for (name, message) in messages() {
        let body = body(&message);
        assert_eq!(body["type"], name);
        let faults: Vec<_> = schema.iter_errors(&body).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
        assert_eq!(serde_json::from_value::<SalesMessage>(body).unwrap(), message, "{name}");
    }
}

#[test]
fn every_required_field_is_required() {
    let header = ["type", "v", "delivery_id", "lead_id", "epoch", "queue", "decided_at"];
    let rows: [(&str, &[&str]); 10] = [
        (
            "lead.routed",
            &[
                "received_at",
                "lead",
                "score",
                "rule",
                "trace",
                "rules_version",
                "answer_to",
                "lead/form_id",
                "lead/contact",
                "lead/company",
                "lead/interest",
                "lead/untrusted",
                "lead/source",
                "lead/tags",
                "lead/source/channel",
                "lead/consent/purpose",
                "lead/interest/budget/currency",
                "score/intent",
                "score/value",
                "score/quadrant",
                "score/mql",
                "score/contributions",
                "score/contributions/0/points",
                "sla/policy",
                "sla/feedback_due",
                "sla/steps/0/at",
                "sla/steps/0/action",
                "sla/protection/until",
                "trace/0/why",
                "account/kind",
            ],
        ),
        ("lead.touched", &["touches", "latest/contact"]),
        ("lead.recalled", &["why"]),
        ("nurture.enter", &["stage", "quadrant", "tags", "received_at", "lead", "score", "rule", "trace", "answer_to"]),
        ("nurture.exit", &["stage", "quadrant", "tags", "why"]),
        ("lead.held", &["reason", "reason/code", "lead", "verdict_to"]),
        ("lead.reminder", &["feedback_due", "answer_to"]),
        ("lead.breached", &["missed", "silent_queue", "feedback_due", "breached_at"]),
        ("lead.escalated", &["silent_queue", "feedback_due", "policy"]),
        ("lead.erased", &[]),
    ];
    let schema = schema();
    for ((name, message), (row, fields)) in messages().into_iter().zip(rows) {
        assert_eq!(name, row);
        for field in header.iter().chain(fields) {
            let mut body = body(&message);
            let (parent, last) = field.rsplit_once('/').map_or(("", *field), |(parent, last)| (parent, last));
            let pointer = if parent.is_empty() { String::new() } else { format!("/{parent}") };
            let taken = body.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(last);
            assert!(taken.is_some(), "{name} has no {field}");
            assert!(!schema.is_valid(&body), "{name} passes without {field}");
        }
    }
}

#[test]
fn wrong_values_are_refused_and_additions_are_not() {
    let [(_, routed), ..] = messages();
    let rows = [
        ("", "added_later", json!(1), true),
        ("/lead", "added_later", json!({}), true),
        ("/lead/source", "signed_by", json!("partner-hub"), true),
        ("", "type", json!("lead.lost"), false),
        ("", "v", json!(2), false),
        ("", "queue", json!("no queue"), false),
        ("", "owner", Value::Null, false),
        ("/lead", "untrusted", json!(false), false),
        ("/lead/source", "channel", json!("fax"), false),
        ("/score", "intent", json!(101), false),
        ("/score", "value", json!(-1), false),
        ("/score", "quadrant", json!("warm"), false),
        ("/lead/interest/budget", "minor", json!("120"), false),
    ];
    let schema = schema();
    for (at, field, value, valid) in rows {
        let mut body = body(&routed);
        body.pointer_mut(at).unwrap()[field] = value.clone();
        assert_eq!(schema.is_valid(&body), valid, "{at}/{field} {value}");
    }
}

#[test]
fn messages_about_one_lead_stay_in_order_and_apart() {
    let mut ids = BTreeSet::new();
    for (name, message) in messages() {
        let body = body(&message);
        let Destination::Sales { queue, group, dedup } = message.addressed().to else {
            panic!("{name} goes elsewhere")
        };
        assert_eq!(body["queue"], queue.as_str());
        assert_eq!(body["lead_id"], group.as_str());
        assert_eq!(body["delivery_id"], dedup.as_str());
        assert!(ids.insert(dedup), "{name} shares its delivery id");
    }
}

/// SQS drops what has an id that it knows, and so does whoever reads several queues.
#[test]
fn each_telling_of_an_erasure_has_an_id_of_its_own() {
    let tombstone = rows::erased();
    let told = SalesMessage::erased(&tombstone, false).into_iter().chain(SalesMessage::erased(&tombstone, true));
    let ids: BTreeSet<String> = told.map(|message| message.header().delivery_id.to_string()).collect();
    assert_eq!(ids.len(), 2 * tombstone.told.len());
}

#[test]
fn the_example_is_real() {
    let example = DOC.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let [(_, routed), ..] = messages();
    let real = serde_json::to_string_pretty(&routed).unwrap();
    assert_eq!(example.trim_end(), real, "the real one:\n{real}");
    assert_eq!(serde_json::from_str::<Value>(example).unwrap(), body(&routed));
}

/// The page has a section for each type, with a row for each of its own fields.
#[test]
fn every_field_is_listed() {
    let schema = schema::sales_message();
    let header: BTreeSet<&str> = ["v", "type", "delivery_id", "lead_id", "epoch", "queue", "decided_at"].into();
    for name in &header {
        assert!(DOC.contains(&format!("\n| `{name}` |")), "{name}");
    }
    for choice in schema["oneOf"].as_array().unwrap() {
        let name = choice["properties"]["type"]["const"].as_str().unwrap();
        let definition = choice["$ref"].as_str().unwrap().trim_start_matches('#');
        let section = DOC.split("\n## ").find(|section| section.starts_with(&format!("`{name}`")));
        let section = section.unwrap_or_else(|| panic!("no section on {name}"));
        for field in schema.pointer(definition).unwrap()["properties"].as_object().unwrap().keys() {
            let listed = section.contains(&format!("\n| `{field}` |"));
            assert_eq!(listed, !header.contains(field.as_str()), "{name}: {field}");
        }
    }
    for (section, definition) in [("lead", "LeadView"), ("score", "ScoreView")] {
        for field in schema["$defs"][definition]["properties"].as_object().unwrap().keys() {
            assert!(DOC.contains(&format!("\n| `{section}.{field}` |")), "{section}.{field}");
        }
    }
}
