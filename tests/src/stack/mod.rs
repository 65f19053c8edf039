//! The functions over the ports in memory, run as AWS runs them: invocations side by side, messages that come again
//! unless they are acknowledged, a tick a minute, and [`clients`] that ask again. Simulated time passes only when nothing
//! else can happen, so that a run is quick and always the same.
//!
//! What AWS leaves open (who goes first, in what order and how often messages come, how late the index is, whose clock is
//! off) is in turn and on time, or decided by a seed.

pub mod clients;

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::{SignedDuration, Timestamp};
use leads::lead::LeadState;
use leads::memory::{Received, World};
use leads::ports::StageQueue;
use leads::rules::RuleSet;
use support::Call;
use support::batch::NamelessRecord;

use crate::faults::{Faulty, Life, Plan};
use crate::functions;
use crate::rule_sets::{RULES, Room};
use crate::wrong::Wrong;
use clients::Sent;

/// A function's time-out.
const FUNCTION_SECONDS: i64 = 10;

/// By how many seconds a clock may be off, and how late the index may be.
const SKEW_SECONDS: i64 = 5;
const LAG_SECONDS: i64 = 60;

/// How many ticks in a row may be missed. With more, what a tick sent and could not store is sent again when SQS has
/// forgotten it: a copy, under the same delivery id.
const MOST_MISSED: usize = 2;

/// The visibility timeout of the wrong design.
const LONG_VISIBILITY: SignedDuration = SignedDuration::from_secs(360);

/// The longest that a stack may take to come to rest.
const PATIENCE: SignedDuration = SignedDuration::from_hours(12);

/// When runs begin: Tuesday, 10:00 in Shanghai.
pub const START: &str = "2026-03-03T02:00:00Z";

/// The secret under which duplicate keys are hashed.
pub const PEPPER: &[u8] = b"pepper of the tests";

/// How invocations are made of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Up to ten messages to one invocation.
    Batches,
    /// Each message to an invocation of its own, all at the same time.
    Apart,
    /// As before, each message twice and each tick twice.
    Doubled,
}

struct Task {
    life: Rc<Life>,
    future: Pin<Box<dyn Future<Output = ()>>>,
    /// The messages that it works on.
    receipts: Vec<(StageQueue, String)>,
}

/// A whole stack.
pub struct Stack {
    /// Its table and queues.
    pub world: Rc<World>,
    /// What goes wrong in it.
    pub plan: Rc<Plan>,
    mode: Mode,
    started: Rc<RefCell<Vec<Task>>>,
    running: Vec<Task>,
    next_tick: Timestamp,
    entropy: Rc<Cell<u128>>,
    /// Every signed request, in order.
    pub sent: Vec<Sent>,
    longest: SignedDuration,
    /// Whose rules it runs by.
    pub room: Room,
    /// After so many invocations of `route` the rules are edited.
    edit_after: Option<usize>,
    routes: usize,
    chance: Option<fastrand::Rng>,
    every_tick: bool,
    /// How many ticks in a row were missed.
    missed: usize,
    /// Whether the last tick came, be it as the second of two.
    ticked: bool,
    /// How many ticks in a row did not come, or had a call go wrong: now, and at most.
    luckless: usize,
    most_luckless: usize,
}

impl Stack {
    /// An empty stack in which everything goes in turn.
    pub fn new(mode: Mode, plan: Plan) -> Self {
        Self::of(mode, plan, SignedDuration::ZERO, None)
    }

