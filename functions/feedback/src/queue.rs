//! The open leads of a queue, as those who work on it list them.

use aws_lambda_events::event::apigw::ApiGatewayV2httpResponse;
use leads::answer::QueuePage;
use leads::id::Queue;
use leads::lead::Worklist;
use leads::paging::{Paging, cursor};
use leads::ports::ListOpen;
use leads::problem::{ProblemDocument, ProblemKind};
use leads::rules::{QueueKind, RuleSet};
use support::http::{self, Request};

use crate::{Signer, unavailable};

/// `GET /v1/queues/{queue}/leads`.
pub(crate) async fn leads(
    signer: &Signer<'_>,
    request: &Request<'_>,
    ports: &impl ListOpen,
    rules: &RuleSet,
) -> Result<ApiGatewayV2httpResponse, ProblemDocument> {
    let queue = request.path_parameter("queue").and_then(|queue| Queue::parse(queue).ok());
    // Others' queues and no queues are one answer.
    let queue = queue.filter(|queue| signer.policy.queues.contains(queue));
    let spec = queue.and_then(|queue| rules.queue(&queue)).ok_or_else(|| ProblemKind::NotFound.document())?;
    let Paging { limit, after } = Paging::of_query(request.query()).map_err(ProblemDocument::validation)?;
    // Nothing is routed to the desk: its leads are those that wait for a verdict.
    let list = match spec.kind {
        QueueKind::Telemarketing => Worklist::Desk,
        _ => Worklist::Queue(spec.name.clone()),
    };
    let page = ports.list(&list, after.as_deref(), limit).await.map_err(|error| unavailable(&error))?;
    Ok(http::json(200, &QueuePage { leads: page.leads, cursor: page.last.as_deref().map(cursor) }))
}
