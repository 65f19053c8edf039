//! The OpenAPI document: whole, and true of real requests and answers.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod rows;

use std::collections::BTreeSet;

use jsonschema::Validator;
use leads::answer::{
    AcceptedStatus, BatchAnswer, BatchResult, FeedbackAnswer, FeedbackBatchAnswer, FeedbackResult, LeadAccepted,
    LeadPage, QueuePage, TagsAnswer, VerdictAnswer,
};
use leads::feedback::{VerdictKind, parse_feedback, parse_feedback_batch, parse_tags, parse_verdict};
use leads::id::LeadId;
use leads::lead::Stage;
use leads::openapi;
use leads::problem::{MEDIA_TYPE, ProblemDocument, ProblemKind};
use leads::submission::{Encoding, Problem, parse, parse_batch};
use serde_json::{Value, json};

/// The operations with the statuses of the functions, and those that only API Gateway gives.
const OPERATIONS: [(&str, &str, &[&str]); 8] = [
    ("/v1/feedback", "post", &["200", "400", "401", "404", "413", "422", "429", "500", "503"]),
    ("/v1/leads", "post", &["202", "303", "400", "401", "403", "409", "413", "415", "422", "429", "500", "503"]),
    ("/v1/leads/batch", "post", &["200", "400", "401", "413", "415", "422", "429", "500", "503"]),
    ("/v1/leads/{id}", "get", &["200", "401", "404", "429", "500", "503"]),
    ("/v1/leads/{id}/feedback", "post", &["200", "400", "401", "404", "409", "413", "422", "429", "500", "503"]),
    ("/v1/leads/{id}/tags", "post", &["200", "400", "401", "404", "409", "413", "422", "429", "500", "503"]),
    ("/v1/leads/{id}/verdict", "post", &["200", "400", "401", "404", "409", "413", "422", "429", "500", "503"]),
    ("/v1/queues/{queue}/leads", "get", &["200", "401", "404", "422", "429", "500", "503"]),
];

/// A schema at a place in the document.
fn at(document: &Value, pointer: &str) -> Validator {
    let mut schema = document.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).clone();
    schema["components"] = document["components"].clone();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn escaped(path: &str) -> String {
    path.replace('/', "~1")
}

fn lead_id() -> LeadId {
    LeadId::parse("ld_9fQm2kV0T4aXc1LrB7yZ3w").unwrap()
}

#[test]
fn operations_and_statuses() {
    let document = openapi::document();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            found.push((path.as_str(), method.as_str()));
        }
    }
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), OPERATIONS.map(|(path, method, _)| (path, method)).into());
    for (path, method, statuses) in OPERATIONS {
        let operation = &document["paths"][path][method];
        let found: BTreeSet<&str> = operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(found, statuses.iter().copied().collect(), "{method} {path}");
        let open = operation["security"].as_array().unwrap().contains(&json!({}));
        assert_eq!(open, path == "/v1/leads", "{method} {path}");
    }
}

/// Every reference leads somewhere, and every component is used.
#[test]
fn references() {
    fn collect<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| match value {
                Value::String(target) if name == "$ref" => {
                    found.insert(target);
                }
                _ => collect(value, found),
            }),
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let document = openapi::document();
    let mut found = BTreeSet::new();
    collect(&document, &mut found);
    for target in &found {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
    }
    for kind in ["schemas", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            // No operation gives the answer to a path that is none.
            let used = name == "NoRoute" || found.contains(format!("#/components/{kind}/{name}").as_str());
            assert!(used, "{kind}/{name}");
        }
    }
}

#[test]
fn schemas_are_schemas() {
    let document = openapi::document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}");
    }
}

