//! What a call of a port is said to ask of AWS is what the adapter asks: its requests, as they would leave the machine.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;
use leads::id::{ClaimKey, LeadId, Queue};
use leads::lead::{Count, LeadState, Place, Worklist};
use leads::ports::{
    AnyQueue, Challenge, Commit, CountMessages, DeadLetters, DeleteRows, Destination, DueEntry, FindDue, Guard,
    ListOpen, Outgoing, Postpone, ReadAccount, ReadDecision, ReadHistory, ReadIdempotency, ReadLead, ReadOpen,
    ReadRequest, ReadRows, ReadTouches, ScanTable, Segment, SendMessages, StageQueue, TakeTurn, VerifyChallenge, Write,
};
use leads::row::{Event, Row, RowKey};
use permissions::Resource;
use serde_json::Value;
use support::Aws;
use tests::asked::{Asked, Asking, CALLS};
use tests::rule_sets::RULES;
use tests::stack::START;

const TABLE: &str = "leads-table";
const QUEUES: &str = "https://queues.example/leads-";

/// An action, and on what.
type Made = BTreeSet<(String, Resource)>;

/// Takes every request and answers nothing of worth.
#[derive(Clone, Debug, Default)]
struct Wire(Arc<Mutex<Made>>);

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap();
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        self.0.lock().unwrap().extend(actions(target, &body));
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}"))))
    }
}

/// What IAM asks about a request: <https://docs.aws.amazon.com/service-authorization/latest/reference/>.
fn actions(target: &str, body: &Value) -> Made {
    let (service, operation) = target.split_once('.').unwrap();
    if service == "AmazonSQS" {
        let queue = body["QueueUrl"].as_str().unwrap().strip_prefix(QUEUES).unwrap();
        // A batch is sent by the right to send.
        let action = operation.trim_end_matches("Batch");
        return Made::from([(format!("sqs:{action}"), Resource::Queue(queue.to_owned()))]);
    }
    assert_eq!(service, "DynamoDB_20120810");
    let on_table = |action: &str| (format!("dynamodb:{action}"), Resource::Table);
    match operation {
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().unwrap().iter();
            let parts = items.flat_map(|item| item.as_object().unwrap());
            let part = |(part, write): (&String, &Value)| {
                assert_eq!(write["TableName"], TABLE);
                on_table(match part.as_str() {
                    "Put" => "PutItem",
                    "Update" => "UpdateItem",
                    "Delete" => "DeleteItem",
                    "ConditionCheck" => "ConditionCheckItem",
                    other => panic!("a transaction with {other}"),
                })
            };
            parts.map(part).collect()
        }
        "BatchGetItem" => {
            assert_eq!(body["RequestItems"].as_object().unwrap().keys().collect::<Vec<_>>(), [TABLE]);
            Made::from([on_table(operation)])
        }
        _ => {
            assert_eq!(body["TableName"], TABLE);
            let index = body["IndexName"].as_str().map(|index| Resource::Index(index.to_owned()));
            Made::from([(format!("dynamodb:{operation}"), index.unwrap_or(Resource::Table))])
        }
    }
}

fn adapter(wire: &Wire) -> Aws {
    let client =
        |wire: Wire| -> SharedHttpClient { http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone())) };
    let credentials = || Credentials::new("id", "key", None, None, "tests");
    let dynamodb = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials())
        .http_client(client(wire.clone()));
    let sqs = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials())
        .http_client(client(wire.clone()));
    Aws::from_clients(
        aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        aws_sdk_sqs::Client::from_conf(sqs.build()),
        TABLE.into(),
        QUEUES.into(),
    )
}

