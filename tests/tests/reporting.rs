//! Batches of feedback: each entry by itself, in order, once; whatever runs out or fails on the way.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::Cell;
use std::rc::Rc;

use aws_lambda_events::encodings::Body;
use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use leads::id::LeadId;
use leads::memory::World;
use leads::row::Row;
use leads::signature::SigningKeys;
use serde_json::{Value, json};
use tests::faults::{Fault, Faulty, Life, Plan};
use tests::functions;
use tests::requests::Signer;
use tests::rule_sets::RULES;
use tests::scenarios::hot;
use tests::stack::{Mode, Stack};

/// So many leads with the sales of East China, and the stack that they are in.
fn routed(count: usize) -> (Stack, Vec<LeadId>) {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let replies: Vec<_> = (0..count)
        .map(|n| {
            let mut lead = hot();
            lead["contact"] = json!({"name": "Chen", "email": format!("chen{n}@weida{n}-presses.example")});
            lead["company"]["name"] = format!("Weida Presses {n}").into();
            stack.post(&lead, Some(&format!("k-{n}")))
        })
        .collect();
    stack.settle().unwrap();
    let leads = replies.iter().map(|reply| reply.lead_id().unwrap()).collect();
    (stack, leads)
}

fn entry(lead: &LeadId, disposition: &str) -> Value {
    json!({"lead_id": lead, "epoch": 1, "disposition": disposition})
}

/// A client of one tool, whose requests are under one id.
struct Client {
    world: Rc<World>,
    plan: Rc<Plan>,
}

impl Client {
    fn of(stack: &Stack) -> Self {
        Self { world: Rc::clone(&stack.world), plan: Rc::default() }
    }

    /// The result of each entry, where there is time for so many checks of it.
    fn report(&self, entries: &[Value], time_for: usize) -> Vec<Value> {
        let body = Value::from(entries.to_vec()).to_string();
        let now: Timestamp = self.world.now();
        let keys = SigningKeys::new("secret of this test", None);
        let signer = Signer { keys: &keys, principal: "crm-china", id: "msg_1", at: now };
        let event = signer.request("POST /v1/feedback", "/v1/feedback", &body);
        let left = Cell::new(time_for);
        let has_time = || {
            let had = left.get();
            left.set(had.saturating_sub(1));
            had > 0
        };
        let settings = feedback::Settings { rules: &RULES, keys: &keys };
        let ports = Faulty::new(Rc::clone(&self.world), Rc::clone(&self.plan), Rc::new(Life::default()));
        let response =
            block_on(functions::feedback(&event, &ports, settings, feedback::Moment { now, has_time: &has_time }));
        assert_eq!(response.status_code, 200);
        assert_eq!(response.headers["cache-control"], "no-store");
        let Some(Body::Text(text)) = response.body else { panic!("no body") };
        let answer: Value = serde_json::from_str(&text).unwrap();
        answer["results"].as_array().unwrap().clone()
    }

    /// Who reported what, by the lead's history.
    fn reported(&self, lead: &LeadId) -> Vec<String> {
        let rows = self.world.rows().into_iter();
        rows.filter_map(|row| match row {
            Row::Feedback(row) if row.lead_id == *lead => Some(row.disposition),
            _ => None,
        })
        .collect()
    }
}