#[test]
fn examples_are_taken_and_valid() {
    let document = openapi::document();
    type Read = fn(&[u8]) -> bool;
    let readers: [(&str, Read); 6] = [
        ("/v1/leads/{id}/tags", |body| parse_tags(body).is_ok()),
        ("/v1/feedback", |body| parse_feedback_batch(body).is_ok_and(|entries| entries.iter().all(Result::is_ok))),
        ("/v1/leads", |body| parse(body, Encoding::Json).is_ok()),
        ("/v1/leads/batch", |body| parse_batch(body).is_ok_and(|leads| leads.iter().all(Result::is_ok))),
        ("/v1/leads/{id}/feedback", |body| parse_feedback(body).is_ok()),
        ("/v1/leads/{id}/verdict", |body| parse_verdict(body).is_ok()),
    ];
    for (path, read) in readers {
        let place = format!("/paths/{}/post/requestBody/content/application~1json", escaped(path));
        let example = document.pointer(&format!("{place}/example")).unwrap();
        assert!(read(example.to_string().as_bytes()), "{path}");
        assert!(at(&document, &format!("{place}/schema")).is_valid(example), "{path}");
    }
}

/// Every problem that an operation lists fits its answer's schema; every other one does not.
#[test]
fn problems_fit() {
    let document = openapi::document();
    for (path, method, statuses) in OPERATIONS {
        let mut listed = BTreeSet::new();
        for status in statuses {
            let place =
                format!("/paths/{}/{method}/responses/{status}/content/{}/schema", escaped(path), escaped(MEDIA_TYPE));
            if document.pointer(&place).is_none() {
                continue;
            }
            let schema = at(&document, &place);
            for kind in ProblemKind::ALL {
                let problem = serde_json::to_value(kind.document()).unwrap();
                if schema.is_valid(&problem) {
                    assert_eq!(kind.status().to_string(), *status, "{method} {path}");
                    listed.insert(kind.slug());
                }
            }
        }
        let report: &[&str] = &[
            "malformed-json",
            "unauthorized",
            "not-found",
            "conflict",
            "payload-too-large",
            "validation",
            "idempotency-key-reused",
            "unavailable",
        ];
        let expected: &[&str] = match path {
            "/v1/leads" => &[
                "malformed-json",
                "malformed-form",
                "bad-idempotency-key",
                "unauthorized",
                "challenge-failed",
                "not-through-edge",
                "conflict",
                "payload-too-large",
                "unsupported-media-type",
                "validation",
                "idempotency-key-reused",
                "unavailable",
            ],
            "/v1/leads/batch" => {
                &["malformed-json", "unauthorized", "payload-too-large", "unsupported-media-type", "validation"]
            }
            "/v1/feedback" => {
                &["malformed-json", "unauthorized", "not-found", "payload-too-large", "validation", "unavailable"]
            }
            "/v1/queues/{queue}/leads" => &["unauthorized", "not-found", "validation", "unavailable"],
            "/v1/leads/{id}" => &["unauthorized", "not-found", "unavailable"],
            _ => report,
        };
        assert_eq!(listed, expected.iter().copied().collect(), "{method} {path}");
    }
}

