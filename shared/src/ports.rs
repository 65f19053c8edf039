//! What the functions ask of the world, by role. One method is one AWS call; a handler names in its bounds the roles it
//! uses, and those bounds read like its IAM policy.
//!
//! Every implementation MUST read consistently, write all rows of one [`Commit::commit`] or none, and report a failed
//! condition with the row that is stored.
#![allow(async_fn_in_trait)] // handlers run on one task; nothing needs these futures to be `Send`

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::decision::Account;
use crate::id::{ClaimKey, LeadId, Queue};
use crate::lead::{self, Count, LeadState, OpenLead, Place, Worklist};
use crate::row::{Decision, Idempotency, Request, Row, RowKey, StoredSubmission, Touch};
use crate::submission::Submission;
use crate::tags::{Correction, correct, take_out};

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Nothing is known to be wrong with the request; another attempt may succeed. It may have acted.
    #[error("{call} is unavailable")]
    Unavailable {
        /// The AWS action.
        call: &'static str,
        /// What the client reported; never holds a row.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The request can never succeed, for example a queue that does not exist.
    #[error("{call} refused the request: {why}")]
    Refused {
        /// The AWS action.
        call: &'static str,
        /// The error's code.
        why: String,
    },
    /// A row is stored that cannot be read.
    #[error("the row `{row}` cannot be read: {why}")]
    Corrupt {
        /// Its sort key.
        row: String,
        /// What is wrong, without values.
        why: String,
    },
}

/// The rows that a stage works on.
#[derive(Clone, Debug)]
pub struct LeadRows {
    /// Where the lead stands.
    pub state: LeadState,
    /// What the form posted, with its tags as people corrected them. `Err` says why it cannot be read: the lead can then be
    /// parked, not decided on.
    pub submission: Result<StoredSubmission, String>,
    /// What people corrected of its tags.
    pub corrections: Vec<Correction>,
}

impl LeadRows {
    /// The rows as they are stored.
    pub fn of(
        state: LeadState,
        submission: Result<StoredSubmission, String>,
        corrections: Result<Vec<Correction>, String>,
    ) -> Self {
        let (submission, corrections) = match (submission, corrections) {
            (Ok(mut stored), Ok(corrections)) => {
                correct(&mut stored.submission.tags, &corrections);
                (Ok(stored), corrections)
            }
            (Err(why), _) | (_, Err(why)) => (Err(why), Vec::new()),
        };
        Self { state, submission, corrections }
    }

    /// A touch on the lead, without the tags that people took out.
    pub fn without_removed_tags(&self, mut touch: Submission) -> Submission {
        take_out(&mut touch.tags, &self.corrections);
        touch
    }
}

/// Reads a lead. `dynamodb:Query`.
pub trait ReadLead {
    /// State, submission and corrections of tags; `None` if no such lead was ever accepted.
    async fn lead(&self, id: &LeadId) -> Result<Option<LeadRows>, PortError>;
}

/// Reads states, for operators. `dynamodb:BatchGetItem`.
pub trait ReadStates {
    /// The states of up to 100 leads, in any order; one that was never accepted is left out.
    async fn states_of(&self, ids: &[LeadId]) -> Result<Vec<LeadState>, PortError>;
}

/// Reads the touches on a lead. `dynamodb:Query`.
pub trait ReadTouches {
    /// The newest touches, at most `limit`. Joins that were undone do not count.
    async fn touches(&self, id: &LeadId, limit: u8) -> Result<Vec<Touch>, PortError>;
}

/// Reads a decision. `dynamodb:GetItem`.
pub trait ReadDecision {
    /// The decision of one epoch.
    async fn decision(&self, id: &LeadId, epoch: u32) -> Result<Option<Decision>, PortError>;
}

/// Reads accounts. `dynamodb:BatchGetItem`.
pub trait ReadAccount {
    /// The account stored under the first of `keys` that has one.
    async fn account(&self, keys: &[RowKey]) -> Result<Option<Account>, PortError>;
}

