//! Stored rows, written by hand, from which messages and answers are made.

use jiff::Timestamp;
use leads::decision::Reason;
use leads::id::LeadId;
use leads::lead::{LeadState, Owed, Owing};
use leads::row::{Decision, StoredSubmission};
use serde_json::{Value, json};

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

pub(crate) fn stored_submission() -> StoredSubmission {
    from(json!({
        "lead_id": "ld_9fQm2kV0T4aXc1LrB7yZ3w",
        "at": "2026-03-02T01:30:00Z",
        "submission": {
            "form_id": "contact",
            "contact": {
                "name": "李雷", "title": "采购经理", "email": "li.lei@acme.example", "phone": "139 1234 0987"
            },
            "company": {
                "name": "Acme Presses", "domain": "acme.example", "industry": "manufacturing", "size": 650,
                "country": "CN", "province": "浙江", "city": "杭州"
            },
            "interest": {
                "product": "press", "horizon": "three_months", "budget": {"minor": 12_000_000, "currency": "CNY"},
                "brands": ["Theirs"], "message": "Two presses,\nplease."
            },
            "source": {"channel": "website", "campaign": "spring-2026", "utm": {"source": "newsletter"}},
            "consent": {"purpose": "sales_contact", "text_version": "2026-01", "at": "2026-03-02T01:30:00Z"},
            "tags": {
                "identity": ["decision_maker"],
                "interaction": [{"kind": "demo_request", "at": "2026-03-01T08:00:00Z"}]
            },
            "custom": {"floor": "3"}
        }
    }))
}

pub(crate) fn decision() -> Decision {
    from(json!({
        "lead_id": "ld_9fQm2kV0T4aXc1LrB7yZ3w",
        "epoch": 2,
        "decided_at": "2026-03-02T01:30:04Z",
        "queue": "key-accounts",
        "owner": "wang.fang",
        "rule": "key-account",
        "delivery_id": "mZ1v5nH7sQ2xKc8LrT4bWq0yJd6gUe3fPa9oViXkRtM",
        "rules_version": "hOH_AfU5mrI8",
        "scored": {
            "intent": 100,
            "value": 100,
            "quadrant": "hot",
            "mql": true,
            "contributions": [
                {"rule": "horizon-three-months", "score": "intent", "category": "horizon", "points": 32},
                {"rule": "asked-for-demo", "score": "intent", "category": "interaction", "points": 35},
                {"rule": "wrote-message", "score": "intent", "category": "effort", "points": 10},
                {"rule": "stated-budget", "score": "intent", "category": "effort", "points": 10},
                {"rule": "named-product", "score": "intent", "category": "effort", "points": 5},
                {"rule": "channel-searching", "score": "intent", "category": "channel", "points": 8},
                {"rule": "size-upper-middle", "score": "value", "category": "size", "points": 24},
                {"rule": "budget-small", "score": "value", "category": "budget", "points": 8},
                {"rule": "role-decides", "score": "value", "category": "role", "points": 25},
                {"rule": "industry-core", "score": "value", "category": "industry", "points": 15},
                {"rule": "account-key", "score": "value", "category": "account", "points": 28}
            ],
            "account": {"name": "Acme Presses", "domain": "acme.example", "kind": "key", "owner": "wang.fang"},
            "rules_version": "hOH_AfU5mrI8"
        },
        "strategy": "call-today",
        "sla": {
            "policy": "key-accounts-one-working-day",
            "first_response_due": "2026-03-02T05:30:04Z",
            "feedback_due": "2026-03-03T01:30:04Z",
            "steps": [
                {"at": "2026-03-02T05:30:04Z", "action": "first_response"},
                {"at": "2026-03-02T08:30:04Z", "action": "remind"},
                {"at": "2026-03-03T01:30:04Z", "action": "deadline"},
                {"at": "2026-03-04T01:30:04Z", "action": "notify", "queue": "sales-desk"}
            ],
            "protection": {
                "calendar": "cn", "until": "2026-04-01T01:30:04Z", "extension_days": 10, "at_most": "2026-06-01T01:30:04Z"
            }
        },
        "trace": [
            {
                "step": "existing-customer", "fired": false,
                "why": "it does not apply that `account.kind` is `customer`"
            },
            {"step": "designated-owner", "fired": false, "why": "it does not apply that `source.owner` is given"},
            {"step": "quadrant", "fired": false, "why": "it does not apply that `score.mql` is false"},
            {"step": "key-account", "fired": true, "why": "The company is a key account."}
        ]
    }))
}

