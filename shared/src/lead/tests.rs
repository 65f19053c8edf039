use jiff::tz::TimeZone;

use super::*;
use crate::calendar::Calendar;
use crate::decision::{ClockAction, ClockStep, Protection, Routed, Sla, Trace};

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
    let routed = Routed { queue, owner: None, rule: "rule".into(), strategy: None, sla: Some(sla), trace };
    LeadState::received(id("ld_1"), at(0)).routed(&routed, false, at(0))
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

#[test]
fn an_unclear_delivery_is_repeated_although_its_deadline_passed_meanwhile() {
    let unclear = routed().delivery_unknown(at(9)).stepped(&deadline(), at(11)).0;
    assert_eq!(unclear.due(at(12)), Some(Due::Redeliver));
    let told = unclear.told();
    assert_eq!(told.due(at(12)), Some(Due::Redeliver));
    assert_eq!(told.delivered(at(12)).due_at(), None);
    // Nothing is left to do once both are clear.
    assert_eq!(flagged().told().due_at(), None);
}

/// A clock with every kind of step, ticked each minute: each is taken once, a minute after its time at the latest, and
/// told before the next.
#[test]
fn every_step_is_taken_once_and_told() {
    let actions = [
        (2, ClockAction::FirstResponse),
        (5, ClockAction::Remind),
        (10, ClockAction::Deadline),
        (15, ClockAction::Notify { queue: queue("managers") }),
        (20, ClockAction::Recycle { reactivate_after_days: Some(1) }),
    ];
    let sla = clock(&actions);
    let mut state = given(sla.clone());
    let mut taken = Vec::new();
    for minute in 0..60 {
        match state.due(at(minute)) {
            Some(Due::Step) => {
                let (next, action) = state.stepped(&sla, at(minute));
                taken.push((minute - 1, action.unwrap()));
                assert_eq!(next.owes.as_ref().map(|owed| owed.at), Some(at(minute)));
                assert_eq!(next.due_at(), Some(at(minute + 1)), "what is owed is due before the next step");
                state = next;
            }
            Some(Due::Tell) => state = state.told(),
            None => {}
            other => panic!("{other:?} at {minute}"),
        }
    }
    assert_eq!(taken, actions);
    assert_eq!(state.breached_at, Some(at(11)));
}

/// When a tick comes, and which steps it takes, one after the other.
#[test]
fn late_ticks_pass_over_what_has_become_pointless() {
    let (remind, deadline, first) = (ClockAction::Remind, ClockAction::Deadline, ClockAction::FirstResponse);
    let sla = clock(&[(2, first.clone()), (5, remind.clone()), (8, remind.clone()), (10, deadline.clone())]);
    let rows = [
        // The tick, whether somebody had said that they are on it, and the steps.
        (2, false, vec![]),
        (3, false, vec![first.clone()]),
        (3, true, vec![]),
        (6, false, vec![first.clone(), remind.clone()]),
        (6, true, vec![remind.clone()]),
        (9, true, vec![remind.clone()]),
        (11, true, vec![deadline.clone()]),
        (11, false, vec![first.clone(), deadline.clone()]),
    ];
    for (minute, responded, expected) in rows {
        let mut state = given(sla.clone());
        if responded {
            state = state.acknowledged(at(1));
        }
        let mut taken = Vec::new();
        while let Some(due) = state.due(at(minute)) {
            state = match due {
                Due::Step => {
                    let (next, action) = state.stepped(&sla, at(minute));
                    taken.extend(action);
                    next
                }
                _ => state.told(),
            };
        }
        assert_eq!(taken, expected, "a tick at {minute}, {responded}");
    }
}

/// What an answer does to the clock and to what is owed: what was flagged is told, and nothing new is flagged.
#[test]
fn an_answer_stops_the_clock() {
    let answers: [fn(&LeadState) -> LeadState; 3] = [
        |state| state.answered("accepted".into(), at(12)),
        |state| state.closed("won".into(), at(12)),
        |state| state.pooled("unreachable".into(), None, at(12)),
    ];
    for answer in answers {
        assert_eq!(answer(&routed()).due_at(), None);
        let owed = answer(&flagged());
        assert_eq!(owed.due(at(13)), Some(Due::Tell));
        assert_eq!(owed.told().due_at(), None);
    }
    let acknowledged = routed().acknowledged(at(1));
    assert_eq!(acknowledged.due_at(), Some(at(10)));
    assert!(acknowledged.awaits_answer());
}