    /// An empty stack in which a seed decides what AWS leaves open.
    pub fn by_chance(mode: Mode, plan: Plan, seed: u64) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let lag = if chance.bool() { chance.i64(0..=LAG_SECONDS) } else { 0 };
        Self::of(mode, plan, SignedDuration::from_secs(lag), Some(chance))
    }

    fn of(mode: Mode, plan: Plan, index_lag: SignedDuration, chance: Option<fastrand::Rng>) -> Self {
        let now: Timestamp = START.parse().unwrap();
        let mut world =
            World::new(now, RULES.queues().iter().map(|queue| queue.name.clone())).with_index_lag(index_lag);
        match plan.wrong() {
            Some(Wrong::LongVisibility) => world = world.with_visibility(LONG_VISIBILITY),
            Some(Wrong::StandardSalesQueues) => world = world.with_deduplication(SignedDuration::ZERO),
            _ => {}
        }
        Self {
            world: Rc::new(world),
            plan: Rc::new(plan),
            mode,
            started: Rc::default(),
            running: Vec::new(),
            next_tick: now + SignedDuration::from_mins(1),
            entropy: Rc::default(),
            sent: Vec::new(),
            longest: SignedDuration::ZERO,
            room: Room::default(),
            edit_after: None,
            routes: 0,
            chance,
            every_tick: false,
            missed: 0,
            ticked: true,
            luckless: 0,
            most_luckless: 0,
        }
    }

    /// The same stack, in which somebody edits the rules after `route` has run so often.
    #[must_use]
    pub fn with_rules_edited(self, after: usize) -> Self {
        Self { edit_after: Some(after), ..self }
    }

    /// The same stack, in which sales has room for so much.
    #[must_use]
    pub fn with_room(self, room: Room) -> Self {
        Self { room, ..self }
    }

    /// The same stack, in which no tick is missed.
    #[must_use]
    pub fn with_every_tick(self) -> Self {
        Self { every_tick: true, ..self }
    }

    /// Whether something happens that happens once in so many times; never when everything goes in turn.
    fn once_in(&mut self, times: u32) -> bool {
        self.chance.as_mut().is_some_and(|chance| chance.u32(..times) == 0)
    }

    /// Runs until nothing is left to do but wait for dates.
    ///
    /// # Errors
    /// What still goes on after hours.
    pub fn settle(&mut self) -> Result<(), String> {
        let begun = self.world.now();
        let limit = begun + PATIENCE;
        loop {
            self.run_on();
            if self.at_rest() {
                self.longest = self.longest.max(self.world.now().duration_since(begun));
                return Ok(());
            }
            let next = self.next_moment();
            if next > limit {
                return Err(format!("no rest after {PATIENCE:#}: {:?}", self.unsettled().collect::<Vec<_>>()));
            }
            self.world.set_now(next);
        }
    }

    /// Runs for so long, whatever is left to do then.
    pub fn run_for(&mut self, by: SignedDuration) {
        let until = self.world.now() + by;
        loop {
            self.run_on();
            let next = self.next_moment();
            if next >= until {
                self.world.set_now(until);
                return;
            }
            self.world.set_now(next);
        }
    }

    /// Does what can be done without time passing.
    fn run_on(&mut self) {
        self.start_due();
        while self.run() {
            self.start_due();
        }
    }

    /// The longest that it took so far to come to rest.
    pub fn longest(&self) -> SignedDuration {
        self.longest
    }

    /// Lets time pass in one leap: nobody ticks meanwhile, and a tick is due afterwards.
    pub fn pass(&mut self, by: SignedDuration) {
        self.world.set_now(self.world.now() + by);
        self.next_tick = self.world.now();
    }

    fn at_rest(&self) -> bool {
        let empty = |queue| self.world.next_visible(queue).is_none();
        self.running.is_empty()
            && StageQueue::ALL.into_iter().all(empty)
            && !self.unsettled().any(|_| true)
            && self.next_tick > self.world.now()
    }

    /// Leads of which something is due, or will soon be.
    fn unsettled(&self) -> impl Iterator<Item = LeadState> {
        let now = self.world.now();
        let due = move |state: &LeadState| state.due_at().is_some_and(|at| at <= now);
        self.world
            .states()
            .into_iter()
            .filter(move |state| state.stage.in_flight() || state.watch_at.is_some() || due(state))
    }

    /// Of how many ticks in a row none can have told what an earlier one could not store as told.
    pub fn most_luckless_ticks(&self) -> usize {
        self.most_luckless
    }

    fn next_moment(&self) -> Timestamp {
        let away = self.plan.away_until("receive", self.world.now());
        let messages = StageQueue::ALL.into_iter().filter_map(|queue| self.world.next_visible(queue));
        let messages = messages.map(|visible| away.map_or(visible, |until| visible.max(until)));
        let sleepers = self.running.iter().filter_map(|task| task.life.sleeps_until());
        messages.chain(sleepers).fold(self.next_tick, Timestamp::min).max(self.world.now())
    }

    fn start_due(&mut self) {
        let now = self.world.now();
        if self.next_tick <= now {
            self.next_tick = now + SignedDuration::from_mins(1);
            let spoilt = self.plan.take_spoilt_tick();
            self.luckless = if self.ticked && !spoilt { 0 } else { self.luckless + 1 };
            self.most_luckless = self.most_luckless.max(self.luckless);
            // By chance a tick is missed, or comes twice.
            let by_chance = self.once_in(8) && !self.every_tick && self.missed < MOST_MISSED;
            if by_chance || self.plan.wrong() == Some(Wrong::NoSweep) {
                self.missed += 1;
            } else {
                self.missed = 0;
                self.tick();
            }
            let twice = self.mode == Mode::Doubled || self.once_in(8);
            if twice {
                self.tick();
            }
            self.ticked = twice || self.missed == 0;
        }
        if self.plan.away_until("receive", now).is_some() {
            return;
        }
        for queue in StageQueue::ALL {
            if self.mode == Mode::Doubled || self.once_in(16) {
                self.world.double(queue);
            }
            if let Some(chance) = &mut self.chance {
                self.world.reorder(queue, |among| chance.usize(..among));
            }
            // By chance some of them come later.
            while !self.once_in(8) {
                let most = match (self.mode, &mut self.chance) {
                    (Mode::Batches, Some(chance)) => chance.usize(1..=10),
                    (Mode::Batches, None) => 10,
                    _ => 1,
                };
                let messages = self.world.receive(queue, most);
                if messages.is_empty() {
                    break;
                }
                self.stage(queue, messages);
            }
        }
    }

    /// The time by the clock of a process that starts now.
    fn call(&mut self) -> Call {
        let skew = self.chance.as_mut().map_or(0, |chance| chance.i64(-SKEW_SECONDS..=SKEW_SECONDS));
        let now = self.world.now() + SignedDuration::from_secs(skew);
        Call { now, deadline: now + SignedDuration::from_secs(FUNCTION_SECONDS) }
    }

    /// Starts an operator's program as a process of its own.
    pub fn start<F: Future<Output = ()> + 'static>(&self, program: impl FnOnce(Faulty, Rc<Life>) -> F) -> Rc<Life> {
        start(&self.world, &self.plan, &self.started, "operator", Vec::new(), program)
    }

    fn tick(&mut self) {
        let (world, call) = (Rc::clone(&self.world), self.call());
        let rules = self.room.rules(false);
        start(&self.world, &self.plan, &self.started, "sla", Vec::new(), async move |ports, _| {
            functions::sla(&ports, rules, call, || world.now()).await;
        });
    }

    fn stage(&mut self, queue: StageQueue, messages: Vec<Received>) {
        let edited = self.edit_after.is_some_and(|after| self.routes >= after);
        self.routes += usize::from(queue == StageQueue::Route);
        let rules = self.room.rules(edited);
        let function = match queue {
            StageQueue::Clean => "clean",
            StageQueue::Score => "score",
            StageQueue::Route => "route",
        };
        let receipts: Vec<(StageQueue, String)> =
            messages.iter().map(|message| (queue, message.receipt.clone())).collect();
        if self.plan.wrong() == Some(Wrong::AcknowledgeFirst) {
            acknowledge(&self.world, &receipts);
        }
        let (world, wrong, call) = (Rc::clone(&self.world), self.plan.wrong(), self.call());
        let all = receipts.clone();
        start(&self.world, &self.plan, &self.started, function, receipts, async move |ports, _| {
            let Ok(response) = handle(queue, batch_of(&messages), &ports, rules, call).await else { return };
            let failed: Vec<&str> =
                response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
            if wrong == Some(Wrong::NoBatchFailures) {
                return acknowledge(&world, &all);
            }
            for message in messages.iter().filter(|message| !failed.contains(&message.message_id.as_str())) {
                world.acknowledge(queue, &message.receipt);
            }
        });
    }

    /// Gives every task its turns until all of them wait for time to pass. Whether any of them did something.
    fn run(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let mut busy = false;
        // A call yields once, so two rounds without a call or an end mean that nobody will go on by himself.
        let mut idle_rounds = 0;
        while idle_rounds < 2 {
            let new = self.started.take();
            let before = (self.plan.count(), self.running.len());
            let joined = !new.is_empty();
            self.running.extend(new);
            let mut chance = self.chance.as_mut();
            if let Some(chance) = &mut chance {
                chance.shuffle(&mut self.running);
            }
            self.running.retain_mut(|task| {
                // By chance some wait; but before all are found idle each has had its turn.
                if idle_rounds == 0 && chance.as_mut().is_some_and(|chance| chance.u8(..3) == 0) {
                    return true;
                }
                let waits = task.future.as_mut().poll(&mut context).is_pending() && !task.life.is_dead();
                if task.life.acknowledges() {
                    acknowledge(&self.world, &task.receipts);
                }
                waits
            });
            let acted = joined || before != (self.plan.count(), self.running.len());
            busy |= acted;
            idle_rounds = if acted { 0 } else { idle_rounds + 1 };
        }
        busy
    }
}

