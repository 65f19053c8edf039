//! What people report about a lead: answers from sales, verdicts from telemarketing, and the reading of a lead with its
//! reasons. Every request is signed, bound to its principal's queues, and acts once.

mod answer;
mod verdict;
mod view;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use leads::id::{LeadId, Principal, Queue};
use leads::lead::{LeadState, Stage};
use leads::ports::{Commit, LeadRows, PortError, ReadDecision, ReadHistory, ReadLead, ReadRequest, SendMessages};
use leads::problem::{ProblemDocument, ProblemKind};
use leads::row::RowKey;
use leads::rules::{Permission, PrincipalPolicy, QueueKind, RuleSet};
use leads::signature::SigningKeys;
use leads::submission::MAX_BODY_BYTES;
use support::batch::error_chain;
use support::http::{self, Request};

/// What `feedback` calls.
pub trait Ports: ReadLead + ReadRequest + ReadDecision + ReadHistory + Commit + SendMessages {}
impl<P: ReadLead + ReadRequest + ReadDecision + ReadHistory + Commit + SendMessages> Ports for P {}

/// What does not change between two invocations of one process.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The keys under which principals sign.
    pub keys: &'a SigningKeys,
}

/// A signed request of somebody who may make it.
pub(crate) struct Signed<'a> {
    pub(crate) principal: Principal,
    pub(crate) policy: &'a PrincipalPolicy,
    /// Where the request's answer is kept.
    pub(crate) request_key: RowKey,
    pub(crate) lead_id: LeadId,
    pub(crate) body: &'a [u8],
}

/// Answers one request.
pub async fn handle<P: Ports>(
    event: &ApiGatewayV2httpRequest,
    ports: &P,
    settings: Settings<'_>,
    now: Timestamp,
) -> ApiGatewayV2httpResponse {
    http::answered(async {
        match Request::of(event) {
            None => Err(ProblemKind::MalformedJson.document()),
            Some(request) => dispatch(&request, ports, settings, now).await,
        }
    })
    .await
}

async fn dispatch<P: Ports>(
    request: &Request<'_>,
    ports: &P,
    settings: Settings<'_>,
    now: Timestamp,
) -> Result<ApiGatewayV2httpResponse, ProblemDocument> {
    let permission = match request.route() {
        "POST /v1/leads/{id}/feedback" => Permission::Feedback,
        "POST /v1/leads/{id}/verdict" => Permission::Verdict,
        "GET /v1/leads/{id}" => Permission::Read,
        _ => return Err(ProblemKind::NotFound.document()),
    };
    if request.body.len() > MAX_BODY_BYTES {
        return Err(ProblemKind::PayloadTooLarge.document());
    }
    let unauthorized = || ProblemKind::Unauthorized.document();
    let verified = request.verify(settings.keys, now).map_err(|refused| {
        tracing::info!(reason = %refused, "a signature was refused");
        unauthorized()
    })?;
    let policy = settings.rules.principal(&verified.principal).ok_or_else(unauthorized)?;
    // Whoever may not do this learns nothing about which leads there are.
    let not_found = || ProblemKind::NotFound.document();
    let lead_id = request.path_parameter("id").and_then(|id| LeadId::parse(id).ok()).ok_or_else(not_found)?;
    if !policy.may(permission) {
        return Err(not_found());
    }
    let signed = Signed {
        request_key: RowKey::request(&verified.principal, &verified.id),
        principal: verified.principal,
        policy,
        lead_id,
        body: &request.body,
    };
    match permission {
        Permission::Feedback => answer::feedback(&signed, ports, settings.rules, now).await,
        Permission::Verdict => verdict::verdict(&signed, ports, settings.rules, now).await,
        _ => view::lead(&signed, ports, settings.rules).await,
    }
}

/// The queue whose people a lead concerns: the one it was given to, or the telemarketing desk while it waits for a
/// verdict, or was stopped or joined to another one before it reached anybody.
pub(crate) fn concerned<'a>(state: &'a LeadState, rules: &'a RuleSet) -> Option<&'a Queue> {
    let desk = || rules.queues().iter().find(|queue| queue.kind == QueueKind::Telemarketing).map(|queue| &queue.name);
    match state.stage {
        Stage::Held | Stage::Rejected | Stage::Parked | Stage::Merged => desk(),
        _ => state.assignment.as_ref().map(|assignment| &assignment.queue),
    }
}

/// A lead of the principal's; others' leads and no leads are one answer.
pub(crate) async fn own_lead(
    signed: &Signed<'_>,
    ports: &impl ReadLead,
    rules: &RuleSet,
) -> Result<LeadRows, ProblemDocument> {
    let rows = ports.lead(&signed.lead_id).await.map_err(|error| unavailable(&error))?;
    let rows = rows.filter(|rows| rows.state.stage != Stage::Erased);
    let own = |rows: &LeadRows| concerned(&rows.state, rules).is_some_and(|queue| signed.policy.queues.contains(queue));
    rows.filter(own).ok_or_else(|| ProblemKind::NotFound.document())
}

pub(crate) fn unavailable(error: &PortError) -> ProblemDocument {
    tracing::error!(error = error_chain(error), "a request could not be served");
    ProblemKind::Unavailable.document()
}
