//! What the parser keeps of a body, and what holds of every body it takes.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use leads::feedback::{parse_feedback, parse_verdict};
use leads::id::FormId;
use leads::submission::{Encoding, Posted, Visit, parse, parse_batch, parse_for};
use proptest::prelude::*;
use serde_json::{Value, json};

fn json_body(body: &Value) -> Posted {
    parse(body.to_string().as_bytes(), Encoding::Json).unwrap()
}

fn form_body(body: &str) -> Posted {
    parse(body.as_bytes(), Encoding::Form).unwrap()
}

#[test]
fn kept_as() {
    let posted = json_body(&json!({
        "redirect": " https://www.example.com/thanks ",
        "submission_id": "k-1",
        "form_id": "contact-us",
        "contact": {"name": "  Zoe\u{308} Li ", "email": "Zoe@Example.COM", "title": "", "phone": null},
        "company": {"name": "Bu\u{308}cher", "domain": "BÜCHER.Example", "industry": "Manufacturing", "country": " cn "},
        "interest": {
            "product": "Press X", "horizon": "over_a_year", "brands": ["Ours", " ", "Theirs"], "message": " a\r\nb "
        },
        "source": {"channel": "partner_referral", "utm": {"source": "  "}, "owner": "wang.fang"},
        "consent": {"purpose": "sales_contact", "text_version": "1", "at": "2026-03-01T09:30:00.5+08:00"},
        "tags": {"identity": ["Decision_Maker", "decision_maker"], "interaction": [{"kind": "Demo_Request"}]},
        "custom": {" floor ": "3", "note": ""},
        "qualification": "sql"
    }));
    assert_eq!(
        serde_json::to_value(&posted.submission).unwrap(),
        json!({
            "form_id": "contact-us",
            "contact": {"name": "Zo\u{eb} Li", "email": "Zoe@Example.COM"},
            "company": {
                "name": "B\u{fc}cher", "domain": "xn--bcher-kva.example", "industry": "manufacturing", "country": "cn"
            },
            "interest": {
                "product": "press x", "horizon": "over_a_year", "brands": ["Ours", "Theirs"], "message": "a\nb"
            },
            "source": {"channel": "partner_referral", "owner": "wang.fang"},
            "consent": {"purpose": "sales_contact", "text_version": "1", "at": "2026-03-01T01:30:00.5Z"},
            "tags": {"identity": ["decision_maker"], "interaction": [{"kind": "demo_request"}]},
            "custom": {"floor": "3"},
            "qualification": "sql"
        })
    );
    assert_eq!(posted.redirect.as_deref(), Some("https://www.example.com/thanks"));
    assert_eq!(posted.submission_id.unwrap().as_str(), "k-1");
}

#[test]
fn one_submission_in_both_encodings() {
    let json: Value = serde_json::from_str(include_str!("valid_submission.json")).unwrap();
    let from_json = json_body(&json);
    // As a browser writes it: blanks as `+`, the fields in the page's order, a button without a value.
    let from_form = form_body(concat!(
        "redirect=https%3A%2F%2Fwww.example.com%2Fthanks&submission_id=k-1&form_id=contact-us",
        "&contact.name=Li+Lei&contact.email=li.lei%40example.cn&contact.phone=%2B86+138+0000+1234",
        "&contact.title=Head+of+Purchasing&company.name=Acme+Presses&company.domain=acme.example",
        "&company.industry=manufacturing&company.size=650&company.country=CN&company.province=Zhejiang",
        "&company.city=Hangzhou&interest.product=press&interest.horizon=three_months",
        "&interest.budget.minor=120000&interest.budget.currency=EUR&interest.brands=Ours&interest.brands=Theirs",
        "&interest.message=Two+presses%2C%0D%0Aplease.&source.channel=website&source.campaign=spring-2026",
        "&source.utm.source=newsletter&source.utm.medium=mail&source.utm.term=&source.content_id=wp-1",
        "&source.owner=wang.fang&consent.purpose=sales_contact&consent.text_version=2026-01",
        "&consent.at=2026-03-01T09%3A30%3A00%2B08%3A00&consent.source=%2Fcontact&tags.identity=decision_maker",
        "&tags.purchase=bought_2024&tags.interaction.0.kind=download&tags.interaction.0.content=wp-1",
        "&tags.interaction.0.at=2026-02-11T08%3A00%3A00Z&custom.floor=3&custom.%E6%A5%BC%E5%B1%82=%E4%B8%89",
        "&qualification=mql&send="
    ));
    assert_eq!(from_json, from_form);
    assert_eq!(from_json.submission.fingerprint(), from_form.submission.fingerprint());
}

