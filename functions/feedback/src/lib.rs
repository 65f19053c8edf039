//! What people report about a lead: answers from sales, verdicts from telemarketing, and the reading of a lead with its
//! reasons. Every request is signed, bound to its principal's queues, and acts once.

mod answer;
mod batch;
mod queue;
mod tags;
mod verdict;
mod view;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use leads::feedback::{parse_feedback, parse_tags, parse_verdict};
use leads::id::{LeadId, Principal, fingerprint};
use leads::lead::Stage;
use leads::ports::{
    Commit, LeadRows, ListOpen, PortError, ReadDecision, ReadHistory, ReadLead, ReadRequest, SendMessages,
};
use leads::problem::{ProblemDocument, ProblemKind};
use leads::row::RowKey;
use leads::rules::{Permission, PrincipalPolicy, RuleSet};
use leads::signature::{SigningKeys, Verified};
use leads::submission::{MAX_BATCH_BYTES, MAX_BODY_BYTES};
use support::batch::error_chain;
use support::http::{self, Request};

/// What `feedback` calls.
pub trait Ports: ReadLead + ReadRequest + ReadDecision + ReadHistory + ListOpen + Commit + SendMessages {}
impl<P: ReadLead + ReadRequest + ReadDecision + ReadHistory + ListOpen + Commit + SendMessages> Ports for P {}

/// What does not change between two invocations of one process.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The keys under which principals sign.
    pub keys: &'a SigningKeys,
}

/// One invocation's time.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// The moment of the request.
    pub now: Timestamp,
    /// Whether a call that is begun now leaves time for the answer; asked before each.
    pub has_time: &'a dyn Fn() -> bool,
}

impl Moment<'_> {
    /// 503 once time has run out: an answer that says so, while there is still time for one. Nothing is lost by it, since
    /// the same request finds what it has done.
    pub(crate) fn leaves_time(&self) -> Result<(), ProblemDocument> {
        if (self.has_time)() { Ok(()) } else { Err(ProblemKind::Unavailable.document()) }
    }
}

/// A signed request about a lead, of somebody who may make it.
pub(crate) struct Signed<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) policy: &'a PrincipalPolicy,
    /// Where the request's answer is kept.
    pub(crate) request_key: RowKey,
    pub(crate) lead_id: LeadId,
    /// What was asked, as a hash.
    pub(crate) asked: String,
}

/// Who signed a request, and may make it.
pub(crate) struct Signer<'a> {
    pub(crate) verified: Verified,
    pub(crate) policy: &'a PrincipalPolicy,
}

impl Signer<'_> {
    /// The request that comes under `id`, the signed one or a part of it.
    pub(crate) fn about(&self, lead_id: LeadId, id: &str, asked: String) -> Signed<'_> {
        let principal = &self.verified.principal;
        Signed { principal, policy: self.policy, request_key: RowKey::request(principal, id), lead_id, asked }
    }
}

/// Answers one request.
pub async fn handle<P: Ports>(
    event: &ApiGatewayV2httpRequest,
    ports: &P,
    settings: Settings<'_>,
    moment: Moment<'_>,
) -> ApiGatewayV2httpResponse {
    http::answered(async {
        match Request::of(event) {
            None => Err(ProblemKind::MalformedJson.document()),
            Some(request) => dispatch(&request, ports, settings, moment).await,
        }
    })
    .await
}

/// The routes, and what one has to be allowed for each.
const ROUTES: [(&str, Permission); 6] = [
    (BATCH, Permission::Feedback),
    ("POST /v1/leads/{id}/feedback", Permission::Feedback),
    ("POST /v1/leads/{id}/verdict", Permission::Verdict),
    ("POST /v1/leads/{id}/tags", Permission::Tags),
    ("GET /v1/leads/{id}", Permission::Read),
    (LIST, Permission::Read),
];

const BATCH: &str = "POST /v1/feedback";
const LIST: &str = "GET /v1/queues/{queue}/leads";

async fn dispatch<P: Ports>(
    request: &Request<'_>,
    ports: &P,
    settings: Settings<'_>,
    moment: Moment<'_>,
) -> Result<ApiGatewayV2httpResponse, ProblemDocument> {
    // Whoever may not do this learns nothing about which leads there are.
    let not_found = || ProblemKind::NotFound.document();
    let route = ROUTES.iter().find(|(route, _)| *route == request.route());
    let (route, permission) = *route.ok_or_else(not_found)?;
    if request.body.len() > if route == BATCH { MAX_BATCH_BYTES } else { MAX_BODY_BYTES } {
        return Err(ProblemKind::PayloadTooLarge.document());
    }
    let unauthorized = || ProblemKind::Unauthorized.document();
    let verified = request.verify(settings.keys, moment.now).map_err(|refused| {
        tracing::info!(reason = %refused, "a signature was refused");
        unauthorized()
    })?;
    let policy = settings.rules.principal(&verified.principal).ok_or_else(unauthorized)?;
    let signer = Signer { verified, policy };
    if !signer.policy.may(permission) {
        return Err(not_found());
    }
    match route {
        BATCH => return batch::reports(&signer, request, ports, settings.rules, moment).await,
        LIST => return queue::leads(&signer, request, ports, settings.rules).await,
        _ => {}
    }
    let lead_id = request.path_parameter("id").and_then(|id| LeadId::parse(id).ok()).ok_or_else(not_found)?;
    let asked = fingerprint(&[lead_id.as_str(), &String::from_utf8_lossy(&request.body)]);
    let signed = signer.about(lead_id, &signer.verified.id, asked);
    let acted = match permission {
        Permission::Feedback => {
            answer::report(&signed, &parse_feedback(&request.body)?, ports, settings.rules, moment).await?
        }
        Permission::Verdict => {
            verdict::verdict(&signed, &parse_verdict(&request.body)?, ports, settings.rules, moment).await?
        }
        Permission::Tags => tags::tags(&signed, &parse_tags(&request.body)?, ports, settings.rules, moment).await?,
        _ => return view::lead(&signed, ports, settings.rules).await,
    };
    let response = http::json_text(200, acted.answer);
    Ok(if acted.replayed { http::replayed(response) } else { response })
}

/// A lead of the principal's; others' leads and no leads are one answer.
pub(crate) async fn own_lead(
    signed: &Signed<'_>,
    ports: &impl ReadLead,
    rules: &RuleSet,
) -> Result<LeadRows, ProblemDocument> {
    let rows = ports.lead(&signed.lead_id).await.map_err(|error| unavailable(&error))?;
    let rows = rows.filter(|rows| rows.state.stage != Stage::Erased);
    let own = |rows: &LeadRows| rules.concerned(&rows.state).is_some_and(|queue| signed.policy.queues.contains(queue));
    rows.filter(own).ok_or_else(|| ProblemKind::NotFound.document())
}

pub(crate) fn unavailable(error: &PortError) -> ProblemDocument {
    tracing::error!(error = error_chain(error), "a request could not be served");
    ProblemKind::Unavailable.document()
}
