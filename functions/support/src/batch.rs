//! One SQS batch through one stage: every record on its own, all writes at once, all sends together.
//!
//! A record ends in exactly one way: done and acknowledged, parked and acknowledged, or reported as failed so that SQS
//! delivers it again. Nothing that happens to one record, a panic included, touches its neighbours.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::AssertUnwindSafe;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::FutureExt;
use futures::future::join_all;
use leads::decision::Reason;
use leads::lead::{LeadState, Stage};
use leads::message::StageMessage;
use leads::ports::{
    Commit, CommitError, Destination, LeadRows, Outgoing, PortError, Postpone, ReadLead, SendMessages, StageQueue,
    Write,
};
use leads::row::{Event, Row, StoredSubmission};

use crate::Call;
use crate::telemetry::Outcome;

/// SQS takes ten messages and 1 MiB in one batch; the rest is for its own framing.
const MOST_BATCHED: usize = 10;
const MOST_BYTES: usize = 1_000_000;

/// Five attempts, a minute apart, fit into the window in which SQS recognises a copy. No attempt knows for certain that none
/// before it has sent something: the one that has may still be on its way to store that. So the first five never wait.
const ATTEMPTS_IN_WINDOW: u32 = 5;

/// The pause between two attempts after those, in seconds: what an outage held up arrives soon after it.
const LONG_PAUSE: u32 = 480;

/// What a stage made of one record.
#[derive(Clone, Debug)]
pub struct Done {
    /// What to send before the record is acknowledged.
    pub outgoing: Vec<Outgoing>,
    /// What to log and count.
    pub outcome: Outcome,
}

/// Why a stage could not finish a record.
#[derive(Debug)]
pub enum Failure {
    /// The body names no lead, or none that was ever accepted: to the dead-letter queue after its attempts.
    NoLead(String),
    /// Another attempt may succeed.
    Retry(PortError),
    /// No attempt can succeed: the lead is parked with the reason.
    Hopeless {
        /// The lead as read.
        state: Box<LeadState>,
        /// For machines.
        code: &'static str,
        /// For people, without personal values.
        why: String,
    },
}

impl Failure {
    /// Sorts a failed call about a lead that was read: refusals and unreadable rows never pass.
    pub fn about(state: &LeadState, error: PortError) -> Self {
        let code = match &error {
            PortError::Unavailable { .. } => return Self::Retry(error),
            PortError::Refused { .. } => "call-refused",
            PortError::Corrupt { .. } => "row-unreadable",
        };
        Self::Hopeless { state: Box::new(state.clone()), code, why: error.to_string() }
    }
}

/// For the log: what happened, with its causes.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry(error) => f.write_str(&error_chain(error)),
            Self::NoLead(why) | Self::Hopeless { why, .. } => f.write_str(why),
        }
    }
}

impl Done {
    /// Done, with this to send.
    pub fn sending(outgoing: impl IntoIterator<Item = Outgoing>, outcome: Outcome) -> Self {
        Self { outgoing: outgoing.into_iter().collect(), outcome }
    }
}

/// How often a stage looks again after its write met another one, before it leaves the record to the next delivery.
pub const LOOKS: usize = 4;

/// The lead that a message names, as stored now.
pub async fn load(ports: &impl ReadLead, message: &StageMessage) -> Result<LeadRows, Failure> {
    match ports.lead(&message.lead_id).await {
        Ok(Some(rows)) => Ok(rows),
        Ok(None) => Err(Failure::NoLead("the message names a lead that was never accepted".into())),
        Err(error) => Err(Failure::Retry(error)),
    }
}

/// The submission of a lead that was read; a lead without one can only be parked.
pub fn submission(rows: &LeadRows) -> Result<&StoredSubmission, Failure> {
    rows.submission.as_ref().map_err(|why| Failure::Hopeless {
        state: Box::new(rows.state.clone()),
        code: "submission-unreadable",
        why: why.clone(),
    })
}

/// Every look found the lead moved on by somebody else; the next delivery will find it quieter.
pub fn contended() -> Failure {
    let source = "the lead was written by others each time".into();
    Failure::Retry(PortError::Unavailable { call: "dynamodb:PutItem", source })
}

/// What one invocation of a stage may call.
pub trait StagePorts: ReadLead + Commit + SendMessages + Postpone {}
impl<P: ReadLead + Commit + SendMessages + Postpone> StagePorts for P {}

/// Runs `advance` over the records of `event`, received from `queue`, and answers with the failed ones.
///
/// Fails as a whole only for a failed record without a message id, which cannot be named in the answer.
pub async fn run<P: StagePorts>(
    event: SqsEvent,
    queue: StageQueue,
    ports: &P,
    call: Call,
    advance: impl AsyncFn(&StageMessage) -> Result<Done, Failure>,
) -> Result<SqsBatchResponse, NamelessRecord> {
    let span = crate::telemetry::Invocation::start(queue, call.now);
    let attempts = event.records.iter().map(|record| attempt(record, call, &advance));
    let attempts: Vec<_> = join_all(attempts).await;

    let mut results: Vec<Result<Done, Failure>> = Vec::with_capacity(attempts.len());
    for attempt in attempts {
        results.push(match attempt {
            Err(Failure::Hopeless { state, code, why }) => park(ports, &state, code, why, call).await,
            other => other,
        });
    }
    send_all(ports, &mut results).await;

    let mut failures = Vec::new();
    for (record, result) in event.records.iter().zip(results) {
        match result {
            Ok(done) => span.done(&done.outcome),
            Err(failure) => {
                let attempts = receive_count(record);
                span.failed(record.message_id.as_deref(), attempts, &failure.to_string());
                let pause = match failure {
                    // Nothing will mend it: let it reach the dead-letter queue, and somebody's eye, soon.
                    Failure::NoLead(_) => Some(1),
                    Failure::Retry(_) if attempts > ATTEMPTS_IN_WINDOW => Some(LONG_PAUSE),
                    Failure::Retry(_) | Failure::Hopeless { .. } => None,
                };
                if let Some(seconds) = pause {
                    postpone(ports, queue, record, seconds).await;
                }
                let id = record.message_id.as_deref().filter(|id| !id.is_empty()).ok_or(NamelessRecord)?;
                failures.push(id.to_owned());
            }
        }
    }
    span.end(event.records.len(), failures.len());
    let mut response = SqsBatchResponse::default();
    response.set_failures(failures);
    Ok(response)
}