/// Rows with and without what they change of numbers of open leads.
fn commits() -> Vec<Vec<Write>> {
    let lead = LeadId::parse("ld_x").unwrap();
    let state = Write::new(Row::State(LeadState::received(lead.clone(), now())));
    let place = Place::Queue(Queue::parse("sales-desk").unwrap());
    let counted = |by, below| Write { counts: vec![Count { place: place.clone(), by, below }], ..state.clone() };
    let event =
        Event { lead_id: lead.clone(), version: 1, at: now(), actor: "x".into(), what: "x".into(), why: "x".into() };
    let event = |guard: Guard| Write::guarded(Row::Event(event.clone()), guard);
    let free = Guard::FreeFor { owner: lead.clone(), now: 1 };
    vec![
        vec![],
        vec![state.clone()],
        vec![event(Guard::Present)],
        vec![event(Guard::Version(3))],
        vec![event(Guard::AbsentOrExpired { now: 1 })],
        vec![event(free.clone())],
        vec![counted(1, Some(3))],
        vec![counted(-1, None)],
        vec![state.clone(), event(free)],
        vec![counted(1, None), event(Guard::Absent)],
        // Together they change nothing.
        vec![counted(1, None), counted(-1, None)],
    ]
}

fn now() -> Timestamp {
    START.parse().unwrap()
}

#[tokio::test]
async fn the_adapter_asks_for_what_its_ports_are_said_to_ask() {
    let (wire, asked) = (Wire::default(), RefCell::<Made>::default());
    let aws = adapter(&wire);
    let may = |(action, on): Asked| {
        asked.borrow_mut().insert((action.to_owned(), on));
        true
    };
    let ports = Asking::new(&aws, &may);
    let (lead, key) = (LeadId::parse("ld_x").unwrap(), RowKey { pk: "x".into(), sk: "x".into() });
    let (desk, claim) = (Queue::parse("sales-desk").unwrap(), ClaimKey::of(b"x", "email", "x"));
    let mut tried: BTreeSet<&str> = BTreeSet::new();
    // Whether the answer is of use does not matter here.
    macro_rules! same {
        ($($name:ident($($argument:expr),*)),+ $(,)?) => {$(
            drop(ports.$name($($argument),*).await);
            let made = std::mem::take(&mut *wire.0.lock().unwrap());
            assert_eq!(asked.take(), made, "{}: what it is said to ask, and what it asks", stringify!($name));
            tried.insert(stringify!($name));
        )+};
    }
    same! {
        lead(&lead), touches(&lead, 1), history(&lead), rows_of(&lead), decision(&lead, 1), request(&key),
        idempotency(&key), account(&[]), account(&[key.clone(), RowKey::state(&lead)]), open(&[]),
        open(&[Place::Queue(desk.clone()), Place::Owner("li.na".into())]), turn(&desk),
        due(0, None, now(), 10), due(1, Some(&DueEntry { at: now(), lead_id: lead.clone() }), now(), 10),
        list(&Worklist::Desk, None, 10), list(&Worklist::Queue(desk.clone()), Some("x"), 10),
        verify(Challenge { token: "x", attempt: [0; 16] }),
        scan(Segment::WHOLE, None), scan(Segment::WHOLE, Some(key.clone())), delete(&key), release(&claim, &lead), send(&[]),
    }
    for writes in commits() {
        same!(commit(&writes));
    }
    for queue in StageQueue::ALL {
        let message = Outgoing { to: Destination::Stage(queue), body: "x".into() };
        let dead = AnyQueue::Stage(queue);
        same!(send(&[&message]), send(&[&message, &message]), postpone(queue, "x", 1), dead_letters(&dead));
        same!(count_waiting(queue), count_dead(&dead));
        same!(delete_dead_letter(&dead, "x"));
    }
    for queue in RULES.queues().iter().map(|queue| queue.name.clone()) {
        let to = Destination::Sales { queue: queue.clone(), group: lead.clone(), dedup: "x".into() };
        let (message, dead) = (Outgoing { to, body: "x".into() }, AnyQueue::Sales(queue));
        same!(send(&[&message]), count_dead(&dead), dead_letters(&dead), delete_dead_letter(&dead, "x"));
    }
    assert_eq!(tried, CALLS.iter().copied().collect(), "the calls that were tried, and those that there are");
}
