//! A stack in memory for one input, and the functions over it.

use std::sync::LazyLock;

use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use leads::id::LeadId;
use leads::lead::LeadState;
use leads::memory::World;
use leads::message::StageMessage;
use leads::ports::{Destination, StageQueue};
use leads::row::{Row, StoredSubmission};
use leads::signature::SigningKeys;
use leads::submission::{Encoding, parse};
use serde_json::{Value, json};
use support::Call;
use tests::functions;
use tests::rule_sets::RULES;
use tests::stack::{START, batch_of};

/// The lead that [`Stand`]s are about.
pub(crate) const LEAD: &str = "ld_seed";

pub(crate) static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| SigningKeys::new("a signing secret", Some("another")));

pub(crate) fn now() -> Timestamp {
    START.parse().unwrap()
}

pub(crate) fn empty() -> World {
    World::new(now(), RULES.queues().iter().map(|queue| queue.name.clone()))
}

/// Answers a request to `route` with this path, headers and body.
pub(crate) fn request(
    route: &str,
    path: &str,
    headers: &[(&'static str, &str)],
    body: &[u8],
) -> Option<ApiGatewayV2httpRequest> {
    let mut event = ApiGatewayV2httpRequest::default();
    event.route_key = Some(route.into());
    event.raw_path = Some(path.into());
    event.request_context.http.method = route.split(' ').next()?.parse().ok()?;
    event.body = Some(STANDARD.encode(body));
    event.is_base64_encoded = true;
    for (name, value) in headers {
        event.headers.insert(*name, value.parse().ok()?);
    }
    Some(event)
}

/// Status and body of an answer. Errors are problem documents.
pub(crate) fn answer(response: ApiGatewayV2httpResponse) -> (i64, Value) {
    let Some(Body::Text(text)) = response.body else { panic!("no text: {:?}", response.body) };
    let status = response.status_code;
    let value: Value = if status == 303 { Value::Null } else { serde_json::from_str(&text).unwrap() };
    if status >= 400 {
        assert_eq!(response.headers["content-type"], "application/problem+json");
        assert_eq!(value["status"], status);
        crate::text::assert_fit(&value, &[]);
    }
    (status, value)
}

/// The function that reads a queue, over one batch.
pub(crate) fn stage(world: &World, queue: StageQueue, event: SqsEvent) -> SqsBatchResponse {
    let call = Call { now: world.now(), deadline: world.now() + SignedDuration::from_secs(10) };
    let response = match queue {
        StageQueue::Clean => {
            functions::clean(event, world, clean::Settings { rules: &RULES, pepper: b"pepper" }, call).now_or_never()
        }
        StageQueue::Score => functions::score(event, world, &RULES, call).now_or_never(),
        StageQueue::Route => functions::route(event, world, &RULES, call).now_or_never(),
    };
    response.expect("calls in memory answer at once").expect("every record has its id")
}

/// Lets the lead of the one waiting message go through its next stage.
pub(crate) fn step(world: &World, queue: StageQueue) {
    let received = world.receive(queue, 10);
    let response = stage(world, queue, batch_of(&received));
    assert!(response.batch_item_failures.is_empty(), "a record that the intake made has failed");
    for message in received {
        world.acknowledge(queue, &message.receipt);
    }
}

/// Where the one lead of a world stands.
#[derive(Clone, Copy)]
pub(crate) enum Stand {
    Received,
    Cleaned,
    Scored,
    Routed,
    Held,
}

impl Stand {
    pub(crate) fn of(byte: u8) -> Self {
        [Self::Received, Self::Cleaned, Self::Scored, Self::Routed, Self::Held][usize::from(byte) % 5]
    }
}

static ROWS: LazyLock<[Vec<Row>; 5]> = LazyLock::new(|| {
    let rows = |stages: usize, phone: &str| {
        let world = empty();
        let (state, submission) = (LeadState::received(lead(), now()), submission(phone));
        let Some(Destination::Stage(queue)) = StageMessage::next(&state).map(|next| next.to) else { unreachable!() };
        world.enqueue(queue, StageMessage::about(&state, queue).body);
        world.put(Row::State(state));
        world.put(Row::Submission(submission));
        StageQueue::ALL.into_iter().take(stages).for_each(|queue| step(&world, queue));
        world.rows()
    };
    let usual = "138 0000 4172";
    [rows(0, usual), rows(1, usual), rows(2, usual), rows(3, usual), rows(1, "13111111111")]
});

pub(crate) fn lead() -> LeadId {
    LeadId::parse(LEAD).unwrap()
}

fn submission(phone: &str) -> StoredSubmission {
    let body = json!({
        "form_id": "contact",
        "contact": {"name": "Li Lei", "email": "li.lei@acme.example", "phone": phone},
        "company": {"name": "Acme Presses", "size": 650, "country": "CN", "city": "Suzhou"},
        "interest": {"product": "press", "horizon": "immediate", "budget": {"minor": 320_000_000, "currency": "CNY"}},
        "source": {"channel": "paid_search"},
        "consent": {"purpose": "sales_contact", "text_version": "1"},
        "tags": {"interaction": [{"kind": "demo_request"}]},
    });
    let posted = parse(body.to_string().as_bytes(), Encoding::Json).unwrap();
    StoredSubmission { lead_id: lead(), at: now(), submission: posted.submission }
}

/// A world with one lead, which stands there.
pub(crate) fn with_lead(stand: Stand) -> World {
    let world = empty();
    for row in &ROWS[stand as usize] {
        world.put(row.clone());
    }
    world
}