/// A record failed that has no message id: the whole batch has to come again.
#[derive(Debug, thiserror::Error)]
#[error("a failed record has no message id")]
pub struct NamelessRecord;

async fn attempt(
    record: &SqsMessage,
    call: Call,
    advance: &impl AsyncFn(&StageMessage) -> Result<Done, Failure>,
) -> Result<Done, Failure> {
    if !call.has_time_at(call.now) {
        let source = "too little time is left in this invocation".into();
        return Err(Failure::Retry(PortError::Unavailable { call: "lambda", source }));
    }
    let body = record.body.as_deref().unwrap_or_default();
    let message = StageMessage::parse(body).map_err(|error| Failure::NoLead(error.to_string()))?;
    match AssertUnwindSafe(advance(&message)).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => {
            drop::<Box<dyn Any>>(panic); // its payload can quote a personal value
            let source = "the attempt panicked".into();
            Err(Failure::Retry(PortError::Unavailable { call: "stage", source }))
        }
    }
}

fn receive_count(record: &SqsMessage) -> u32 {
    record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Stores why a lead cannot go on. It stays visible in the table, and a person may release it.
async fn park<P: StagePorts>(
    ports: &P,
    state: &LeadState,
    code: &'static str,
    why: String,
    call: Call,
) -> Result<Done, Failure> {
    let reason = Reason { code: code.into(), rule: "-".into(), text: why.clone() };
    let next = state.parked(reason, call.now);
    let event = Event {
        lead_id: state.lead_id.clone(),
        version: next.version,
        at: call.now,
        actor: "pipeline".into(),
        what: "parked".into(),
        why,
    };
    let outcome = Outcome::of(&next);
    match ports.commit(&[Write::after(state, next), Write::new(Row::Event(event))]).await {
        Ok(()) => Ok(Done { outgoing: Vec::new(), outcome }),
        // The lead has moved on, perhaps by our own write whose answer was lost: look again.
        Err(CommitError::Conflict(_)) => match ports.lead(&state.lead_id).await {
            Ok(Some(rows)) if rows.state.stage == Stage::Parked => Ok(Done { outgoing: Vec::new(), outcome }),
            Ok(_) => {
                let source = "the lead moved on while it was being parked".into();
                Err(Failure::Retry(PortError::Unavailable { call: "stage", source }))
            }
            Err(error) => Err(Failure::Retry(error)),
        },
        Err(CommitError::Port(error)) => Err(Failure::Retry(error)),
    }
}

/// Sends what all records ask for, queue by queue in full batches. A record whose message was not taken has failed.
async fn send_all<P: StagePorts>(ports: &P, results: &mut [Result<Done, Failure>]) {
    let mut by_queue: BTreeMap<String, Vec<(usize, Outgoing)>> = BTreeMap::new();
    for (position, result) in results.iter().enumerate() {
        for outgoing in result.iter().flat_map(|done| &done.outgoing) {
            by_queue.entry(queue_name(&outgoing.to)).or_default().push((position, outgoing.clone()));
        }
    }
    let batches: Vec<Vec<(usize, Outgoing)>> = by_queue.into_values().flat_map(into_batches).collect();
    let sends = batches.iter().map(|batch| async {
        let messages: Vec<&Outgoing> = batch.iter().map(|(_, outgoing)| outgoing).collect();
        ports.send(&messages).await
    });
    for (batch, sent) in batches.iter().zip(join_all(sends).await) {
        for (entry, (position, _)) in batch.iter().enumerate() {
            let error = match &sent {
                Ok(taken) => match taken.get(entry) {
                    Some(Ok(())) => continue,
                    Some(Err(not_taken)) => not_taken.to_string(),
                    None => "SQS answered for fewer messages than were sent".to_owned(),
                },
                Err(error) => error_chain(error),
            };
            if let Some(result) = results.get_mut(*position) {
                let error = PortError::Unavailable { call: "sqs:SendMessage", source: error.into() };
                *result = Err(Failure::Retry(error));
            }
        }
    }
}

fn queue_name(to: &Destination) -> String {
    match to {
        Destination::Stage(queue) => queue.name().to_owned(),
        Destination::Sales { queue, .. } => format!("{queue}.fifo"),
    }
}

fn into_batches(messages: Vec<(usize, Outgoing)>) -> Vec<Vec<(usize, Outgoing)>> {
    let mut batches: Vec<Vec<(usize, Outgoing)>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let size = message.1.body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < MOST_BATCHED && bytes + size <= MOST_BYTES => {
                bytes += size;
                batch.push(message);
            }
            _ => {
                bytes = size;
                batches.push(vec![message]);
            }
        }
    }
    batches
}

/// If this call fails the message comes back after its visibility timeout.
async fn postpone<P: StagePorts>(ports: &P, queue: StageQueue, record: &SqsMessage, seconds: u32) {
    let Some(receipt) = record.receipt_handle.as_deref() else { return };
    if let Err(error) = ports.postpone(queue, receipt, seconds).await {
        tracing::debug!(error = error_chain(&error), "the next attempt was not postponed");
    }
}

/// An error with its causes, in one line.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
