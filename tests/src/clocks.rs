//! Very many open clocks, of which some thousand come to their deadline in one minute: how many calls and ticks it takes
//! to flag them, and whether one partition of the index has to bear more than its share.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use leads::decision::ClockAction;
use leads::id::{LeadId, Queue};
use leads::lead::{Clock, DUE_SHARDS, LeadState};
use leads::memory::World;
use leads::row::{Decision, Row, StoredSubmission};
use support::Call;

use crate::faults::{Billed, Faulty, Life, Plan};
use crate::functions;
use crate::rule_sets::RULES;
use crate::scenarios::hot;
use crate::stack::{Mode, Stack};

/// What a call takes, all of them alike: more than DynamoDB and SQS take.
const CALL: SignedDuration = SignedDuration::from_millis(20);

/// The time-out of `sla` in the template.
const FUNCTION_SECONDS: i64 = 30;

/// Over how long the deadlines of the others are spread, from an hour after these on.
const OTHERS_MINUTES: i64 = 30 * 24 * 60;

/// What it took.
#[derive(Debug)]
pub struct Drained {
    /// Ticks until nothing was due any more, the one that found so included.
    pub ticks: usize,
    /// How many of them ran out of time.
    pub unfinished: usize,
    /// Calls of all ticks, by name.
    pub calls: BTreeMap<&'static str, usize>,
    /// The same as AWS bills them.
    pub bill: Vec<Billed>,
    /// How many leads were due in each partition of the index.
    pub by_shard: BTreeMap<u8, usize>,
    /// How many leads were flagged, each once.
    pub flagged: usize,
}

impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.by_shard.values().max().copied().unwrap_or(0);
        let mean = self.flagged as f64 / f64::from(DUE_SHARDS);
        writeln!(f, "{} flagged in {} ticks, {} of them cut short", self.flagged, self.ticks, self.unfinished)?;
        writeln!(f, "the fullest of {DUE_SHARDS} partitions had {most}, {:.2} times the mean", most as f64 / mean)?;
        for (name, count) in &self.calls {
            writeln!(f, "{count:>7} {name}, {:.2} a lead", *count as f64 / self.flagged as f64)?;
        }
        Ok(())
    }
}

/// Opens clocks, lets so many of them come due in one minute, and ticks each minute until that is told.
///
/// # Errors
/// A lead that was not flagged, or twice, or too soon.
pub fn drain(open: usize, due: usize) -> Result<Drained, String> {
    let (state, submission, decision) = routed();
    let minute = decision.sla.as_ref().map(|sla| sla.feedback_due).ok_or("the lead has no deadline")?;
    let deadline = |state: &LeadState| state.assignment.as_ref().and_then(|assignment| assignment.clock);
    let step = deadline(&state).ok_or("no clock runs")?.step;

    let world = Rc::new(World::new(minute, RULES.queues().iter().map(|queue| queue.name.clone())));
    let mut chance = fastrand::Rng::with_seed(1);
    let mut by_shard = BTreeMap::new();
    for number in 0..open {
        let id = LeadId::random(chance.u128(..).to_be_bytes());
        let is_due = number < due;
        let at = if is_due {
            minute + SignedDuration::from_millis(chance.i64(0..60_000))
        } else {
            minute + SignedDuration::from_mins(60 + chance.i64(0..OTHERS_MINUTES))
        };
        let mut state = LeadState { lead_id: id.clone(), ..state.clone() };
        if let Some(assignment) = &mut state.assignment {
            assignment.clock = Some(Clock { step, at });
        }
        if is_due {
            *by_shard.entry(state.due_shard()).or_default() += 1;
            world.put(Row::Submission(StoredSubmission { lead_id: id.clone(), ..submission.clone() }));
            let mut decision = Decision { lead_id: id, ..decision.clone() };
            if let Some(sla) = &mut decision.sla {
                // The last step is the deadline itself.
                sla.steps.truncate(usize::from(step) + 1);
                sla.steps.iter_mut().for_each(|of_clock| of_clock.at = at);
            }
            world.put(Row::Decision(decision));
        }
        world.put(Row::State(state));
    }

    let plan = Rc::new(Plan::default().billed());
    let (mut ticks, mut unfinished, mut counted) = (0, 0, 0);
    let mut now = minute + SignedDuration::from_mins(1);
    loop {
        world.set_now(now);
        ticks += 1;
        let tick = tick(&world, &plan, now);
        unfinished += usize::from(tick.unfinished);
        counted += tick.breached as usize;
        if tick == sla::Tick::default() {
            break;
        }
        if tick.failed > 0 || ticks > 1_000 {
            return Err(format!("tick {ticks} did {tick:?}"));
        }
        now += SignedDuration::from_mins(1);
    }
    let mut calls = BTreeMap::new();
    for call in plan.calls() {
        *calls.entry(call).or_default() += 1;
    }
    let breaches = Queue::parse("sla-breaches").unwrap();
    let told: BTreeMap<LeadId, usize> =
        world.delivered(&breaches).into_iter().fold(BTreeMap::new(), |mut told, sent| {
            *told.entry(sent.group).or_default() += 1;
            told
        });
    let flagged = world.states().iter().filter(|state| state.breached_at.is_some()).count();
    if flagged != due || told.len() != due || told.values().any(|times| *times != 1) {
        return Err(format!("{due} were due, {flagged} are flagged, {} were told", told.len()));
    }
    if counted != flagged {
        return Err(format!("{flagged} are flagged, and {counted} were counted as missed"));
    }
    Ok(Drained { ticks, unfinished, calls, bill: plan.bill(), by_shard, flagged })
}

/// A lead that sales has and has not answered, with its rows, as the functions store them; its next step is the deadline.
fn routed() -> (LeadState, StoredSubmission, Decision) {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    stack.post(&hot(), None);
    drop(stack.settle());
    let (mut state, mut submission, mut decision) = (None, None, None);
    for row in stack.world.rows() {
        match row {
            Row::State(row) => state = Some(row),
            Row::Submission(row) => submission = Some(row),
            Row::Decision(row) => decision = Some(row),
            _ => {}
        }
    }
    let (mut state, decision): (LeadState, Decision) = (state.unwrap(), decision.unwrap());
    let steps = &decision.sla.as_ref().unwrap().steps;
    let at = steps.iter().position(|step| step.action == ClockAction::Deadline).unwrap();
    let assignment = state.assignment.as_mut().unwrap();
    assignment.clock = Some(Clock { step: u8::try_from(at).unwrap(), at: steps[at].at });
    assignment.protection = None;
    (state, submission.unwrap(), decision)
}

/// One tick. Calls that are made side by side take the time of one.
fn tick(world: &Rc<World>, plan: &Rc<Plan>, now: Timestamp) -> sla::Tick {
    let call = Call { now, deadline: now + SignedDuration::from_secs(FUNCTION_SECONDS) };
    let ports = Faulty::new(Rc::clone(world), Rc::clone(plan), Rc::new(Life::of("sla")));
    let rounds = Cell::new(0);
    let mut handled = pin!(functions::sla(&ports, &RULES, call, || now + CALL * rounds.get()));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match handled.as_mut().poll(&mut context) {
            Poll::Ready(tick) => return tick,
            Poll::Pending => rounds.set(rounds.get() + 1),
        }
    }
}
