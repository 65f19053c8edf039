//! Signed requests, as sales tools make them and API Gateway hands them on.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use jiff::Timestamp;
use leads::id::Principal;
use leads::signature::{self, SigningKeys};

/// Who signs a request, under which id, and when.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The secret of the stack.
    pub keys: &'a SigningKeys,
    /// The principal.
    pub principal: &'a str,
    /// The request's id.
    pub id: &'a str,
    /// When.
    pub at: Timestamp,
}

impl Signer<'_> {
    /// The four headers of a request.
    pub fn headers(&self, request: signature::Request<'_>) -> [(&'static str, String); 4] {
        let seconds = self.at.as_second();
        let tag = self.keys.derive(&Principal::parse(self.principal).unwrap()).sign(self.id, seconds, request);
        [
            (signature::PRINCIPAL_HEADER, self.principal.to_owned()),
            (signature::ID_HEADER, self.id.to_owned()),
            (signature::TIMESTAMP_HEADER, seconds.to_string()),
            (signature::SIGNATURE_HEADER, tag),
        ]
    }

    /// A request to `route`, `POST /v1/leads/{id}/feedback`, at `path`, with or without a query.
    pub fn request(&self, route: &str, path: &str, body: &str) -> ApiGatewayV2httpRequest {
        let (method, _) = route.split_once(' ').unwrap();
        let (raw_path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut event = ApiGatewayV2httpRequest::default();
        event.route_key = Some(route.to_owned());
        event.raw_path = Some(raw_path.to_owned());
        event.raw_query_string = Some(query.to_owned());
        event.request_context.http.method = method.parse().unwrap();
        event.headers.insert("content-type", "application/json".parse().unwrap());
        let signed = signature::Request { method, path_and_query: path, body: body.as_bytes() };
        for (name, value) in self.headers(signed) {
            event.headers.insert(name, value.parse().unwrap());
        }
        event.body = Some(body.to_owned());
        event
    }
}
