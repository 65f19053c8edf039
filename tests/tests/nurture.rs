//! What marketing is told of leads to be warmed: when one comes, on which track, and when it is gone.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use jiff::SignedDuration;
use leads::id::{LeadId, Queue};
use serde_json::{Value, json};
use tests::faults::Plan;
use tests::scenarios::{cold, hot};
use tests::stack::{Mode, Stack};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn stack() -> Stack {
    Stack::new(Mode::Apart, Plan::default())
}

fn post(stack: &mut Stack, lead: &Value, key: &str) -> LeadId {
    let reply = stack.post(lead, Some(key));
    stack.settle().unwrap();
    assert_eq!(reply.status(), 202);
    reply.lead_id().unwrap()
}

/// What the queue was told, each as type, epoch, and the four fields that marketing acts on.
fn told(stack: &Stack) -> Vec<Value> {
    let delivered = stack.world.delivered(&Queue::parse("nurture").unwrap());
    let fields = ["type", "epoch", "stage", "quadrant", "track", "tags"];
    let row = |body: Value| fields.map(|field| body[field].clone()).into_iter().collect();
    delivered.iter().map(|message| row(serde_json::from_str(&message.body).unwrap())).collect()
}

fn usual() -> Value {
    json!("newsletter-and-webinars")
}

#[test]
fn a_cool_lead_enters_and_leaves_when_it_is_ripe() {
    let mut stack = stack();
    let lead = post(&mut stack, &cold(), "k-1");
    let tags = &cold()["tags"];
    let entered = json!(["nurture.enter", 1, "nurtured", "nurture", usual(), tags]);
    assert_eq!(told(&stack), std::slice::from_ref(&entered));

    stack.pass(DAY);
    post(&mut stack, &hot(), "k-2");
    // The tags are those of the lead, and not of what was posted later.
    let left = json!(["nurture.exit", 1, "routed", "nurture", usual(), tags]);
    assert_eq!(told(&stack), [entered.clone(), left.clone()]);

    let answer = stack.answer("crm-china", &lead, &json!({"epoch": 2, "disposition": "not_ready"}));
    stack.settle().unwrap();
    assert_eq!(answer.status(), 200);
    // Eager, of a company of middling size.
    let again = json!(["nurture.enter", 3, "nurtured", "self_service", usual(), tags]);
    assert_eq!(told(&stack), [entered, left, again]);
}

/// A play may name another track.
#[test]
fn whoever_has_not_known_for_long_gets_a_track_of_their_own() {
    let mut stack = stack();
    let lead = post(&mut stack, &hot(), "k-1");
    let unclear = |stack: &mut Stack, epoch: u32| {
        let answer = stack.answer("crm-china", &lead, &json!({"epoch": epoch, "disposition": "demand_unclear"}));
        stack.settle().unwrap();
        assert_eq!(answer.status(), 200, "{:?}", answer.get());
    };
    // It comes back every month, until half a year has passed.
    for epoch in 1..=6 {
        unclear(&mut stack, epoch);
        assert!(told(&stack).is_empty());
        stack.pass(DAY * 30 + SignedDuration::from_hours(2));
        stack.settle().unwrap();
    }
    unclear(&mut stack, 7);
    // A demo that was asked for without a date was asked for when the form was posted.
    let asked = json!({"kind": "demo_request", "at": "2026-03-03T02:00:00Z"});
    let tags = json!({"identity": ["decision_maker"], "interaction": [asked]});
    assert_eq!(told(&stack), [json!(["nurture.enter", 8, "nurtured", "hot", "what-others-use-it-for", tags])]);
}

/// Whoever stops a lead stops its track.
#[test]
fn a_lead_that_a_person_stops_leaves() {
    for (verdict, stage) in [("hold", "held"), ("test", "rejected")] {
        let mut stack = stack();
        let lead = post(&mut stack, &cold(), "k-1");
        let body = json!({"verdict": verdict, "reason": "I called.", "actor": "lin"});
        let answer = stack.verdict("telemarketing-desk", &lead, &body);
        stack.settle().unwrap();
        assert_eq!(answer.status(), 200);
        let left = json!(["nurture.exit", 1, stage, "nurture", usual(), cold()["tags"]]);
        assert_eq!(told(&stack)[1..], [left], "{verdict}");
    }
}
