//! Cleans a lead: refuses or holds what should not reach sales, with a reason, and joins duplicates to the lead that
//! came first.
//!
//! Whose lead it is follows from the duplicate keys it claims. The claims and the outcome go into one transaction, so
//! that of two submissions by one person exactly one becomes the lead, and the other a touch on it.

mod join;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use leads::decision::{CleanVerdict, Reason};
use leads::id::ClaimKey;
use leads::lead::{LeadState, Stage};
use leads::message::{SalesMessage, StageMessage};
use leads::ports::{CommitError, LeadRows, Outgoing, ReadAccount, StageQueue, Write};
use leads::profile::Profile;
use leads::row::{Event, Row};
use leads::rules::{QueueKind, RuleSet};
use leads::submission::Submission;
use support::Call;
use support::batch::{self, Done, Failure, LOOKS, NamelessRecord, StagePorts};
use support::telemetry::Outcome;

/// What `clean` calls.
pub trait Ports: StagePorts + ReadAccount {}
impl<P: StagePorts + ReadAccount> Ports for P {}

/// What does not change between two invocations of one process.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The secret under which duplicate keys are hashed.
    pub pepper: &'a [u8],
}

/// Cleans the leads of one batch.
pub async fn handle<P: Ports>(
    event: SqsEvent,
    ports: &P,
    settings: Settings<'_>,
    call: Call,
) -> Result<SqsBatchResponse, NamelessRecord> {
    let advance = async |message: &StageMessage| advance(message, ports, settings, call.now).await;
    batch::run(event, StageQueue::Clean, ports, call, advance).await
}

async fn advance<P: Ports>(
    message: &StageMessage,
    ports: &P,
    settings: Settings<'_>,
    now: Timestamp,
) -> Result<Done, Failure> {
    for _ in 0..LOOKS {
        let rows = batch::load(ports, message).await?;
        if rows.state.stage != Stage::Received {
            return send_again(&rows, ports, settings.rules).await;
        }
        if let Some(done) = decide(&rows, ports, settings, now).await? {
            return Ok(done);
        }
    }
    Err(batch::contended())
}

/// Decides and stores. `None` if the lead was written meanwhile, perhaps by ourselves: look again.
async fn decide<P: Ports>(
    rows: &LeadRows,
    ports: &P,
    settings: Settings<'_>,
    now: Timestamp,
) -> Result<Option<Done>, Failure> {
    let state = &rows.state;
    let submission = &batch::submission(rows)?.submission;
    let profile = Profile::of(submission);
    let account = ports.account(&profile.account_keys()).await.map_err(|error| Failure::about(state, error))?;
    let released = state.verdict.as_ref().is_some_and(|verdict| verdict.released);
    let cleaned = leads::clean::clean(submission, &profile, account.as_ref(), released, settings.rules);

    let (next, what, reason) = match cleaned.verdict {
        CleanVerdict::Accept => {
            let window = SignedDuration::from_hours(24 * i64::from(settings.rules.dedupe_window_days()));
            let expires_at = now.saturating_add(window).unwrap_or(Timestamp::MAX).as_second();
            let keys = cleaned.keys.iter().map(|key| ClaimKey::of(settings.pepper, key.kind, &key.value)).collect();
            return join::claim(rows, keys, ports, now, expires_at).await;
        }
        CleanVerdict::Hold { reason, notify } => (state.held(reason.clone(), notify, now), "held", reason),
        CleanVerdict::Refuse { reason } => (state.rejected(reason.clone(), now), "rejected", reason),
    };
    let writes = [Write::after(state, next.clone()), Write::new(Row::Event(event(&next, what, &reason)))];
    match ports.commit(&writes).await {
        Ok(()) => {
            let outgoing = notification(&next, submission, settings.rules);
            Ok(Some(Done::sending(outgoing, Outcome::after(state, &next))))
        }
        Err(CommitError::Conflict(_)) => Ok(None),
        Err(CommitError::Port(error)) => Err(Failure::about(state, error)),
    }
}

fn event(next: &LeadState, what: &str, reason: &Reason) -> Event {
    Event {
        lead_id: next.lead_id.clone(),
        version: next.version,
        at: next.stage_at,
        actor: "clean".into(),
        what: what.into(),
        why: format!("{}: {}", reason.rule, reason.text),
    }
}

/// The lead is past `clean`: send again what follows from where it stands.
async fn send_again<P: Ports>(rows: &LeadRows, ports: &P, rules: &RuleSet) -> Result<Done, Failure> {
    let state = &rows.state;
    let outgoing = match state.stage {
        Stage::Cleaned => StageMessage::next(state),
        Stage::Held => notification(state, &batch::submission(rows)?.submission, rules),
        // A master that went on has been told of: what follows from where it stands is others' to send.
        Stage::Merged => match join::live(state, ports).await?.filter(|master| master.stage == Stage::Cleaned) {
            Some(master) => StageMessage::next(&master),
            None => return Ok(Done::sending(None, Outcome::stale(state))),
        },
        _ => return Ok(Done::sending(None, Outcome::stale(state))),
    };
    Ok(Done::sending(outgoing, Outcome::sent_again(state)))
}

/// The telemarketing desk is told of a held lead, where its rule says so.
fn notification(state: &LeadState, submission: &Submission, rules: &RuleSet) -> Option<Outgoing> {
    let desk = rules.queues().iter().find(|queue| state.notify && queue.kind == QueueKind::Telemarketing)?;
    SalesMessage::held(state, submission, &desk.name).map(|message| message.addressed())
}
