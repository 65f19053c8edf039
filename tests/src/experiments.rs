//! What the simulator is asked: the short forms in the tests, the long ones by `simulate`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use leads::lead::Stage;
use serde_json::json;

use crate::books::invariants;
use crate::faults::{Fault, Outage, Plan};
use crate::histories::History;
use crate::rule_sets::Room;
use crate::runs::{Outcome, Run};
use crate::scenarios::{SCENARIOS, Scenario, hot};
use crate::stack::clients::Reply;
use crate::stack::{Mode, START, Stack};
use crate::wrong::Wrong;

/// What an experiment found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many runs it made.
    pub runs: u64,
    /// How many messages sales got twice, in all of them.
    pub copies: u64,
    /// The runs that went wrong, by name, and how.
    pub wrong: BTreeMap<String, Vec<String>>,
}

impl Report {
    /// Adds a run. `copies_allowed`: whoever deduplicates on the delivery id is not hurt by a copy.
    fn add(&mut self, outcome: Outcome, copies_allowed: bool, name: impl FnOnce() -> String) {
        let Outcome { copies, mut violations, .. } = outcome;
        self.runs += 1;
        self.copies += copies as u64;
        if copies > 0 && !copies_allowed {
            violations.push(format!("{copies} copies"));
        }
        if !violations.is_empty() {
            self.wrong.insert(name(), violations);
        }
    }

    fn merge(&mut self, other: Self) {
        self.runs += other.runs;
        self.copies += other.copies;
        self.wrong.extend(other.wrong);
    }
}