#[test]
fn fingerprints_tell_submissions_apart_and_nothing_else() {
    let base: Value = serde_json::from_str(include_str!("valid_submission.json")).unwrap();
    let fingerprint = |change: &dyn Fn(&mut Value)| {
        let mut body = base.clone();
        change(&mut body);
        json_body(&body).into_submission().fingerprint()
    };
    let first = fingerprint(&|_| ());
    assert_eq!(first.len(), 43);
    let same: [&dyn Fn(&mut Value); 8] = [
        &|body| body["submission_id"] = "k-2".into(),
        &|body| body["redirect"] = Value::Null,
        &|body| body["homepage"] = "x".into(),
        &|body| body["elapsed_ms"] = 5.into(),
        &|body| body["captcha_token"] = "t".into(),
        &|body| body["cf-turnstile-response"] = "t".into(),
        &|body| body["contact"]["name"] = " Li Lei ".into(),
        &|body| body["consent"]["at"] = "2026-03-01T01:30:00Z".into(),
    ];
    for change in same {
        assert_eq!(fingerprint(change), first);
    }
    let other: [&dyn Fn(&mut Value); 5] = [
        &|body| body["contact"]["name"] = "Li lei".into(),
        &|body| body["contact"]["title"] = Value::Null,
        &|body| body["interest"]["budget"]["minor"] = 120_001.into(),
        &|body| body["interest"]["brands"] = json!(["Theirs", "Ours"]),
        &|body| body["custom"]["floor"] = "4".into(),
    ];
    for change in other {
        assert_ne!(fingerprint(change), first);
    }
}

#[test]
fn honeypots_have_names() {
    let body = |name: &str| {
        format!(r#"{{"form_id":"web","contact":{{"phone":"1"}},"source":{{"channel":"event"}},"{name}":"x"}}"#)
    };
    let fax = |form: &FormId| if form.as_str() == "web" { "fax" } else { "homepage" };
    let visit = Visit { honeypot: true, ..Visit::default() };
    let posted = parse_for(body("fax").as_bytes(), Encoding::Json, fax).unwrap();
    assert_eq!(posted.submission.visit, Visit::default());
    assert_eq!(posted.into_submission().visit, visit);
    assert!(parse_for(body("homepage").as_bytes(), Encoding::Json, fax).is_err());
    assert_eq!(parse(body("homepage").as_bytes(), Encoding::Json).unwrap().into_submission().visit, visit);
    assert!(parse(body("fax").as_bytes(), Encoding::Json).is_err());
    assert!(parse_batch(format!(r#"{{"leads":[{}]}}"#, body("homepage")).as_bytes()).unwrap()[0].is_err());
}

#[test]
fn no_debug_output_holds_a_person() {
    let posted = json_body(&serde_json::from_str(include_str!("valid_submission.json")).unwrap());
    let debug = format!("{posted:?}");
    for personal in ["Li Lei", "li.lei", "138 0000", "Purchasing", "Two presses"] {
        assert!(!debug.contains(personal), "{personal}");
    }
}

/// Whether SQS takes the character (its own list), and whether a reader sees it; written down apart from the parser.
fn legal(c: char, lines: bool) -> bool {
    let sqs = matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    let unseen = matches!(c as u32,
        0x00..=0x1f | 0x7f..=0x9f | 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f);
    sqs && (!unseen || (lines && matches!(c, '\n' | '\t')))
}

fn check_texts(value: &Value, at: &str) {
    match value {
        Value::String(text) => {
            assert!(!text.trim().is_empty() && text.trim() == text, "{at} {text:?}");
            assert!(text.chars().all(|c| legal(c, at == "/interest/message")), "{at} {text:?}");
        }
        Value::Array(items) => items.iter().for_each(|item| check_texts(item, at)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            assert!(name.chars().all(|c| legal(c, false)), "{at} {name:?}");
            check_texts(value, &format!("{at}/{name}"));
        }),
        _ => {}
    }
}

/// The pairs of a form that says what a JSON body says.
fn pairs(value: &Value, at: &str, pairs: &mut Vec<(String, String)>) {
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| self::pairs(value, &below(name), pairs));
        }
        Value::Array(items) if at == "tags.interaction" => {
            items.iter().enumerate().for_each(|(index, item)| self::pairs(item, &below(&index.to_string()), pairs));
        }
        Value::Array(items) => items.iter().for_each(|item| self::pairs(item, at, pairs)),
        Value::String(text) => pairs.push((at.to_owned(), text.clone())),
        Value::Null => {}
        other => pairs.push((at.to_owned(), other.to_string())),
    }
}