/// A lead that leaves its queue for the pool is recalled, and comes back on its date.
#[test]
fn a_recycled_lead_is_recalled() {
    let recycled = routed().recycled(Some(1), at(20));
    let recall = |why| Some(Owing::Recall { queue: queue("sales"), epoch: 1, why });
    assert_eq!(recycled.stage, Stage::Pooled);
    assert_eq!(recycled.owes.clone().map(|owed| owed.what), recall(TakenAway::Recycled));
    assert_eq!(recycled.due(at(21)), Some(Due::Tell));
    let told = recycled.told();
    assert_eq!((&told.owes, told.due_at()), (&None, Some(at(20 + 24 * 60))));
    // Given to somebody before the recall was told: it is told all the same.
    let routed = Routed {
        queue: queue("others"),
        owner: None,
        rule: "rule".into(),
        strategy: None,
        sla: None,
        trace: Trace::default(),
    };
    let again = recycled.reopened(at(21)).routed(&routed, false, at(22));
    assert_eq!((again.due(at(22)), again.owes.map(|owed| owed.what)), (Some(Due::Tell), recall(TakenAway::Recycled)));
}

/// Answers that keep the lead extend its protection up to its end; others end it.
#[test]
fn a_protection_is_extended_and_ends() {
    let day = |day: i64| at(day * 24 * 60);
    let calendar = Calendar::new(TimeZone::UTC);
    let protection = Protection {
        calendar: "utc".into(),
        until: day(10),
        extension_days: 3,
        at_most: Some(day(20)),
        reactivate_after_days: None,
    };
    let state = given(Sla { protection: Some(protection), ..deadline() });
    let until = |state: &LeadState| state.assignment.as_ref().unwrap().protection.as_ref().map(|it| it.until);
    assert_eq!(until(&state), Some(day(10)));
    let mut kept = state;
    for (answered, expected) in [(3, 10), (8, 11), (11, 14), (14, 17), (17, 20), (20, 20)] {
        kept = kept.answered("accepted".into(), day(answered)).kept_longer(&calendar, day(answered));
        assert_eq!(until(&kept), Some(day(expected)), "answered on day {answered}");
    }
    assert_eq!(kept.due(day(20)), None);
    assert_eq!(kept.due(day(20) + SignedDuration::from_secs(1)), Some(Due::Recycle));
    assert_eq!(until(&kept.closed("won".into(), day(20))), None);
    assert_eq!(until(&kept.recycled(None, day(21))), None);
}

/// The master as it stands, and how it is after its only touch was taken out: its stage, the settled stage that it was
/// taken back from, and whether it is on its way again.
#[test]
fn a_master_without_its_touch() {
    let touch = LeadState::received(id("ld_touch"), at(0));
    let rows = [
        (Stage::Received, Stage::Received, None, false),
        (Stage::Cleaned, Stage::Cleaned, None, true),
        (Stage::Scored, Stage::Cleaned, None, true),
        (Stage::Routed, Stage::Cleaned, Some(Stage::Routed), true),
        (Stage::Nurtured, Stage::Cleaned, Some(Stage::Nurtured), true),
        (Stage::Pooled, Stage::Pooled, None, false),
        (Stage::Rejected, Stage::Rejected, None, false),
        (Stage::Merged, Stage::Merged, None, false),
        (Stage::Held, Stage::Held, None, false),
        (Stage::Parked, Stage::Parked, None, false),
    ];
    for (before, after, reopened_from, again) in rows {
        let master = LeadState { stage: before, touches: 1, version: 5, entered: 3, ..routed() };
        let left = master.without(&touch, at(20));
        assert_eq!((left.stage, left.touches, left.version), (after, 0, 6), "{before:?}");
        assert_eq!(left.reopened_from, reopened_from, "{before:?}");
        assert_eq!(left.entered, if again { 6 } else { 3 }, "{before:?}");
        assert_eq!(left.left_by, again.then(|| id("ld_touch")), "{before:?}");
        assert_eq!(left.assignment, master.assignment, "{before:?}");
        // The request comes once: if its send failed, the sweep sends after a minute.
        assert_eq!(left.due(at(21)), if again { Some(Due::Resend) } else { master.due(at(21)) }, "{before:?}");
    }
}

#[test]
fn a_touch_takes_back_what_it_gave_and_is_a_lead_again() {
    let master = LeadState::received(id("ld_1"), at(0)).cleaned(&[key("both"), key("first")], at(0));
    let second = LeadState::received(id("ld_2"), at(1));
    let merged = second.merged(&master, &[key("both"), key("second")], at(1));
    assert_eq!((&merged.merged_into, &merged.claims), (&Some(id("ld_1")), &vec![key("second")]));
    let touched = master.touched(vec![key("both"), key("first"), key("second")], at(1));

    let again = merged.unmerged(&[id("ld_1"), id("ld_0")], at(2));
    assert_eq!((again.stage, again.version, again.entered), (Stage::Received, 3, 3));
    assert_eq!((&again.merged_into, &again.claims), (&None, &vec![key("second")]));
    assert_eq!(again.apart, [id("ld_1"), id("ld_0")]);
    assert_eq!(again.due(at(3)), Some(Due::Resend));
    let left = touched.without(&merged, at(2));
    assert_eq!((left.touches, &left.claims), (0, &vec![key("both"), key("first")]));
    assert!(again.is_apart_from(&left) && left.is_apart_from(&again));
    assert!(!left.is_apart_from(&second) && !again.is_apart_from(&second));

    // Its own keys stay its own when it is cleaned; being told about twice does not mark it twice.
    assert_eq!(again.cleaned(&[key("second")], at(3)).claims, [key("second")]);
    let third = LeadState::received(id("ld_3"), at(0));
    let twice = again.merged(&third, &[], at(4)).unmerged(&[id("ld_3"), id("ld_1")], at(5));
    assert_eq!(twice.apart, [id("ld_1"), id("ld_0"), id("ld_3")]);
    assert_eq!(twice.claims, [key("second")]);
}