#[test]
fn answers_fit() {
    let document = openapi::document();
    let problem = ProblemDocument::validation(vec![Problem {
        pointer: "/leads/1/contact/email".into(),
        code: "not-an-email".into(),
        detail: "Give one e-mail address.".into(),
    }]);
    let results = vec![
        BatchResult { status: 202, lead_id: Some(lead_id()), replayed: true, problem: None },
        BatchResult { status: 422, lead_id: None, replayed: false, problem: Some(problem) },
    ];
    let mut page = LeadPage::of(&rows::owing(2), rows::stored_submission().submission);
    page.submission.source.signed_by = Some(leads::id::Principal::parse("partner-hub").unwrap());
    page.decisions.push(rows::decision());
    page.events.push(
        serde_json::from_value(json!({
            "lead_id": lead_id(), "version": 3, "at": "2026-03-02T01:30:00Z", "actor": "route", "what": "touched",
            "why": "1 submissions joined; it stays in its queue"
        }))
        .unwrap(),
    );
    page.feedback.push(
        serde_json::from_value(json!({
            "lead_id": lead_id(), "version": 5, "at": "2026-03-02T01:30:00Z", "epoch": 1, "principal": "crm-china",
            "disposition": "won", "mapped": true, "note": "Two presses.", "amount": {"minor": 5, "currency": "CNY"}
        }))
        .unwrap(),
    );
    let accepted = LeadAccepted { lead_id: lead_id(), status: AcceptedStatus::Accepted };
    let feedback = FeedbackAnswer {
        lead_id: lead_id(),
        epoch: 1,
        disposition: "no_budget_yet".into(),
        mapped: true,
        stage: Stage::Pooled,
        reactivate_at: Some(rows::at("2026-06-01T00:00:00Z")),
    };
    let reported = vec![
        FeedbackResult {
            status: 200,
            lead_id: Some(lead_id()),
            replayed: true,
            answer: Some(feedback.clone()),
            problem: None,
        },
        FeedbackResult {
            status: 404,
            lead_id: Some(lead_id()),
            replayed: false,
            answer: None,
            problem: Some(ProblemKind::NotFound.document()),
        },
        FeedbackResult {
            status: 422,
            lead_id: None,
            replayed: false,
            answer: None,
            problem: Some(ProblemKind::Validation.document()),
        },
    ];
    let verdict = VerdictAnswer { lead_id: lead_id(), verdict: VerdictKind::NotMql, stage: Stage::Received };
    page.corrections.push(
        serde_json::from_value(json!({
            "list": "identity", "value": "student", "holds": false, "at": "2026-03-02T01:30:00Z", "by": "crm-china"
        }))
        .unwrap(),
    );
    let tags: TagsAnswer = serde_json::from_value(json!({
        "lead_id": lead_id(), "stage": "routed", "corrected": 3, "unscored": ["/set/identity/1"]
    }))
    .unwrap();
    let queue: QueuePage = serde_json::from_value(json!({
        "leads": [
            {"lead_id": lead_id(), "epoch": 1, "owner": "wang.fang", "stage": "routed",
             "routed_at": "2026-03-02T01:30:00Z", "feedback_due": "2026-03-03T01:30:00Z",
             "acknowledged_at": "2026-03-02T02:30:00Z", "answered_at": "2026-03-02T03:30:00Z"},
            {"lead_id": lead_id(), "epoch": 0, "stage": "held", "waits_since": "2026-03-02T01:30:00Z"},
        ],
        "cursor": "MTc3MjUwMzIwMDAwMCNsZF8x"
    }))
    .unwrap();
    let held = LeadPage::of(&rows::held(), rows::stored_submission().submission);
    let rows = [
        ("/v1/feedback", "post", "200", serde_json::to_value(FeedbackBatchAnswer { results: reported })),
        ("/v1/leads", "post", "202", serde_json::to_value(accepted)),
        ("/v1/leads/batch", "post", "200", serde_json::to_value(BatchAnswer { results })),
        ("/v1/leads/{id}", "get", "200", serde_json::to_value(page)),
        ("/v1/leads/{id}", "get", "200", serde_json::to_value(held)),
        ("/v1/leads/{id}/feedback", "post", "200", serde_json::to_value(feedback)),
        ("/v1/leads/{id}/tags", "post", "200", serde_json::to_value(tags)),
        ("/v1/queues/{queue}/leads", "get", "200", serde_json::to_value(queue)),
        ("/v1/leads/{id}/verdict", "post", "200", serde_json::to_value(verdict)),
    ];
    for (path, method, status, answer) in rows {
        let answer = answer.unwrap();
        let place = format!("/paths/{}/{method}/responses/{status}/content/application~1json/schema", escaped(path));
        let schema = at(&document, &place);
        let faults: Vec<_> = schema.iter_errors(&answer).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{method} {path}: {faults:?}");
        for name in answer.as_object().unwrap().keys().filter(|name| !OPTIONAL.contains(&name.as_str())) {
            let mut less = answer.clone();
            less.as_object_mut().unwrap().remove(name);
            assert!(!schema.is_valid(&less), "{method} {path} passes without {name}");
        }
    }
}

/// What an answer says only where there is something to say.
const OPTIONAL: [&str; 7] = ["cursor", "queue", "reason", "feedback_due", "reactivate_at", "corrections", "unscored"];

/// The words that an answer may say are the words that the types have.
#[test]
fn stages_are_complete() {
    let document = openapi::document();
    let stage = at(&document, "/components/schemas/Stage");
    for one in Stage::ALL {
        assert_eq!(serde_json::to_value(one).unwrap(), one.name());
        assert!(stage.is_valid(&one.name().into()), "{}", one.name());
    }
    assert!(!stage.is_valid(&"lost".into()));
}
