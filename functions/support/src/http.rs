//! HTTP API requests (payload 2.0) as the handlers read them, and their answers.

use std::panic::AssertUnwindSafe;

use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::FutureExt;
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use leads::problem::{MEDIA_TYPE, ProblemDocument, ProblemKind};
use leads::signature::{self, SignatureHeaders, SigningKeys, Verified};
use serde::Serialize;

/// A request, borrowed from the event.
pub struct Request<'a> {
    event: &'a ApiGatewayV2httpRequest,
    /// The body's bytes, as they were signed.
    pub body: Vec<u8>,
}

impl<'a> Request<'a> {
    /// Reads the event; `None` if its body claims base64 and is not.
    pub fn of(event: &'a ApiGatewayV2httpRequest) -> Option<Self> {
        let text = event.body.as_deref().unwrap_or_default();
        let body = if event.is_base64_encoded { STANDARD.decode(text).ok()? } else { text.as_bytes().to_vec() };
        Some(Self { event, body })
    }

    /// The route that matched, for example `POST /v1/leads/{id}/feedback`.
    pub fn route(&self) -> &str {
        self.event.route_key.as_deref().unwrap_or_default()
    }

    /// A header's value. One that is not visible ASCII is there, and reads as what no header may hold: taken for absent, it
    /// would make an open request of a signed one, and a new submission of a repeated one.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.event.headers.get(name).map(|value| value.to_str().unwrap_or("\u{fffd}"))
    }

    /// A part of the path, by the name it has in the route.
    pub fn path_parameter(&self, name: &str) -> Option<&'a str> {
        self.event.path_parameters.get(name).map(String::as_str)
    }

    /// The query as it was sent and signed.
    pub fn query(&self) -> &'a str {
        self.event.raw_query_string.as_deref().unwrap_or_default()
    }

    /// Whether the request claims to be signed.
    pub fn claims_signature(&self) -> bool {
        self.signature_headers().any()
    }

    /// Checks the signature over method, path, query and body.
    pub fn verify(&self, keys: &SigningKeys, now: Timestamp) -> Result<Verified, signature::Refused> {
        let path = self.event.raw_path.as_deref().unwrap_or_default();
        let path_and_query = match self.event.raw_query_string.as_deref().filter(|query| !query.is_empty()) {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        let method = self.event.request_context.http.method.as_str();
        let request = signature::Request { method, path_and_query: &path_and_query, body: &self.body };
        signature::verify(&self.signature_headers(), request, keys, now)
    }

    fn signature_headers(&self) -> SignatureHeaders<'a> {
        SignatureHeaders {
            principal: self.header(signature::PRINCIPAL_HEADER),
            id: self.header(signature::ID_HEADER),
            timestamp: self.header(signature::TIMESTAMP_HEADER),
            signature: self.header(signature::SIGNATURE_HEADER),
        }
    }
}

/// What a request is answered, whatever came of it. A panic is answered as an outage: its words, which can quote a
/// personal value, would otherwise become the invocation's error.
pub async fn answered(
    work: impl Future<Output = Result<ApiGatewayV2httpResponse, ProblemDocument>>,
) -> ApiGatewayV2httpResponse {
    answered_with(work, problem).await
}

/// The same, where a refusal looks as `refuse` has it.
pub async fn answered_with(
    work: impl Future<Output = Result<ApiGatewayV2httpResponse, ProblemDocument>>,
    refuse: impl FnOnce(&ProblemDocument) -> ApiGatewayV2httpResponse,
) -> ApiGatewayV2httpResponse {
    let worked = AssertUnwindSafe(work).catch_unwind().await;
    let answered = worked.unwrap_or_else(|_| Err(ProblemKind::Unavailable.document()));
    answered.unwrap_or_else(|document| {
        tracing::info!(http.status = document.status, problem = document.kind, "a request was refused");
        let kind = ProblemKind::ALL.into_iter().find(|kind| document.kind.ends_with(kind.slug()));
        let mut response = refuse(&document);
        if let Some(seconds) = kind.and_then(ProblemKind::retry_after_seconds) {
            response.headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    })
}

/// An answer with a JSON body.
pub fn json(status: u16, body: &impl Serialize) -> ApiGatewayV2httpResponse {
    json_text(status, serde_json::to_string(body).unwrap_or_default())
}

/// An answer with a body that is JSON already.
pub fn json_text(status: u16, body: String) -> ApiGatewayV2httpResponse {
    answer(status, HeaderValue::from_static("application/json"), body)
}

/// An error answer.
pub fn problem(document: &ProblemDocument) -> ApiGatewayV2httpResponse {
    let body = serde_json::to_string(document).unwrap_or_default();
    answer(document.status, HeaderValue::from_static(MEDIA_TYPE), body)
}

/// A page for a person, under a content security policy.
pub fn html(status: u16, language: &'static str, policy: &'static str, page: String) -> ApiGatewayV2httpResponse {
    let mut response = answer(status, HeaderValue::from_static("text/html; charset=utf-8"), page);
    response.headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
    response.headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response.headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Sends a browser on; `None` if the address cannot stand in a header.
pub fn see_other(location: &str) -> Option<ApiGatewayV2httpResponse> {
    let location = HeaderValue::from_str(location).ok()?;
    let mut response = answer(303, HeaderValue::from_static("text/plain; charset=utf-8"), String::new());
    response.headers.insert(header::LOCATION, location);
    Some(response)
}

/// Marks an answer as given before.
pub fn replayed(mut response: ApiGatewayV2httpResponse) -> ApiGatewayV2httpResponse {
    response.headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

fn answer(status: u16, content_type: HeaderValue, body: String) -> ApiGatewayV2httpResponse {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(status);
    response.headers = headers;
    response.body = Some(Body::Text(body));
    response
}
