mod joins;
mod people;
mod places;
mod time;
mod worklist;

use jiff::tz::TimeZone;

use super::*;
use crate::calendar::Calendar;
use crate::decision::{ClockAction, ClockStep, Protection, Quadrant, Routed, Sla, Trace};
use crate::feedback::VerdictKind;

fn at(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
}

fn id(id: &str) -> LeadId {
    LeadId::parse(id).unwrap()
}

fn key(value: &str) -> ClaimKey {
    ClaimKey::of(b"pepper", "email", value)
}

fn queue(name: &str) -> Queue {
    Queue::parse(name).unwrap()
}

fn given(sla: Sla) -> LeadState {
    let queue = queue("sales");
    let trace = Trace::default();
    let routed = Routed {
        queue,
        owner: None,
        counted: None,
        rule: "rule".into(),
        strategy: None,
        nurture: None,
        sla: Some(sla),
        trace,
    };
    LeadState::received(id("ld_1"), at(0)).routed(&routed, at(0))
}

/// To be answered within ten minutes.
fn deadline() -> Sla {
    clock(&[(10, ClockAction::Deadline)])
}

fn clock(steps: &[(i64, ClockAction)]) -> Sla {
    let steps = steps.iter().map(|(minutes, action)| ClockStep { at: at(*minutes), action: action.clone() }).collect();
    Sla { policy: "policy".into(), first_response_due: None, feedback_due: at(10), steps, protection: None }
}

fn routed() -> LeadState {
    given(deadline())
}

fn owing(state: &LeadState) -> Vec<Owing> {
    state.owes.iter().map(|owed| owed.what.clone()).collect()
}

fn flagged() -> LeadState {
    routed().stepped(&deadline(), at(11)).0
}

fn scored(state: &LeadState) -> LeadState {
    let none = serde_json::json!({"intent": 0, "value": 0, "quadrant": "hot", "mql": true, "contributions": [], "rules_version": "r"});
    state.scored(serde_json::from_value(none).unwrap(), at(20))
}

fn reason() -> Reason {
    Reason { code: "code".into(), rule: "rule".into(), text: "text".into() }
}