/// A lead of whose clock this step was taken, and is to be told.
pub(crate) fn owing(step: u8) -> LeadState {
    let mut state = routed();
    state.owes = vec![Owed { what: Owing::Step(step), at: at("2026-03-03T01:31:00Z") }];
    state
}

/// The same lead, had it gone to nurture.
#[allow(dead_code, reason = "not every test asks for it")]
pub(crate) fn to_nurture() -> Decision {
    let mut decision = decision();
    decision.queue = from(json!("nurture"));
    decision.delivery_id = from(json!("n5H7sQ2xKc8LrT4bWq0yJd6gUe3fPa9oViXkRtMmZ1v"));
    decision.nurture = Some(from(json!({"quadrant": "nurture", "track": "newsletter-and-webinars"})));
    decision
}

/// A lead whose queue of before is to be told that it is gone, had it been one of sales and one of nurture.
#[allow(dead_code, reason = "not every test asks for it")]
pub(crate) fn moved_on() -> [LeadState; 2] {
    let recall = |queue, epoch: u32, nurture: Value| {
        let mut state = routed();
        let what = json!({"recall": {"queue": queue, "epoch": epoch, "why": "elsewhere", "nurture": nurture}});
        state.owes = vec![Owed { what: from(what), at: at("2026-03-02T01:30:04Z") }];
        state
    };
    let nurture = json!({"quadrant": "nurture", "track": "newsletter-and-webinars", "to": "routed"});
    [recall("sales-cn-east", 1, Value::Null), recall("nurture", 2, nurture)]
}

/// A lead that waits for a verdict.
pub(crate) fn held() -> LeadState {
    let reason = Reason {
        code: "phone-digit-run".into(),
        rule: "phone-digit-run".into(),
        text: "the phone number has a run of 6 digits".into(),
    };
    let state = LeadState::received(LeadId::parse("ld_9fQm2kV0T4aXc1LrB7yZ3w").unwrap(), at("2026-03-02T01:30:00Z"));
    state.held(reason, true, at("2026-03-02T01:30:02Z"))
}

/// A lead that was routed twice, and erased.
#[allow(dead_code, reason = "not every test asks for it")]
pub(crate) fn erased() -> LeadState {
    let told = ["key-accounts", "sales-cn-east"].map(|queue| from(json!(queue))).into();
    routed().erased(told, at("2026-03-04T08:00:00Z"))
}

/// A lead that was routed.
pub(crate) fn routed() -> LeadState {
    let mut state =
        LeadState::received(LeadId::parse("ld_9fQm2kV0T4aXc1LrB7yZ3w").unwrap(), at("2026-03-02T01:30:00Z"));
    state.assignment = Some(from(json!({
        "queue": "key-accounts",
        "owner": "wang.fang",
        "epoch": 2,
        "delivery_id": "mZ1v5nH7sQ2xKc8LrT4bWq0yJd6gUe3fPa9oViXkRtM",
        "decided_on": 3,
        "decided_at": "2026-03-02T01:30:04Z",
        "feedback_due": "2026-03-03T01:30:04Z"
    })));
    state.epoch = 2;
    state
}

pub(crate) fn from<T: serde::de::DeserializeOwned>(row: Value) -> T {
    serde_json::from_value(row).unwrap()
}
