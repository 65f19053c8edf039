use jiff::tz::TimeZone;

use super::*;
use crate::calendar::Calendar;
use crate::decision::{ClockAction, ClockStep, Protection, Routed, Sla, Trace};
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

/// Where sales may report, and what each verdict makes of the lead.
#[test]
fn what_fits_where_the_lead_stands() {
    use VerdictKind::{Hold, Mql, NotMql, Refuse, Release, Test, Unmerge};
    let waits = [
        (Mql, Some(Stage::Received)),
        (NotMql, Some(Stage::Received)),
        (Refuse, Some(Stage::Rejected)),
        (Release, Some(Stage::Received)),
        (Test, Some(Stage::Rejected)),
    ];
    let again = [(Release, Some(Stage::Received)), (Mql, Some(Stage::Received)), (NotMql, Some(Stage::Received))];
    let kept = [(Hold, Some(Stage::Held)), (Mql, Some(Stage::Cleaned)), (Test, Some(Stage::Rejected))];
    let given = [(Hold, Some(Stage::Held)), (Test, Some(Stage::Rejected))];
    let rows: [(Stage, bool, &[(VerdictKind, Option<Stage>)]); 11] = [
        (Stage::Received, false, &[]),
        (Stage::Cleaned, false, &[]),
        (Stage::Scored, false, &[]),
        (Stage::Routed, true, &given),
        (Stage::Nurtured, false, &kept),
        (Stage::Pooled, true, &kept),
        (Stage::Rejected, false, &again),
        (Stage::Merged, false, &[]),
        (Stage::Held, false, &waits),
        (Stage::Parked, false, &waits),
        (Stage::Erased, false, &[]),
    ];
    for (stage, feedback, verdicts) in rows {
        let state = LeadState { stage, ..routed() };
        assert_eq!(state.takes_feedback(), feedback, "{stage:?}");
        for (_, kind) in VerdictKind::NAMES {
            let expected = verdicts.iter().find(|(known, _)| *known == kind).and_then(|(_, becomes)| *becomes);
            let becomes = state.decided(kind, "desk", at(20)).map(|next| next.stage);
            assert_eq!(becomes, expected, "{stage:?}, {kind:?}");
            let offered = expected.is_some() || (kind, stage) == (Unmerge, Stage::Merged);
            assert_eq!(state.verdicts().contains(&kind), offered, "{stage:?}, {kind:?}");
        }
    }
    // Sales works on it while a touch is scored.
    for (from, feedback) in [(Some(Stage::Routed), true), (Some(Stage::Pooled), false), (None, false)] {
        let touched = LeadState { stage: Stage::Cleaned, reopened_from: from, ..routed() };
        assert_eq!(touched.takes_feedback(), feedback, "{from:?}");
    }
    // What was recalled is over for its queue; what it gave back itself is not.
    assert!(!routed().recycled(None, at(20)).takes_feedback());
    assert!(routed().pooled("no_budget".into(), None, at(20)).takes_feedback());
}

#[test]
fn a_verdict_says_who_when_and_what() {
    let verdict = |mql| Some(Verdict { released: true, mql, by: "desk".into(), at: at(20) });
    let held = routed().put_on_hold(reason(), at(1)).told();
    let given = |state: &LeadState, kind| state.decided(kind, "desk", at(20)).unwrap();
    assert_eq!(given(&held, VerdictKind::Release).verdict, verdict(None));
    assert_eq!(given(&held, VerdictKind::Mql).verdict, verdict(Some(ManualVerdict::Mql)));
    assert_eq!(given(&held, VerdictKind::NotMql).verdict, verdict(Some(ManualVerdict::NotMql)));
    let pooled = routed().pooled("no_budget".into(), None, at(1));
    assert_eq!(given(&pooled, VerdictKind::Mql).verdict, verdict(Some(ManualVerdict::Mql)));
    let code = |kind| given(&routed(), kind).reason.unwrap().code;
    assert_eq!((code(VerdictKind::Hold), code(VerdictKind::Test)), ("held-by-person".into(), "test-by-person".into()));
    assert_eq!(given(&held, VerdictKind::Refuse).reason.unwrap().code, "refused-by-person");
}