/// Works on all numbers below `count`, on all cores. A bar on a terminal shows how far it is.
pub fn on_all_cores(count: u64, what: &'static str, work: impl Fn(u64) -> Report + Sync) -> Report {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} {msg}, {eta} left");
    let bar = ProgressBar::new(count).with_message(what).with_style(style.unwrap());
    let (next, all) = (AtomicU64::new(0), Mutex::new(Report::default()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let report = work(number);
                    all.lock().unwrap().merge(report);
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    all.into_inner().unwrap()
}

/// Plays runs on all cores.
pub fn play(runs: &[Run]) -> Report {
    on_all_cores(runs.len() as u64, "runs", |number| {
        let run = &runs[usize::try_from(number).unwrap()];
        let mut report = Report::default();
        report.add(run.play(), false, || run.name());
        report
    })
}

/// Each scenario under each seed.
fn seeded(seeds: u64) -> Vec<Run> {
    let of = |scenario: &'static Scenario| {
        (0..seeds).map(move |seed| Run {
            seed: Some(seed),
            mode: if seed % 2 == 0 { Mode::Apart } else { Mode::Batches },
            ..Run::plain(scenario, Mode::Apart)
        })
    };
    SCENARIOS.iter().flat_map(of).collect()
}

/// Each fault at each call of each scenario, under seeds that decide what AWS leaves open.
pub fn single_faults(seeds: u64) -> Report {
    let plain = seeded(seeds);
    on_all_cores(plain.len() as u64, "scenarios under a seed", |number| {
        let mut report = Report::default();
        for run in plain[usize::try_from(number).unwrap()].each_fault() {
            report.add(run.play(), false, || run.name());
        }
        report
    })
}

/// Two faults: one pair in so many, of each scenario under each seed.
pub fn double_faults(seeds: u64, one_in: usize) -> Report {
    let plain = seeded(seeds);
    on_all_cores(plain.len() as u64, "scenarios under a seed", |number| {
        let mut report = Report::default();
        let plain = &plain[usize::try_from(number).unwrap()];
        // Another pair of each seed.
        let mut turn = usize::try_from(number).unwrap() % one_in;
        for first in plain.each_fault() {
            let (at, _) = first.faults[0];
            // The calls after a fault are others than without it.
            for after in at + 1..=first.play().calls {
                for fault in Fault::ALL {
                    turn += 1;
                    if turn.is_multiple_of(one_in) {
                        let faults = vec![first.faults[0], (after, fault)];
                        let run = Run { faults, ..first.clone() };
                        report.add(run.play(), false, || run.name());
                    }
                }
            }
        }
        report
    })
}

/// Random histories.
pub fn histories(from: u64, count: u64) -> Report {
    on_all_cores(count, "histories", |number| {
        let history = History::of(from + number);
        let mut report = Report::default();
        report.add(history.play(), true, || format!("history {}", history.seed));
        report
    })
}

/// Deadlines: the answer comes from ten minutes before to ten after, among ticks that are missed, doubled or overlap.
pub fn deadlines(count: u64) -> Report {
    on_all_cores(count, "deadlines", |number| {
        let mut report = Report::default();
        report.add(deadline(number), true, || format!("deadline {number}"));
        report
    })
}

fn deadline(seed: u64) -> Outcome {
    let mut chance = fastrand::Rng::with_seed(seed);
    let most_faults = chance.u32(..3);
    let mut stack = Stack::by_chance(Mode::Apart, Plan::now_and_then(chance.u64(..), 10, most_faults), chance.u64(..));
    let posted = stack.post(&hot(), Some("k-1"));
    let mut settled = stack.settle();
    let lead = stack.world.states().pop();
    let due = lead.as_ref().and_then(|lead| lead.assignment.as_ref()?.feedback_due);
    let (Some(lead), Some(due)) = (lead, due) else {
        return Outcome {
            violations: vec![format!("{:?}: the lead has no deadline", posted.get())],
            ..Outcome::default()
        };
    };
    let within = |chance: &mut fastrand::Rng| SignedDuration::from_secs(chance.i64(-600..=600));
    let leap = due.duration_since(stack.world.now()) + within(&mut chance);
    stack.pass(leap);
    // As many answers as a nervous salesperson sends.
    for number in 0..chance.u8(..3) {
        let wait = chance.i64(0..400);
        stack.run_for(SignedDuration::from_secs(wait));
        let body = json!({"epoch": lead.epoch, "disposition": "accepted", "actor": format!("rep-{number}")});
        stack.answer("crm-china", &lead.lead_id, &body);
    }
    stack.run_for(SignedDuration::from_secs(1200));
    stack.plan.calm_down();
    settled = settled.and_then(|()| stack.settle());
    // A tick that was missed is made up for by the next.
    stack.run_for(SignedDuration::from_mins(5));
    settled = settled.and_then(|()| stack.settle());
    let mut found = invariants(&stack);
    found.violations.extend(settled.err());
    Outcome { calls: stack.plan.count(), copies: found.copies, violations: found.violations }
}

/// What can be away for an hour, by its calls.
const DEPENDENCIES: [(&str, &[&str]); 4] = [
    ("the table", &["lead", "touches", "decision", "account", "request", "history", "open", "turn", "commit", "due"]),
    ("the table's index", &["due"]),
    ("the queues", &["receive", "send", "postpone"]),
    (
        "everything",
        &[
            "lead", "touches", "decision", "account", "request", "history", "open", "turn", "commit", "due", "receive",
            "send", "postpone",
        ],
    ),
];

/// When everything is well again, all must have arrived so soon after.
const DRAINED_MINUTES: i64 = 10;

/// Each dependency away for an hour, from some moment on while people post.
pub fn outages(seeds: u64) -> Report {
    let faults = [Fault::Unavailable, Fault::ActedUnavailable];
    let each = DEPENDENCIES.len() * faults.len();
    on_all_cores(seeds * each as u64, "outages", |number| {
        let turn = usize::try_from(number).unwrap();
        let ((name, calls), fault) = (DEPENDENCIES[turn % DEPENDENCIES.len()], faults[turn / DEPENDENCIES.len() % 2]);
        let mut report = Report::default();
        // What was sent and not acknowledged for an hour is sent again, under the same delivery id.
        report.add(outage(number, calls, fault), true, || format!("{name} is away, {fault:?}, {number}"));
        report
    })
}

fn outage(seed: u64, calls: &'static [&'static str], fault: Fault) -> Outcome {
    let mut chance = fastrand::Rng::with_seed(seed);
    let start: Timestamp = START.parse().unwrap();
    let until = start + SignedDuration::from_mins(60);
    let plan = Plan::outage(Outage { calls, fault, after: chance.usize(..20), until });
    let mode = if chance.bool() { Mode::Apart } else { Mode::Batches };
    // The scheduler is no dependency of these: a tick missed on top would be a second fault.
    let mut stack = Stack::by_chance(mode, plan, chance.u64(..)).with_every_tick().with_room(Room::Much);
    let (mut posted, mut last_post): (Vec<Reply>, _) = (Vec::new(), until);
    for who in 0..chance.u8(2..8) {
        let seconds = chance.i64(0..900);
        stack.run_for(SignedDuration::from_secs(seconds));
        let mut body = hot();
        body["contact"] = json!({"name": format!("Chen {who}"), "email": format!("person{who}@weida-presses.example")});
        posted.push(stack.post(&body, Some(&format!("k-{who}"))));
        last_post = stack.world.now();
    }
    let settled = stack.settle();
    let mut found = invariants(&stack);
    found.violations.extend(settled.err());
    let late = stack.world.now().duration_since(until.max(last_post));
    if late > SignedDuration::from_mins(DRAINED_MINUTES) {
        found.violations.push(format!("it took {late:#} to drain"));
    }
    let stored: BTreeMap<_, _> =
        stack.world.states().into_iter().map(|state| (state.lead_id.clone(), state.stage)).collect();
    for reply in &posted {
        match (reply.status(), reply.lead_id()) {
            (202, Some(lead)) if stored.get(&lead) == Some(&Stage::Routed) => {}
            (0 | 503, None) => {}
            other => found.violations.push(format!("a client was answered {other:?}")),
        }
    }
    // Whoever gave up before the answer came may have been stored; whoever was refused was not.
    let with = |status| posted.iter().filter(|reply| reply.status() == status).count();
    if fault == Fault::Unavailable && !(with(202)..=with(202) + with(0)).contains(&stored.len()) {
        found.violations.push(format!("{} leads are stored, not those that were accepted", stored.len()));
    }
    Outcome { calls: stack.plan.count(), copies: found.copies, violations: found.violations }
}

