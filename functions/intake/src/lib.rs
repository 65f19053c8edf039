//! Takes submissions: strictly read, durably stored, answered with 202, and only then sent on.
//!
//! Once the transaction stands the answer is 202 even if the message to `clean` could not be sent: the sweep sends it.

mod accept;
mod captcha;
pub mod origin;
mod page;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use futures::future::join_all;
use jiff::Timestamp;
use leads::answer::{AcceptedStatus, BatchAnswer, BatchResult, LeadAccepted};
use leads::ports::{Commit, ReadIdempotency, ReadLead, SendMessages, VerifyChallenge};
use leads::problem::{ProblemDocument, ProblemKind};
use leads::rules::{Permission, RuleSet};
use leads::signature::{SigningKeys, Verified};
use leads::submission::{
    Encoding, Key, MAX_BATCH_BYTES, MAX_BODY_BYTES, Posted, Problem, Submission, parse_batch, parse_for,
};
use support::http::{self, Request};

use accept::{Accepted, accept, replayed, send_on};
use page::Page;

/// How many submissions of a batch are stored at once.
const AT_ONCE: usize = 10;

/// What `intake` calls.
pub trait Ports: ReadLead + ReadIdempotency + VerifyChallenge + Commit + SendMessages {}
impl<P: ReadLead + ReadIdempotency + VerifyChallenge + Commit + SendMessages> Ports for P {}

/// What does not change between two invocations of one process.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The keys under which partners sign.
    pub keys: &'a SigningKeys,
}

/// One invocation's time and randomness.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// The moment of the request.
    pub now: Timestamp,
    /// Sixteen random bytes a call, for leads that come without a key.
    pub entropy: &'a dyn Fn() -> [u8; 16],
    /// Whether a call that is begun now leaves time for the answer; asked between the parts of a batch.
    pub has_time: &'a dyn Fn() -> bool,
}

/// Answers one request.
pub async fn handle<P: Ports>(
    event: &ApiGatewayV2httpRequest,
    ports: &P,
    settings: Settings<'_>,
    moment: Moment<'_>,
) -> ApiGatewayV2httpResponse {
    let batch = event.route_key.as_deref() == Some("POST /v1/leads/batch");
    let request = Request::of(event);
    let page = request.as_ref().filter(|_| !batch).and_then(Page::wanted_by);
    let work = async {
        match &request {
            None => Err(ProblemKind::MalformedJson.document()),
            Some(request) if batch => many(request, ports, settings, moment).await,
            Some(request) => one(request, ports, settings, moment, page).await,
        }
    };
    match page {
        Some(page) => http::answered_with(work, |document| page.refused(document)).await,
        None => http::answered(work).await,
    }
}

async fn one<P: Ports>(
    request: &Request<'_>,
    ports: &P,
    settings: Settings<'_>,
    moment: Moment<'_>,
    page: Option<Page>,
) -> Result<ApiGatewayV2httpResponse, ProblemDocument> {
    if request.body.len() > MAX_BODY_BYTES {
        return Err(ProblemKind::PayloadTooLarge.document());
    }
    let encoding = Encoding::of(request.header("content-type"));
    let encoding = encoding.ok_or_else(|| ProblemKind::UnsupportedMediaType.document())?;
    let signer = match request.claims_signature() {
        true => Some(signer(request, settings, moment.now)?),
        false => None,
    };
    let header_key = request.header("idempotency-key").map(Key::parse).transpose();
    let header_key = header_key.map_err(|_| ProblemKind::BadIdempotencyKey.document())?;

    let posted = parse_for(&request.body, encoding, |form| settings.rules.form(form).honeypot())?;
    let redirect = allowed_redirect(&posted, encoding, settings.rules)?;
    let key = match &signer {
        // The header is not signed: with another one, a request that was overheard would act again.
        Some(signer) => Some(signers_key(signer, posted.submission_id.as_ref().map_or(&signer.id, Key::as_str))),
        None => header_key.as_ref().or(posted.submission_id.as_ref()).map(|key| key.as_str().to_owned()),
    };
    let token = posted.token().map(str::to_owned);
    let submission = if signer.is_some() { posted.submission } else { posted.into_submission() };
    let mut submission = admitted(submission, signer.as_ref(), settings.rules, "")?;
    let hosts = &settings.rules.form(&submission.form_id).captcha_hosts;
    let mut earlier = None;
    if signer.is_none() && !hosts.is_empty() {
        // A token serves once: a repetition has to find its lead before the token is looked at again.
        earlier = replayed(&submission, key.as_deref(), ports, moment.now).await.map_err(ProblemKind::document)?;
        if earlier.is_none() {
            let outcome = captcha::check(&submission, token.as_deref(), hosts, ports).await;
            submission.visit.captcha = Some(outcome.map_err(ProblemKind::document)?);
        }
    }
    let accepted = match earlier {
        Some(accepted) => accepted,
        None => accept(submission, key.as_deref(), ports, moment).await.map_err(ProblemKind::document)?,
    };
    send_on(&[&accepted], ports).await;
    let response = redirect.and_then(|url| http::see_other(&url)).unwrap_or_else(|| {
        let lead_id = accepted.state.lead_id.clone();
        match page {
            Some(page) => page.accepted(&lead_id),
            None => http::json(202, &LeadAccepted { lead_id, status: AcceptedStatus::Accepted }),
        }
    });
    Ok(if accepted.replayed { http::replayed(response) } else { response })
}

