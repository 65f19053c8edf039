//! Every fault at every call: whatever goes wrong once, every lead ends where it belongs, is told to one queue, once.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use jiff::{SignedDuration, Timestamp};
use leads::lead::Stage;
use tests::books::{Expected, check};
use tests::experiments::play;
use tests::faults::{Fault, Outage, Plan};
use tests::runs::Run;
use tests::scenarios::{EAST, SCENARIOS, hot};
use tests::stack::{Mode, Stack};

const MODES: [Mode; 3] = [Mode::Batches, Mode::Apart, Mode::Doubled];

#[test]
fn without_faults() {
    for scenario in SCENARIOS {
        for mode in MODES {
            let run = Run::plain(scenario, mode);
            let outcome = run.play();
            assert_eq!((outcome.copies, outcome.violations), (0, vec![]), "{}", run.name());
        }
    }
}

fn none_goes_wrong(runs: &[Run]) {
    let report = play(runs);
    let shown: Vec<String> =
        report.wrong.iter().take(20).map(|(run, what)| format!("{run}:\n    {}", what.join("\n    "))).collect();
    assert!(report.wrong.is_empty(), "{} of {} went wrong:\n{}", report.wrong.len(), report.runs, shown.join("\n"));
    eprintln!("{} runs", report.runs);
}

#[test]
fn every_fault_at_every_call() {
    let plain = |mode| SCENARIOS.iter().map(move |scenario| Run::plain(scenario, mode));
    // A batch of one message is an invocation of its own.
    let batches = plain(Mode::Batches).filter(|run| run.scenario.at_once);
    let all: Vec<Run> =
        plain(Mode::Apart).chain(batches).flat_map(|run| run.each_fault().collect::<Vec<_>>()).collect();
    none_goes_wrong(&all);
}

/// A form without a key asks once, and may get no answer. A lead is then stored or it is not, and never twice.
#[test]
fn every_fault_at_every_call_without_a_key() {
    let post = |faults: &[(usize, Fault)]| {
        let mut stack = Stack::new(Mode::Apart, Plan::new(faults.iter().copied()));
        let posted = stack.post(&hot(), None);
        let settled = stack.settle();
        let stored = !stack.world.states().is_empty();
        let expected = match stored {
            true => Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &[] },
            false => Expected::default(),
        };
        let mut found = check(&stack, &expected);
        found.violations.extend(settled.err());
        if posted.status() == 202 && !stored {
            found.violations.push("accepted, and not there".into());
        }
        (stack.plan.count(), found.copies, found.violations)
    };
    let (calls, ..) = post(&[]);
    for number in 1..=calls {
        for fault in Fault::ALL {
            let (_, copies, violations) = post(&[(number, fault)]);
            assert_eq!((copies, violations), (0, vec![]), "{fault:?} at call {number}");
        }
    }
}

/// Rules that are edited between two attempts change nothing for a lead whose decision is stored.
#[test]
fn every_fault_at_every_call_while_rules_change() {
    let post = |faults: &[(usize, Fault)]| {
        let mut stack = Stack::new(Mode::Apart, Plan::new(faults.iter().copied())).with_rules_edited(1);
        stack.post(&hot(), Some("k-1"));
        stack.settle().unwrap();
        let to = |told| check(&stack, &Expected { stages: &[Stage::Routed], told, maybe: &[] });
        let (before, after) = (to(&[EAST]), to(&["sales-cn-north lead.routed"]));
        let found = if after.violations.is_empty() { after } else { before };
        (stack.plan.count(), found.copies, found.violations)
    };
    let (calls, ..) = post(&[]);
    for number in 1..=calls {
        for fault in Fault::ALL {
            let (_, copies, violations) = post(&[(number, fault)]);
            assert_eq!((copies, violations), (0, vec![]), "{fault:?} at call {number}");
        }
    }
}

/// A service that is down for an hour from the first 202 on delays leads, and loses none.
#[test]
fn outages() {
    // Not `request`, for which clients alone wait: a signature is good for five minutes, so they hear 503 and give up.
    let each: [&[&str]; 8] =
        [&["lead"], &["touches"], &["decision"], &["account"], &["due"], &["commit"], &["send"], &["postpone"]];
    for calls in each {
        for fault in [Fault::Unavailable, Fault::ActedUnavailable, Fault::NotTaken] {
            for scenario in SCENARIOS {
                let start: Timestamp = tests::stack::START.parse().unwrap();
                let until = start + SignedDuration::from_mins(60);
                // A submission is stored and sent with two calls.
                let after = if scenario.at_once { 4 } else { 2 };
                let mut stack = Stack::new(Mode::Apart, Plan::outage(Outage { calls, fault, after, until }));
                let played = (scenario.play)(&mut stack);
                let found = check(&stack, &scenario.expected);
                assert_eq!((played, found.violations), (Ok(()), vec![]), "{fault:?} of {calls:?}: {}", scenario.name);
            }
        }
    }
}

/// With every message and tick doubled there are five times the calls: every other one gets a fault, each kind in turn.
#[test]
fn a_fault_at_every_other_call_among_doubles() {
    let kinds = Fault::ALL.len();
    let picked = |(at, run): (usize, Run)| {
        let (number, kind) = (at / kinds + 1, at % kinds);
        (number % 2 == 0 && kind == number / 2 % kinds).then_some(run)
    };
    let doubled = SCENARIOS.iter().map(|scenario| Run::plain(scenario, Mode::Doubled));
    let all: Vec<Run> =
        doubled.flat_map(|run| run.each_fault().enumerate().filter_map(picked).collect::<Vec<_>>()).collect();
    none_goes_wrong(&all);
}