fn acknowledge(world: &World, receipts: &[(StageQueue, String)]) {
    for (queue, receipt) in receipts {
        world.acknowledge(*queue, receipt);
    }
}

/// Starts an invocation as a process of its own.
fn start<F: Future<Output = ()> + 'static>(
    world: &Rc<World>,
    plan: &Rc<Plan>,
    started: &Rc<RefCell<Vec<Task>>>,
    function: &'static str,
    receipts: Vec<(StageQueue, String)>,
    invocation: impl FnOnce(Faulty, Rc<Life>) -> F,
) -> Rc<Life> {
    plan.invoked(function, receipts.len());
    let life = Rc::new(Life::of(function));
    let ports = Faulty::new(Rc::clone(world), Rc::clone(plan), Rc::clone(&life));
    let future = Box::pin(invocation(ports, Rc::clone(&life)));
    started.borrow_mut().push(Task { life: Rc::clone(&life), future, receipts });
    life
}

/// The event that Lambda makes of received messages.
pub fn batch_of(messages: &[Received]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = messages
        .iter()
        .map(|message| {
            let mut record = SqsMessage::default();
            record.message_id = Some(message.message_id.clone());
            record.receipt_handle = Some(message.receipt.clone());
            record.body = Some(message.body.clone());
            let count = message.receive_count.to_string();
            record.attributes.insert("ApproximateReceiveCount".into(), count);
            record
        })
        .collect();
    event
}

/// The function that reads a queue, over one batch of it.
async fn handle(
    queue: StageQueue,
    event: SqsEvent,
    ports: &Faulty,
    rules: &RuleSet,
    call: Call,
) -> Result<SqsBatchResponse, NamelessRecord> {
    match queue {
        StageQueue::Clean => functions::clean(event, ports, clean::Settings { rules, pepper: PEPPER }, call).await,
        StageQueue::Score => functions::score(event, ports, rules, call).await,
        StageQueue::Route => functions::route(event, ports, rules, call).await,
    }
}
