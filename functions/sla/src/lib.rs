//! What only time asks for: flags missed deadlines, brings pooled leads back, sends again what got stuck, and has the last
//! word on erased leads.
//!
//! Level-triggered: a tick looks for whatever is due by now and stores what it did, so that a missed, doubled or
//! overlapping tick heals. What is told is stored first and told until that is stored.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::join_all;
use jiff::Timestamp;
use leads::id::{LeadId, Queue};
use leads::lead::{DUE_SHARDS, Due, LeadState};
use leads::message::{SalesMessage, StageMessage};
use leads::ports::{Commit, CommitError, FindDue, Outgoing, PortError, ReadDecision, ReadLead, SendMessages, Write};
use leads::row::{Event, Row};
use leads::rules::{QueueKind, RuleSet};
use serde::Serialize;
use support::Call;
use support::batch::error_chain;

/// How many due leads are read, and worked on at once.
const PAGE: u16 = 25;

/// What `sla` calls.
pub trait Ports: FindDue + ReadLead + ReadDecision + Commit + SendMessages {}
impl<P: FindDue + ReadLead + ReadDecision + Commit + SendMessages> Ports for P {}

/// What one tick did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tick {
    /// Deadlines found missed.
    pub flagged: u32,
    /// Breaches told, of this tick or an earlier one.
    pub told: u32,
    /// Pooled leads brought back.
    pub reactivated: u32,
    /// Messages of stuck leads sent again.
    pub resent: u32,
    /// Deliveries repeated whose arrival was unknown.
    pub redelivered: u32,
    /// Erased leads of which their queues were told once more.
    pub last_words: u32,
    /// Leads on their way, looked at again later.
    pub waiting: u32,
    /// Leads that somebody else moved on meanwhile, or that the index named too late.
    pub passed: u32,
    /// Leads that failed; they stay due.
    pub failed: u32,
    /// Whether time ran out; the next tick goes on.
    pub unfinished: bool,
}

/// Works off what is due at the call's time, until nothing is left or time runs out.
pub async fn handle<P: Ports>(ports: &P, rules: &RuleSet, call: Call, clock: impl Fn() -> Timestamp) -> Tick {
    let mut tick = Tick::default();
    // A tick that runs out of time must not neglect the same shards each time.
    let first = u8::try_from(call.now.as_second().div_euclid(60).rem_euclid(i64::from(DUE_SHARDS))).unwrap_or(0);
    for shard in (0..DUE_SHARDS).map(|shard| (first + shard) % DUE_SHARDS) {
        // Behind the last entry of the page before: what failed, or stands in a lagging index, does not block the rest.
        let mut last = None;
        loop {
            if !call.has_time_at(clock()) {
                tick.unfinished = true;
                return tick;
            }
            let page = match ports.due(shard, last.as_ref(), call.now, PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(due.shard = shard, error = error_chain(&error), "due leads could not be listed");
                    tick.failed += 1;
                    break;
                }
            };
            let acted = join_all(page.iter().map(|entry| attempt(&entry.lead_id, ports, rules, call.now))).await;
            for (entry, result) in page.iter().zip(acted) {
                tick.count(&entry.lead_id, result);
            }
            if page.len() < usize::from(PAGE) {
                break;
            }
            last = page.into_iter().next_back();
        }
    }
    tick
}

impl Tick {
    fn count(&mut self, lead: &LeadId, result: Result<Option<Due>, PortError>) {
        let counter = match result {
            Ok(Some(Due::Flag)) => {
                self.told += 1;
                &mut self.flagged
            }
            Ok(Some(Due::Tell)) => &mut self.told,
            Ok(Some(Due::Reactivate)) => &mut self.reactivated,
            Ok(Some(Due::Resend)) => &mut self.resent,
            Ok(Some(Due::Redeliver)) => &mut self.redelivered,
            Ok(Some(Due::LastWord)) => &mut self.last_words,
            Ok(Some(Due::Wait)) => &mut self.waiting,
            Ok(None) => &mut self.passed,
            Err(error) => {
                tracing::warn!(lead.id = lead.as_str(), error = error_chain(&error), "a due lead failed and stays due");
                &mut self.failed
            }
        };
        *counter += 1;
    }
}

/// One lead, one result: what panics fails that lead alone, and not the tick of all others.
async fn attempt<P: Ports>(
    lead: &LeadId,
    ports: &P,
    rules: &RuleSet,
    now: Timestamp,
) -> Result<Option<Due>, PortError> {
    let acted = AssertUnwindSafe(act(lead, ports, rules, now)).catch_unwind().await;
    // The panic's payload can quote a personal value.
    acted.unwrap_or_else(|_| Err(PortError::Unavailable { call: "sla", source: "the attempt panicked".into() }))
}

