//! The HTTP side as an OpenAPI 3.1 document. The schemas in it are generated from the types that the handlers read and
//! write; `leadctl docs` writes it to `docs/openapi.json`.

mod form;
mod response;

use serde_json::{Map, Value, json};

use crate::answer::{
    BatchAnswer, FeedbackAnswer, FeedbackBatchAnswer, LeadAccepted, LeadPage, QueuePage, TagsAnswer, VerdictAnswer,
};
use crate::feedback::MAX_ENTRIES;
use crate::paging::{MAX_PAGE, USUAL_PAGE};
use crate::problem::ProblemDocument;
use crate::problem::ProblemKind::{
    BadIdempotencyKey, ChallengeFailed, Conflict, IdempotencyKeyReused, MalformedForm, MalformedJson, NotFound,
    NotThroughEdge, PayloadTooLarge, Unauthorized, Unavailable, UnsupportedMediaType, Validation,
};
use crate::schema;
use crate::signature::{ID_HEADER, PRINCIPAL_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use crate::submission::{MAX_BATCH, PAGE_FIELDS};
use response::{answer, redirect, replayable, responses, with_pages};

/// The document.
pub fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Lead routing",
            "version": "1",
            "summary": "Takes leads from forms and partners, and what sales and telemarketing report about them.",
            "description": DESCRIPTION,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{
            "url": "{api_url}",
            "description": "The stack's output `ApiUrl`, or what `leadctl up` shows.",
            "variables": {"api_url": {"default": "https://api.example"}},
        }],
        "tags": [
            {"name": "leads in", "description": "For forms and partners."},
            {"name": "reports", "description": "For sales tools and the telemarketing desk."},
        ],
        "paths": {
            "/v1/feedback": {"post": post_feedback_batch()},
            "/v1/leads": {"post": post_lead()},
            "/v1/leads/batch": {"post": post_batch()},
            "/v1/leads/{id}": {"parameters": [lead_id()], "get": get_lead()},
            "/v1/leads/{id}/feedback": {"parameters": [lead_id()], "post": post_feedback()},
            "/v1/leads/{id}/tags": {"parameters": [lead_id()], "post": post_tags()},
            "/v1/leads/{id}/verdict": {"parameters": [lead_id()], "post": post_verdict()},
            "/v1/queues/{queue}/leads": {"parameters": [queue()], "get": get_queue()},
        },
        "components": {
            "schemas": schemas(),
            "responses": response::shared(),
            "securitySchemes": security_schemes(),
        },
    })
}

const DESCRIPTION: &str = "`docs/http-api.md` is the prose of this document, with examples of signing.\n\n\
    What the functions refuse is answered with `application/problem+json`; compare its `type`. API Gateway answers some \
    requests before any function runs, with `application/json` and a `message`: 404 where no route has the path and \
    method, 413 beyond its own limits, 429 beyond the throttle, 500 and 503 where a function could not be run.";

fn post_lead() -> Value {
    let refused = [
        MalformedJson,
        MalformedForm,
        BadIdempotencyKey,
        Unauthorized,
        ChallengeFailed,
        NotThroughEdge,
        Conflict,
        PayloadTooLarge,
        UnsupportedMediaType,
        Validation,
        IdempotencyKeyReused,
        Unavailable,
    ];
    let accepted =
        "The submission is stored and will not be lost; cleaning, scoring and routing follow within seconds.";
    let answers = [("202", replayable(answer(accepted, "LeadAccepted"))), ("303", replayable(redirect()))];
    json!({
        "operationId": "postLead",
        "tags": ["leads in"],
        "summary": "Takes one submission.",
        "description": "Open to anybody. Signed, it may also name an owner and a prior qualification; unsigned, forms \
            that `forms.toml` trusts may. A body may have 32 KiB. Texts are trimmed, and blank ones count as left out, before \
            the caps apply; a form may name its honeypot (`homepage`) otherwise; some rules (of e-mail addresses, domains, invisible characters) no schema can state. \
            Unsigned forms whose `Accept` prefers `text/html` are answered with a page for the visitor, in English or \
            Chinese by `Accept-Language`.",
        "security": [{}, signed()],
        "parameters": [{
            "name": "Idempotency-Key",
            "in": "header",
            "description": "1 to 255 visible ASCII characters, in double quotes or bare and without `,` and `\"`. \
                Remembered for 48 hours, for each `form_id` apart. Goes before the body's `submission_id`.",
            "schema": {"type": "string", "minLength": 1},
        }],
        "requestBody": {
            "required": true,
            "content": {
                "application/json": {"schema": reference("NewLead"), "example": lead_example()},
                "application/x-www-form-urlencoded": {"schema": reference("NewLeadForm")},
            },
        },
        "responses": with_pages(responses(&answers, &refused)),
    })
}

