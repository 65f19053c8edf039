//! The ports in memory: a table and queues that behave as DynamoDB and SQS do where the functions rely on it. Tests and
//! the simulator run the real handlers over it.
//!
//! | as AWS does it | where |
//! |---|---|
//! | consistent reads; conditions on whole rows, answered with the stored row | `table` |
//! | transactions that write all rows or none, with the reasons of each refused one | `table` |
//! | an index of timed work that lags behind the rows, if asked to; one of open leads, which never does | `table` |
//! | at-least-once stage queues: visibility timeout, receive count, dead-letter queue; doubles and any order on request | `queues` |
//! | FIFO sales queues: order within a group, five minutes of deduplication, and a copy after that | `queues` |
//! | limits: 10 entries and 1 MiB a batch, the characters SQS takes, 400 KB a row, 100 rows a transaction | both |
//!
//! Not modelled: throttling, retention, TTL (expired rows stay, as they may for days), rows that cannot be read, and IAM.
//! Calls here never fail by themselves; tests wrap the ports for that.
//!
//! The clock is a value that the owner sets, and ids count up: two runs of the same calls are the same to the byte.

mod captcha;
mod dead;
mod queues;
mod table;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::decision::Account;
use crate::id::{ClaimKey, LeadId, Queue};
use crate::lead::{LeadState, OpenLead, Place, Worklist};
use crate::ports::{
    AnyQueue, Challenge, Commit, CommitError, CountMessages, DeadLetter, DeadLetters, DeleteRows, Destination,
    DueEntry, FindDue, LeadRows, ListNewest, ListOpen, NotTaken, OpenPage, Outgoing, PortError, Postpone, ReadAccount,
    ReadDecision, ReadHistory, ReadIdempotency, ReadLead, ReadOpen, ReadRequest, ReadRows, ReadStates, ReadTouches,
    ScanTable, Segment, SendMessages, Solved, StageQueue, Stored, TakeTurn, VerifyChallenge, Write,
};
use crate::row::{Decision, Idempotency, Request, Row, RowKey, Touch};

use captcha::Verifier;
use queues::{DEDUPLICATION, FifoQueue, StandardQueue};
use table::Table;

pub use queues::{Delivered, Depth, MOST_RECEIVES, Received, VISIBILITY};

/// SQS's limit for one batch, in messages.
const MOST_ENTRIES: usize = 10;

/// SQS's limit for one message and for one batch, in bytes.
const MOST_BYTES: usize = 1024 * 1024;

/// How many rows a page of a scan has: few, so that a small table takes several.
const SCAN_PAGE: usize = 10;

/// DynamoDB's limit for one `BatchGetItem`.
const MOST_KEYS: usize = 100;

/// A stack in memory: one table, three stage queues and the declared sales queues.
#[derive(Debug)]
pub struct World {
    now: Cell<Timestamp>,
    visibility: SignedDuration,
    deduplication: SignedDuration,
    table: RefCell<Table>,
    stages: RefCell<BTreeMap<StageQueue, StandardQueue>>,
    sales: RefCell<BTreeMap<Queue, FifoQueue>>,
    verifier: Verifier,
}

impl World {
    /// An empty stack with these sales queues, at this time.
    pub fn new(now: Timestamp, sales_queues: impl IntoIterator<Item = Queue>) -> Self {
        Self {
            now: Cell::new(now),
            visibility: VISIBILITY,
            deduplication: DEDUPLICATION,
            table: RefCell::default(),
            stages: RefCell::new(StageQueue::ALL.map(|queue| (queue, StandardQueue::default())).into()),
            sales: RefCell::new(sales_queues.into_iter().map(|queue| (queue, FifoQueue::default())).collect()),
            verifier: Verifier::default(),
        }
    }

    /// The same stack, whose index of timed work shows a write only so long after it.
    #[must_use]
    pub fn with_index_lag(self, lag: SignedDuration) -> Self {
        self.table.borrow_mut().set_index_lag(lag);
        self
    }

