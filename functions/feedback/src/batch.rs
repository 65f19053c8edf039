//! Feedback about several leads in one request: each entry is answered by itself, and acts once.

use std::collections::BTreeSet;

use aws_lambda_events::event::apigw::ApiGatewayV2httpResponse;
use futures::future::join_all;
use leads::answer::{FeedbackBatchAnswer, FeedbackResult};
use leads::feedback::{BadEntry, FeedbackEntry, parse_feedback_batch};
use leads::id::{LeadId, fingerprint};
use leads::problem::{ProblemDocument, ProblemKind};
use leads::rules::RuleSet;
use support::http::{self, Request};

use crate::answer::report;
use crate::{Moment, Ports, Signer};

/// How many entries are worked on at once.
const AT_ONCE: usize = 10;

/// `POST /v1/feedback`.
pub(crate) async fn reports<P: Ports>(
    signer: &Signer<'_>,
    request: &Request<'_>,
    ports: &P,
    rules: &RuleSet,
    moment: Moment<'_>,
) -> Result<ApiGatewayV2httpResponse, ProblemDocument> {
    let entries = parse_feedback_batch(&request.body)?;
    let mut results = Vec::with_capacity(entries.len());
    // The leads of which an entry could not be served. What the batch says of them later waits for the repetition, too, so
    // that a lead never hears its answers in another order than they were given in.
    let mut unserved = BTreeSet::new();
    let mut rest = entries.into_iter().enumerate().peekable();
    while rest.peek().is_some() {
        if !(moment.has_time)() {
            tracing::warn!(left = rest.len(), "a batch of feedback is answered in part: time runs out");
            results.extend(rest.map(|(_, entry)| refused(lead_of(&entry), ProblemKind::Unavailable.document())));
            break;
        }
        // Each lead once: two answers to one at the same time would be in no order.
        let (mut chunk, mut leads) = (Vec::new(), BTreeSet::new());
        while chunk.len() < AT_ONCE
            && let Some(next) = rest.next_if(|(_, entry)| lead_of(entry).is_none_or(|lead| leads.insert(lead)))
        {
            chunk.push(next);
        }
        let served = chunk.into_iter().map(|(position, entry)| {
            let waits = lead_of(&entry).is_some_and(|lead| unserved.contains(&lead));
            async move {
                match entry {
                    _ if waits => refused(lead_of(&entry), ProblemKind::Unavailable.document()),
                    Ok(entry) => result(position, entry, signer, ports, rules, moment).await,
                    Err(BadEntry { lead_id, problems }) => refused(lead_id, ProblemDocument::validation(problems)),
                }
            }
        });
        let served = join_all(served).await;
        let unavailable = |result: &&FeedbackResult| result.status == ProblemKind::Unavailable.status();
        unserved.extend(served.iter().filter(unavailable).filter_map(|result| result.lead_id.clone()));
        results.extend(served);
    }
    Ok(http::json(200, &FeedbackBatchAnswer { results }))
}

async fn result<P: Ports>(
    position: usize,
    entry: FeedbackEntry,
    signer: &Signer<'_>,
    ports: &P,
    rules: &RuleSet,
    moment: Moment<'_>,
) -> FeedbackResult {
    let FeedbackEntry { lead_id, feedback } = entry;
    // No request's id has a full stop, so that no other request is known by this one.
    let id = format!("{}.{position}", signer.verified.id);
    let said = serde_json::to_string(&feedback).unwrap_or_default();
    let asked = fingerprint(&["entry", lead_id.as_str(), &said]);
    let acted = report(&signer.about(lead_id.clone(), &id, asked), &feedback, ports, rules, moment).await;
    let answered = acted.and_then(|acted| match serde_json::from_str(&acted.answer) {
        Ok(answer) => Ok((answer, acted.replayed)),
        Err(_) => {
            tracing::error!(lead.id = lead_id.as_str(), "a stored answer cannot be read");
            Err(ProblemKind::Unavailable.document())
        }
    });
    match answered {
        Ok((answer, replayed)) => {
            FeedbackResult { status: 200, lead_id: Some(lead_id), replayed, answer: Some(answer), problem: None }
        }
        Err(problem) => refused(Some(lead_id), problem),
    }
}

fn lead_of(entry: &Result<FeedbackEntry, BadEntry>) -> Option<LeadId> {
    match entry {
        Ok(entry) => Some(entry.lead_id.clone()),
        Err(bad) => bad.lead_id.clone(),
    }
}

fn refused(lead_id: Option<LeadId>, problem: ProblemDocument) -> FeedbackResult {
    FeedbackResult { status: problem.status, lead_id, replayed: false, answer: None, problem: Some(problem) }
}