/// A queue is told once that a touch left, and not again with the next touch.
#[test]
fn a_touch_that_left_is_told_once() {
    let touch = LeadState::received(id("ld_touch"), at(0));
    let master = scored(&routed().touched(Vec::new(), at(1))).kept(at(2));
    let told = |state: &LeadState| state.told_touch.clone().map(|told| (told.touches, told.left_by)).unwrap();
    assert_eq!(told(&master), (1, None));
    let left = scored(&master.without(&touch, at(3))).kept(at(4));
    assert_eq!(told(&left), (0, Some(id("ld_touch"))));
    assert_eq!((left.stage, &left.left_by), (Stage::Routed, &None));
    let again = scored(&left.touched(Vec::new(), at(5))).kept(at(6));
    assert_eq!(told(&again), (1, None));
}

/// The sweep looks at once at what only it can send again, and later at what SQS redelivers meanwhile.
#[test]
fn what_is_stuck_is_sent_again() {
    let verdict = |minute| Verdict { released: true, mql: None, by: "desk".into(), at: at(minute) };
    let touched = routed().touched(Vec::new(), at(20));
    let rows = [
        ("received", LeadState::received(id("ld_1"), at(20)), Due::Resend),
        ("released", routed().put_on_hold(reason(), at(1)).told().released(verdict(20), at(20)), Due::Resend),
        ("back on its date", routed().pooled("no_budget".into(), None, at(1)).reopened(at(20)), Due::Resend),
        ("promoted", routed().promoted(verdict(20), at(20)), Due::Resend),
        ("promoted long before", LeadState { verdict: Some(verdict(1)), ..touched.clone() }, Due::Wait),
        ("touched", touched.clone(), Due::Wait),
        ("left by a touch", touched.without(&LeadState::received(id("ld_2"), at(0)), at(20)), Due::Resend),
        ("cleaned", LeadState::received(id("ld_1"), at(20)).cleaned(&[], at(20)), Due::Wait),
        ("scored", scored(&touched), Due::Wait),
    ];
    for (what, state, due) in rows {
        assert_eq!(state.due(at(21) - SignedDuration::from_secs(1)), None, "{what}");
        assert_eq!(state.due(at(21)), Some(due), "{what}");
    }
    assert_eq!(touched.due(at(30)), Some(Due::Resend), "after ten minutes SQS has done what it could");
}

#[test]
fn the_sweep_looks_ever_less_often() {
    let mut state = LeadState::received(id("ld_1"), at(0));
    for (resends, minutes) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 8)] {
        state = state.watched(true, at(100));
        assert_eq!((state.resends, state.watch_at), (resends, Some(at(100 + minutes))));
    }
    // Not sent: looked at again ten minutes after it came into its stage.
    let waiting = LeadState::received(id("ld_1"), at(0)).cleaned(&[], at(50)).watched(false, at(51));
    assert_eq!((waiting.resends, waiting.watch_at), (0, Some(at(60))));
}

/// Only a lead that sales has and has not answered has a clock and a protection that run.
#[test]
fn only_routed_leads_have_clocks_that_run() {
    assert!(routed().awaits_answer());
    assert!(!routed().answered("accepted".into(), at(1)).awaits_answer());
    let held = routed().put_on_hold(reason(), at(1)).told();
    assert!(!held.awaits_answer());
    assert_eq!(held.due(at(1_000)), None);
}

#[test]
fn a_verdict_on_the_qualification_is_told() {
    let verdict = Verdict { released: true, mql: Some(ManualVerdict::NotMql), by: "desk".into(), at: at(3) };
    let expected = GivenVerdict { verdict: ManualVerdict::NotMql, by: "desk".into(), at: at(3) };
    assert_eq!(verdict.qualification(), Some(expected));
    assert_eq!(Verdict { mql: None, ..verdict }.qualification(), None);
}

/// What a row says of a lead is left out while there is nothing to say.
#[test]
fn counts_are_stored_once_there_is_something_to_count() {
    let stored = |state: &LeadState| serde_json::to_value(state).unwrap();
    let fresh = stored(&routed());
    assert!(fresh.get("touches").is_none() && fresh.get("resends").is_none());
    assert_eq!(stored(&routed().touched(Vec::new(), at(1)))["touches"], 1);
}
