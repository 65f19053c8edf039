//! The schemas of what may be posted say what the parser does: one table through both, and the differences by name.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod table;

use std::collections::BTreeSet;

use jsonschema::Validator;
use leads::feedback::{parse_feedback, parse_feedback_batch, parse_tags, parse_verdict};
use leads::openapi;
use leads::schema;
use leads::submission::{Encoding, parse, parse_batch};
use serde_json::{Value, json};
use table::{expand, replaced, table, valid};

/// What the parser refuses and no schema can: where, and the code. Rules of e-mail, names, calendars, addresses and
/// Unicode; names that are the same after trimming; and whole numbers, which JSON Schema takes with a fraction of zero.
const BEYOND_A_SCHEMA: [(&str, &str); 16] = [
    ("/company/city", "illegal-character"),
    ("/company/domain", "not-a-domain"),
    ("/company/size", "wrong-type"),
    ("/consent/at", "not-a-time"),
    ("/consent/at", "out-of-range"),
    ("/contact/email", "illegal-character"),
    ("/contact/email", "not-an-email"),
    ("/contact/name", "illegal-character"),
    ("/contact/phone", "illegal-character"),
    ("/contact/title", "illegal-character"),
    ("/custom/a", "duplicate-field"),
    ("/custom/a?", "illegal-character"),
    ("/custom/floor", "illegal-character"),
    ("/interest/message", "illegal-character"),
    ("/source/utm/term", "illegal-character"),
    ("/tags/purchase/0", "illegal-character"),
];

