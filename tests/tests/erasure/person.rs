//! The person who is erased, in whose every field a canary sits.

use serde_json::{Value, json};

/// One in every field that a form or a salesperson fills in. In lower case, as some fields are kept.
pub(crate) const CANARIES: [&str; 20] = [
    "canaryname",
    "canarytitle",
    "canarymail",
    "13602512246",
    "canarycompany",
    "canarydomain",
    "canaryindustry",
    "canaryprovince",
    "canarycity",
    "canaryproduct",
    "canarybrand",
    "canarymessage",
    "canaryutm",
    "canarycontent",
    "canaryconsent",
    "canaryidentity",
    "canarypurchase",
    "canaryinteraction",
    "canarycustom",
    "canarynote",
];

/// Somebody who wants it now and is worth it, to the sales of Zhejiang.
pub(crate) fn hot() -> Value {
    json!({
        "form_id": "contact",
        "contact": {
            "name": "Canaryname Chen", "title": "Canarytitle", "email": "Canarymail@Canarydomain.example",
            "phone": "+8613602512246"
        },
        "company": {
            "name": "Canarycompany", "domain": "canarydomain.example", "industry": "canaryindustry", "size": 1200,
            "country": "CN", "province": "Zhejiang", "city": "Canarycity"
        },
        "interest": {
            "horizon": "immediate", "product": "canaryproduct", "brands": ["Canarybrand"], "message": "Canarymessage."
        },
        "source": {
            "channel": "website", "utm": {"source": "canaryutm", "term": "canaryutm"}, "content_id": "canarycontent"
        },
        "consent": {"purpose": "sales_contact", "text_version": "2026-01", "source": "canaryconsent"},
        "tags": {
            "identity": ["decision_maker", "canaryidentity"], "purchase": ["canarypurchase"],
            "interaction": [{"kind": "demo_request", "content": "canaryinteraction"}]
        },
        "custom": {"canarycustom": "Canarycustom", "province": "Canaryprovince"}
    })
}

/// The same person, who has only read something, for a company of which nothing is said: to be nurtured.
pub(crate) fn cold() -> Value {
    let mut lead = hot();
    lead["contact"].as_object_mut().unwrap().remove("title");
    lead["company"] = json!({"name": "Canarycompany", "country": "CN", "province": "Zhejiang", "size": 20});
    lead["interest"] = json!({"brands": ["Canarybrand"]});
    lead["tags"] = json!({"purchase": ["canarypurchase"]});
    lead
}

/// Held: the address vanishes after minutes. The phone is the same person's.
pub(crate) fn doubtful() -> Value {
    let mut lead = hot();
    lead["contact"]["email"] = json!("canarymail@mailinator.com");
    lead
}

/// Held, and nobody is told: there is no consent.
pub(crate) fn without_consent() -> Value {
    let mut lead = hot();
    lead.as_object_mut().unwrap().remove("consent");
    lead
}

/// Refused: a test.
pub(crate) fn a_test() -> Value {
    let mut lead = hot();
    lead["contact"]["email"] = json!("canarymail@example.com");
    lead["contact"]["name"] = json!("test");
    lead
}

pub(crate) fn report(disposition: &str) -> Value {
    json!({"epoch": 1, "disposition": disposition, "note": "Canarynote.", "actor": "canarynote"})
}

pub(crate) fn verdict(verdict: &str) -> Value {
    json!({"verdict": verdict, "reason": "Canarynote.", "actor": "canarynote"})
}

/// The canaries in a text, whatever their capitals.
pub(crate) fn canaries(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    CANARIES.into_iter().filter(|canary| text.contains(canary)).collect()
}