    /// The same stack, whose stage queues hide a received message for so long.
    #[must_use]
    pub fn with_visibility(self, visibility: SignedDuration) -> Self {
        Self { visibility, ..self }
    }

    /// The same stack, whose sales queues recognise copies for so long.
    #[must_use]
    pub fn with_deduplication(self, deduplication: SignedDuration) -> Self {
        Self { deduplication, ..self }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.now.get()
    }

    /// Sets the time. It is meant to go forwards; nothing here checks that.
    pub fn set_now(&self, now: Timestamp) {
        self.now.set(now);
    }

    /// Every row, by key.
    pub fn rows(&self) -> Vec<Row> {
        self.table.borrow().rows().cloned().collect()
    }

    /// The state of every lead, by id.
    pub fn states(&self) -> Vec<LeadState> {
        let state = |row: &Row| if let Row::State(state) = row { Some(state.clone()) } else { None };
        self.table.borrow().rows().filter_map(state).collect()
    }

    /// Writes a row whatever stands there, as an operator's import does.
    pub fn put(&self, row: Row) {
        self.table.borrow_mut().put(row, self.now());
    }

    /// Puts a body of any kind into a stage queue, past the checks of [`SendMessages`].
    pub fn enqueue(&self, queue: StageQueue, body: impl Into<String>) {
        self.with_stage(queue, |stage| stage.enqueue(body.into(), self.now()));
    }

    /// Up to `most` messages that are visible now, hidden for [`VISIBILITY`] from now on. A message that has been
    /// received [`MOST_RECEIVES`] times goes to the dead-letter queue instead.
    pub fn receive(&self, queue: StageQueue, most: usize) -> Vec<Received> {
        self.with_stage(queue, |stage| stage.receive(most, self.now(), self.visibility)).unwrap_or_default()
    }

    /// Deletes a received message. `false` if the receipt is not that of its latest receive: the message stays.
    pub fn acknowledge(&self, queue: StageQueue, receipt: &str) -> bool {
        self.with_stage(queue, |stage| stage.acknowledge(receipt)).unwrap_or_default()
    }

    /// Doubles every message that is visible now, as SQS may at any time.
    pub fn double(&self, queue: StageQueue) {
        self.with_stage(queue, |stage| stage.double(self.now()));
    }

    /// Puts the messages that are visible now into another order, as a standard queue may at any time; `pick` chooses
    /// among so many.
    pub fn reorder(&self, queue: StageQueue, pick: impl FnMut(usize) -> usize) {
        self.with_stage(queue, |stage| stage.reorder(self.now(), pick));
    }

    /// How many messages a stage queue holds.
    pub fn depth(&self, queue: StageQueue) -> Depth {
        self.with_stage(queue, |stage| stage.depth(self.now())).unwrap_or_default()
    }

    /// When the next message of a stage queue is visible; not in the future if one is so now.
    pub fn next_visible(&self, queue: StageQueue) -> Option<Timestamp> {
        self.with_stage(queue, |stage| stage.next_visible()).flatten()
    }

    /// The bodies in a stage queue's dead-letter queue.
    pub fn dead(&self, queue: StageQueue) -> Vec<String> {
        self.with_stage(queue, |stage| stage.dead().messages().cloned().collect()).unwrap_or_default()
    }

    /// What lies in a sales queue's dead-letter queue.
    pub fn dead_sales(&self, queue: &Queue) -> Vec<Delivered> {
        let sales = self.sales.borrow();
        sales.get(queue).map(|queue| queue.dead().messages().cloned().collect()).unwrap_or_default()
    }

    /// Everything that a sales queue was ever given, in order, consumed or not; nothing if there is no such queue.
    pub fn delivered(&self, queue: &Queue) -> Vec<Delivered> {
        self.sales.borrow().get(queue).map(|queue| queue.log().to_vec()).unwrap_or_default()
    }

    /// Up to `most` messages of a sales queue, as its consumer receives them: in order within a lead, and none of a
    /// lead of which an earlier message is still hidden.
    pub fn receive_sales(&self, queue: &Queue, most: usize) -> Vec<Received> {
        let now = self.now();
        self.sales.borrow_mut().get_mut(queue).map(|queue| queue.receive(most, now)).unwrap_or_default()
    }