/// What the parser mends and the schema refuses: where, and the value. A blank text counts as left out; lengths count
/// after trimming and normalisation.
const MENDED_BY_THE_PARSER: [(&str, &str); 4] = [
    ("/company/domain", r#""""#),
    ("/contact/name", r#""   {x*100}   ""#),
    ("/contact/name", r#""{e\u0301*100}""#),
    ("/interest/horizon", r#""""#),
];

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::new(schema).unwrap()
}

/// A named schema of the OpenAPI document.
fn component(name: &str) -> Validator {
    let components = openapi::document()["components"].take();
    validator(&json!({"$ref": format!("#/components/schemas/{name}"), "components": components}))
}

#[test]
fn fields() {
    let posted = validator(&schema::posted());
    let (mut laxer, mut stricter) = (BTreeSet::new(), BTreeSet::new());
    for row in table().field {
        let (at, value) = (row[0].as_str(), expand(&row[1]));
        let text = replaced(at, &value);
        let taken = parse(text.as_bytes(), Encoding::Json).is_ok();
        // Numbers beyond what JSON readers hold are refused before any schema.
        let valid = serde_json::from_str(&text).is_ok_and(|body: Value| posted.is_valid(&body));
        match (taken, valid) {
            (true, false) => {
                stricter.insert((at.to_owned(), row[1].clone()));
            }
            (false, true) => laxer.extend(row[2..].iter().map(|cell| {
                let cell = expand(cell);
                let (pointer, code) = cell.split_once(' ').unwrap_or((at, &cell));
                (pointer.to_owned(), code.to_owned())
            })),
            _ => {}
        }
    }
    let listed = |rows: &[(&str, &str)]| -> BTreeSet<(String, String)> {
        rows.iter().map(|(at, what)| ((*at).to_owned(), (*what).to_owned())).collect()
    };
    assert_eq!(laxer, listed(&BEYOND_A_SCHEMA));
    assert_eq!(stricter, listed(&MENDED_BY_THE_PARSER));
}

/// Whether parser and schema both take, or both refuse, the valid submission with the value at `at` replaced.
fn check(posted: &Validator, at: &str, value: &Value, taken: bool) {
    let text = replaced(at, &value.to_string());
    let body: Value = serde_json::from_str(&text).unwrap();
    let size = value.to_string().len();
    assert_eq!(parse(text.as_bytes(), Encoding::Json).is_ok(), taken, "parser, {at}, {size} bytes");
    assert_eq!(posted.is_valid(&body), taken, "schema, {at}, {size} bytes");
}

#[test]
fn caps_of_texts() {
    let posted = validator(&schema::posted());
    let rows = [
        ("/form_id", 64),
        ("/contact/name", 100),
        ("/contact/phone", 40),
        ("/contact/title", 100),
        ("/company/name", 200),
        ("/company/industry", 60),
        ("/company/country", 100),
        ("/company/province", 100),
        ("/company/city", 100),
        ("/interest/product", 100),
        ("/interest/message", 2000),
        ("/source/campaign", 64),
        ("/source/utm/source", 100),
        ("/source/utm/medium", 100),
        ("/source/utm/campaign", 100),
        ("/source/utm/term", 100),
        ("/source/utm/content", 100),
        ("/source/content_id", 100),
        ("/source/owner", 100),
        ("/consent/purpose", 60),
        ("/consent/text_version", 60),
        ("/consent/source", 200),
        ("/tags/interaction/0/kind", 60),
        ("/tags/interaction/0/content", 100),
        ("/custom/floor", 500),
        ("/submission_id", 255),
    ];
    for (at, cap) in rows {
        check(&posted, at, &"x".into(), true);
        check(&posted, at, &"x".repeat(cap).into(), true);
        check(&posted, at, &"x".repeat(cap + 1).into(), false);
        let identifier = matches!(at, "/form_id" | "/source/campaign" | "/submission_id");
        check(&posted, at, &"😀".repeat(cap).into(), !identifier);
    }
    let address = |host: usize| Value::from(format!("a@{}{}.example", "x.".repeat(119), "x".repeat(host)));
    check(&posted, "/contact/email", &address(6), true);
    check(&posted, "/contact/email", &address(7), false);
    check(&posted, "/company/domain", &("x.".repeat(125) + "xxx").into(), true);
    check(&posted, "/company/domain", &("x.".repeat(126) + "xx").into(), false);
    check(&posted, "/redirect", &format!("https://a.example/{}", "x".repeat(482)).into(), true);
    check(&posted, "/redirect", &format!("https://a.example/{}", "x".repeat(483)).into(), false);
}

#[test]
fn caps_of_lists_and_numbers() {
    let posted = validator(&schema::posted());
    let texts = |count: usize| Value::from((0..count).map(|n| n.to_string()).collect::<Vec<_>>());
    let kinds = |count: usize| Value::from(vec![json!({"kind": "visit"}); count]);
    let custom = |count: usize| (0..count).map(|n| (n.to_string(), json!("x"))).collect::<Value>();
    let lists = [
        ("/interest/brands", [0, 10, 11].map(texts)),
        ("/tags/identity", [0, 20, 21].map(texts)),
        ("/tags/purchase", [0, 20, 21].map(texts)),
        ("/tags/interaction", [0, 20, 21].map(kinds)),
        ("/custom", [0, 20, 21].map(custom)),
    ];
    for (at, [none, most, too_many]) in lists {
        check(&posted, at, &none, true);
        check(&posted, at, &most, true);
        check(&posted, at, &too_many, false);
    }
    for (at, cap) in [("/interest/brands", 60), ("/tags/identity", 60), ("/tags/purchase", 60)] {
        check(&posted, at, &json!(["x".repeat(cap)]), true);
        check(&posted, at, &json!(["x".repeat(cap + 1)]), false);
    }
    check(&posted, "/custom", &json!({"x".repeat(40): "x"}), true);
    check(&posted, "/custom", &json!({"x".repeat(41): "x"}), false);
    for (at, least, most) in
        [("/company/size", 1, 10_000_000), ("/interest/budget/minor", 0_i64, 1_000_000_000_000_000_i64)]
    {
        check(&posted, at, &(least - 1).into(), false);
        check(&posted, at, &least.into(), true);
        check(&posted, at, &most.into(), true);
        check(&posted, at, &(most + 1).into(), false);
    }
}

#[test]
fn null_is_an_absent_field() {
    let posted = validator(&schema::posted());
    let required = [
        "/form_id",
        "/contact",
        "/source",
        "/source/channel",
        "/consent/purpose",
        "/consent/text_version",
        "/interest/budget/minor",
        "/interest/budget/currency",
        "/tags/interaction/0/kind",
        "/custom/floor",
    ];
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        let members: Vec<(String, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
            Value::Array(items) if at == "/tags/interaction" => vec![("0".to_owned(), &items[0])],
            _ => Vec::new(),
        };
        for (name, value) in members {
            let at = format!("{at}/{name}");
            places(value, &at, found);
            found.push(at);
        }
    }
    let mut all = Vec::new();
    places(&valid(), "", &mut all);
    all.retain(|at| !at.ends_with("/interaction/0") && at != "/custom/楼层");
    assert!(all.len() > 40, "{all:?}");
    for at in all {
        check(&posted, &at, &Value::Null, !required.contains(&at.as_str()));
    }
}

#[test]
fn batches() {
    let batch = component("NewBatch");
    let lead = json!({"form_id": "web", "contact": {"phone": "1"}, "source": {"channel": "event"}});
    let mut sent_on = lead.clone();
    sent_on["redirect"] = "https://www.example.com".into();
    let many = |count: usize| json!({"leads": vec![lead.clone(); count]}).to_string();
    let one = |lead: &Value| json!({"leads": [lead]}).to_string();
    let rows =
        [(many(1), true), (many(100), true), (many(101), false), (one(&sent_on), false), (one(&json!({})), false)];
    let refused = table().batch.into_iter().map(|row| (expand(&row[0]), false));
    for (body, taken) in rows.into_iter().chain(refused) {
        let shown: String = body.chars().take(80).collect();
        let parsed = parse_batch(body.as_bytes()).is_ok_and(|leads| leads.iter().all(Result::is_ok));
        assert_eq!(parsed, taken, "parser, {shown}");
        assert_eq!(batch.is_valid(&serde_json::from_str(&body).unwrap()), taken, "schema, {shown}");
    }
}

#[test]
fn feedback_and_verdicts() {
    let mut laxer = Vec::new();
    let mut walk = |schema: &Value, rows: &[Vec<String>], parse: &dyn Fn(&[u8]) -> bool| {
        let validator = validator(schema);
        for row in rows {
            let text = expand(&row[0]);
            // What is no JSON, or gives a name twice, is refused before any schema.
            let Ok(body) = serde_json::from_str::<Value>(&text) else { continue };
            match (parse(text.as_bytes()), validator.is_valid(&body)) {
                (true, false) => panic!("the schema refuses {text}"),
                (false, true) => laxer.push(row[1].clone()),
                _ => {}
            }
        }
    };
    walk(&schema::feedback(), &table().feedback, &|body| parse_feedback(body).is_ok());
    walk(&schema::verdict(), &table().verdict, &|body| parse_verdict(body).is_ok());
    let batch = openapi::document()["components"]["schemas"]["NewFeedbackBatch"].take();
    let all_taken = |body: &[u8]| parse_feedback_batch(body).is_ok_and(|entries| entries.iter().all(Result::is_ok));
    walk(&batch, &table().reports, &all_taken);
    walk(&schema::tags(), &table().tags, &|body| parse_tags(body).is_ok());
    let beyond = [
        "/note illegal-character",
        "malformed",
        "/0/next_date no-date",
        "malformed",
        " required",
        " required",
        " required",
        "/remove/identity duplicate-field",
        "/set/identity/0 illegal-character",
    ];
    assert_eq!(laxer, beyond);
}

/// The form's schema has the JSON body's fields under dotted names.
#[test]
fn forms() {
    fn flatten(value: &Value, at: &str, fields: &mut serde_json::Map<String, Value>) {
        let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| flatten(value, &below(name), fields));
            }
            Value::Array(items) if items.iter().all(Value::is_object) => {
                items.iter().enumerate().for_each(|(index, item)| flatten(item, &below(&index.to_string()), fields));
            }
            _ => {
                fields.insert(at.to_owned(), value.clone());
            }
        }
    }
    let form = component("NewLeadForm");
    let mut fields = serde_json::Map::new();
    flatten(&valid(), "", &mut fields);
    let without = |names: &[&str]| -> Value {
        fields.iter().filter(|(name, _)| !names.contains(&name.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect()
    };
    let with = |name: &str, value: Value| {
        let mut fields = fields.clone();
        fields.insert(name.to_owned(), value);
        Value::Object(fields)
    };
    let rows = [
        (without(&[]), true),
        (without(&["contact.email"]), true),
        (without(&["contact.email", "contact.phone"]), false),
        (without(&["form_id"]), false),
        (without(&["source.channel"]), false),
        (without(&["consent.purpose"]), true),
        (without(&["consent.text_version"]), false),
        (without(&["interest.budget.minor"]), true),
        (without(&["interest.budget.currency"]), false),
        (with("interest.brands.0", "Ours".into()), true),
        (with("interest.brands.x", "Ours".into()), false),
        (with("contact", "Li Lei".into()), false),
        (with("contact.fax", "1".into()), false),
        (with("custom.a.b", "1".into()), true),
        (with("custom.", "1".into()), false),
        (with("source.signed_by", "crm".into()), false),
        (with("source.channel", "fax".into()), false),
        (with("company.name", "x".repeat(201).into()), false),
        (with("tags.interaction.1.kind", "visit".into()), true),
        (with("tags.interaction.1.place", "visit".into()), false),
    ];
    for (body, valid) in rows {
        assert_eq!(form.is_valid(&body), valid, "{body}");
    }
}
