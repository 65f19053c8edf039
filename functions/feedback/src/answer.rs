//! Answers from sales, and what they share with verdicts: each is checked against the lead's state, stored with it in
//! one transaction, and told back the same way when the request comes again.

use std::collections::BTreeMap;

use leads::answer::FeedbackAnswer;
use leads::feedback::Feedback;
use leads::lead::{LeadState, Place};
use leads::message::StageMessage;
use leads::playbook::{self, Followed};
use leads::ports::{CommitError, Guard, LeadRows, ReadDecision, ReadRequest, SendMessages, Write};
use leads::problem::{ProblemDocument, ProblemKind};
use leads::row::{Decision, Request, Row, StoredFeedback};
use leads::rules::RuleSet;
use support::batch::{LOOKS, error_chain};
use support::placing::{Placing, Turns, place_onward};

use crate::verdict::not_here;
use crate::{Moment, Ports, Signed, own_lead, unavailable};

/// Signatures are refused after five minutes; their requests are remembered for a day.
const REQUEST_RETENTION_SECONDS: i64 = 86_400;

/// Reports what came of a lead.
pub(crate) async fn report<P: Ports>(
    signed: &Signed<'_>,
    feedback: &Feedback,
    ports: &P,
    rules: &RuleSet,
    moment: Moment<'_>,
) -> Result<Acted, ProblemDocument> {
    let (known, now) = (!rules.plays(&feedback.disposition).is_empty(), moment.now);
    let mut turns = Turns::new();
    act_once(signed, ports, rules, moment, async |rows| {
        let state = &rows.state;
        let assignment = state.assignment.as_ref().filter(|_| state.takes_feedback());
        let assignment = assignment.ok_or_else(|| not_here(state))?;
        if assignment.epoch != feedback.epoch {
            return Err(conflict("The lead was routed anew since; `epoch` names an assignment that has ended."));
        }
        let decision = match playbook::asks_for_more(&feedback.disposition, rules) {
            true => {
                moment.leaves_time()?;
                Some(decision(state, assignment.epoch, ports).await?)
            }
            false => None,
        };
        let given = decision.as_ref().map(|decision| Ok((rows.submission.as_ref()?, decision))).transpose();
        let given = given.map_err(|why: &String| missing(state, why))?;
        let (next, given_out) = match playbook::follow(feedback, state, given, rules, now) {
            Followed::Becomes(next) => (*next, None),
            Followed::GoesOn(routed) => {
                let Some((stored, last)) = given else { return Err(missing(state, "the decision is missing")) };
                moment.leaves_time()?;
                let (submission, scored, with) = (&stored.submission, &last.scored, Some(&assignment.queue));
                let lead = Placing { submission, scored, with, time_is_up: true, rules, now };
                let placed = place_onward(*routed, lead, &mut turns, ports).await;
                let (routed, caps) = placed.map_err(|error| unavailable(&error))?;
                let next = state.handed_on(&routed, now);
                let assignment = next.assignment.as_ref().ok_or_else(|| missing(state, "it has no assignment"))?;
                let (scored, version) = (last.scored.clone(), rules.version());
                let decision = Decision::of(assignment, &state.lead_id, scored, routed, version);
                (next, Some((decision, caps)))
            }
        };
        let stored = StoredFeedback {
            lead_id: state.lead_id.clone(),
            version: next.version,
            at: now,
            epoch: feedback.epoch,
            principal: signed.principal.clone(),
            actor: feedback.actor.clone(),
            disposition: feedback.disposition.clone(),
            mapped: known,
            note: feedback.note.clone(),
            amount: feedback.amount.clone(),
            next_date: feedback.next_date,
        };
        let answer = FeedbackAnswer {
            lead_id: state.lead_id.clone(),
            epoch: feedback.epoch,
            disposition: feedback.disposition.clone(),
            mapped: known,
            stage: next.stage,
            reactivate_at: next.reactivate_at,
        };
        let answer = serde_json::to_string(&answer).unwrap_or_default();
        let (decision, caps) = given_out.unzip();
        let beside = decision.into_iter().map(|decision| Write::new(Row::Decision(decision))).collect();
        Ok(Change { next, caps: caps.unwrap_or_default(), stored, answer, beside })
    })
    .await
}

/// The decision of an epoch.
async fn decision(state: &LeadState, epoch: u32, ports: &impl ReadDecision) -> Result<Decision, ProblemDocument> {
    let decision = ports.decision(&state.lead_id, epoch).await.map_err(|error| unavailable(&error))?;
    decision.ok_or_else(|| missing(state, "the decision is missing"))
}