    /// Deletes a message that a sales queue's consumer has received. `false` if the receipt is not the latest.
    pub fn acknowledge_sales(&self, queue: &Queue, receipt: &str) -> bool {
        self.sales.borrow_mut().get_mut(queue).is_some_and(|queue| queue.acknowledge(receipt))
    }

    /// Gives a page a captcha's token, of which the verifier will say this, once.
    pub fn issue_token(&self, token: &str, solved: Solved) {
        self.verifier.issue(token, solved);
    }

    /// Takes the verifier of captchas away, or back into service.
    pub fn set_verifier_down(&self, down: bool) {
        self.verifier.set_down(down);
    }

    fn with_stage<T>(&self, queue: StageQueue, act: impl FnOnce(&mut StandardQueue) -> T) -> Option<T> {
        self.stages.borrow_mut().get_mut(&queue).map(act)
    }

    fn take(&self, message: &Outgoing) -> Result<(), NotTaken> {
        let refused = |code: &str| NotTaken { code: code.into() };
        if message.body.is_empty() {
            return Err(refused("MissingParameter"));
        }
        if !message.body.chars().all(sqs_takes) {
            return Err(refused("InvalidMessageContents"));
        }
        match &message.to {
            Destination::Stage(queue) => self.enqueue(*queue, &message.body),
            Destination::Sales { queue, group, dedup } => {
                if dedup.is_empty() || dedup.len() > 128 || !dedup.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(refused("InvalidParameterValue"));
                }
                if let Some(queue) = self.sales.borrow_mut().get_mut(queue) {
                    queue.enqueue(&message.body, group, dedup, self.now(), self.deduplication);
                }
            }
        }
        Ok(())
    }
}

