//! What each call of a port asks of AWS: the actions, and on what. `tests/policies` holds it against the requests that the
//! real adapter makes.

use std::collections::BTreeMap;
use std::future::pending;

use jiff::Timestamp;
use leads::decision::Account;
use leads::id::{ClaimKey, LeadId, Queue};
use leads::lead::{Place, Worklist};
use leads::ports::{
    AnyQueue, Challenge, Commit, CommitError, CountMessages, DeadLetter, DeadLetters, DeleteRows, Destination,
    DueEntry, FindDue, LeadRows, ListOpen, NotTaken, OpenPage, Outgoing, PortError, Postpone, ReadAccount,
    ReadDecision, ReadHistory, ReadIdempotency, ReadLead, ReadOpen, ReadRequest, ReadRows, ReadTouches, ScanTable,
    Segment, SendMessages, Solved, StageQueue, Stored, TakeTurn, VerifyChallenge, Write, counts,
};
use leads::row::{Decision, Idempotency, Request, Row, RowKey, Touch};
use permissions::Resource;

/// An action, and on what.
pub type Asked = (&'static str, Resource);

/// Ports that ask before each call. A call that may not be made is never answered.
pub struct Asking<'p, P> {
    ports: &'p P,
    may: &'p dyn Fn(Asked) -> bool,
}

impl<'p, P> Asking<'p, P> {
    /// `ports`, behind the question `may`.
    pub fn new(ports: &'p P, may: &'p dyn Fn(Asked) -> bool) -> Self {
        Self { ports, may }
    }

    async fn ask(&self, asked: impl IntoIterator<Item = Asked>) {
        for asked in asked {
            if !(self.may)(asked) {
                return pending().await;
            }
        }
    }
}

/// The parts of a transaction are asked for one by one, as IAM does.
fn written(writes: &[Write]) -> impl Iterator<Item = Asked> + use<> {
    let rows = (!writes.is_empty()).then_some(("dynamodb:PutItem", Resource::Table));
    let counts = (!counts(writes).is_empty()).then_some(("dynamodb:UpdateItem", Resource::Table));
    rows.into_iter().chain(counts)
}

fn read_many<T>(keys: &[T]) -> Option<Asked> {
    (!keys.is_empty()).then_some(("dynamodb:BatchGetItem", Resource::Table))
}

fn sent(messages: &[&Outgoing]) -> Option<Asked> {
    let queue = match &messages.first()?.to {
        Destination::Stage(queue) => queue.name().to_owned(),
        Destination::Sales { queue, .. } => format!("{queue}.fifo"),
    };
    // SendMessageBatch has no action of its own: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    Some(("sqs:SendMessage", Resource::Queue(queue)))
}

fn dead(queue: &AnyQueue) -> Resource {
    Resource::Queue(match queue {
        AnyQueue::Stage(queue) => format!("{}-dlq", queue.name()),
        AnyQueue::Sales(queue) => format!("{queue}-dlq.fifo"),
    })
}

macro_rules! asking {
    ($($role:ident { $($name:ident($($argument:ident: $type:ty),*) -> $answer:ty, asks $asked:expr;)+ })*) => {
        /// The names of all calls.
        pub const CALLS: &[&str] = &[$($(stringify!($name)),+),*];

        $(impl<P: $role> $role for Asking<'_, P> {
            $(async fn $name(&self, $($argument: $type),*) -> $answer {
                self.ask($asked).await;
                self.ports.$name($($argument),*).await
            })+
        })*
    };
}

asking! {
    ReadLead {
        lead(id: &LeadId) -> Result<Option<LeadRows>, PortError>, asks [("dynamodb:Query", Resource::Table)];
    }
    ReadTouches {
        touches(id: &LeadId, limit: u8) -> Result<Vec<Touch>, PortError>,
        asks [("dynamodb:Query", Resource::Table)];
    }
    ReadHistory {
        history(id: &LeadId) -> Result<Vec<Row>, PortError>, asks [("dynamodb:Query", Resource::Table)];
    }
    ReadRows {
        rows_of(id: &LeadId) -> Result<Vec<Stored>, PortError>, asks [("dynamodb:Query", Resource::Table)];
    }
    ReadDecision {
        decision(id: &LeadId, epoch: u32) -> Result<Option<Decision>, PortError>,
        asks [("dynamodb:GetItem", Resource::Table)];
    }
    ReadRequest {
        request(key: &RowKey) -> Result<Option<Request>, PortError>,
        asks [("dynamodb:GetItem", Resource::Table)];
    }
    ReadIdempotency {
        idempotency(key: &RowKey) -> Result<Option<Idempotency>, PortError>,
        asks [("dynamodb:GetItem", Resource::Table)];
    }
    ReadAccount {
        account(keys: &[RowKey]) -> Result<Option<Account>, PortError>, asks read_many(keys);
    }
    ReadOpen {
        open(places: &[Place]) -> Result<BTreeMap<Place, u32>, PortError>, asks read_many(places);
    }
    TakeTurn {
        turn(queue: &Queue) -> Result<u64, PortError>, asks [("dynamodb:UpdateItem", Resource::Table)];
    }
    Commit {
        commit(writes: &[Write]) -> Result<(), CommitError>, asks written(writes);
    }
    FindDue {
        due(shard: u8, after: Option<&DueEntry>, now: Timestamp, limit: u16) -> Result<Vec<DueEntry>, PortError>,
        asks [("dynamodb:Query", Resource::Index("due".into()))];
    }
    ListOpen {
        list(list: &Worklist, after: Option<&str>, limit: u16) -> Result<OpenPage, PortError>,
        asks [("dynamodb:Query", Resource::Index("queue".into()))];
    }
    SendMessages {
        send(messages: &[&Outgoing]) -> Result<Vec<Result<(), NotTaken>>, PortError>, asks sent(messages);
    }
    Postpone {
        postpone(from: StageQueue, receipt: &str, seconds: u32) -> Result<(), PortError>,
        asks [("sqs:ChangeMessageVisibility", Resource::Queue(from.name().into()))];
    }
    // Somebody else's service: no IAM.
    VerifyChallenge {
        verify(challenge: Challenge<'_>) -> Result<Solved, PortError>, asks [];
    }
    ScanTable {
        scan(segment: Segment, after: Option<RowKey>) -> Result<(Vec<Stored>, Option<RowKey>), PortError>,
        asks [("dynamodb:Scan", Resource::Table)];
    }
    DeleteRows {
        delete(key: &RowKey) -> Result<(), PortError>, asks [("dynamodb:DeleteItem", Resource::Table)];
        release(claim: &ClaimKey, owner: &LeadId) -> Result<Option<LeadId>, PortError>,
            asks [("dynamodb:DeleteItem", Resource::Table)];
    }
    CountMessages {
        count_waiting(queue: StageQueue) -> Result<u64, PortError>,
            asks [("sqs:GetQueueAttributes", Resource::Queue(queue.name().into()))];
        count_dead(queue: &AnyQueue) -> Result<u64, PortError>, asks [("sqs:GetQueueAttributes", dead(queue))];
    }
    DeadLetters {
        dead_letters(queue: &AnyQueue) -> Result<Vec<DeadLetter>, PortError>,
            asks [("sqs:ReceiveMessage", dead(queue))];
        delete_dead_letter(queue: &AnyQueue, receipt: &str) -> Result<(), PortError>,
            asks [("sqs:DeleteMessage", dead(queue))];
    }
}
