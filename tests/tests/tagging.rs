//! Corrections of tags: what a person says counts when the lead is scored anew, and moves nothing before.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use futures::executor::block_on;
use leads::id::LeadId;
use leads::lead::{LeadState, Stage};
use leads::row::{Decision, Row};
use serde_json::{Value, json};
use tests::faults::Plan;
use tests::rule_sets::RULES;
use tests::scenarios::hot;
use tests::stack::{Mode, Stack};

/// A lead with the sales of East China: 25 points for who they are, and some for the demo that they asked for.
fn routed() -> (Stack, LeadId) {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let posted = stack.post(&hot(), Some("k-1"));
    stack.settle().unwrap();
    let lead = posted.lead_id().unwrap();
    (stack, lead)
}

fn state(stack: &Stack, lead: &LeadId) -> LeadState {
    stack.world.states().into_iter().find(|state| state.lead_id == *lead).unwrap()
}

/// The latest decision about a lead.
fn decision(stack: &Stack, lead: &LeadId) -> Decision {
    let of_lead = |row: Row| match row {
        Row::Decision(decision) if decision.lead_id == *lead => Some(decision),
        _ => None,
    };
    stack.world.rows().into_iter().filter_map(of_lead).max_by_key(|decision| decision.epoch).unwrap()
}

/// The points that a rule gave in the latest decision; 0 if it did not apply.
fn points(stack: &Stack, lead: &LeadId, rule: &str) -> i32 {
    let scored = decision(stack, lead).scored;
    scored.contributions.iter().filter(|contribution| contribution.rule == rule).map(|one| one.points).sum()
}

fn notes(stack: &Stack) -> Vec<String> {
    let told = |row: Row| match row {
        Row::Feedback(row) if row.disposition == "correction:tags" => {
            let actor = row.actor.unwrap();
            Some(format!("{} {actor}: {}", row.principal, row.note.unwrap().expose()))
        }
        _ => None,
    };
    stack.world.rows().into_iter().filter_map(told).collect()
}

fn correct(stack: &mut Stack, lead: &LeadId, body: &Value) -> (i64, Value) {
    let reply = stack.correct("crm-china", lead, body);
    stack.settle().unwrap();
    reply.get().unwrap()
}

#[test]
fn a_correction_counts_when_the_lead_is_scored_anew() {
    let (mut stack, lead) = routed();
    assert_eq!((points(&stack, &lead, "role-decides"), points(&stack, &lead, "role-outside")), (25, 0));
    let before = state(&stack, &lead);
    let body = json!({
        "set": {"identity": [" Student ", "owner of a cat"], "purchase": ["bought_2024"]},
        "remove": {"identity": ["decision_maker"], "interaction": ["demo_request"]}, "actor": "wang.fang"
    });
    let (status, answer) = correct(&mut stack, &lead, &body);
    assert_eq!(status, 200);
    assert_eq!(answer, json!({"lead_id": lead, "stage": "routed", "corrected": 5, "unscored": ["/set/identity/1"]}));
    // It stays where it is, as it was, and its queue hears nothing.
    let after = state(&stack, &lead);
    assert_eq!(after, LeadState { version: before.version + 1, ..before });
    assert_eq!(
        notes(&stack),
        ["crm-china wang.fang: identity: decision_maker → student, owner of a cat; purchase: none → bought_2024; \
          interaction: demo_request → none"]
    );
    let told = |stack: &Stack| stack.world.delivered(&after.assignment.as_ref().unwrap().queue).len();
    assert_eq!(told(&stack), 1);

    // Sales gives it back, and it is scored anew when its date comes.
    let back = json!({"epoch": 1, "disposition": "no_budget_yet"});
    stack.answer("crm-china", &lead, &back);
    stack.settle().unwrap();
    assert_eq!(state(&stack, &lead).stage, Stage::Pooled);
    stack.pass(jiff::SignedDuration::from_hours(24 * 91));
    stack.settle().unwrap();
    let scored = decision(&stack, &lead);
    assert_eq!(scored.epoch, 2);
    assert_eq!((points(&stack, &lead, "role-decides"), points(&stack, &lead, "role-outside")), (0, -20));
    assert_eq!(points(&stack, &lead, "bought-before"), 20);
    assert!(scored.scored.contributions.iter().all(|one| !one.rule.contains("demo")), "{:?}", scored.scored);
}

/// What a duplicate said is no newer word on who somebody is; what they do after the correction is.
#[test]
fn a_touch_does_not_bring_back_what_was_taken_out() {
    let (mut stack, lead) = routed();
    let body =
        json!({"remove": {"identity": ["decision_maker"], "interaction": ["demo_request"]}, "actor": "wang.fang"});
    assert_eq!(correct(&mut stack, &lead, &body).0, 200);
    stack.answer("crm-china", &lead, &json!({"epoch": 1, "disposition": "no_budget_yet"}));
    stack.settle().unwrap();
    stack.pass(jiff::SignedDuration::from_hours(24));
    let mut again = hot();
    again["tags"]["identity"] = json!(["decision_maker", "engineer"]);
    stack.post(&again, Some("k-2"));
    stack.settle().unwrap();
    assert_eq!(decision(&stack, &lead).epoch, 2, "the touch brings it back");
    assert_eq!((points(&stack, &lead, "role-decides"), points(&stack, &lead, "role-prepares")), (0, 12));
    let scored = decision(&stack, &lead).scored;
    assert!(scored.contributions.iter().any(|one| one.fields.contains(&"tags.interaction".into())), "{scored:?}");
}

#[test]
fn the_last_word_counts_and_each_request_once() {
    let (mut stack, lead) = routed();
    let take_out = json!({"remove": {"identity": ["decision_maker"]}, "actor": "wang.fang"});
    let put_back = json!({"set": {"identity": ["decision_maker"]}, "actor": "li.na"});
    assert_eq!(correct(&mut stack, &lead, &take_out).1["corrected"], 1);
    assert_eq!(correct(&mut stack, &lead, &put_back).1["corrected"], 1);
    assert_eq!(notes(&stack)[0], "crm-china wang.fang: identity: decision_maker → none");
    assert_eq!(notes(&stack)[1], "crm-china li.na: identity: none → decision_maker");
    let same = |n: usize| json!({"set": {"purchase": (0..20).map(|at| format!("p{n}-{at}")).collect::<Vec<_>>()}, "actor": "x"});
    // One value stands corrected; four requests of twenty fit below a hundred, and a fifth does not.
    let statuses: Vec<i64> = (0..5).map(|n| correct(&mut stack, &lead, &same(n)).0).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 409]);
    assert_eq!(notes(&stack).len(), 6);
}

/// What people said of a person goes with everything else of them.
#[test]
fn an_erasure_takes_corrections_along() {
    let (mut stack, lead) = routed();
    let body = json!({"set": {"identity": ["canary of a cat"]}, "actor": "wang.fang"});
    assert_eq!(correct(&mut stack, &lead, &body).0, 200);
    let holds = |stack: &Stack| stack.world.rows().iter().any(|row| json!(row).to_string().contains("canary of a cat"));
    assert!(holds(&stack));
    let world = &*stack.world;
    block_on(leadctl::erasure::erase(&lead, world, &RULES, || world.now(), |_| {})).unwrap();
    assert!(!holds(&stack));
    assert_eq!(correct(&mut stack, &lead, &body).0, 404);
    assert!(!holds(&stack), "a correction that comes late finds nothing");
}
