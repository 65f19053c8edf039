//! Every fault at every call: whatever goes wrong once, every lead ends where it belongs, is told to one queue, once.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use leads::lead::Stage;
use serde_json::{Value, json};
use tests::books::{Expected, check};
use tests::faults::{Fault, Outage, Plan};
use tests::stack::{Mode, Stack};

/// Someone who wants it now and is worth it: 95 and 55 points, to the sales of Zhejiang.
fn hot() -> Value {
    json!({
        "form_id": "contact",
        "contact": {"name": "Chen Jie", "email": "chen.jie@weida-presses.example", "phone": "+86 136 0251 2246"},
        "company": {"name": "Weida Presses", "size": 1200, "country": "CN", "province": "Zhejiang"},
        "interest": {"horizon": "immediate", "message": "Two presses, please."},
        "source": {"channel": "website"},
        "consent": {"purpose": "sales_contact", "text_version": "2026-01"},
        "tags": {"identity": ["decision_maker"], "interaction": [{"kind": "demo_request"}]}
    })
}

/// The same person, who has read something: 10 and 41 points, to be nurtured. With [`hot`] as a touch: 100 and 41.
fn cold() -> Value {
    let mut lead = hot();
    lead["company"]["size"] = json!(300);
    lead["interest"] = json!({});
    lead["tags"] = json!({"identity": ["decision_maker"]});
    lead
}

/// [`hot`] with an address that vanishes after minutes: held, and the desk is told.
fn doubtful() -> Value {
    let mut lead = hot();
    lead["contact"]["email"] = json!("chen.jie@mailinator.com");
    lead
}

fn unmerge() -> Value {
    json!({"verdict": "unmerge", "reason": "A mother and her daughter.", "actor": "lin"})
}

fn report(disposition: &str) -> Value {
    json!({"epoch": 1, "disposition": disposition})
}

struct Scenario {
    name: &'static str,
    /// Whether several leads are on their way at the same time.
    at_once: bool,
    play: fn(&mut Stack) -> Result<(), String>,
    expected: Expected,
}

