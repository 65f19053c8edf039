//! What only time asks for: takes the steps of clocks that nobody has stopped, takes leads away that were kept for too
//! long, brings pooled leads back, sends again what got stuck, and has the last
//! word on erased leads.
//!
//! Level-triggered: a tick looks for whatever is due by now and stores what it did, so that a missed, doubled or
//! overlapping tick heals. What is told is stored first and told until that is stored.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::join_all;
use jiff::Timestamp;
use leads::decision::ClockAction;
use leads::id::{LeadId, Queue};
use leads::lead::{DUE_SHARDS, Due, LeadState, Owing};
use leads::message::{SalesMessage, StageMessage};
use leads::ports::{
    Commit, CommitError, Destination, FindDue, LeadRows, Outgoing, PortError, ReadDecision, ReadLead, ReadOpen,
    SendMessages, TakeTurn, Write,
};
use leads::row::{Decision, Event, Row, StoredSubmission};
use leads::rules::{QueueKind, RuleSet};
use serde::Serialize;
use support::Call;
use support::batch::error_chain;
use support::placing::{Placing, Turns, has_room, place_onward};

/// How many due leads are read, and worked on at once.
const PAGE: u16 = 25;

/// What `sla` calls.
pub trait Ports: FindDue + ReadLead + ReadDecision + ReadOpen + TakeTurn + Commit + SendMessages {}
impl<P: FindDue + ReadLead + ReadDecision + ReadOpen + TakeTurn + Commit + SendMessages> Ports for P {}

/// What one tick did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tick {
    /// Deadlines that nobody kept, each flagged once: to say that somebody is on it, and to answer.
    pub breached: u32,
    /// Other steps of clocks taken: reminders and escalations.
    pub stepped: u32,
    /// Leads taken away from whoever had them for as long as they may.
    pub recycled: u32,
    /// What an earlier tick had stored and not told.
    pub told: u32,
    /// Pooled leads brought back.
    pub reactivated: u32,
    /// Leads for which nobody had room, looked at again.
    pub looked_again: u32,
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

/// What was done for a lead.
enum Did {
    /// A deadline was found missed.
    Flag,
    /// Whatever else was due.
    What(Due),
}

