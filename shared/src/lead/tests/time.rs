//! What time does: clocks, the sweep, dates.

use super::*;

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
                assert_eq!(next.owes.first().map(|owed| owed.at), Some(at(minute)));
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
        assert_eq!(answer(&routed()).assignment.unwrap().clock, None);
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
    let recall = |why| [Owing::Recall { queue: queue("sales"), epoch: 1, why, nurture: None }];
    assert_eq!(recycled.stage, Stage::Pooled);
    assert_eq!(owing(&recycled), recall(Gone::Recycled));
    assert_eq!(recycled.due(at(21)), Some(Due::Tell));
    let told = recycled.told();
    assert_eq!((&told.owes, told.due_at()), (&vec![], Some(at(20 + 24 * 60))));
    // Given to somebody before the recall was told: it is told all the same.
    let routed = Routed {
        queue: queue("others"),
        owner: None,
        counted: None,
        rule: "rule".into(),
        strategy: None,
        nurture: None,
        sla: None,
        trace: Trace::default(),
    };
    let again = recycled.reopened(at(21)).routed(&routed, at(22));
    assert_eq!((again.due(at(22)), owing(&again)), (Some(Due::Tell), recall(Gone::Recycled).into()));
    // And once more to somebody else: both are told, one after the other.
    let moved = again.routed(&routed, at(23)).taken_from(again.assignment.as_ref().unwrap(), at(23));
    let second = Owing::Recall { queue: queue("others"), epoch: 2, why: Gone::Elsewhere, nurture: None };
    let first = recall(Gone::Recycled);
    assert_eq!(
        (moved.due(at(23)), owing(&moved)),
        (Some(Due::Tell), [&first[..], std::slice::from_ref(&second)].concat())
    );
    assert_eq!((moved.told().due(at(23)), owing(&moved.told())), (Some(Due::Tell), vec![second]));
    assert_eq!((moved.told().told().due(at(23)), owing(&moved.told().told())), (None, vec![]));
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
fn days_until_a_recycled_lead_comes_back_are_whole_ones() {
    assert_eq!(routed().recycled(Some(3), at(20)).reactivate_at, Some(at(20 + 3 * 24 * 60)));
    assert_eq!(routed().recycled(None, at(20)).reactivate_at, None);
}

/// Whoever answers at the very moment is in time, and a reminder at the very moment of the next step is none too late.
#[test]
fn a_step_is_taken_after_its_moment() {
    let sla = clock(&[(5, ClockAction::Remind), (10, ClockAction::Deadline)]);
    assert_eq!(given(sla.clone()).stepped(&sla, at(5)).1, None);
    assert_eq!(given(sla.clone()).stepped(&sla, at(10)).1, Some(ClockAction::Remind));
    let second = SignedDuration::from_secs(1);
    assert_eq!(given(sla.clone()).stepped(&sla, at(5) + second).1, Some(ClockAction::Remind));
    assert_eq!(given(sla.clone()).stepped(&sla, at(10) + second).1, Some(ClockAction::Deadline));
}