/// Reads what a signed request was answered. `dynamodb:GetItem`.
pub trait ReadRequest {
    /// The row of a request that has acted.
    async fn request(&self, key: &RowKey) -> Result<Option<Request>, PortError>;
}

/// Reads what an idempotency key was used for. `dynamodb:GetItem`.
pub trait ReadIdempotency {
    /// The row of a key that has made a lead; it may have expired.
    async fn idempotency(&self, key: &RowKey) -> Result<Option<Idempotency>, PortError>;
}

/// Reads a lead's whole history. `dynamodb:Query`.
pub trait ReadHistory {
    /// Every row of the lead.
    async fn history(&self, id: &LeadId) -> Result<Vec<Row>, PortError>;
}

/// A row as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its key.
    pub key: RowKey,
    /// The row; `None` if it cannot be read.
    pub row: Option<Row>,
}

/// Reads all that is stored of a lead, for operators. `dynamodb:Query`.
pub trait ReadRows {
    /// Every row of the lead, those included that cannot be read.
    async fn rows_of(&self, id: &LeadId) -> Result<Vec<Stored>, PortError>;
}

/// A part of the table. Of one division each row is in exactly one segment, and a lead's rows are all in the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Which, from 0 on.
    pub number: u16,
    /// Of how many.
    pub of: u16,
}

impl Segment {
    /// The whole table.
    pub const WHOLE: Self = Self { number: 0, of: 1 };
}

/// Reads the whole table, for operators and the nightly audit; nothing on a lead's way does. `dynamodb:Scan`.
pub trait ScanTable {
    /// A page of a segment's rows from behind the key `after` on, and the key behind which its next page begins. A lead's
    /// rows come one after the other, by sort key.
    async fn scan(&self, segment: Segment, after: Option<RowKey>) -> Result<(Vec<Stored>, Option<RowKey>), PortError>;
}

/// Deletes rows, for operators; no function does. `dynamodb:DeleteItem`.
pub trait DeleteRows {
    /// Deletes a row. One that is not there is deleted.
    async fn delete(&self, key: &RowKey) -> Result<(), PortError>;

    /// Deletes a claim, unless somebody else than `owner` holds it by now: then answers who.
    async fn release(&self, claim: &ClaimKey, owner: &LeadId) -> Result<Option<LeadId>, PortError>;
}

/// Takes turns. `dynamodb:UpdateItem`.
pub trait TakeTurn {
    /// The next turn of a queue's people; each is given out once. A call whose answer was lost has used one up.
    async fn turn(&self, queue: &Queue) -> Result<u64, PortError>;
}

/// Reads numbers of open leads. `dynamodb:BatchGetItem`.
pub trait ReadOpen {
    /// How many leads are open in each of up to 100 places; 0 where none ever was.
    async fn open(&self, places: &[Place]) -> Result<BTreeMap<Place, u32>, PortError>;
}

/// A row to write, and what must hold for it.
#[derive(Clone, Debug)]
pub struct Write {
    /// The row, whole.
    pub row: Row,
    /// The condition.
    pub guard: Guard,
    /// The numbers of open leads that change with it.
    pub counts: Vec<Count>,
}

/// What must hold for a row to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// No such row is stored.
    Absent,
    /// Such a row is stored.
    Present,
    /// A state of this version is stored.
    Version(u64),
    /// No such row is stored, or it has expired by `now`; TTL removes rows days late, so time is compared.
    AbsentOrExpired {
        /// Seconds since 1970.
        now: i64,
    },
    /// As before, or it belongs to this lead.
    FreeFor {
        /// The owner who may be overwritten.
        owner: LeadId,
        /// Seconds since 1970.
        now: i64,
    },
}

impl Write {
    /// A new row.
    pub fn new(row: Row) -> Self {
        Self::guarded(row, Guard::Absent)
    }