fn statuses(results: &[Value]) -> Vec<u64> {
    results.iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

#[test]
fn every_entry_is_answered_by_itself() {
    let (stack, leads) = routed(2);
    let client = Client::of(&stack);
    let other = json!({"lead_id": "ld_nobody", "epoch": 1, "disposition": "won"});
    let bad = json!({"lead_id": leads[1], "epoch": 1, "disposition": "Won", "amount": {"minor": 5}});
    let entries =
        [entry(&leads[0], "no_budget_yet"), other, bad, entry(&leads[1], "won"), json!([]), entry(&leads[0], "won")];
    let results = client.report(&entries, usize::MAX);
    let due = client.world.now() + SignedDuration::from_hours(24 * 90);
    assert_eq!(
        results[0],
        json!({"status": 200, "lead_id": leads[0], "answer": {"lead_id": leads[0], "epoch": 1,
            "disposition": "no_budget_yet", "mapped": true, "stage": "pooled", "reactivate_at": due.to_string()}})
    );
    assert_eq!(results[1]["status"], 404);
    assert_eq!(results[1]["problem"]["type"], "/problems/not-found");
    let errors = results[2]["problem"]["errors"].as_array().unwrap();
    let pointers: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/2/disposition", "/2/amount/currency"]);
    assert_eq!((&results[2]["status"], &results[2]["lead_id"]), (&json!(422), &json!(leads[1])));
    assert_eq!((&results[3]["status"], &results[3]["answer"]["stage"]), (&json!(200), &json!("routed")));
    assert_eq!((&results[4]["status"], results[4].get("lead_id")), (&json!(422), None));
    // The second answer about a lead comes after the first one: sales takes up what it had given back.
    assert_eq!((&results[5]["status"], &results[5]["answer"]["stage"]), (&json!(200), &json!("routed")));
    assert_eq!(client.reported(&leads[0]), ["no_budget_yet", "won"]);
}

#[test]
fn a_repetition_acts_once_and_is_answered_as_before() {
    let (stack, leads) = routed(3);
    let client = Client::of(&stack);
    // The same answer twice is two entries, each known by its place.
    let entries = [
        entry(&leads[0], "contacted"),
        entry(&leads[0], "contacted"),
        entry(&leads[1], "won"),
        entry(&leads[2], "won"),
    ];
    let first = client.report(&entries, usize::MAX);
    assert_eq!(statuses(&first), [200; 4]);
    let rows = client.world.rows();
    let again = client.report(&entries, usize::MAX);
    assert_eq!(client.world.rows(), rows);
    for (first, again) in first.iter().zip(&again) {
        assert_eq!((again["replayed"].as_bool(), &again["answer"]), (Some(true), &first["answer"]));
    }
    // Under an id that has acted, an entry that says something else is refused, and the others are what they were.
    let mut other = entries;
    other[2]["disposition"] = "unreachable".into();
    let other = client.report(&other, usize::MAX);
    assert_eq!(statuses(&other), [200, 200, 422, 200]);
    assert_eq!(other[2]["problem"]["type"], "/problems/idempotency-key-reused");
    assert_eq!(client.world.rows(), rows);
}

/// However early time runs out, what is done is told as done, the rest as 503, and the repetition does just the rest.
#[test]
fn a_batch_is_answered_in_part_when_time_runs_out() {
    let mut in_part = 0;
    for time_for in 0..60 {
        let (stack, leads) = routed(12);
        let client = Client::of(&stack);
        let mut entries: Vec<Value> = leads.iter().map(|lead| entry(lead, "contacted")).collect();
        entries.push(entry(&leads[11], "won"));
        let first = client.report(&entries, time_for);
        let done = statuses(&first);
        assert!(done.iter().all(|status| [200, 503].contains(status)), "{done:?}");
        in_part += usize::from(done.contains(&200) && done.contains(&503));
        let second = client.report(&entries, usize::MAX);
        assert_eq!(statuses(&second), [200; 13], "{time_for}");
        for (first, second) in first.iter().zip(&second) {
            // With a lost 503 in between, the first time may have acted; here a 503 says that nothing was done.
            assert_eq!(second.get("replayed").is_some(), first["status"] == 200, "{time_for}");
        }
        for lead in &leads[..11] {
            assert_eq!(client.reported(lead), ["contacted"], "{time_for}");
        }
        assert_eq!(client.reported(&leads[11]), ["contacted", "won"], "{time_for}");
    }
    assert!(in_part > 20, "{in_part} of 60 in part");
}

/// Each call may fail, having acted or not: then that entry is told so, and what the batch says of its lead after it.
#[test]
fn one_call_that_fails_is_one_entry_that_waits() {
    for (call, fault) in (1..=9).flat_map(|call| [(call, Fault::Unavailable), (call, Fault::ActedUnavailable)]) {
        let (stack, leads) = routed(2);
        let client = Client { plan: Rc::new(Plan::new([(call, fault)])), ..Client::of(&stack) };
        let entries = [entry(&leads[0], "contacted"), entry(&leads[1], "contacted"), entry(&leads[0], "won")];
        let first = statuses(&client.report(&entries, usize::MAX));
        let waits = |status: &u64| *status == 503;
        assert!(first.iter().filter(|status| waits(status)).count() <= 2, "{call} {fault:?}: {first:?}");
        assert!(!waits(&first[0]) || waits(&first[2]), "{call} {fault:?}: {first:?}");
        assert_eq!(statuses(&client.report(&entries, usize::MAX)), [200; 3], "{call} {fault:?}");
        assert_eq!(client.reported(&leads[0]), ["contacted", "won"], "{call} {fault:?}");
        assert_eq!(client.reported(&leads[1]), ["contacted"], "{call} {fault:?}");
    }
}