const EAST: &str = "sales-cn-east lead.routed";

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a hot lead",
        at_once: false,
        play: |stack| {
            let posted = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(posted.status(), 202)
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &[] },
    },
    Scenario {
        name: "two leads of one person at once",
        at_once: true,
        play: |stack| {
            let one = stack.post(&hot(), Some("k-1"));
            let other = stack.post(&hot(), Some("k-2"));
            stack.settle()?;
            told(one.status(), 202)?;
            told(other.status(), 202)
        },
        expected: Expected {
            stages: &[Stage::Routed, Stage::Merged],
            told: &[EAST],
            maybe: &["sales-cn-east lead.touched"],
        },
    },
    Scenario {
        name: "a nurtured lead lifted by a touch",
        at_once: false,
        play: |stack| {
            let one = stack.post(&cold(), Some("k-1"));
            stack.settle()?;
            told(one.status(), 202)?;
            stack.pass(SignedDuration::from_hours(30));
            let other = stack.post(&hot(), Some("k-2"));
            stack.settle()?;
            told(other.status(), 202)
        },
        expected: Expected {
            stages: &[Stage::Routed, Stage::Merged],
            told: &["nurture lead.recalled", "nurture lead.routed", EAST],
            maybe: &[],
        },
    },
    Scenario {
        name: "a routed lead touched",
        at_once: false,
        play: |stack| {
            let one = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(one.status(), 202)?;
            stack.pass(SignedDuration::from_hours(30));
            let other = stack.post(&cold(), Some("k-2"));
            stack.settle()?;
            told(other.status(), 202)
        },
        expected: Expected {
            stages: &[Stage::Routed, Stage::Merged],
            told: &[EAST, "sales-cn-east lead.touched"],
            maybe: &[],
        },
    },
    Scenario {
        name: "a join undone",
        at_once: false,
        play: |stack| {
            let one = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(one.status(), 202)?;
            stack.pass(SignedDuration::from_hours(30));
            let other = stack.post(&cold(), Some("k-2"));
            stack.settle()?;
            told(other.status(), 202)?;
            let verdict = stack.verdict("telemarketing-desk", &other.lead_id().unwrap(), &unmerge());
            stack.settle()?;
            told(verdict.status(), 200)
        },
        expected: Expected {
            stages: &[Stage::Routed, Stage::Nurtured],
            told: &["nurture lead.routed", EAST, "sales-cn-east lead.touched", "sales-cn-east lead.touched"],
            maybe: &[],
        },
    },
    Scenario {
        name: "a join undone that had lifted a nurtured lead, while its person posts again",
        at_once: false,
        play: |stack| {
            let one = stack.post(&cold(), Some("k-1"));
            stack.settle()?;
            told(one.status(), 202)?;
            stack.pass(SignedDuration::from_hours(30));
            let other = stack.post(&hot(), Some("k-2"));
            stack.settle()?;
            told(other.status(), 202)?;
            stack.pass(SignedDuration::from_hours(30));
            let verdict = stack.verdict("telemarketing-desk", &other.lead_id().unwrap(), &unmerge());
            let third = stack.post(&cold(), Some("k-3"));
            stack.settle()?;
            told(third.status(), 202)?;
            told(verdict.status(), 200)
        },
        expected: Expected {
            stages: &[Stage::Routed, Stage::Routed, Stage::Merged],
            told: &["nurture lead.recalled", "nurture lead.routed", EAST, EAST, "sales-cn-east lead.touched"],
            // By whether the one is scored between the two events.
            maybe: &["sales-cn-east lead.touched"],
        },
    },
    Scenario {
        name: "a held lead released by a verdict",
        at_once: false,
        play: |stack| {
            let posted = stack.post(&doubtful(), Some("k-1"));
            stack.settle()?;
            told(posted.status(), 202)?;
            let lead = posted.lead_id().unwrap();
            let body = json!({"verdict": "release", "reason": "I called her.", "actor": "lin"});
            let verdict = stack.verdict("telemarketing-desk", &lead, &body);
            stack.settle()?;
            told(verdict.status(), 200)
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST, "telemarketing lead.held"], maybe: &[] },
    },
    Scenario {
        name: "a missed deadline",
        at_once: false,
        play: |stack| {
            let posted = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(posted.status(), 202)?;
            stack.pass(SignedDuration::from_hours(24 * 10));
            stack.settle()?;
            // Late answers are welcome, and change nothing about the breach.
            let lead = posted.lead_id().unwrap();
            let answer = stack.answer("crm-china", &lead, &report("accepted"));
            stack.settle()?;
            told(answer.status(), 200)
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST, "sla-breaches lead.breached"], maybe: &[] },
    },
    Scenario {
        name: "feedback before the deadline",
        at_once: false,
        play: |stack| {
            let posted = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(posted.status(), 202)?;
            let lead = posted.lead_id().unwrap();
            let answer = stack.answer("crm-china", &lead, &report("accepted"));
            stack.settle()?;
            told(answer.status(), 200)?;
            stack.pass(SignedDuration::from_hours(24 * 10));
            stack.settle()
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &[] },
    },
    Scenario {
        name: "feedback at the deadline",
        at_once: false,
        play: |stack| {
            let posted = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(posted.status(), 202)?;
            stack.pass(SignedDuration::from_hours(24 * 10));
            let lead = posted.lead_id().unwrap();
            let answer = stack.answer("crm-china", &lead, &report("accepted"));
            stack.settle()?;
            told(answer.status(), 200)
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &["sla-breaches lead.breached"] },
    },
    Scenario {
        name: "a pooled lead comes back",
        at_once: false,
        play: |stack| {
            let posted = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(posted.status(), 202)?;
            let lead = posted.lead_id().unwrap();
            let answer = stack.answer("crm-china", &lead, &report("unreachable"));
            stack.settle()?;
            told(answer.status(), 200)?;
            stack.pass(SignedDuration::from_hours(24 * 15));
            stack.settle()
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST, EAST], maybe: &[] },
    },
    Scenario {
        name: "a pooled lead is won after all",
        at_once: false,
        play: |stack| {
            let posted = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(posted.status(), 202)?;
            let lead = posted.lead_id().unwrap();
            let answer = stack.answer("crm-china", &lead, &report("unreachable"));
            stack.settle()?;
            told(answer.status(), 200)?;
            let answer = stack.answer("crm-china", &lead, &report("won"));
            stack.settle()?;
            told(answer.status(), 200)?;
            // Its date is off: nobody is given the lead again.
            stack.pass(SignedDuration::from_hours(24 * 15));
            stack.settle()
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &[] },
    },
    Scenario {
        name: "one key twice",
        at_once: true,
        play: |stack| {
            let one = stack.post(&hot(), Some("k-1"));
            let other = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(one.status(), 202)?;
            told(other.status(), 202)?;
            if one.lead_id() == other.lead_id() { Ok(()) } else { Err("one key made two leads".into()) }
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &[] },
    },
];

fn told(status: i64, wanted: i64) -> Result<(), String> {
    if status == wanted { Ok(()) } else { Err(format!("a client was answered {status} instead of {wanted}")) }
}

/// After one fault leads arrive within so many minutes: SQS redelivers after one, and a sweep or two may follow.
const QUICK_MINUTES: i64 = 4;

const MODES: [Mode; 3] = [Mode::Batches, Mode::Apart, Mode::Doubled];

/// Plays a scenario; how many calls it took, how many copies there were, and what was wrong.
fn play(scenario: &Scenario, mode: Mode, faults: &[(usize, Fault)]) -> (usize, usize, Vec<String>) {
    let mut stack = Stack::new(mode, Plan::new(faults.iter().copied()));
    let played = (scenario.play)(&mut stack);
    let mut found = check(&stack, &scenario.expected);
    found.violations.extend(played.err());
    // What the sweep alone picks up after ten minutes was lost by its stage.
    if faults.len() == 1 && stack.longest() > SignedDuration::from_mins(QUICK_MINUTES) {
        found.violations.push(format!("a lead was on its way for {:#}", stack.longest()));
    }
    (stack.plan.count(), found.copies, found.violations)
}