/// The characters of XML 1.0, which are those that SQS takes.
fn sqs_takes(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

impl ReadLead for World {
    async fn lead(&self, id: &LeadId) -> Result<Option<LeadRows>, PortError> {
        let table = self.table.borrow();
        let Some(Row::State(state)) = table.get(&RowKey::state(id)) else { return Ok(None) };
        let submission = match table.get(&RowKey::submission(id)) {
            Some(Row::Submission(row)) => Ok(row.clone()),
            _ => Err("the submission is missing".to_owned()),
        };
        let corrections = match table.get(&RowKey::tags(id)) {
            Some(Row::Tags(row)) => row.corrections.clone(),
            _ => Vec::new(),
        };
        Ok(Some(LeadRows::of(state.clone(), submission, Ok(corrections))))
    }
}

impl ReadTouches for World {
    async fn touches(&self, id: &LeadId, limit: u8) -> Result<Vec<Touch>, PortError> {
        let table = self.table.borrow();
        let touches = table.partition(id.as_str()).rev().filter_map(|row| match row {
            Row::Touch(touch) => Some(touch.clone()),
            _ => None,
        });
        Ok(touches.take(usize::from(limit)).collect())
    }
}

impl ReadDecision for World {
    async fn decision(&self, id: &LeadId, epoch: u32) -> Result<Option<Decision>, PortError> {
        match self.table.borrow().get(&RowKey::decision(id, epoch)) {
            Some(Row::Decision(decision)) => Ok(Some(decision.clone())),
            _ => Ok(None),
        }
    }
}

impl ReadAccount for World {
    async fn account(&self, keys: &[RowKey]) -> Result<Option<Account>, PortError> {
        let table = self.table.borrow();
        Ok(keys.iter().find_map(|key| match table.get(key) {
            Some(Row::Account(row)) => Some(row.account.clone()),
            _ => None,
        }))
    }
}

impl ReadRequest for World {
    async fn request(&self, key: &RowKey) -> Result<Option<Request>, PortError> {
        match self.table.borrow().get(key) {
            Some(Row::Request(request)) => Ok(Some(request.clone())),
            _ => Ok(None),
        }
    }
}

impl ReadIdempotency for World {
    async fn idempotency(&self, key: &RowKey) -> Result<Option<Idempotency>, PortError> {
        match self.table.borrow().get(key) {
            Some(Row::Idempotency(row)) => Ok(Some(row.clone())),
            _ => Ok(None),
        }
    }
}

impl VerifyChallenge for World {
    async fn verify(&self, challenge: Challenge<'_>) -> Result<Solved, PortError> {
        self.verifier.verify(challenge)
    }
}

impl ReadStates for World {
    async fn states_of(&self, ids: &[LeadId]) -> Result<Vec<LeadState>, PortError> {
        if ids.len() > MOST_KEYS || any_twice(ids) {
            return Err(PortError::Refused { call: "dynamodb:BatchGetItem", why: "ValidationException".into() });
        }
        let table = self.table.borrow();
        let state = |id: &LeadId| match table.get(&RowKey::state(id)) {
            Some(Row::State(state)) => Some(state.clone()),
            _ => None,
        };
        Ok(ids.iter().filter_map(state).collect())
    }
}

impl ReadHistory for World {
    async fn history(&self, id: &LeadId) -> Result<Vec<Row>, PortError> {
        Ok(self.table.borrow().partition(id.as_str()).cloned().collect())
    }
}

impl ReadRows for World {
    async fn rows_of(&self, id: &LeadId) -> Result<Vec<Stored>, PortError> {
        Ok(self.table.borrow().partition(id.as_str()).cloned().map(stored).collect())
    }
}

impl ScanTable for World {
    async fn scan(&self, segment: Segment, after: Option<RowKey>) -> Result<(Vec<Stored>, Option<RowKey>), PortError> {
        let rows = self.table.borrow().behind(segment, after.as_ref(), SCAN_PAGE);
        let last = rows.last().filter(|_| rows.len() == SCAN_PAGE).map(Row::key);
        Ok((rows.into_iter().map(stored).collect(), last))
    }
}

impl CountMessages for World {
    async fn count_waiting(&self, queue: StageQueue) -> Result<u64, PortError> {
        let Depth { visible, hidden, .. } = self.depth(queue);
        Ok((visible + hidden) as u64)
    }

    async fn count_dead(&self, queue: &AnyQueue) -> Result<u64, PortError> {
        Ok(match queue {
            AnyQueue::Stage(queue) => self.depth(*queue).dead,
            AnyQueue::Sales(queue) => self.dead_sales(queue).len(),
        } as u64)
    }
}

impl DeleteRows for World {
    async fn delete(&self, key: &RowKey) -> Result<(), PortError> {
        self.table.borrow_mut().delete(key, self.now());
        Ok(())
    }

    async fn release(&self, claim: &ClaimKey, owner: &LeadId) -> Result<Option<LeadId>, PortError> {
        let (key, mut table) = (RowKey::claim(claim), self.table.borrow_mut());
        match table.get(&key) {
            Some(Row::Claim(claim)) if claim.owner != *owner => Ok(Some(claim.owner.clone())),
            _ => {
                table.delete(&key, self.now());
                Ok(None)
            }
        }
    }
}

impl DeadLetters for World {
    async fn dead_letters(&self, queue: &AnyQueue) -> Result<Vec<DeadLetter>, PortError> {
        let now = self.now();
        let letter = |to, body, sent_at, receipt| DeadLetter { message: Some(Outgoing { to, body }), sent_at, receipt };
        Ok(match queue {
            AnyQueue::Stage(stage) => {
                let letters = self.with_stage(*stage, |queue| queue.dead_mut().receive(MOST_ENTRIES, now));
                let letters = letters.unwrap_or_default().into_iter();
                letters.map(|(body, at, receipt)| letter(Destination::Stage(*stage), body, at, receipt)).collect()
            }
            AnyQueue::Sales(name) => {
                let mut sales = self.sales.borrow_mut();
                let letters = sales.get_mut(name).map(|queue| queue.dead_mut().receive(MOST_ENTRIES, now));
                let of = |(sent, at, receipt): (Delivered, Timestamp, String)| {
                    let to = Destination::Sales { queue: name.clone(), group: sent.group, dedup: sent.dedup };
                    letter(to, sent.body, at, receipt)
                };
                letters.unwrap_or_default().into_iter().map(of).collect()
            }
        })
    }

    async fn delete_dead_letter(&self, queue: &AnyQueue, receipt: &str) -> Result<(), PortError> {
        match queue {
            AnyQueue::Stage(stage) => _ = self.with_stage(*stage, |queue| queue.dead_mut().delete(receipt)),
            AnyQueue::Sales(name) => {
                if let Some(queue) = self.sales.borrow_mut().get_mut(name) {
                    queue.dead_mut().delete(receipt);
                }
            }
        }
        Ok(())
    }
}

impl TakeTurn for World {
    async fn turn(&self, queue: &Queue) -> Result<u64, PortError> {
        Ok(self.table.borrow_mut().turn(queue))
    }
}

impl ReadOpen for World {
    async fn open(&self, places: &[Place]) -> Result<BTreeMap<Place, u32>, PortError> {
        if places.is_empty() || places.len() > MOST_KEYS {
            let why = "ValidationException".into();
            return Err(PortError::Refused { call: "dynamodb:BatchGetItem", why });
        }
        let table = self.table.borrow();
        Ok(places.iter().map(|place| (place.clone(), u32::try_from(table.open(place)).unwrap_or(0))).collect())
    }
}

impl Commit for World {
    async fn commit(&self, writes: &[Write]) -> Result<(), CommitError> {
        self.table.borrow_mut().commit(writes, self.now())
    }
}

impl SendMessages for World {
    async fn send(&self, messages: &[&Outgoing]) -> Result<Vec<Result<(), NotTaken>>, PortError> {
        let refused = |why: &str| Err(PortError::Refused { call: "sqs:SendMessage", why: why.into() });
        let Some(first) = messages.first() else { return Ok(Vec::new()) };
        if messages.len() > MOST_ENTRIES {
            return refused("TooManyEntriesInBatchRequest");
        }
        if messages.iter().map(|message| message.body.len()).sum::<usize>() > MOST_BYTES {
            return refused("BatchRequestTooLong");
        }
        if !messages.iter().all(|message| message.to.same_queue(&first.to)) {
            return refused("a batch goes to one queue");
        }
        if matches!(&first.to, Destination::Sales { queue, .. } if !self.sales.borrow().contains_key(queue)) {
            return refused("QueueDoesNotExist");
        }
        Ok(messages.iter().map(|message| self.take(message)).collect())
    }
}

impl Postpone for World {
    async fn postpone(&self, from: StageQueue, receipt: &str, seconds: u32) -> Result<(), PortError> {
        let until = later(self.now(), SignedDuration::from_secs(seconds.into()));
        match self.with_stage(from, |stage| stage.hide(receipt, until)) {
            Some(true) => Ok(()),
            _ => Err(PortError::Refused { call: "sqs:ChangeMessageVisibility", why: "MessageNotInflight".into() }),
        }
    }
}

impl ListOpen for World {
    async fn list(&self, list: &Worklist, after: Option<&str>, limit: u16) -> Result<OpenPage, PortError> {
        Ok(self.table.borrow().list(list, after, usize::from(limit)))
    }
}

impl ListNewest for World {
    async fn newest(&self, list: &Worklist, dated: bool, limit: u16) -> Result<Vec<OpenLead>, PortError> {
        Ok(self.table.borrow().newest(list, dated, usize::from(limit)))
    }
}

impl FindDue for World {
    async fn due(
        &self,
        shard: u8,
        after: Option<&DueEntry>,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<DueEntry>, PortError> {
        Ok(self.table.borrow_mut().due(shard, after, now, limit, self.now()))
    }
}

fn stored(row: Row) -> Stored {
    Stored { key: row.key(), row: Some(row) }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Keys that come twice.
fn any_twice<T: Ord>(keys: &[T]) -> bool {
    keys.iter().collect::<BTreeSet<_>>().len() < keys.len()
}