impl Tick {
    fn count(&mut self, lead: &LeadId, result: Result<Option<Did>, PortError>) {
        let counter = match result {
            Ok(Some(Did::Flag)) => &mut self.breached,
            Ok(Some(Did::What(Due::Step))) => &mut self.stepped,
            Ok(Some(Did::What(Due::Recycle))) => &mut self.recycled,
            Ok(Some(Did::What(Due::Tell))) => &mut self.told,
            Ok(Some(Did::What(Due::Reactivate))) => &mut self.reactivated,
            Ok(Some(Did::What(Due::LookForRoom))) => &mut self.looked_again,
            Ok(Some(Did::What(Due::Resend))) => &mut self.resent,
            Ok(Some(Did::What(Due::Redeliver))) => &mut self.redelivered,
            Ok(Some(Did::What(Due::LastWord))) => &mut self.last_words,
            Ok(Some(Did::What(Due::Wait))) => &mut self.waiting,
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
) -> Result<Option<Did>, PortError> {
    let acted = AssertUnwindSafe(act(lead, ports, rules, now)).catch_unwind().await;
    // The panic's payload can quote a personal value.
    acted.unwrap_or_else(|_| Err(PortError::Unavailable { call: "sla", source: "the attempt panicked".into() }))
}

/// Does the one thing that is due for a lead. `None` if nothing is, or somebody else did it meanwhile.
async fn act<P: Ports>(lead: &LeadId, ports: &P, rules: &RuleSet, now: Timestamp) -> Result<Option<Did>, PortError> {
    let Some(rows) = ports.lead(lead).await? else { return Ok(None) };
    let state = &rows.state;
    let Some(due) = state.due(now) else { return Ok(None) };
    let stands = match due {
        Due::Wait => store(ports, state, state.watched(false, now), None).await?,
        Due::Resend => {
            let next = state.watched(true, now);
            let stands = store(ports, state, next.clone(), None).await?;
            if stands {
                send(ports, StageMessage::next(&next)).await?;
            }
            stands
        }
        Due::Reactivate => {
            let next = state.reopened(now);
            let event = event(&next, "reactivated", "its date has come", now);
            let stands = store(ports, state, next.clone(), Some(event)).await?;
            if stands {
                send(ports, StageMessage::next(&next)).await?;
            }
            stands
        }
        Due::LookForRoom => {
            let Some(waits) = &state.waits else { return Ok(None) };
            let goes_on = waits.until <= now || has_room(&waits.queue, rules, now, ports).await?;
            let next = if goes_on { state.looked_again(now) } else { state.waiting_on(now) };
            let stands = store(ports, state, next.clone(), None).await?;
            if stands {
                send(ports, StageMessage::next(&next)).await?;
            }
            stands
        }
        Due::Redeliver if queue_is_gone(state, rules) => {
            let next = state.reopened(now);
            let event = event(&next, "reopened", "its queue was taken out before it was told", now);
            let stands = store(ports, state, next.clone(), Some(event)).await?;
            if stands {
                send(ports, StageMessage::next(&next)).await?;
            }
            stands
        }
        Due::Redeliver => redeliver(ports, &rows, now).await?,
        Due::Step => return step(ports, rows, rules, now).await,
        Due::Recycle => {
            let protection = state.assignment.as_ref().and_then(|assignment| assignment.protection.as_ref());
            let next = state.recycled(protection.and_then(|protection| protection.reactivate_after_days), now);
            let event = event(&next, "recycled", "it has been with its queue for as long as it may", now);
            let stands = store(ports, state, next.clone(), Some(event)).await?;
            if stands {
                tell(ports, &LeadRows { state: next, ..rows.clone() }, None, rules).await?;
            }
            stands
        }
        Due::Tell => {
            tell(ports, &rows, None, rules).await?;
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
            store(ports, state, state.laid_to_rest(), None).await?
        }
    };
    Ok(stands.then_some(Did::What(due)))
}

/// Takes the next step of a lead's clock. The decision says what the steps are, so that rules which changed since do not
/// matter.
async fn step<P: Ports>(ports: &P, rows: LeadRows, rules: &RuleSet, now: Timestamp) -> Result<Option<Did>, PortError> {
    let state = &rows.state;
    let decision = decision(ports, state).await?;
    let Some(sla) = &decision.sla else { return Ok(None) };
    let (next, action) = state.stepped(sla, now);
    let missed = matches!(action, Some(ClockAction::FirstResponse | ClockAction::Deadline));
    let (next, what, why) = match action {
        // All that was left has become pointless.
        None => return Ok(store(ports, state, next, None).await?.then_some(Did::What(Due::Step))),
        Some(ClockAction::Remind) => (next, "reminded", "the answer is due soon".to_owned()),
        Some(ClockAction::FirstResponse) => (next, "breached", "nobody said that they are on it".to_owned()),
        Some(ClockAction::Deadline) => (next, "breached", "no answer by the deadline".to_owned()),
        Some(ClockAction::Notify { queue }) => (next, "escalated", format!("{queue} is told")),
        Some(ClockAction::Recycle { reactivate_after_days }) => {
            (state.recycled(reactivate_after_days, now), "recycled", "nobody answered".to_owned())
        }
        Some(ClockAction::Reroute { queue }) => return hand_on(ports, &rows, &decision, &queue, rules, now).await,
    };
    let event = event(&next, what, why, now);
    if !store(ports, state, next.clone(), Some(event)).await? {
        return Ok(None);
    }
    tell(ports, &LeadRows { state: next, ..rows }, Some(decision), rules).await?;
    Ok(Some(if missed { Did::Flag } else { Did::What(Due::Step) }))
}

/// Gives a lead that nobody answered to another queue. What the decision asks to be sent is sent as a delivery of which
/// nothing is known: now, and by the sweep until it is stored that SQS took it.
async fn hand_on<P: Ports>(
    ports: &P,
    rows: &LeadRows,
    last: &Decision,
    queue: &Queue,
    rules: &RuleSet,
    now: Timestamp,
) -> Result<Option<Did>, PortError> {
    let state = &rows.state;
    let stored = submission(rows)?;
    let policy = last.sla.as_ref().map(|sla| sla.policy.as_str()).unwrap_or_default();
    // The clock is older than the rules, and may name a queue that is gone.
    let (queue, gone) = match rules.queue(queue) {
        Some(_) => (queue, String::new()),
        None => (rules.catch_all(), format!(" The queue {queue}, which was to have it, is gone.")),
    };
    let why = format!("Nobody in {} answered.{gone}", last.queue);
    let routed = leads::route::handed_on(last, (queue, None), (policy, &why), &stored.submission, rules, now);
    let (submission, scored, with) = (&stored.submission, &last.scored, Some(&last.queue));
    let lead = Placing { submission, scored, with, time_is_up: true, rules, now };
    let (routed, caps) = place_onward(routed, lead, &mut Turns::new(), ports).await?;
    let mut next = state.handed_on(&routed, now);
    if let Some(ended) = &state.assignment {
        next = next.taken_from(ended, now);
    }
    let Some(assignment) = &next.assignment else { return Ok(None) };
    let decision = Decision::of(assignment, &state.lead_id, last.scored.clone(), routed, rules.version());
    let writes = [Write::after(state, next.clone()).within(&caps), Write::new(Row::Decision(decision))];
    match ports.commit(&writes).await {
        Ok(()) => redeliver(ports, &LeadRows { state: next, ..rows.clone() }, now).await?,
        Err(CommitError::Conflict(_)) => return Ok(None),
        Err(CommitError::Port(error)) => return Err(error),
    };
    Ok(Some(Did::What(Due::Step)))
}

/// Whether the queue that a lead was given to was taken out of the stack since.
fn queue_is_gone(state: &LeadState, rules: &RuleSet) -> bool {
    state.assignment.as_ref().is_some_and(|assignment| rules.queue(&assignment.queue).is_none())
}

/// Delivers under the ids of the decision, and stores that it arrived. Whether that stands.
async fn redeliver<P: Ports>(ports: &P, rows: &LeadRows, now: Timestamp) -> Result<bool, PortError> {
    let decision = decision(ports, &rows.state).await?;
    send(ports, Some(SalesMessage::routed(&decision, submission(rows)?).addressed())).await?;
    store(ports, &rows.state, rows.state.delivered(now), None).await
}

/// Tells a queue what is owed to it, then stores that it was told. Two overlapping ticks tell under one delivery id.
/// `known`: the decision behind it, where that was read already.
async fn tell<P: Ports>(ports: &P, rows: &LeadRows, known: Option<Decision>, rules: &RuleSet) -> Result<(), PortError> {
    let state = &rows.state;
    let of_kind = |kind| rules.queues().iter().find(|queue| queue.kind == kind).map(|queue| &queue.name);
    let message = match state.owes.first().map(|owed| &owed.what) {
        None => None,
        Some(Owing::Recall { .. }) => {
            // It stops whether the submission can be read or not.
            let tags = rows.submission.as_ref().map(|stored| stored.submission.tags.clone()).unwrap_or_default();
            SalesMessage::recalls_owed(state, &tags).next()
        }
        Some(Owing::Hold) => {
            let desk = of_kind(QueueKind::Telemarketing);
            let stored = submission(rows)?;
            desk.and_then(|desk| SalesMessage::held(state, &stored.submission, desk))
        }
        Some(Owing::Step(_)) => {
            let decision = match known {
                Some(decision) => decision,
                None => decision(ports, state).await?,
            };
            of_kind(QueueKind::Breaches).and_then(|queue| SalesMessage::step_owed(state, &decision, queue))
        }
    };
    // A queue that was taken out of the stack has nobody to tell, and must not keep the clock from going on.
    let message = message.map(|message| message.addressed()).filter(|message| match &message.to {
        Destination::Sales { queue, .. } if rules.queue(queue).is_none() => {
            tracing::warn!(
                lead.id = state.lead_id.as_str(),
                queue = queue.as_str(),
                "a queue that is gone is told nothing"
            );
            false
        }
        _ => true,
    });
    send(ports, message).await?;
    store(ports, state, state.told(), None).await.map(drop)
}

/// The decision behind a lead's assignment.
async fn decision<P: Ports>(ports: &P, state: &LeadState) -> Result<Decision, PortError> {
    let epoch = state.assignment.as_ref().map_or(0, |assignment| assignment.epoch);
    let missing = || PortError::Corrupt { row: format!("decision#{epoch:06}"), why: "it is missing".into() };
    ports.decision(&state.lead_id, epoch).await?.ok_or_else(missing)
}

fn submission(rows: &LeadRows) -> Result<&StoredSubmission, PortError> {
    rows.submission.as_ref().map_err(|why| PortError::Corrupt { row: "submission".into(), why: why.clone() })
}

/// Whether the write stands; `false` if the lead moved on meanwhile.
async fn store<P: Ports>(
    ports: &P,
    read: &LeadState,
    next: LeadState,
    event: Option<Event>,
) -> Result<bool, PortError> {
    let event = event.map(|event| Write::new(Row::Event(event)));
    let writes: Vec<Write> = [Write::after(read, next)].into_iter().chain(event).collect();
    match ports.commit(&writes).await {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict(_)) => Ok(false),
        Err(CommitError::Port(error)) => Err(error),
    }
}

fn event(next: &LeadState, what: &str, why: impl Into<String>, now: Timestamp) -> Event {
    Event {
        lead_id: next.lead_id.clone(),
        version: next.version,
        at: now,
        actor: "sla".into(),
        what: what.into(),
        why: why.into(),
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