fn post_batch() -> Value {
    let refused = [MalformedJson, Unauthorized, PayloadTooLarge, UnsupportedMediaType, Validation];
    let answers = [("200", answer("A result for each submission, in order.", "BatchAnswer"))];
    json!({
        "operationId": "postBatch",
        "tags": ["leads in"],
        "summary": "Takes up to 100 submissions.",
        "description": "Every submission gets its own result; one that is refused does not hold up the others. A \
            submission without `submission_id` is known by the signed request's id and its place. A body may have 1 MiB.",
        "security": [signed()],
        "requestBody": json_body("NewBatch", &json!({"leads": [lead_example()]})),
        "responses": responses(&answers, &refused),
    })
}

fn get_lead() -> Value {
    json!({
        "operationId": "getLead",
        "tags": ["reports"],
        "summary": "Reads a lead: where it stands, why, and what happened.",
        "description": "For principals who may read and whose queues the lead concerns; to others it is not there.",
        "security": [signed()],
        "responses": responses(&[("200", answer("The lead.", "LeadPage"))], &[Unauthorized, NotFound, Unavailable]),
    })
}

fn get_queue() -> Value {
    let refused = [Unauthorized, NotFound, Validation, Unavailable];
    json!({
        "operationId": "getQueue",
        "tags": ["reports"],
        "summary": "Lists the open leads of a queue.",
        "description": "By deadline those whose answer is due; behind them those without a deadline and those that were \
            answered, longest in the list first. For principals of the queue who may read; to others it is not there. \
            Eventually consistent.",
        "security": [signed()],
        "parameters": [
            {
                "name": "limit",
                "in": "query",
                "description": "How many leads a page has at most.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": USUAL_PAGE},
            },
            {
                "name": "cursor",
                "in": "query",
                "description": "The `cursor` of the page before.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$"},
            },
        ],
        "responses": responses(&[("200", answer("A page.", "QueuePage"))], &refused),
    })
}

fn post_feedback() -> Value {
    let example = json!({"epoch": 1, "disposition": "won", "amount": {"minor": 9_900_000, "currency": "CNY"}});
    let stored = replayable(answer("The report is stored.", "FeedbackAnswer"));
    json!({
        "operationId": "postFeedback",
        "tags": ["reports"],
        "summary": "Reports what came of a lead.",
        "description": "Acts once for each `webhook-id`. A report about an earlier routing is refused with 409.",
        "security": [signed()],
        "requestBody": json_body("NewFeedback", &example),
        "responses": responses(&[("200", stored)], &REPORT_REFUSED),
    })
}

fn post_feedback_batch() -> Value {
    let refused = [MalformedJson, Unauthorized, NotFound, PayloadTooLarge, Validation, Unavailable];
    let answers = [("200", answer("A result for each entry, in order.", "FeedbackBatchAnswer"))];
    let lead = "ld_9fQm2kV0T4aXc1LrB7yZ3w";
    json!({
        "operationId": "postFeedbackBatch",
        "tags": ["reports"],
        "summary": "Reports what came of up to 100 leads.",
        "description": "Every entry gets its own result, and acts once for each `webhook-id` and place. Entries about one \
            lead act in their order. A 503 among the results says that the entry was not served: send the same request \
            again. A body may have 1 MiB.",
        "security": [signed()],
        "requestBody": json_body("NewFeedbackBatch", &json!([{"lead_id": lead, "epoch": 1, "disposition": "accepted"}])),
        "responses": responses(&answers, &refused),
    })
}

fn post_verdict() -> Value {
    let example = json!({"verdict": "release", "reason": "Called: a real number.", "actor": "desk-3"});
    let stored = replayable(answer("The verdict is stored.", "VerdictAnswer"));
    json!({
        "operationId": "postVerdict",
        "tags": ["reports"],
        "summary": "Decides about a lead, whatever the rules say.",
        "description": "Acts once for each `webhook-id`. `release`, `mql` and `not_mql` let a held, parked or refused lead go \
            on; `mql` also promotes a nurtured or pooled one; `refuse` stops a held or parked one; `hold` and `test` stop any \
            that is settled; `unmerge` is for merged ones. Where one does not fit, the answer is 409 with those that do.",
        "security": [signed()],
        "requestBody": json_body("NewVerdict", &example),
        "responses": responses(&[("200", stored)], &REPORT_REFUSED),
    })
}

