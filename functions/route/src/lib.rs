//! Routes a lead: decides its queue once, stores the decision with its trace and the clock, and delivers it.
//!
//! A retry finds the decision and obeys it. Whether the delivery arrived cannot be known after a crash, so it is sent
//! again under the same delivery id: within five minutes SQS swallows the copy, later the consumer does.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use leads::id::Queue;
use leads::lead::{LeadState, Stage};
use leads::message::{SalesMessage, StageMessage};
use leads::ports::{CommitError, LeadRows, Outgoing, ReadDecision, ReadOpen, ReadTouches, StageQueue, TakeTurn, Write};
use leads::profile::Profile;
use leads::row::{Decision, Event, Row};
use leads::rules::{QueueKind, RuleSet};
use support::Call;
use support::batch::{self, Done, Failure, LOOKS, NamelessRecord, StagePorts};
use support::placing::{Placed, Placing, Turns, place};
use support::telemetry::Outcome;

/// For how long a FIFO queue recognises a deduplication id.
const FIFO_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// What `route` calls.
pub trait Ports: StagePorts + ReadDecision + ReadTouches + ReadOpen + TakeTurn {}
impl<P: StagePorts + ReadDecision + ReadTouches + ReadOpen + TakeTurn> Ports for P {}

/// Routes the leads of one batch.
pub async fn handle<P: Ports>(
    event: SqsEvent,
    ports: &P,
    rules: &RuleSet,
    call: Call,
) -> Result<SqsBatchResponse, NamelessRecord> {
    batch::run(event, StageQueue::Route, ports, call, async |message: &StageMessage| {
        advance(message, ports, rules, call).await
    })
    .await
}

async fn advance<P: Ports>(message: &StageMessage, ports: &P, rules: &RuleSet, call: Call) -> Result<Done, Failure> {
    let mut turns = Turns::new();
    for _ in 0..LOOKS {
        let rows = batch::load(ports, message).await?;
        // Only the message that followed these scores may decide on them: an older one may still owe its own delivery.
        if rows.state.stage != Stage::Scored || rows.state.entered != message.version {
            match send_again(message, &rows, ports, call).await? {
                Some(done) => return Ok(done),
                None => continue,
            }
        }
        if let Some(done) = decide(&rows, &mut turns, ports, rules, call).await? {
            return Ok(done);
        }
    }
    Err(batch::contended())
}

/// Decides and stores. `None` if the lead was written meanwhile, perhaps by ourselves, or a cap was reached: look again.
async fn decide<P: Ports>(
    rows: &LeadRows,
    turns: &mut Turns,
    ports: &P,
    rules: &RuleSet,
    call: Call,
) -> Result<Option<Done>, Failure> {
    let state = &rows.state;
    let stored = batch::submission(rows)?;
    let scored = state.scored.as_ref().ok_or_else(|| missing(state, "the scores are missing"))?;
    let profile = Profile::of(&stored.submission);
    let routed = leads::route::route(&stored.submission, &profile, scored, rules, call.now);

    let before = state.assignment.as_ref().zip(state.reopened_from);
    let before = before.filter(|(_, from)| matches!(from, Stage::Nurtured | Stage::Routed));
    let with = before.map(|(assignment, _)| &assignment.queue);
    let with_sales = with.and_then(|queue| rules.queue(queue)).is_some_and(|spec| spec.kind == QueueKind::Sales);
    let placed = match before {
        // Sales has it: it stays with whoever works on it.
        Some((_, Stage::Routed)) if with_sales => Placed::Stays,
        _ => {
            let time_is_up = state.waits.as_ref().is_some_and(|waits| waits.until <= call.now);
            let (submission, now) = (&stored.submission, call.now);
            let lead = Placing { submission, scored, with, time_is_up, rules, now };
            let placed = place(routed.clone(), lead, turns, ports).await;
            placed.map_err(|error| Failure::about(state, error))?
        }
    };
    let (routed, caps) = match placed {
        Placed::To { routed, caps } => (*routed, caps),
        Placed::Held { until } => return hold(state, &routed.queue, until, ports, call).await,
        Placed::Stays => return keep(state, ports, call).await,
    };

    let mut next = state.routed(&routed, call.now);
    let assignment = next.assignment.as_ref().ok_or_else(|| missing(state, "the assignment is missing"))?;
    let decision = Decision::of(assignment, &state.lead_id, scored.clone(), routed, rules.version());
    if let Some((ended, _)) = before {
        // Whoever had it hears that it is gone, unless they gave it back: from the sweep, which tells it until it is told.
        next = next.taken_from(ended, call.now);
    }
    let outgoing = SalesMessage::routed(&decision, stored).addressed();
    let writes = [Write::after(state, next.clone()).within(&caps), Write::new(Row::Decision(decision))];
    if !committed(ports.commit(&writes).await, state)? {
        return Ok(None);
    }
    Ok(Some(Done::sending([outgoing], Outcome::after(state, &next))))
}