async fn many<P: Ports>(
    request: &Request<'_>,
    ports: &P,
    settings: Settings<'_>,
    moment: Moment<'_>,
) -> Result<ApiGatewayV2httpResponse, ProblemDocument> {
    if request.body.len() > MAX_BATCH_BYTES {
        return Err(ProblemKind::PayloadTooLarge.document());
    }
    if Encoding::of(request.header("content-type")) != Some(Encoding::Json) {
        return Err(ProblemKind::UnsupportedMediaType.document());
    }
    let signer = signer(request, settings, moment.now)?;
    let items = parse_batch(&request.body)?;
    let mut results = Vec::with_capacity(items.len());
    let mut rest = items.into_iter().enumerate().peekable();
    while rest.peek().is_some() {
        if !(moment.has_time)() {
            // What is stored is told as stored; the rest is sent again under its keys, and nothing of it is there twice.
            tracing::warn!(left = rest.len(), "a batch is answered in part: time runs out");
            results.extend(rest.map(|_| refused(ProblemKind::Unavailable.document())));
            break;
        }
        let chunk: Vec<_> = rest.by_ref().take(AT_ONCE).collect();
        let accepting = chunk.into_iter().map(|(index, item)| {
            let signer = &signer;
            async move {
                let posted = item.map_err(ProblemDocument::validation)?;
                // Without a key of its own, a lead's place in a request that acts once is its key.
                let key = posted.submission_id.map_or(format!("{}/{index}", signer.id), |key| key.as_str().to_owned());
                let key = signers_key(signer, &key);
                let place = format!("/leads/{index}");
                let submission = admitted(posted.submission, Some(signer), settings.rules, &place)?;
                accept(submission, Some(&key), ports, moment).await.map_err(ProblemKind::document)
            }
        });
        let accepted: Vec<Result<Accepted, ProblemDocument>> = join_all(accepting).await;
        // What is not sent now is sent by the sweep.
        if (moment.has_time)() {
            send_on(&accepted.iter().flatten().collect::<Vec<_>>(), ports).await;
        }
        results.extend(accepted.into_iter().map(|result| match result {
            Ok(accepted) => BatchResult {
                status: 202,
                lead_id: Some(accepted.state.lead_id),
                replayed: accepted.replayed,
                problem: None,
            },
            Err(problem) => refused(problem),
        }));
    }
    Ok(http::json(200, &BatchAnswer { results }))
}

fn refused(problem: ProblemDocument) -> BatchResult {
    BatchResult { status: problem.status, lead_id: None, replayed: false, problem: Some(problem) }
}

/// Who signed, if they may submit. One answer for every reason, so that it teaches nothing.
fn signer(request: &Request<'_>, settings: Settings<'_>, now: Timestamp) -> Result<Verified, ProblemDocument> {
    let unauthorized = || ProblemKind::Unauthorized.document();
    let verified = request.verify(settings.keys, now).map_err(|refused| {
        tracing::info!(reason = %refused, "a signature was refused");
        unauthorized()
    })?;
    let policy = settings.rules.principal(&verified.principal).ok_or_else(unauthorized)?;
    if policy.may(Permission::Submit) { Ok(verified) } else { Err(unauthorized()) }
}

/// A signer's key, apart from every other signer's and from those of open forms, which hold no space.
fn signers_key(signer: &Verified, key: &str) -> String {
    format!("{} {key}", signer.principal)
}

/// The submission with its signer. An owner and a prior qualification are honoured from signers and trusted forms only:
/// anybody can post to an open form.
fn admitted(
    mut submission: Submission,
    signer: Option<&Verified>,
    rules: &RuleSet,
    place: &str,
) -> Result<Submission, ProblemDocument> {
    if signer.is_none() && !rules.form(&submission.form_id).trusted {
        let claims = [
            ("/source/owner", submission.source.owner.is_some()),
            ("/qualification", submission.qualification.is_some()),
        ];
        let errors: Vec<Problem> = claims
            .into_iter()
            .filter(|(_, claimed)| *claimed)
            .map(|(pointer, _)| Problem {
                pointer: format!("{place}{pointer}"),
                code: "not-allowed".into(),
                detail: "Leave it out, or sign the request: this form may not say so.".into(),
            })
            .collect();
        if !errors.is_empty() {
            return Err(ProblemDocument::validation(errors));
        }
    }
    submission.source.signed_by = signer.map(|signer| signer.principal.clone());
    Ok(submission)
}

/// The page to send a plain form's browser to, if the form's policy lists it.
fn allowed_redirect(posted: &Posted, encoding: Encoding, rules: &RuleSet) -> Result<Option<String>, ProblemDocument> {
    let Some(url) = posted.redirect.clone().filter(|_| encoding == Encoding::Form) else { return Ok(None) };
    if rules.form(&posted.submission.form_id).allows_redirect(&url) {
        return Ok(Some(url));
    }
    Err(ProblemDocument::validation(vec![Problem {
        pointer: "/redirect".into(),
        code: "not-allowed".into(),
        detail: "Name a page that the form's `redirects` in forms.toml list.".into(),
    }]))
}
