//! Faults: a wrapper around the ports in memory that counts calls and lets chosen ones go wrong, or all of them, in the
//! way of a [`Wrong`] design. It writes down what happens.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;

use jiff::{SignedDuration, Timestamp};
use leads::decision::Account;
use leads::id::{ClaimKey, DeliveryId, LeadId, Queue};
use leads::lead::{LeadState, Place, Stage, Worklist};
use leads::memory::World;
use leads::ports::{
    AnyQueue, Challenge, Commit, CommitError, DeadLetter, DeadLetters, DeleteRows, Destination, DueEntry, FindDue,
    Guard, LeadRows, ListOpen, NotTaken, OpenPage, Outgoing, PortError, Postpone, ReadAccount, ReadDecision,
    ReadHistory, ReadIdempotency, ReadLead, ReadOpen, ReadRequest, ReadRows, ReadTouches, ScanTable, SendMessages,
    Solved, StageQueue, Stored, TakeTurn, VerifyChallenge, Write, counts,
};
use leads::row::{Claim, Decision, Idempotency, Open, Request, Row, RowKey, Touch};

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

/// A call as AWS bills it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// Who made it.
    pub function: &'static str,
    /// The port's method; a send to sales is `tell`.
    pub call: &'static str,
    /// Of a read by keys, the keys; of a write, its rows; of a send, its messages; else 1.
    pub count: usize,
    /// What a write takes of the table, in KB begun: twice as much in a transaction.
    pub units: usize,
}

/// Which calls go wrong, by number from 1 over all invocations; and what happened.
#[derive(Debug, Default)]
pub struct Plan {
    faults: BTreeMap<usize, Fault>,
    outage: Option<Outage>,
    now_and_then: RefCell<Option<NowAndThen>>,
    hits: Cell<usize>,
    wrong: Option<Wrong>,
    calls: RefCell<Vec<&'static str>>,
    bill: RefCell<Vec<Billed>>,
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

    /// The wrong design, if it is one.
    pub fn wrong(&self) -> Option<Wrong> {
        self.wrong
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<&'static str> {
        self.calls.borrow().clone()
    }