/// Nobody has room: `sla` looks again. Its history tells when that began.
async fn hold<P: Ports>(
    state: &LeadState,
    queue: &Queue,
    until: Timestamp,
    ports: &P,
    call: Call,
) -> Result<Option<Done>, Failure> {
    let next = state.without_room(queue, until, call.now);
    let event = Event {
        lead_id: state.lead_id.clone(),
        version: next.version,
        at: call.now,
        actor: "route".into(),
        what: "deferred".into(),
        why: format!("nobody of {queue} has room; it goes on by {until}"),
    };
    let first = state.waits.is_none().then(|| Write::new(Row::Event(event)));
    let writes: Vec<Write> = [Write::after(state, next.clone())].into_iter().chain(first).collect();
    let stands = committed(ports.commit(&writes).await, state)?;
    Ok(stands.then(|| Done::sending(None, Outcome::after(state, &next))))
}

/// Stays with the queue that has it, which is told of the touch.
async fn keep<P: Ports>(state: &LeadState, ports: &P, call: Call) -> Result<Option<Done>, Failure> {
    let next = state.kept(call.now);
    let event = Event {
        lead_id: state.lead_id.clone(),
        version: next.version,
        at: call.now,
        actor: "route".into(),
        what: "touched".into(),
        why: match &state.left_by {
            Some(left) => format!("lead {left} left, {} joined; it stays in its queue", next.touches),
            None => format!("{} submissions joined; it stays in its queue", next.touches),
        },
    };
    let writes = [Write::after(state, next.clone()), Write::new(Row::Event(event))];
    if !committed(ports.commit(&writes).await, state)? {
        return Ok(None);
    }
    let outgoing = touched(&next, ports).await?;
    Ok(Some(Done::sending(outgoing, Outcome::after(state, &next))))
}

/// The lead is past this message: send what the message led to, unless that is known to have arrived. `None`: look again.
async fn send_again<P: Ports>(
    message: &StageMessage,
    rows: &LeadRows,
    ports: &P,
    call: Call,
) -> Result<Option<Done>, Failure> {
    let state = &rows.state;
    let stale = || Ok(Some(Done::sending(None, Outcome::stale(state))));
    let Some(assignment) = state.assignment.as_ref().filter(|_| state.stage != Stage::Erased) else { return stale() };
    if assignment.decided_on == message.version {
        if assignment.responded_at.is_some() || assignment.delivery_unknown {
            return stale(); // answered, so it arrived; or already left to the sweep
        }
        // SQS may have forgotten an earlier copy by now: what is left is the sweep's.
        if call.now.duration_since(assignment.decided_at) >= FIFO_WINDOW && !state.stage.in_flight() {
            let next = state.delivery_unknown(call.now);
            let left = committed(ports.commit(&[Write::after(state, next.clone())]).await, state)?;
            return Ok(left.then(|| Done::sending(None, Outcome::stale(&next))));
        }
        let decision = ports.decision(&state.lead_id, assignment.epoch).await.map_err(|e| Failure::about(state, e))?;
        let decision = decision.ok_or_else(|| missing(state, "the stored decision is missing"))?;
        let outgoing = SalesMessage::routed(&decision, batch::submission(rows)?).addressed();
        return Ok(Some(Done::sending([outgoing], Outcome::sent_again(state))));
    }
    if state.told_touch.as_ref().is_some_and(|told| told.decided_on == message.version) {
        return Ok(Some(Done::sending(touched(state, ports).await?, Outcome::sent_again(state))));
    }
    stale()
}

async fn touched<P: Ports>(state: &LeadState, ports: &P) -> Result<Option<Outgoing>, Failure> {
    let latest = ports.touches(&state.lead_id, 1).await.map_err(|error| Failure::about(state, error))?;
    let latest = latest.first().map(|touch| &touch.submission);
    Ok(SalesMessage::touched(state, latest).map(|message| message.addressed()))
}

/// Whether the write stands.
fn committed(result: Result<(), CommitError>, state: &LeadState) -> Result<bool, Failure> {
    match result {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict(_)) => Ok(false),
        Err(CommitError::Port(error)) => Err(Failure::about(state, error)),
    }
}

fn missing(state: &LeadState, what: &str) -> Failure {
    Failure::Hopeless { state: Box::new(state.clone()), code: "row-missing", why: what.to_owned() }
}
