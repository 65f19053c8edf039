//! Faults: a wrapper around the ports in memory that counts calls and lets chosen ones go wrong, or all of them, in the
//! way of a [`Wrong`] design. It writes down what happens.

mod bill;
mod designs;
mod ports;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;

use jiff::{SignedDuration, Timestamp};
use leads::lead::LeadState;
use leads::memory::World;
use leads::ports::{PortError, Write};

pub use self::bill::Billed;
use crate::wrong::Wrong;

/// How long a late call takes: longer than a message stays hidden.
const LATE: SignedDuration = SignedDuration::from_secs(61);

/// What can happen to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The process dies before the call acts.
    CrashBefore,
    /// The call acts, and the process dies before it hears of that.
    CrashAfter,
    /// The call acts, its answer is lost, and the SDK makes it again.
    LostResponse,
    /// The call fails without acting.
    Unavailable,
    /// The call acts, and fails for all that the caller hears.
    ActedUnavailable,
    /// The call acts only when its message is visible again; the process lives on and acts late too.
    Late,
    /// The call acts that late, and nobody is left to hear of it.
    LateCrash,
    /// SQS answers 200, and did not take the first entry. Calls other than a send are spared.
    NotTaken,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::CrashBefore,
        Self::CrashAfter,
        Self::LostResponse,
        Self::Unavailable,
        Self::ActedUnavailable,
        Self::Late,
        Self::LateCrash,
        Self::NotTaken,
    ];
}

/// A time in which every call of some names goes wrong in one way.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// The calls that go wrong.
    pub calls: &'static [&'static str],
    /// How.
    pub fault: Fault,
    /// How many calls of any name come before it.
    pub after: usize,
    /// When it ends.
    pub until: Timestamp,
}

/// Faults that hit a call now and then, until they are used up.
#[derive(Debug)]
struct NowAndThen {
    chance: fastrand::Rng,
    /// One call in so many.
    one_in: u32,
    left: u32,
}

/// Which calls go wrong, by number from 1 over all invocations; and what happened.
#[derive(Debug, Default)]
pub struct Plan {
    faults: BTreeMap<usize, Fault>,
    outage: Option<Outage>,
    now_and_then: RefCell<Option<NowAndThen>>,
    tick_spoilt: Cell<bool>,
    wrong: Option<Wrong>,
    calls: RefCell<Vec<&'static str>>,
    bill: Option<RefCell<Vec<Billed>>>,
    states: RefCell<Vec<(Timestamp, LeadState)>>,
    log: Option<RefCell<Vec<String>>>,
}

impl Plan {
    /// These calls go wrong.
    pub fn new(faults: impl IntoIterator<Item = (usize, Fault)>) -> Self {
        Self { faults: faults.into_iter().collect(), ..Self::default() }
    }

    /// An outage.
    pub fn outage(outage: Outage) -> Self {
        Self { outage: Some(outage), ..Self::default() }
    }

    /// One call in so many goes wrong in any way, until so many have; which ones follows from the seed.
    pub fn now_and_then(seed: u64, one_in: u32, most: u32) -> Self {
        let faults = NowAndThen { chance: fastrand::Rng::with_seed(seed), one_in, left: most };
        Self { now_and_then: RefCell::new(Some(faults)), ..Self::default() }
    }

    /// The same, over a wrong design.
    #[must_use]
    pub fn with_design(self, wrong: Option<Wrong>) -> Self {
        Self { wrong, ..self }
    }

    /// The same, and every call is written down in words.
    #[must_use]
    pub fn logged(self) -> Self {
        Self { log: Some(RefCell::default()), ..self }
    }

    /// The same, and every call is written down as AWS bills it.
    #[must_use]
    pub fn billed(self) -> Self {
        Self { bill: Some(RefCell::default()), ..self }
    }

    /// Writes down that AWS starts an invocation, with so many messages.
    pub fn invoked(&self, function: &'static str, messages: usize) {
        if let Some(bill) = &self.bill {
            bill.borrow_mut().push(Billed { function, call: "invoke", count: messages, ..Billed::default() });
        }
    }

    /// The wrong design, if it is one.
    pub fn wrong(&self) -> Option<Wrong> {
        self.wrong
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<&'static str> {
        self.calls.borrow().clone()
    }

    /// The calls so far as AWS bills them, if they were to be written down.
    pub fn bill(&self) -> Vec<Billed> {
        self.bill.as_ref().map(|bill| bill.borrow().clone()).unwrap_or_default()
    }

    /// How many calls there were so far.
    pub fn count(&self) -> usize {
        self.calls.borrow().len()
    }

    /// Every state of every lead that was stored, in order.
    pub fn states(&self) -> Vec<(Timestamp, LeadState)> {
        self.states.borrow().clone()
    }

    /// What happened, line by line, if it was to be written down.
    pub fn log(&self) -> Vec<String> {
        self.log.as_ref().map(|log| log.borrow().clone()).unwrap_or_default()
    }

    /// How many faults are left to come now and then; no more come after this.
    pub fn calm_down(&self) {
        self.now_and_then.take();
    }

    /// Writes a line down, if that is wanted.
    pub fn note(&self, line: impl FnOnce() -> String) {
        if let Some(log) = &self.log {
            log.borrow_mut().push(line());
        }
    }

    /// Until when a call that AWS makes itself cannot be made, if that is so now.
    pub fn away_until(&self, call: &'static str, now: Timestamp) -> Option<Timestamp> {
        let outage = self.outage.as_ref()?;
        (outage.calls.contains(&call) && self.count() >= outage.after && now < outage.until).then_some(outage.until)
    }