    /// A row for which this must hold.
    pub fn guarded(row: Row, guard: Guard) -> Self {
        Self { row, guard, counts: Vec::new() }
    }

    /// The successor of the state that was read, with the places that it takes up and frees.
    pub fn after(read: &LeadState, next: LeadState) -> Self {
        let (guard, counts) = (Guard::Version(read.version), lead::counts(read, &next));
        Self { row: Row::State(next), guard, counts }
    }

    /// The same, if there is still room: a place that is taken must have fewer open leads than its cap.
    #[must_use]
    pub fn within(mut self, caps: &BTreeMap<Place, u32>) -> Self {
        for count in self.counts.iter_mut().filter(|count| count.by > 0) {
            count.below = caps.get(&count.place).copied();
        }
        self
    }
}

/// What writes change in the numbers of open leads, each place once: a transaction touches no row twice.
pub fn counts(writes: &[Write]) -> Vec<Count> {
    let mut counts: BTreeMap<&Place, Count> = BTreeMap::new();
    for count in writes.iter().flat_map(|write| &write.counts) {
        let sum = counts.entry(&count.place).or_insert_with(|| Count { by: 0, below: None, ..count.clone() });
        sum.by += count.by;
        sum.below = sum.below.into_iter().chain(count.below).min();
    }
    counts.into_values().filter(|count| count.by != 0).collect()
}

/// A write that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Conditions did not hold: for each failed one, the position of its write and the row that is stored. Not "somebody
    /// else did it": after a lost response this is our own row. Behind all writes come their [`counts`].
    #[error("{} of the conditions did not hold", .0.len())]
    Conflict(Vec<(usize, Option<Row>)>),
    /// The call failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Writes rows. `dynamodb:PutItem`, and `dynamodb:UpdateItem` for numbers of open leads: one row as `PutItem`, several as
/// `TransactWriteItems`.
pub trait Commit {
    /// Writes all rows, and changes all numbers of open leads, or none.
    async fn commit(&self, writes: &[Write]) -> Result<(), CommitError>;
}

/// A message to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub to: Destination,
    /// The body.
    pub body: String,
}

/// A queue of the pipeline, or one of sales.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// The queue before a function: standard, ids only.
    Stage(StageQueue),
    /// A FIFO queue.
    Sales {
        /// Its name.
        queue: Queue,
        /// Message group: the lead, so that what is told about one lead stays in order.
        group: LeadId,
        /// Deduplication id.
        dedup: String,
    },
}

impl Destination {
    /// Whether both can go in one batch.
    pub fn same_queue(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stage(one), Self::Stage(other)) => one == other,
            (Self::Sales { queue: one, .. }, Self::Sales { queue: other, .. }) => one == other,
            _ => false,
        }
    }
}

/// The queues between the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StageQueue {
    /// Before `clean`.
    Clean,
    /// Before `score`.
    Score,
    /// Before `route`.
    Route,
}

impl StageQueue {
    /// The queues in the order of the pipeline.
    pub const ALL: [Self; 3] = [Self::Clean, Self::Score, Self::Route];

    /// The queue's name without the stack's prefix.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean-queue",
            Self::Score => "score-queue",
            Self::Route => "route-queue",
        }
    }
}

/// One entry of a batch that SQS did not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SQS did not take the message: {code}")]
pub struct NotTaken {
    /// SQS's code.
    pub code: String,
}

/// Sends messages. `sqs:SendMessage`.
pub trait SendMessages {
    /// Sends up to ten messages to one queue with `SendMessageBatch`; answers for each in order. SQS answers 200 for a
    /// batch of which entries failed.
    async fn send(&self, messages: &[&Outgoing]) -> Result<Vec<Result<(), NotTaken>>, PortError>;
}

/// Postpones the next attempt at a message. `sqs:ChangeMessageVisibility`.
pub trait Postpone {
    /// Hides the message with this receipt for so many seconds from now.
    async fn postpone(&self, from: StageQueue, receipt: &str, seconds: u32) -> Result<(), PortError>;
}

