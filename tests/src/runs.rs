//! One run of a scenario: the same each time it is played.

use jiff::SignedDuration;

use crate::books::check;
use crate::faults::{Fault, Plan};
use crate::rule_sets::Room;
use crate::scenarios::Scenario;
use crate::stack::{Mode, Stack};
use crate::wrong::Wrong;

/// After one fault leads arrive within so many minutes: SQS redelivers after one, and a sweep or two may follow.
const QUICK_MINUTES: i64 = 4;

/// One run of a scenario.
#[derive(Clone)]
pub struct Run {
    /// What happens.
    pub scenario: &'static Scenario,
    /// How messages become invocations.
    pub mode: Mode,
    /// Which calls go wrong.
    pub faults: Vec<(usize, Fault)>,
    /// What decides about all that AWS leaves open; nothing, and everything goes in turn.
    pub seed: Option<u64>,
    /// The wrong design that it is played over.
    pub wrong: Option<Wrong>,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many calls there were.
    pub calls: usize,
    /// How many messages sales got twice.
    pub copies: usize,
    /// What went wrong.
    pub violations: Vec<String>,
}

impl Run {
    /// In turn, and nothing goes wrong.
    pub fn plain(scenario: &'static Scenario, mode: Mode) -> Self {
        Self { scenario, mode, faults: Vec::new(), seed: None, wrong: None }
    }

    /// Plays it.
    pub fn play(&self) -> Outcome {
        self.play_on(&mut self.stack(Plan::new(self.faults.iter().copied())))
    }

    fn stack(&self, plan: Plan) -> Stack {
        let plan = plan.with_design(self.wrong);
        let stack = match self.seed {
            Some(seed) => Stack::by_chance(self.mode, plan, seed),
            None => Stack::new(self.mode, plan),
        };
        stack.with_room(Room::Much)
    }

    fn play_on(&self, stack: &mut Stack) -> Outcome {
        let played = (self.scenario.play)(stack);
        let mut found = check(stack, &self.scenario.expected);
        found.violations.extend(played.err());
        // What the sweep alone picks up after ten minutes was lost by its stage. By chance a tick is missed, and messages
        // come late.
        if self.faults.len() == 1 && self.seed.is_none() && stack.longest() > SignedDuration::from_mins(QUICK_MINUTES) {
            found.violations.push(format!("a lead was on its way for {:#}", stack.longest()));
        }
        Outcome { calls: stack.plan.count(), copies: found.copies, violations: found.violations }
    }

    /// The calls of the run, in words.
    pub fn log(&self) -> Vec<String> {
        let mut stack = self.stack(Plan::new(self.faults.iter().copied()).logged());
        let outcome = self.play_on(&mut stack);
        let end = outcome.violations.into_iter().map(|what| format!("WRONG: {what}"));
        stack.plan.log().into_iter().chain(end).collect()
    }

    /// This run with each fault at each of its calls.
    pub fn each_fault(&self) -> impl Iterator<Item = Self> + use<> {
        let calls = self.play().calls;
        let plain = self.clone();
        let with = move |number, fault| Self { faults: vec![(number, fault)], ..plain.clone() };
        (1..=calls).flat_map(move |number| Fault::ALL.map(|fault| with(number, fault)))
    }

    /// What tells it from all others.
    pub fn name(&self) -> String {
        let seed = self.seed.map(|seed| format!(", seed {seed}")).unwrap_or_default();
        let wrong = self.wrong.map(|wrong| format!(", {wrong:?}")).unwrap_or_default();
        format!("{} in {:?}, {:?}{seed}{wrong}", self.scenario.name, self.mode, self.faults)
    }
}
