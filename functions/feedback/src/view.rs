//! A lead as its queue's people may read it: where it stands, why, and what happened.

use aws_lambda_events::event::apigw::ApiGatewayV2httpResponse;
use leads::answer::LeadPage;
use leads::ports::{ReadHistory, ReadLead};
use leads::problem::{ProblemDocument, ProblemKind};
use leads::row::{Row, StoredSubmission};
use leads::rules::RuleSet;
use support::http;

use crate::{Signed, own_lead, unavailable};

/// `GET /v1/leads/{id}`.
pub(crate) async fn lead<P: ReadLead + ReadHistory>(
    signed: &Signed<'_>,
    ports: &P,
    rules: &RuleSet,
) -> Result<ApiGatewayV2httpResponse, ProblemDocument> {
    let state = own_lead(signed, ports, rules).await?.state;
    let rows = ports.history(&signed.lead_id).await.map_err(|error| unavailable(&error))?;
    let posted = rows.iter().find_map(|row| match row {
        Row::Submission(StoredSubmission { submission, .. }) => Some(submission.clone()),
        _ => None,
    });
    let mut page = LeadPage::of(&state, posted.ok_or_else(|| ProblemKind::NotFound.document())?);
    for row in rows {
        match row {
            Row::Decision(decision) => page.decisions.push(decision),
            Row::Event(event) => page.events.push(event),
            Row::Tags(tags) => page.corrections = tags.corrections,
            Row::Feedback(feedback) => page.feedback.push(feedback),
            _ => {}
        }
    }
    Ok(http::json(200, &page))
}