    /// Whether a call of a tick has gone wrong since this was last asked.
    pub fn take_spoilt_tick(&self) -> bool {
        self.tick_spoilt.take()
    }

    fn next(&self, call: &'static str, now: Timestamp) -> Option<Fault> {
        let mut calls = self.calls.borrow_mut();
        calls.push(call);
        let hit = |outage: &&Outage| outage.calls.contains(&call) && calls.len() > outage.after && now < outage.until;
        let of_outage = self.outage.as_ref().filter(hit).map(|outage| outage.fault);
        of_outage.or_else(|| self.faults.get(&calls.len()).copied()).or_else(|| self.by_chance())
    }

    fn by_chance(&self) -> Option<Fault> {
        let mut faults = self.now_and_then.borrow_mut();
        let faults = faults.as_mut().filter(|faults| faults.left > 0)?;
        if faults.chance.u32(..faults.one_in) > 0 {
            return None;
        }
        faults.left -= 1;
        faults.chance.choice(Fault::ALL)
    }
}

/// An invocation's process, and whether it still runs.
#[derive(Debug, Default)]
pub struct Life {
    function: &'static str,
    dead: Cell<bool>,
    acknowledges: Cell<bool>,
    sleeps_until: Cell<Option<Timestamp>>,
}

impl Life {
    /// A process of this function.
    pub fn of(function: &'static str) -> Self {
        Self { function, ..Self::default() }
    }

    /// Whether its messages are to be deleted although its handler has not answered, as a wrong design does.
    pub fn acknowledges(&self) -> bool {
        self.acknowledges.get()
    }

    /// Whether the process has died: its future never completes and is to be dropped.
    pub fn is_dead(&self) -> bool {
        self.dead.get()
    }

    /// Until when it waits, if it does.
    pub fn sleeps_until(&self) -> Option<Timestamp> {
        self.sleeps_until.get()
    }

    /// Waits until it is that late, or something has happened.
    pub async fn sleep_until(&self, world: &World, until: Timestamp, happened: impl Fn() -> bool) {
        self.sleeps_until.set(Some(until));
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if happened() || world.now() >= until { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.sleeps_until.set(None);
    }
}

/// The ports of one invocation. Every call yields once, so that invocations, and the records of one batch, take turns.
#[derive(Debug)]
pub struct Faulty {
    world: Rc<World>,
    plan: Rc<Plan>,
    life: Rc<Life>,
    /// What a design that sends first has still to store.
    unmarked: RefCell<Vec<Write>>,
}

impl Faulty {
    /// Ports over `world` for a process with this life.
    pub fn new(world: Rc<World>, plan: Rc<Plan>, life: Rc<Life>) -> Self {
        Self { world, plan, life, unmarked: RefCell::default() }
    }

    async fn call<T, E: From<PortError>>(
        &self,
        name: &'static str,
        act: impl AsyncFn() -> Result<T, E>,
    ) -> Result<T, E> {
        self.call_or(name, act, None::<fn() -> std::future::Pending<Result<T, E>>>).await
    }

    /// As [`Self::call`]; `not_taken` makes the call and leaves its first entry out.
    async fn call_or<T, E: From<PortError>>(
        &self,
        name: &'static str,
        act: impl AsyncFn() -> Result<T, E>,
        not_taken: Option<impl AsyncFn() -> Result<T, E>>,
    ) -> Result<T, E> {
        self.turn().await;
        let unavailable = || PortError::Unavailable { call: name, source: "a fault".into() };
        if let Some(bill) = &self.plan.bill {
            bill.borrow_mut().push(Billed { function: self.life.function, call: name, count: 1, ..Billed::default() });
        }
        let fault = self.plan.next(name, self.world.now());
        self.plan.note(|| {
            let fault = fault.map(|fault| format!(", {fault:?}")).unwrap_or_default();
            format!("{} {:>5} {} {name}{fault}", self.world.now(), self.plan.count(), self.life.function)
        });
        let spared = fault == Some(Fault::NotTaken) && not_taken.is_none();
        if fault.is_some() && !spared && self.life.function == "sla" {
            self.plan.tick_spoilt.set(true);
        }
        match (fault, not_taken) {
            (None, _) | (Some(Fault::NotTaken), None) => act().await,
            (Some(Fault::NotTaken), Some(not_taken)) => not_taken().await,
            (Some(Fault::CrashBefore), _) => self.die().await,
            (Some(Fault::CrashAfter), _) => {
                drop(act().await);
                self.die().await
            }
            (Some(Fault::LostResponse), _) => {
                drop(act().await);
                act().await
            }
            (Some(Fault::Unavailable), _) => Err(unavailable().into()),
            (Some(Fault::ActedUnavailable), _) => {
                drop(act().await);
                Err(unavailable().into())
            }
            (Some(Fault::Late), _) => {
                self.sleep().await;
                act().await
            }
            (Some(Fault::LateCrash), _) => {
                self.sleep().await;
                drop(act().await);
                self.die().await
            }
        }
    }

    /// Lets the others go on first; a dead process makes no further call.
    async fn turn(&self) {
        let mut yielded = false;
        poll_fn(|context| {
            if yielded && !self.life.is_dead() {
                return Poll::Ready(());
            }
            yielded = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    async fn die<T>(&self) -> T {
        self.life.dead.set(true);
        pending().await
    }

    async fn sleep(&self) {
        self.life.sleep_until(&self.world, self.world.now() + LATE, || false).await;
    }
}
