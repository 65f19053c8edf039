//! Durable acceptance: one transaction, whose repetition finds what it stored.

use jiff::Timestamp;
use leads::id::{LeadId, digest};
use leads::lead::{LeadState, Stage};
use leads::message::StageMessage;
use leads::ports::{CommitError, Guard, Outgoing, SendMessages, Write};
use leads::problem::ProblemKind;
use leads::row::{Idempotency, KEY_RETENTION_HOURS, Row, RowKey, StoredSubmission};
use leads::submission::Submission;
use support::batch::error_chain;

use crate::{Moment, Ports};

/// A lead that is stored.
pub(crate) struct Accepted {
    /// As stored now.
    pub(crate) state: LeadState,
    /// Whether an earlier request had stored it.
    pub(crate) replayed: bool,
}

/// How often a key may have been used anew after it expired, within one lead's name.
const MOST_GENERATIONS: usize = 8;

/// Stores the submission as a lead, once for each key.
pub(crate) async fn accept<P: Ports>(
    mut submission: Submission,
    key: Option<&str>,
    ports: &P,
    moment: Moment<'_>,
) -> Result<Accepted, ProblemKind> {
    let now = moment.now;
    let fingerprint = submission.fingerprint();
    if let Some(consent) = &mut submission.consent {
        consent.at.get_or_insert(now);
    }
    for interaction in &mut submission.tags.interaction {
        interaction.at.get_or_insert(now);
    }
    let mut lead_id = match key {
        Some(key) => LeadId::of_key(&submission.form_id, key),
        None => LeadId::random((moment.entropy)()),
    };
    for _ in 0..MOST_GENERATIONS {
        let state = LeadState::received(lead_id.clone(), now);
        let stored = StoredSubmission { lead_id: lead_id.clone(), at: now, submission: submission.clone() };
        let mut writes = vec![Write::new(Row::State(state.clone())), Write::new(Row::Submission(stored.clone()))];
        if let Some(key) = key {
            let row = Row::Idempotency(Idempotency {
                pk: RowKey::idempotency(&submission.form_id, key).pk,
                fingerprint: fingerprint.clone(),
                lead_id: lead_id.clone(),
                expires_at: now.as_second() + KEY_RETENTION_HOURS * 3_600,
            });
            writes.push(Write::guarded(row, Guard::AbsentOrExpired { now: now.as_second() }));
        }
        let refused = match ports.commit(&writes).await {
            Ok(()) => {
                tracing::info!(
                    lead.id = lead_id.as_str(),
                    form.id = submission.form_id.as_str(),
                    channel = ?submission.source.channel,
                    "lead received"
                );
                return Ok(Accepted { state, replayed: false });
            }
            Err(CommitError::Port(error)) => {
                tracing::error!(error = error_chain(&error), "a lead could not be stored");
                return Err(ProblemKind::Unavailable);
            }
            Err(CommitError::Conflict(refused)) => refused,
        };
        let earlier = refused.iter().find_map(|(_, stored)| match stored {
            Some(Row::Idempotency(row)) => Some(row),
            _ => None,
        });
        if let Some(earlier) = earlier {
            if earlier.fingerprint != fingerprint {
                return Err(ProblemKind::IdempotencyKeyReused);
            }
            return replay(&earlier.lead_id, ports).await;
        }
        // Our own transaction, its answer lost: without a key nothing else tells it from another lead.
        if refused.iter().any(|(_, row)| matches!(row, Some(Row::Submission(row)) if *row == stored)) {
            return Ok(Accepted { state, replayed: false });
        }
        // The key has expired, or never was: the name that it gives is taken by an older lead. The next name in line is
        // derived from this one, so that every attempt finds the same.
        lead_id = match key {
            Some(_) => LeadId::random(first_half(digest(&["again", lead_id.as_str()]))),
            None => LeadId::random((moment.entropy)()),
        };
    }
    Err(ProblemKind::Conflict)
}

/// The lead of an earlier request under the same key, if there was one. It need not be asked for: [`accept`] finds it too.
pub(crate) async fn replayed<P: Ports>(
    submission: &Submission,
    key: Option<&str>,
    ports: &P,
    now: Timestamp,
) -> Result<Option<Accepted>, ProblemKind> {
    let Some(key) = key else { return Ok(None) };
    let earlier = ports.idempotency(&RowKey::idempotency(&submission.form_id, key)).await.map_err(|error| {
        tracing::error!(error = error_chain(&error), "an idempotency key could not be looked up");
        ProblemKind::Unavailable
    })?;
    // Rows linger behind their time.
    let Some(earlier) = earlier.filter(|row| row.expires_at > now.as_second()) else { return Ok(None) };
    if earlier.fingerprint != submission.fingerprint() {
        return Err(ProblemKind::IdempotencyKeyReused);
    }
    replay(&earlier.lead_id, ports).await.map(Some)
}

/// The lead that an earlier request under the key stored.
async fn replay<P: Ports>(lead_id: &LeadId, ports: &P) -> Result<Accepted, ProblemKind> {
    match ports.lead(lead_id).await {
        Ok(Some(rows)) => Ok(Accepted { state: rows.state, replayed: true }),
        Ok(None) => Err(ProblemKind::Conflict),
        Err(error) => {
            tracing::error!(error = error_chain(&error), "an earlier request's lead could not be read");
            Err(ProblemKind::Unavailable)
        }
    }
}

fn first_half(bytes: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(bytes.split_at(16).0);
    half
}

/// Sends accepted leads to `clean`: new ones, and replayed ones that are still waiting. What fails here is the sweep's.
pub(crate) async fn send_on(accepted: &[&Accepted], ports: &impl SendMessages) {
    let waiting = accepted.iter().filter(|accepted| accepted.state.stage == Stage::Received);
    let messages: Vec<Outgoing> = waiting.filter_map(|accepted| StageMessage::next(&accepted.state)).collect();
    if messages.is_empty() {
        return;
    }
    let failed = match ports.send(&messages.iter().collect::<Vec<_>>()).await {
        Ok(results) => results.iter().filter(|result| result.is_err()).count(),
        Err(error) => {
            tracing::warn!(error = error_chain(&error), "leads are stored, and the sweep will send them on");
            return;
        }
    };
    if failed > 0 {
        tracing::warn!(leads = failed, "leads are stored, and the sweep will send them on");
    }
}