/// How many runs each wrong design is given.
const RUNS_FOR_A_DESIGN: u64 = 4_000;

/// Plays scenarios with single faults, and histories, over a wrong design until something is found: in which run, and what.
pub fn caught(wrong: Wrong) -> Option<(u64, String)> {
    let mut runs = 0;
    let mut count = move || {
        runs += 1;
        runs
    };
    let modes = if wrong == Wrong::NoBatchFailures { [Mode::Batches] } else { [Mode::Apart] };
    let scenarios = modes.into_iter().flat_map(|mode| SCENARIOS.iter().map(move |scenario| Run::plain(scenario, mode)));
    let plain = scenarios.map(|run| Run { wrong: Some(wrong), ..run });
    let faulty = plain.flat_map(|run| std::iter::once(run.clone()).chain(run.each_fault()));
    // In turn a run of a scenario and a history: some designs show here, some there.
    let histories = (0..).map(|seed| History { wrong: Some(wrong), ..History::of(seed) });
    for (run, history) in faulty.zip(histories) {
        let found = |outcome: Outcome, name: String, copies_allowed: bool| {
            let copies = (outcome.copies > 0 && !copies_allowed).then(|| format!("{} copies", outcome.copies));
            let what = outcome.violations.into_iter().chain(copies).next()?;
            Some(format!("{name}: {what}"))
        };
        let number = count();
        if let Some(what) = found(run.play(), run.name(), false) {
            return Some((number, what));
        }
        let number = count();
        if let Some(what) = found(history.play(), format!("history {}", history.seed), true) {
            return Some((number, what));
        }
        if number >= RUNS_FOR_A_DESIGN {
            return None;
        }
    }
    None
}