fn call_at(scenario: &Scenario, mode: Mode, number: usize) -> &'static str {
    let mut stack = Stack::new(mode, Plan::default());
    _ = (scenario.play)(&mut stack);
    stack.plan.calls().get(number - 1).copied().unwrap_or("a later one")
}

#[test]
fn without_faults() {
    for scenario in SCENARIOS {
        for mode in MODES {
            let (_, copies, violations) = play(scenario, mode, &[]);
            assert_eq!((copies, violations), (0, vec![]), "{} in {mode:?}", scenario.name);
        }
    }
}

/// One run: a scenario, and what goes wrong in it.
type Run = (&'static Scenario, Mode, Vec<(usize, Fault)>);

/// Every call of every scenario in `mode`, with the faults that `faults` picks for the call of that number.
fn runs<F: IntoIterator<Item = Fault>>(mode: Mode, faults: impl Fn(usize) -> F) -> Vec<Run> {
    let mut runs = Vec::new();
    for scenario in SCENARIOS {
        let (calls, ..) = play(scenario, mode, &[]);
        for number in 1..=calls {
            runs.extend(faults(number).into_iter().map(|fault| (scenario, mode, vec![(number, fault)])));
        }
    }
    runs
}

/// Plays all runs on all cores, and stops at none.
fn none_goes_wrong(runs: &[Run]) {
    let next = AtomicUsize::new(0);
    let wrong: Mutex<BTreeMap<String, Vec<String>>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((scenario, mode, faults)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (_, copies, mut violations) = play(scenario, *mode, faults);
                    if copies > 0 {
                        violations.push(format!("{copies} copies"));
                    }
                    if !violations.is_empty() {
                        let faults: Vec<_> =
                            faults.iter().map(|(at, fault)| (fault, at, call_at(scenario, *mode, *at))).collect();
                        let run = format!("{} in {mode:?}, {faults:?}", scenario.name);
                        wrong.lock().unwrap().insert(run, violations);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let shown: Vec<String> =
        wrong.iter().take(20).map(|(run, what)| format!("{run}:\n    {}", what.join("\n    "))).collect();
    assert!(wrong.is_empty(), "{} of {} runs went wrong:\n{}", wrong.len(), runs.len(), shown.join("\n"));
    eprintln!("{} runs", runs.len());
}

#[test]
fn every_fault_at_every_call() {
    let mut all = runs(Mode::Apart, |_| Fault::ALL);
    // A batch of one message is an invocation of its own.
    let batches = runs(Mode::Batches, |_| Fault::ALL);
    all.extend(batches.into_iter().filter(|(scenario, ..)| scenario.at_once));
    none_goes_wrong(&all);
}

/// A form without a key asks once, and may get no answer. A lead is then stored or it is not, and never twice.
#[test]
fn every_fault_at_every_call_without_a_key() {
    let post = |faults: &[(usize, Fault)]| {
        let mut stack = Stack::new(Mode::Apart, Plan::new(faults.iter().copied()));
        let posted = stack.post(&hot(), None);
        let settled = stack.settle();
        let stored = !stack.states().is_empty();
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
        let mut stack = Stack::new(Mode::Apart, Plan::new(faults.iter().copied())).with_rules_edited();
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
    for call in ["lead", "touches", "decision", "account", "due", "commit", "send", "postpone"] {
        for fault in [Fault::Unavailable, Fault::ActedUnavailable, Fault::NotTaken] {
            for scenario in SCENARIOS {
                let start: Timestamp = tests::stack::START.parse().unwrap();
                let until = start + SignedDuration::from_mins(60);
                // A submission is stored and sent with two calls.
                let after = if scenario.at_once { 4 } else { 2 };
                let mut stack = Stack::new(Mode::Apart, Plan::outage(Outage { call, fault, after, until }));
                let played = (scenario.play)(&mut stack);
                let found = check(&stack, &scenario.expected);
                assert_eq!((played, found.violations), (Ok(()), vec![]), "{fault:?} of {call}: {}", scenario.name);
            }
        }
    }
}

/// With every message and tick doubled there are five times the calls: every other one gets a fault, each kind in turn.
#[test]
fn a_fault_at_every_other_call_among_doubles() {
    none_goes_wrong(&runs(Mode::Doubled, |number| {
        (number % 2 == 0).then(|| Fault::ALL[number / 2 % Fault::ALL.len()])
    }));
}

#[test]
#[ignore = "takes minutes"]
fn every_fault_at_every_call_among_doubles() {
    none_goes_wrong(&runs(Mode::Doubled, |_| Fault::ALL));
}

/// Two faults, the second one to ten calls after the first, and of each kind in turn.
#[test]
#[ignore = "takes minutes"]
fn two_faults() {
    let once = runs(Mode::Apart, |_| Fault::ALL);
    let twice = once.into_iter().enumerate().flat_map(|(run, (scenario, mode, faults))| {
        let first = faults[0];
        (1..=10).map(move |after| {
            let second = (first.0 + after, Fault::ALL[(run / Fault::ALL.len() + run + after) % Fault::ALL.len()]);
            (scenario, mode, vec![first, second])
        })
    });
    none_goes_wrong(&twice.collect::<Vec<_>>());
}