/// Text as it may come: mostly harmless, sometimes any character at all, or one of the bad ones.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[ a-zA-Z0-9äß李雷é\u{301}.@=+<>'\"&%;/\\-]{0,30}",
        2 => any::<String>().prop_map(|text| text.chars().take(40).collect()),
        1 => "[a\u{0}\u{200b}\u{202e}\u{feff}\u{fffe}\u{fffd}\u{301}\u{e0041}\r\n\t]{0,8}",
    ]
}

fn any_body() -> impl Strategy<Value = Value> {
    let channel = prop_oneof![9 => Just("website".to_owned()), 1 => any_text()];
    let email = prop_oneof![5 => "[a-z]{1,8}@[a-z]{1,8}\\.[a-z]{2,5}", 1 => any_text()];
    let domain = prop_oneof![4 => "[a-zA-Z]{1,8}\\.[a-z]{2,5}", 1 => "[äüß李例]{1,4}\\.[a-z]{2,5}", 1 => any_text()];
    let at = prop_oneof![
        4 => (0..4_000_000_000i64).prop_map(|s| jiff::Timestamp::from_second(s).unwrap().to_string()),
        1 => Just("2026-03-01T09:30:00.25+05:30".to_owned()),
        1 => any_text()
    ];
    let custom = prop::collection::btree_map(any_text(), any_text(), 0..4);
    let tags = prop::collection::vec(any_text(), 0..4);
    let interactions = prop::collection::vec(("[a-zA-ZÄ_]{1,8}", any_text()), 0..3);
    let person = (any_text(), email, any_text(), any_text(), domain);
    let wishes = (any_text(), any_text(), any_text(), 0u32..2_000, 0u64..10);
    (person, wishes, channel, at, custom, tags, interactions).prop_map(
        |((name, email, phone, company, domain), (industry, product, message, size, minor), channel, at, custom, tags, did)| {
            json!({
                "form_id": "web",
                "contact": {"name": name, "email": email, "phone": phone},
                "company": {"name": company, "domain": domain, "industry": industry, "size": size},
                "interest": {
                    "product": product, "message": message, "brands": tags,
                    "budget": {"minor": minor, "currency": "CNY"}
                },
                "source": {"channel": channel},
                "consent": {"purpose": "sales_contact", "text_version": "1", "at": at},
                "tags": {
                    "identity": tags,
                    "interaction": did.iter().map(|(kind, content)| json!({"kind": kind, "content": content})).collect::<Vec<_>>()
                },
                "custom": custom,
            })
        },
    )
}

proptest! {
    // 256 cases, or as many as `PROPTEST_CASES` says.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_taken_is_legal_and_stays_as_it_is(body in any_body()) {
        if let Ok(posted) = parse(body.to_string().as_bytes(), Encoding::Json) {
            let kept = serde_json::to_value(&posted.submission).unwrap();
            check_texts(&kept, "");
            prop_assert_eq!(&json_body(&kept), &posted);
            let stored = serde_json::from_value(kept).unwrap();
            prop_assert_eq!(posted.submission, stored);
        }
    }

    #[test]
    fn both_encodings_agree(body in any_body()) {
        let mut fields = Vec::new();
        pairs(&body, "", &mut fields);
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let (from_json, from_form) =
            (parse(body.to_string().as_bytes(), Encoding::Json), parse(form.as_bytes(), Encoding::Form));
        prop_assert_eq!(from_json.is_ok(), from_form.is_ok(), "{:?} {:?}", from_json, from_form);
        if let (Ok(json), Ok(form)) = (from_json, from_form) {
            prop_assert_eq!(json.submission.fingerprint(), form.submission.fingerprint());
            prop_assert_eq!(json, form);
        }
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200), text in any::<String>()) {
        for body in [bytes.as_slice(), text.as_bytes()] {
            let _ = parse(body, Encoding::Json);
            let _ = parse(body, Encoding::Form);
            let _ = parse_batch(body);
            let _ = parse_feedback(body);
            let _ = parse_verdict(body);
        }
    }
}