/// Leads spread over all partitions of the index, and stay in theirs.
#[test]
fn leads_spread_over_the_index() {
    let shard = |number: u16| LeadState::received(id(&format!("ld_{number}")), at(0)).due_shard();
    let mut leads = [0; 8];
    for number in 0..800 {
        leads[usize::from(shard(number))] += 1;
        assert_eq!(shard(number), shard(number));
    }
    assert!(leads.iter().all(|count| (60..140).contains(count)), "{leads:?}");
}

#[test]
fn stages_are_shown_as_they_are_stored() {
    for stage in Stage::ALL {
        assert_eq!(serde_json::to_value(stage).unwrap(), stage.name());
    }
    assert_eq!(Stage::Routed.name(), "routed");
}

/// What each settled state says of why, and what a lead takes along.
#[test]
fn a_stop_says_why() {
    let fresh = LeadState::received(id("ld_1"), at(0));
    let said = |state: &LeadState| (state.stage, state.reason.as_ref().map(|reason| reason.code.clone()), state.notify);
    assert_eq!(said(&fresh.held(reason(), true, at(1))), (Stage::Held, Some("code".into()), true));
    assert_eq!(said(&fresh.held(reason(), false, at(1))), (Stage::Held, Some("code".into()), false));
    assert_eq!(said(&fresh.rejected(reason(), at(1))), (Stage::Rejected, Some("code".into()), false));
    assert_eq!(said(&fresh.parked(reason(), at(1))), (Stage::Parked, Some("code".into()), false));
    // Going on leaves the reason behind.
    let verdict = Verdict { released: true, mql: None, by: "desk".into(), at: at(2) };
    let released = fresh.held(reason(), true, at(1)).released(verdict.clone(), at(2));
    assert_eq!((said(&released), released.verdict), ((Stage::Received, None, false), Some(verdict)));
}

/// Whoever has a lead that is started again keeps it, or hears of it; whoever lost it does not.
#[test]
fn a_lead_is_started_again_with_or_without_its_queue() {
    let verdict = || Verdict { released: true, mql: None, by: "desk".into(), at: at(20) };
    assert_eq!(routed().parked(reason(), at(1)).released(verdict(), at(20)).reopened_from, Some(Stage::Routed));
    assert_eq!(routed().put_on_hold(reason(), at(1)).released(verdict(), at(20)).reopened_from, None);
    assert_eq!(LeadState::received(id("ld_1"), at(0)).released(verdict(), at(20)).reopened_from, None);
}

/// The scores stand in the state from `score` to `route`, and nowhere else.
#[test]
fn scores_stay_until_they_are_used() {
    let waits = scored(&routed().touched(Vec::new(), at(1)));
    assert!(waits.scored.is_some() && waits.acknowledged(at(2)).scored.is_some());
    for next in [waits.kept(at(3)), waits.reopened(at(3)), waits.pooled("no_budget".into(), None, at(3))] {
        assert_eq!(next.scored, None, "{:?}", next.stage);
    }
}

/// Somebody is on it: what is still to be told, or to be sent, is not forgotten.
#[test]
fn an_acknowledgement_leaves_open_what_is_open() {
    assert_eq!(routed().delivery_unknown(at(1)).acknowledged(at(2)).watch_at, None, "whoever answers has it");
    let owing = flagged().acknowledged(at(12));
    assert_eq!(owing.due(at(12)), Some(Due::Tell));
    let touched = routed().touched(Vec::new(), at(20));
    assert_eq!(touched.acknowledged(at(20)).watch_at, touched.watch_at, "the pipeline has it");
    assert_eq!(touched.acknowledged(at(20)).assignment.unwrap().responded_at, Some(at(20)));
}

/// A lead that stays where it is goes on owing what it owed, and being delivered if that is unclear.
#[test]
fn a_lead_that_stays_keeps_what_is_open() {
    let kept = |state: &LeadState| scored(&state.touched(Vec::new(), at(20))).kept(at(21));
    assert_eq!(kept(&routed()).watch_at, None);
    assert_eq!(kept(&flagged()).watch_at, Some(at(21)));
    assert_eq!(kept(&routed().delivery_unknown(at(1))).watch_at, Some(at(21)));
}