/// A queue that has dead letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnyQueue {
    /// One between the functions.
    Stage(StageQueue),
    /// One of sales.
    Sales(Queue),
}

/// A message in a dead-letter queue, as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The message as it was sent, and where to; `None` if it is none of ours: its group is no lead.
    pub message: Option<Outgoing>,
    /// When it was sent, or on a FIFO queue when it became a dead letter.
    pub sent_at: Timestamp,
    /// By which it is deleted.
    pub receipt: String,
}

/// Reads dead letters, for operators; no function does. `sqs:ReceiveMessage`, `sqs:DeleteMessage`.
pub trait DeadLetters {
    /// Up to ten dead letters of a queue, hidden from others for a while. None only if there is none to be had.
    async fn dead_letters(&self, queue: &AnyQueue) -> Result<Vec<DeadLetter>, PortError>;

    /// Deletes a dead letter that was received. One that is gone is deleted.
    async fn delete_dead_letter(&self, queue: &AnyQueue, receipt: &str) -> Result<(), PortError>;
}

/// Counts messages, about as SQS knows it. `sqs:GetQueueAttributes`.
pub trait CountMessages {
    /// How many wait in a queue between the functions, those included that a function works on.
    async fn count_waiting(&self, queue: StageQueue) -> Result<u64, PortError>;

    /// How many dead letters a queue has.
    async fn count_dead(&self, queue: &AnyQueue) -> Result<u64, PortError>;
}

/// An entry of the index of timed work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueEntry {
    /// When the lead was due, as the index has it.
    pub at: Timestamp,
    /// The lead.
    pub lead_id: LeadId,
}

/// Finds timed work. `dynamodb:Query` on the index.
pub trait FindDue {
    /// Up to `limit` leads of one shard that were due at `now`, oldest first, from behind the entry `after` on.
    /// Eventually consistent: the state decides.
    async fn due(
        &self,
        shard: u8,
        after: Option<&DueEntry>,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<DueEntry>, PortError>;
}

/// A page of a list of open leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPage {
    /// The leads, by sort key.
    pub leads: Vec<OpenLead>,
    /// The sort key behind which the next page begins, if this one is full.
    pub last: Option<String>,
}

/// Lists open leads. `dynamodb:Query` on the index.
pub trait ListOpen {
    /// Up to `limit` leads of a list, from behind the sort key `after` on. Eventually consistent: a lead that was written
    /// a moment ago may stand where it stood before, or twice on two pages.
    async fn list(&self, list: &Worklist, after: Option<&str>, limit: u16) -> Result<OpenPage, PortError>;
}

/// Lists the open leads that came last, for operators. `dynamodb:Query` on the index.
pub trait ListNewest {
    /// Up to `limit` leads from the end of a list's one half, last first: of those that wait for an answer by a deadline
    /// (`dated`), or of those behind them. Eventually consistent, as [`ListOpen::list`] is.
    async fn newest(&self, list: &Worklist, dated: bool, limit: u16) -> Result<Vec<OpenLead>, PortError>;
}

/// A visitor's claim to have solved a captcha.
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    /// The token that the page was given. It serves once.
    pub token: &'a str,
    /// The same for every repetition of one submission under one token, so that an honest retry is no second use.
    pub attempt: [u8; 16],
}

/// What the verifier says of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Solved {
    /// Whether the visitor solved the captcha, and this is the token's first use.
    pub success: bool,
    /// The host whose page showed it.
    pub hostname: Option<String>,
    /// What the page said it was for.
    pub action: Option<String>,
}

/// Asks the verifier of captchas. One HTTP request; it is given up after two seconds.
pub trait VerifyChallenge {
    /// What the verifier says. An error if it says nothing about the visitor: an outage, or a secret of ours that is wrong.
    async fn verify(&self, challenge: Challenge<'_>) -> Result<Solved, PortError>;
}