/// Does the one thing that is due for a lead. `None` if nothing is, or somebody else did it meanwhile.
async fn act<P: Ports>(lead: &LeadId, ports: &P, rules: &RuleSet, now: Timestamp) -> Result<Option<Due>, PortError> {
    let Some(rows) = ports.lead(lead).await? else { return Ok(None) };
    let state = &rows.state;
    let Some(due) = state.due(now) else { return Ok(None) };
    let stands = match due {
        Due::Wait => store(ports, state, state.watched(false, now), None, now).await?,
        Due::Resend => {
            let next = state.watched(true, now);
            let stands = store(ports, state, next.clone(), None, now).await?;
            if stands {
                send(ports, StageMessage::next(&next)).await?;
            }
            stands
        }
        Due::Reactivate => {
            let next = state.reopened(now);
            let stands = store(ports, state, next.clone(), Some(("reactivated", "its date has come")), now).await?;
            if stands {
                send(ports, StageMessage::next(&next)).await?;
            }
            stands
        }
        Due::Redeliver => {
            let epoch = state.assignment.as_ref().map_or(0, |assignment| assignment.epoch);
            let decision = ports.decision(lead, epoch).await?;
            let (Some(decision), Ok(submission)) = (decision, &rows.submission) else {
                let why = "the decision or the submission is missing".into();
                return Err(PortError::Corrupt { row: format!("decision#{epoch}"), why });
            };
            let routed = SalesMessage::routed(&decision, submission);
            for message in SalesMessage::recalled(&decision).into_iter().chain([routed]) {
                send(ports, Some(message.addressed())).await?;
            }
            store(ports, state, state.delivered(now), None, now).await?
        }
        Due::Flag => {
            let next = state.flagged(now);
            let stands =
                store(ports, state, next.clone(), Some(("breached", "no answer by the deadline")), now).await?;
            if stands {
                tell(ports, &next, rules, now).await?;
            }
            stands
        }
        Due::Tell => {
            tell(ports, state, rules, now).await?;
            true
        }
        Due::LastWord => {
            for message in SalesMessage::erased(state, true) {
                match send(ports, Some(message.addressed())).await {
                    // A queue that was taken out of the stack holds nothing any more.
                    Err(PortError::Refused { why, .. }) => {
                        tracing::warn!(lead.id = lead.as_str(), why, "a queue could not be told of an erasure");
                    }
                    sent => sent?,
                }
            }
            store(ports, state, state.laid_to_rest(), None, now).await?
        }
    };
    Ok(stands.then_some(due))
}

/// Tells the breach queue, then stores that it was told. Two overlapping ticks tell under one delivery id.
async fn tell<P: Ports>(ports: &P, state: &LeadState, rules: &RuleSet, now: Timestamp) -> Result<(), PortError> {
    let queue: Option<&Queue> =
        rules.queues().iter().find(|queue| queue.kind == QueueKind::Breaches).map(|queue| &queue.name);
    let message = queue.and_then(|queue| SalesMessage::breached(state, queue));
    send(ports, message.map(|message| message.addressed())).await?;
    store(ports, state, state.breach_told(), None, now).await.map(drop)
}

/// Whether the write stands; `false` if the lead moved on meanwhile.
async fn store<P: Ports>(
    ports: &P,
    read: &LeadState,
    next: LeadState,
    event: Option<(&str, &str)>,
    now: Timestamp,
) -> Result<bool, PortError> {
    let event = event.map(|(what, why)| {
        Write::new(Row::Event(Event {
            lead_id: next.lead_id.clone(),
            version: next.version,
            at: now,
            actor: "sla".into(),
            what: what.into(),
            why: why.into(),
        }))
    });
    let writes: Vec<Write> = [Write::after(read, next)].into_iter().chain(event).collect();
    match ports.commit(&writes).await {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict(_)) => Ok(false),
        Err(CommitError::Port(error)) => Err(error),
    }
}

async fn send(ports: &impl SendMessages, message: Option<Outgoing>) -> Result<(), PortError> {
    let Some(message) = message else { return Ok(()) };
    match ports.send(&[&message]).await?.pop() {
        Some(Ok(())) => Ok(()),
        Some(Err(not_taken)) => Err(PortError::Unavailable { call: "sqs:SendMessage", source: Box::new(not_taken) }),
        None => Err(PortError::Unavailable { call: "sqs:SendMessage", source: "no answer".into() }),
    }
}
