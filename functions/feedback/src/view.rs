//! A lead as its queue's people may read it: where it stands, why, and what happened.

use aws_lambda_events::event::apigw::ApiGatewayV2httpResponse;
use jiff::Timestamp;
use leads::decision::Reason;
use leads::id::{LeadId, Queue};
use leads::lead::LeadState;
use leads::ports::{ReadHistory, ReadLead};
use leads::problem::{ProblemDocument, ProblemKind};
use leads::row::{Decision, Event, Row, StoredFeedback, StoredSubmission};
use leads::rules::RuleSet;
use leads::submission::Submission;
use serde::Serialize;
use support::http;

use crate::{Signed, own_lead, unavailable};

/// What `GET /v1/leads/{id}` answers.
#[derive(Serialize)]
struct LeadPage {
    lead_id: LeadId,
    stage: &'static str,
    received_at: Timestamp,
    epoch: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<Queue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feedback_due: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submission: Option<Submission>,
    decisions: Vec<Decision>,
    events: Vec<Event>,
    feedback: Vec<StoredFeedback>,
}

/// `GET /v1/leads/{id}`.
pub(crate) async fn lead<P: ReadLead + ReadHistory>(
    signed: &Signed<'_>,
    ports: &P,
    rules: &RuleSet,
) -> Result<ApiGatewayV2httpResponse, ProblemDocument> {
    let state = own_lead(signed, ports, rules).await?;
    let rows = ports.history(&signed.lead_id).await.map_err(|error| unavailable(&error))?;
    let mut page = LeadPage::of(&state);
    for row in rows {
        match row {
            Row::Submission(StoredSubmission { submission, .. }) => page.submission = Some(submission),
            Row::Decision(decision) => page.decisions.push(decision),
            Row::Event(event) => page.events.push(event),
            Row::Feedback(feedback) => page.feedback.push(feedback),
            _ => {}
        }
    }
    if page.submission.is_none() {
        return Err(ProblemKind::NotFound.document());
    }
    Ok(http::json(200, &page))
}

impl LeadPage {
    fn of(state: &LeadState) -> Self {
        let assignment = state.assignment.as_ref();
        Self {
            lead_id: state.lead_id.clone(),
            stage: state.stage.name(),
            received_at: state.received_at,
            epoch: state.epoch,
            queue: assignment.map(|assignment| assignment.queue.clone()),
            reason: state.reason.clone(),
            feedback_due: assignment.and_then(|assignment| assignment.feedback_due),
            submission: None,
            decisions: Vec::new(),
            events: Vec::new(),
            feedback: Vec::new(),
        }
    }
}