    /// The calls so far, as AWS bills them.
    pub fn bill(&self) -> Vec<Billed> {
        self.bill.borrow().clone()
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

    /// How many calls have gone wrong by chance.
    pub fn hits(&self) -> usize {
        self.hits.get()
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
        self.hits.set(self.hits.get() + 1);
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
        self.plan.bill.borrow_mut().push(Billed { function: self.life.function, call: name, count: 1, units: 0 });
        let fault = self.plan.next(name, self.world.now());
        self.plan.note(|| {
            let fault = fault.map(|fault| format!(", {fault:?}")).unwrap_or_default();
            format!("{} {:>5} {} {name}{fault}", self.world.now(), self.plan.count(), self.life.function)
        });
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

    fn is(&self, wrong: Wrong) -> bool {
        self.plan.wrong == Some(wrong)
    }

    fn is_stage(&self) -> bool {
        matches!(self.life.function, "clean" | "score" | "route")
    }

    /// Says more of the call of this function that was made last.
    fn billed(&self, more: impl FnOnce(&mut Billed)) {
        let mut bill = self.plan.bill.borrow_mut();
        if let Some(billed) = bill.iter_mut().rfind(|billed| billed.function == self.life.function) {
            more(billed);
        }
    }

    /// A wrong handler takes its work for done.
    async fn acknowledge<T>(&self) -> T {
        self.life.acknowledges.set(true);
        self.die().await
    }

    /// Writes as asked, or as a wrong design does, and keeps the states that were stored.
    async fn write(&self, writes: &[Write]) -> Result<(), CommitError> {
        let at = self.world.now();
        let overwrites = match self.plan.wrong {
            Some(Wrong::LastWriterWins) => self.life.function != "intake",
            Some(Wrong::FlagWithoutCondition) => self.life.function == "sla",
            _ => false,
        };
        // Also of a transaction that is refused.
        self.billed(|billed| {
            let counts = counts(writes).len();
            let kilobytes = |write: &Write| serde_json::to_string(&write.row).unwrap().len().div_ceil(1024);
            billed.count = writes.len() + counts;
            let alone = writes.iter().map(kilobytes).sum::<usize>() + counts;
            billed.units = if billed.count == 1 { alone } else { 2 * alone };
        });
        if overwrites {
            writes.iter().for_each(|write| self.world.put(write.row.clone()));
        } else {
            self.world.commit(writes).await?;
        }
        for write in writes {
            if let Row::State(state) = &write.row {
                self.plan
                    .note(|| format!("      {} is {} at version {}", state.lead_id, state.stage.name(), state.version));
                self.plan.states.borrow_mut().push((at, state.clone()));
            }
        }
        Ok(())
    }

    /// Changes the numbers of open leads by a call of its own.
    async fn count(&self, writes: &[Write]) -> Result<(), CommitError> {
        let counts = counts(writes);
        if counts.is_empty() {
            return Ok(());
        }
        let add = async || {
            for count in &counts {
                let key = RowKey::open(&count.place);
                let open =
                    |row: &Row| if let Row::Open(row) = row { (row.pk == key.pk).then_some(row.open) } else { None };
                let open = self.world.rows().iter().find_map(open).unwrap_or(0);
                self.world.put(Row::Open(Open { pk: key.pk, open: open + count.by }));
            }
            Ok(())
        };
        self.call("count", add).await
    }

    /// The rows that a handler of the design would write.
    fn designed(&self, writes: &[Write]) -> Vec<Write> {
        let mut writes = writes.to_vec();
        match self.plan.wrong {
            Some(Wrong::ForgetRequests) => writes.retain(|write| !matches!(write.row, Row::Request(_))),
            Some(Wrong::CapsReadOnly) => {
                let counts = writes.iter_mut().flat_map(|write| &mut write.counts);
                counts.for_each(|count| count.below = None);
            }
            Some(Wrong::ClaimsWithoutCondition) => {
                for write in writes.iter_mut().filter(|write| matches!(write.row, Row::Claim(_))) {
                    write.guard = Guard::AbsentOrExpired { now: i64::MAX };
                }
            }
            Some(Wrong::OwnClaimIsForeign) => {
                for write in &mut writes {
                    if let Guard::FreeFor { now, .. } = write.guard {
                        write.guard = Guard::AbsentOrExpired { now };
                    }
                }
            }
            Some(Wrong::ConstantKey) if self.life.function == "intake" => {
                let keyed = writes.iter().any(|write| matches!(write.row, Row::Idempotency(_)));
                if let (false, Some(Row::State(state))) = (keyed, writes.first().map(|write| &write.row)) {
                    let row = Row::Idempotency(Idempotency {
                        pk: "idempotency#none".into(),
                        fingerprint: "none".into(),
                        lead_id: state.lead_id.clone(),
                        expires_at: i64::MAX,
                    });
                    writes.push(Write::guarded(row, Guard::AbsentOrExpired { now: 0 }));
                }
            }
            Some(Wrong::ConstantClaim) => {
                if let [Write { row: Row::State(state), .. }, rest @ ..] = writes.as_slice()
                    && state.stage == Stage::Cleaned
                    && self.life.function == "clean"
                    && !rest.iter().any(|write| matches!(write.row, Row::State(_)))
                {
                    let (key, owner) = (ClaimKey::of(b"", "email", ""), state.lead_id.clone());
                    let row = Row::Claim(Claim { key, owner: owner.clone(), expires_at: i64::MAX });
                    writes.push(Write::guarded(row, Guard::FreeFor { owner, now: 0 }));
                }
            }
            _ => {}
        }
        writes
    }

    /// The message that a handler of the design would send.
    fn addressed(&self, message: &Outgoing) -> Option<Outgoing> {
        let mut message = message.clone();
        if self.is(Wrong::NoRecall) && ["lead.recalled", "nurture.exit"].iter().any(|kind| message.body.contains(kind))
        {
            return None;
        }
        if let (Destination::Sales { dedup, .. }, true) = (&mut message.to, self.is(Wrong::IdPerAttempt)) {
            let attempt = u32::try_from(self.plan.count()).unwrap();
            let anew = DeliveryId::of(&LeadId::random([0; 16]), attempt, dedup);
            message.body = message.body.replace(dedup.as_str(), anew.as_str());
            *dedup = anew.as_str().to_owned();
        }
        Some(message)
    }

    /// Sends as asked, or as a wrong design does.
    async fn put(&self, messages: &[&Outgoing]) -> Result<Vec<Result<(), NotTaken>>, PortError> {
        if self.plan.wrong.is_none() {
            return self.world.send(messages).await;
        }
        let designed: Vec<Option<Outgoing>> = messages.iter().map(|message| self.addressed(message)).collect();
        let sent: Vec<&Outgoing> = designed.iter().flatten().collect();
        let mut taken = self.world.send(&sent).await?.into_iter();
        Ok(designed.iter().map(|message| message.as_ref().map_or(Ok(()), |_| taken.next().unwrap_or(Ok(())))).collect())
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
        let rows = self.call("lead", async || self.world.lead(id).await).await?;
        let done = |rows: &LeadRows| {
            let before = match self.life.function {
                "clean" => Stage::Received,
                "score" => Stage::Cleaned,
                _ => Stage::Scored,
            };
            rows.state.stage != before
        };
        if self.is(Wrong::MarkThenSend) && self.is_stage() && rows.as_ref().is_some_and(done) {
            return self.acknowledge().await;
        }
        Ok(rows)
    }
}

impl ReadTouches for Faulty {
    async fn touches(&self, id: &LeadId, limit: u8) -> Result<Vec<Touch>, PortError> {
        self.call("touches", async || self.world.touches(id, limit).await).await
    }
}

impl ReadDecision for Faulty {
    async fn decision(&self, id: &LeadId, epoch: u32) -> Result<Option<Decision>, PortError> {
        let decision = self.call("decision", async || self.world.decision(id, epoch).await).await?;
        let anew = |mut decision: Decision| {
            if self.is(Wrong::OwnerAnew) && decision.owner.is_some() {
                decision.owner = Some(["li.na", "wang.wei"][self.plan.count() % 2].to_owned());
            }
            decision
        };
        Ok(decision.map(anew))
    }
}

impl ReadAccount for Faulty {
    async fn account(&self, keys: &[RowKey]) -> Result<Option<Account>, PortError> {
        let account = self.call("account", async || self.world.account(keys).await).await;
        self.billed(|billed| billed.count = keys.len());
        account
    }
}

impl ReadOpen for Faulty {
    async fn open(&self, places: &[Place]) -> Result<BTreeMap<Place, u32>, PortError> {
        self.call("open", async || self.world.open(places).await).await
    }
}

impl TakeTurn for Faulty {
    async fn turn(&self, queue: &Queue) -> Result<u64, PortError> {
        self.call("turn", async || self.world.turn(queue).await).await
    }
}

impl ReadRequest for Faulty {
    async fn request(&self, key: &RowKey) -> Result<Option<Request>, PortError> {
        let request = self.call("request", async || self.world.request(key).await).await?;
        Ok(request.filter(|_| !self.is(Wrong::ForgetRequests)))
    }
}

impl ReadIdempotency for Faulty {
    async fn idempotency(&self, key: &RowKey) -> Result<Option<Idempotency>, PortError> {
        self.call("idempotency", async || self.world.idempotency(key).await).await
    }
}

impl VerifyChallenge for Faulty {
    async fn verify(&self, challenge: Challenge<'_>) -> Result<Solved, PortError> {
        self.call("verify", async || self.world.verify(challenge).await).await
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

impl ListOpen for Faulty {
    async fn list(&self, list: &Worklist, after: Option<&str>, limit: u16) -> Result<OpenPage, PortError> {
        self.call("list", async || self.world.list(list, after, limit).await).await
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
        let mut due = self.call("due", async || self.world.due(shard, after, now, limit).await).await?;
        if self.is(Wrong::EdgeTriggered) {
            due.retain(|entry| now.duration_since(entry.at) <= SignedDuration::from_secs(60));
        }
        Ok(due)
    }
}

impl Commit for Faulty {
    async fn commit(&self, writes: &[Write]) -> Result<(), CommitError> {
        let writes = self.designed(writes);
        if self.is(Wrong::SendThenMark) && self.life.function == "route" {
            self.unmarked.replace(writes);
            return Ok(());
        }
        if self.is(Wrong::RowByRow) {
            for write in &writes {
                self.call("commit", async || self.write(std::slice::from_ref(write)).await).await?;
            }
            return Ok(());
        }
        if self.is(Wrong::CountApart) {
            let bare: Vec<Write> = writes.iter().map(|write| Write { counts: Vec::new(), ..write.clone() }).collect();
            self.call("commit", async || self.write(&bare).await).await?;
            return self.count(&writes).await;
        }
        match self.call("commit", async || self.write(&writes).await).await {
            Err(CommitError::Conflict(_)) if self.is(Wrong::AcknowledgeConflict) && self.is_stage() => {
                self.acknowledge().await
            }
            Err(CommitError::Port(_)) if self.is(Wrong::AcceptAnyway) && self.life.function == "intake" => Ok(()),
            result => result,
        }
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
            let taken = self.put(messages.get(1..).unwrap_or_default()).await?;
            let first = NotTaken { code: "InternalError".into() };
            Ok([Err(first)].into_iter().chain(taken).collect())
        };
        let sent = self.call_or("send", async || self.put(messages).await, Some(all_but_first)).await;
        self.billed(|billed| {
            let sales = messages.iter().any(|message| matches!(message.to, Destination::Sales { .. }));
            *billed = Billed { call: if sales { "tell" } else { "send" }, count: messages.len(), ..billed.clone() };
        });
        let unmarked = self.unmarked.take();
        if !unmarked.is_empty() {
            drop(self.call("commit", async || self.write(&unmarked).await).await);
        }
        match sent {
            Ok(taken) if self.is(Wrong::IgnoreNotTaken) => Ok(taken.iter().map(|_| Ok(())).collect()),
            Err(_) if self.is(Wrong::IgnoreFailedSend) => Ok(messages.iter().map(|_| Ok(())).collect()),
            sent => sent,
        }
    }
}
