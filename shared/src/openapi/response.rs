//! The answers of an operation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::reference;
use crate::problem::{MEDIA_TYPE, ProblemKind};

/// An answer with a JSON body of a named schema.
pub(super) fn answer(description: &str, schema: &str) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": reference(schema)}}})
}

/// The answer to a plain form that named a page to go to.
pub(super) fn redirect() -> Value {
    json!({
        "description": "The submission is stored, and the browser goes on to its `redirect`: forms only, and only a page \
            that the form's policy in `forms.toml` lists exactly.",
        "headers": {"Location": {"required": true, "schema": {"type": "string", "format": "uri"}}},
    })
}

/// The same answer, with the header that marks a repetition.
pub(super) fn replayable(mut answer: Value) -> Value {
    let header = json!({
        "description": "There, and `true`, if an earlier request under the same key or id had done it.",
        "schema": {"type": "string", "const": "true"},
    });
    if let Some(members) = answer.as_object_mut() {
        let headers = members.entry("headers").or_insert_with(|| json!({}));
        if let Some(headers) = headers.as_object_mut() {
            headers.insert("Idempotency-Replayed".into(), header);
        }
    }
    answer
}

/// The same answers for a plain form that a browser posts by itself: pages to read, under the same status.
pub(super) fn with_pages(mut responses: Map<String, Value>) -> Map<String, Value> {
    for content in responses.values_mut().filter_map(|response| response.get_mut("content")?.as_object_mut()) {
        content.insert("text/html".into(), json!({"schema": {"type": "string"}}));
    }
    responses
}

/// All answers of an operation: those that do what was asked, those that refuse it, and API Gateway's own.
pub(super) fn responses(done: &[(&str, Value)], refused: &[ProblemKind]) -> Map<String, Value> {
    let mut by_status = BTreeMap::<u16, Vec<ProblemKind>>::new();
    for kind in refused {
        by_status.entry(kind.status()).or_default().push(*kind);
    }
    let mut responses: Map<String, Value> =
        done.iter().map(|(status, answer)| ((*status).to_owned(), answer.clone())).collect();
    responses.extend(by_status.into_iter().map(|(status, kinds)| (status.to_string(), problem(status, &kinds))));
    for (status, name) in [("429", "Throttled"), ("500", "Failed"), ("503", "NotRun")] {
        responses.entry(status).or_insert_with(|| json!({"$ref": format!("#/components/responses/{name}")}));
    }
    responses
}

/// An answer that refuses, for one of these reasons. Where API Gateway may give the status too, the media type tells.
fn problem(status: u16, kinds: &[ProblemKind]) -> Value {
    let titles: Vec<_> = kinds.iter().map(|kind| format!("{}.", kind.title())).collect();
    let types: Vec<_> = kinds.iter().map(|kind| kind.uri()).collect();
    let narrowed = json!({
        "$ref": "#/components/schemas/ProblemDocument",
        "properties": {"type": {"enum": types}, "status": {"const": status}},
    });
    let mut content = Map::from_iter([(MEDIA_TYPE.to_owned(), json!({"schema": narrowed}))]);
    if matches!(status, 404 | 413 | 503) {
        content.insert("application/json".into(), json!({"schema": reference("GatewayMessage")}));
    }
    let mut response =
        Map::from_iter([("description".to_owned(), titles.join(" ").into()), ("content".to_owned(), content.into())]);
    if kinds.iter().any(|kind| kind.retry_after_seconds().is_some()) {
        let wait = json!({"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}});
        response.insert("headers".into(), json!({"Retry-After": wait}));
    }
    response.into()
}

/// The answers that API Gateway gives by itself.
pub(super) fn shared() -> Value {
    json!({
        "NoRoute": answer("404 of API Gateway: no route has this path and method.", "GatewayMessage"),
        "Throttled": answer("API Gateway: beyond the route's throttle; wait and send again.", "GatewayMessage"),
        "Failed": answer("API Gateway: the function could not be run; send again under the same key.", "GatewayMessage"),
        "NotRun": answer("API Gateway: the function was not there; send again under the same key.", "GatewayMessage"),
    })
}
