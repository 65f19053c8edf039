//! Faults: a wrapper around the ports in memory that counts calls and lets chosen ones go wrong.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;

use jiff::{SignedDuration, Timestamp};
use leads::decision::Account;
use leads::id::{ClaimKey, LeadId};
use leads::memory::World;
use leads::ports::{
    AnyQueue, Commit, CommitError, DeadLetter, DeadLetters, DeleteRows, DueEntry, FindDue, LeadRows, NotTaken,
    Outgoing, PortError, Postpone, ReadAccount, ReadDecision, ReadHistory, ReadLead, ReadRequest, ReadRows,
    ReadTouches, ScanTable, SendMessages, StageQueue, Stored, Write,
};
use leads::row::{Decision, Request, Row, RowKey, Touch};

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

/// A time in which every call of one name goes wrong in one way.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// The calls that go wrong.
    pub call: &'static str,
    /// How.
    pub fault: Fault,
    /// How many calls of any name come before it.
    pub after: usize,
    /// When it ends.
    pub until: Timestamp,
}

/// Which calls go wrong, by number from 1 over all invocations; and which calls there were.
#[derive(Debug, Default)]
pub struct Plan {
    faults: BTreeMap<usize, Fault>,
    outage: Option<Outage>,
    calls: RefCell<Vec<&'static str>>,
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

    /// The calls so far.
    pub fn calls(&self) -> Vec<&'static str> {
        self.calls.borrow().clone()
    }

    /// How many calls there were so far.
    pub fn count(&self) -> usize {
        self.calls.borrow().len()
    }

    fn next(&self, call: &'static str, now: Timestamp) -> Option<Fault> {
        let mut calls = self.calls.borrow_mut();
        calls.push(call);
        let hit = |outage: &&Outage| outage.call == call && calls.len() > outage.after && now < outage.until;
        self.outage.as_ref().filter(hit).map(|outage| outage.fault).or_else(|| self.faults.get(&calls.len()).copied())
    }
}

/// Whether an invocation's process still runs.
#[derive(Debug, Default)]
pub struct Life {
    dead: Cell<bool>,
    sleeps_until: Cell<Option<Timestamp>>,
}

impl Life {
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
}

impl Faulty {
    /// Ports over `world` for a process with this life.
    pub fn new(world: Rc<World>, plan: Rc<Plan>, life: Rc<Life>) -> Self {
        Self { world, plan, life }
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
        match (self.plan.next(name, self.world.now()), not_taken) {
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

impl ReadLead for Faulty {
    async fn lead(&self, id: &LeadId) -> Result<Option<LeadRows>, PortError> {
        self.call("lead", async || self.world.lead(id).await).await
    }
}

impl ReadTouches for Faulty {
    async fn touches(&self, id: &LeadId, limit: u8) -> Result<Vec<Touch>, PortError> {
        self.call("touches", async || self.world.touches(id, limit).await).await
    }
}

impl ReadDecision for Faulty {
    async fn decision(&self, id: &LeadId, epoch: u32) -> Result<Option<Decision>, PortError> {
        self.call("decision", async || self.world.decision(id, epoch).await).await
    }
}

impl ReadAccount for Faulty {
    async fn account(&self, keys: &[RowKey]) -> Result<Option<Account>, PortError> {
        self.call("account", async || self.world.account(keys).await).await
    }
}

impl ReadRequest for Faulty {
    async fn request(&self, key: &RowKey) -> Result<Option<Request>, PortError> {
        self.call("request", async || self.world.request(key).await).await
    }
}

impl ReadHistory for Faulty {
    async fn history(&self, id: &LeadId) -> Result<Vec<Row>, PortError> {
        self.call("history", async || self.world.history(id).await).await
    }
}

impl ReadRows for Faulty {
    async fn rows_of(&self, id: &LeadId) -> Result<Vec<Stored>, PortError> {
        self.call("rows_of", async || self.world.rows_of(id).await).await
    }
}

impl ScanTable for Faulty {
    async fn scan(&self, after: Option<RowKey>) -> Result<(Vec<Stored>, Option<RowKey>), PortError> {
        self.call("scan", async || self.world.scan(after.clone()).await).await
    }
}

impl DeleteRows for Faulty {
    async fn delete(&self, key: &RowKey) -> Result<(), PortError> {
        self.call("delete", async || self.world.delete(key).await).await
    }

    async fn release(&self, claim: &ClaimKey, owner: &LeadId) -> Result<Option<LeadId>, PortError> {
        self.call("release", async || self.world.release(claim, owner).await).await
    }
}

impl DeadLetters for Faulty {
    async fn dead_letters(&self, queue: &AnyQueue) -> Result<Vec<DeadLetter>, PortError> {
        self.call("dead_letters", async || self.world.dead_letters(queue).await).await
    }

    async fn delete_dead_letter(&self, queue: &AnyQueue, receipt: &str) -> Result<(), PortError> {
        self.call("delete_dead_letter", async || self.world.delete_dead_letter(queue, receipt).await).await
    }
}

impl FindDue for Faulty {
    async fn due(
        &self,
        shard: u8,
        after: Option<&DueEntry>,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<DueEntry>, PortError> {
        self.call("due", async || self.world.due(shard, after, now, limit).await).await
    }
}

impl Commit for Faulty {
    async fn commit(&self, writes: &[Write]) -> Result<(), CommitError> {
        self.call("commit", async || self.world.commit(writes).await).await
    }
}

impl Postpone for Faulty {
    async fn postpone(&self, from: StageQueue, receipt: &str, seconds: u32) -> Result<(), PortError> {
        self.call("postpone", async || self.world.postpone(from, receipt, seconds).await).await
    }
}

impl SendMessages for Faulty {
    async fn send(&self, messages: &[&Outgoing]) -> Result<Vec<Result<(), NotTaken>>, PortError> {
        let all_but_first = async || {
            let taken = self.world.send(messages.get(1..).unwrap_or_default()).await?;
            let first = NotTaken { code: "InternalError".into() };
            Ok([Err(first)].into_iter().chain(taken).collect())
        };
        self.call_or("send", async || self.world.send(messages).await, Some(all_but_first)).await
    }
}