pub(crate) fn missing(state: &LeadState, why: &str) -> ProblemDocument {
    tracing::error!(lead.id = state.lead_id.as_str(), why, "a lead cannot be answered about");
    ProblemKind::Unavailable.document()
}

pub(crate) fn conflict(detail: &str) -> ProblemDocument {
    ProblemKind::Conflict.document().with_detail(detail)
}

/// What a request makes of its lead.
pub(crate) struct Change {
    pub(crate) next: LeadState,
    /// How many leads may be open where it goes.
    pub(crate) caps: BTreeMap<Place, u32>,
    pub(crate) stored: StoredFeedback,
    pub(crate) answer: String,
    /// What else is written in the same transaction.
    pub(crate) beside: Vec<Write>,
}

/// What a request was answered, now or the first time.
pub(crate) struct Acted {
    pub(crate) answer: String,
    pub(crate) replayed: bool,
}

/// What a request was answered when it acted, if it has.
async fn acted(
    signed: &Signed<'_>,
    ports: &impl ReadRequest,
    moment: Moment<'_>,
) -> Result<Option<Acted>, ProblemDocument> {
    moment.leaves_time()?;
    let request = ports.request(&signed.request_key).await.map_err(|error| unavailable(&error))?;
    match request {
        Some(request) if request.fingerprint != signed.asked => Err(ProblemKind::IdempotencyKeyReused.document()),
        request => Ok(request.map(|request| Acted { answer: request.answer, replayed: true })),
    }
}

/// Applies a change once for each signed request. A request that has acted is told its first answer again.
pub(crate) async fn act_once<P: Ports>(
    signed: &Signed<'_>,
    ports: &P,
    rules: &RuleSet,
    moment: Moment<'_>,
    mut change: impl AsyncFnMut(&LeadRows) -> Result<Change, ProblemDocument>,
) -> Result<Acted, ProblemDocument> {
    let now = moment.now;
    for _ in 0..LOOKS {
        if let Some(acted) = acted(signed, ports, moment).await? {
            return Ok(acted);
        }
        moment.leaves_time()?;
        let changed = async {
            let rows = own_lead(signed, ports, rules).await?;
            change(&rows).await.map(|change| (rows, change))
        };
        let (rows, Change { next, caps, stored, answer, beside }) = match changed.await {
            Ok(changed) => changed,
            Err(refused) if refused.status == ProblemKind::Unavailable.status() => return Err(refused),
            // The lead may be as it is because this very request has come twice, and acted since we looked.
            Err(refused) => return acted(signed, ports, moment).await?.ok_or(refused),
        };
        // A word of their own may be anything, a person's name included.
        let disposition = if stored.mapped { stored.disposition.clone() } else { "unmapped".to_owned() };
        let request = Request {
            pk: signed.request_key.pk.clone(),
            fingerprint: signed.asked.clone(),
            answer: answer.clone(),
            expires_at: now.as_second() + REQUEST_RETENTION_SECONDS,
        };
        let mut writes = vec![
            Write::after(&rows.state, next.clone()).within(&caps),
            Write::new(Row::Feedback(stored)),
            Write::guarded(Row::Request(request), Guard::AbsentOrExpired { now: now.as_second() }),
        ];
        writes.extend(beside);
        moment.leaves_time()?;
        match ports.commit(&writes).await {
            Ok(()) => {
                tracing::info!(
                    lead.id = next.lead_id.as_str(),
                    principal = signed.principal.as_str(),
                    lead.stage = next.stage.name(),
                    disposition,
                    "lead answered"
                );
                // What is not sent now is sent by the sweep.
                if (moment.has_time)() {
                    send_on(&writes, ports).await;
                }
                return Ok(Acted { answer, replayed: false });
            }
            Err(CommitError::Conflict(_)) => {} // the lead moved on, a cap was reached, or this very request acted: look again
            Err(CommitError::Port(error)) => return Err(unavailable(&error)),
        }
    }
    Err(ProblemKind::Unavailable.document())
}

/// Leads that a person's decision brought back into the pipeline go on; if a send fails, the sweep sends.
async fn send_on(writes: &[Write], ports: &impl SendMessages) {
    let entered = writes.iter().filter_map(|write| match &write.row {
        Row::State(state) if state.entered == state.version => StageMessage::next(state),
        _ => None,
    });
    // Each goes to another queue.
    for message in entered {
        if let Err(error) = ports.send(&[&message]).await {
            tracing::warn!(error = error_chain(&error), "a lead is to go on, and the sweep will send it");
        }
    }
}