fn post_tags() -> Value {
    let example = json!({
        "set": {"identity": ["decision_maker"], "interaction": ["call"]}, "remove": {"identity": ["student"]}, "actor": "wang.fang",
    });
    let stored = replayable(answer("The correction is stored.", "TagsAnswer"));
    json!({
        "operationId": "postTags",
        "tags": ["reports"],
        "summary": "Corrects the tags of a lead.",
        "description": "Acts once for each `webhook-id`. What a person says goes before what was posted, when the lead is \
            scored the next time; nothing is scored at once. At least one value is set or removed, and none is both.",
        "security": [signed()],
        "requestBody": json_body("NewTags", &example),
        "responses": responses(&[("200", stored)], &REPORT_REFUSED),
    })
}

const REPORT_REFUSED: [crate::problem::ProblemKind; 8] =
    [MalformedJson, Unauthorized, NotFound, Conflict, PayloadTooLarge, Validation, IdempotencyKeyReused, Unavailable];

fn lead_example() -> Value {
    json!({
        "form_id": "contact-us",
        "contact": {"name": "Li Lei", "email": "li.lei@example.cn"},
        "company": {"name": "Acme Presses", "size": 650, "country": "CN", "city": "Hangzhou"},
        "interest": {"product": "press", "horizon": "three_months"},
        "source": {"channel": "website"},
        "consent": {"purpose": "sales_contact", "text_version": "2026-01"},
    })
}

fn json_body(schema: &str, example: &Value) -> Value {
    json!({
        "required": true,
        "content": {"application/json": {"schema": reference(schema), "example": example}},
    })
}

fn queue() -> Value {
    json!({"name": "queue", "in": "path", "required": true, "schema": reference("Queue")})
}

fn lead_id() -> Value {
    json!({"name": "id", "in": "path", "required": true, "schema": reference("LeadId")})
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// All four headers together.
fn signed() -> Value {
    json!({"principal": [], "id": [], "timestamp": [], "signature": []})
}

fn security_schemes() -> Value {
    let header = |name: &str, description: &str| json!({"type": "apiKey", "in": "header", "name": name, "description": description});
    json!({
        "principal": header(PRINCIPAL_HEADER, "Who signs. The four headers go together."),
        "id": header(ID_HEADER, "1 to 255 visible ASCII characters without `.`, new for each request."),
        "timestamp": header(TIMESTAMP_HEADER, "Now, in Unix seconds; at most 300 seconds off."),
        "signature": header(
            SIGNATURE_HEADER,
            "`v1,` and the base64 of HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{METHOD} {path?query}`, a line \
             feed, and the body.",
        ),
    })
}

fn schemas() -> Map<String, Value> {
    let mut generator = schema::outputs("/components/schemas");
    generator.subschema_for::<LeadAccepted>();
    generator.subschema_for::<BatchAnswer>();
    generator.subschema_for::<FeedbackAnswer>();
    generator.subschema_for::<FeedbackBatchAnswer>();
    generator.subschema_for::<VerdictAnswer>();
    generator.subschema_for::<TagsAnswer>();
    generator.subschema_for::<QueuePage>();
    generator.subschema_for::<LeadPage>();
    generator.subschema_for::<ProblemDocument>();
    let mut schemas = generator.take_definitions(true);
    // A submission of a batch has no page that somebody filled in.
    let pages: Map<String, Value> = PAGE_FIELDS.map(|field| (field.to_owned(), false.into())).into_iter().collect();
    let batch = json!({
        "title": "Up to 100 submissions",
        "type": "object",
        "required": ["leads"],
        "properties": {
            "leads": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_BATCH,
                "items": {"$ref": "#/components/schemas/NewLead", "properties": pages},
            },
        },
        "additionalProperties": false,
    });
    let reports = json!({
        "title": "What came of up to 100 leads",
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_ENTRIES,
        "items": part(schema::feedback_entry()),
    });
    let message = json!({
        "title": "What API Gateway answers by itself",
        "type": "object",
        "required": ["message"],
        "properties": {"message": {"type": "string"}},
    });
    schemas.extend([
        ("NewLead".to_owned(), part(schema::posted())),
        ("NewLeadForm".to_owned(), form::posted()),
        ("NewBatch".to_owned(), batch),
        ("NewFeedback".to_owned(), part(schema::feedback())),
        ("NewFeedbackBatch".to_owned(), reports),
        ("NewTags".to_owned(), part(schema::tags())),
        ("NewVerdict".to_owned(), part(schema::verdict())),
        ("GatewayMessage".to_owned(), message),
    ]);
    schemas
}

/// A schema within the document, whose dialect is the document's.
fn part(mut schema: Value) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.remove("$schema");
    }
    schema
}
