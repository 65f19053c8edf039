//! Scores a lead: matches its account, computes intent and value from it and everything that joined it, and stores both
//! with their contributions.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use leads::lead::{Stage, Verdict};
use leads::message::StageMessage;
use leads::ports::{CommitError, ReadAccount, ReadTouches, StageQueue, Write};
use leads::profile::Profile;
use leads::rules::RuleSet;
use leads::submission::Submission;
use support::Call;
use support::batch::{self, Done, Failure, LOOKS, NamelessRecord, StagePorts};
use support::telemetry::Outcome;

/// How many of the newest touches count: a lead touched ten thousand times is scored as fast as any other.
const TOUCHES_SCORED: u8 = 50;

/// What `score` calls.
pub trait Ports: StagePorts + ReadTouches + ReadAccount {}
impl<P: StagePorts + ReadTouches + ReadAccount> Ports for P {}

/// Scores the leads of one batch.
pub async fn handle<P: Ports>(
    event: SqsEvent,
    ports: &P,
    rules: &RuleSet,
    call: Call,
) -> Result<SqsBatchResponse, NamelessRecord> {
    batch::run(event, StageQueue::Score, ports, call, async |message: &StageMessage| {
        advance(message, ports, rules, call).await
    })
    .await
}

async fn advance<P: Ports>(message: &StageMessage, ports: &P, rules: &RuleSet, call: Call) -> Result<Done, Failure> {
    for _ in 0..LOOKS {
        let rows = batch::load(ports, message).await?;
        let state = &rows.state;
        match state.stage {
            Stage::Cleaned => {}
            Stage::Scored => return Ok(Done::sending(StageMessage::next(state), Outcome::sent_again(state))),
            _ => return Ok(Done::sending(None, Outcome::stale(state))),
        }
        let submission = &batch::submission(&rows)?.submission;
        let profile = Profile::of(submission);
        let touches: Vec<Submission> = if state.touches == 0 {
            Vec::new()
        } else {
            let touches = ports.touches(&state.lead_id, TOUCHES_SCORED).await;
            let touches = touches.map_err(|e| Failure::about(state, e))?.into_iter().map(|touch| touch.submission);
            touches.map(|touch| rows.without_removed_tags(touch)).collect()
        };
        let account = ports.account(&profile.account_keys()).await.map_err(|error| Failure::about(state, error))?;
        let verdict = state.verdict.as_ref().and_then(Verdict::qualification);
        let account = account.as_ref();
        let scored = leads::score::score(submission, &profile, &touches, account, verdict.as_ref(), rules, call.now);

        let next = state.scored(scored, call.now);
        match ports.commit(&[Write::after(state, next.clone())]).await {
            Ok(()) => return Ok(Done::sending(StageMessage::next(&next), Outcome::after(state, &next))),
            Err(CommitError::Conflict(_)) => {} // perhaps our own write, its answer lost: look again
            Err(CommitError::Port(error)) => return Err(Failure::about(state, error)),
        }
    }
    Err(batch::contended())
}
