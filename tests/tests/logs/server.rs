//! The functions over the AWS SDK and a server that answers with personal values wherever AWS may: in stored rows, in
//! rows that come with a failed condition, and in the words of errors.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use leads::decision::Reason;
use leads::lead::LeadState;
use leads::message::StageMessage;
use leads::ports::StageQueue;
use leads::row::Row;
use serde_json::{Map, Value, json};
use support::dynamo::to_item;
use support::{Aws, Call, telemetry};
use tests::canaries::{canary, lead};
use tests::functions;
use tests::rule_sets::RULES;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::memory::{FEEDBACK, JSON, LIST, REPORTS, TAGS, VERDICT, keys, now, request, signed, submission, tag};

#[tokio::test]
#[ignore = "a child of the tests in main.rs"]
async fn every_answer() {
    telemetry::init(std::env::var("LOG_LEVEL").ok().as_deref(), None);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let mood = Arc::new(AtomicUsize::new(0));
    let server = tokio::spawn(serve(listener, Arc::clone(&mood)));
    let aws = aws(&endpoint);
    for which in 0..MOODS.len() {
        mood.store(which, Ordering::Relaxed);
        every_function(&aws).await;
    }
    server.abort();
    assert!(server.await.unwrap_err().is_cancelled(), "the server has fallen over");
}

fn aws(endpoint: &str) -> Aws {
    let credentials = || Credentials::new("id", "secret", None, None, "tests");
    let retries = || RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(1));
    let dynamodb = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials())
        .retry_config(retries())
        .endpoint_url(endpoint);
    let sqs = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials())
        .retry_config(retries())
        .endpoint_url(endpoint);
    let queues = format!("{endpoint}/1/leads-");
    Aws::from_clients(
        aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        aws_sdk_sqs::Client::from_conf(sqs.build()),
        "leads".into(),
        queues,
    )
}

/// Each function once, over a lead that stands before it.
async fn every_function(aws: &Aws) {
    let keys = keys();
    let (settings, moment) = (
        intake::Settings { rules: &RULES, keys: &keys },
        intake::Moment { now: now(), entropy: &|| [1; 16], has_time: &|| true },
    );
    let headers = [JSON, ("idempotency-key", canary("the idempotency key"))];
    let post = request("POST /v1/leads", canary("the query"), &headers, &lead().to_string());
    functions::intake(&post, aws, settings, moment).await;

    let feedback = json!({"epoch": 1, "disposition": "won", "note": canary("feedback's note")}).to_string();
    let verdict = json!({"verdict": "release", "reason": canary("verdict's reason"), "actor": canary("the actor")});
    let report = json!({"lead_id": "ld_x", "epoch": 1, "disposition": "won", "note": canary("feedback's note")});
    let tags = json!({"set": {"identity": [canary("tags.identity")]}, "actor": canary("the actor")});
    for (principal, route, body) in [
        ("crm-china", REPORTS, json!([report]).to_string()),
        ("telemarketing-desk", TAGS, tags.to_string()),
        ("telemarketing-desk", LIST, String::new()),
        ("crm-china", FEEDBACK, feedback),
        ("telemarketing-desk", VERDICT, verdict.to_string()),
        ("telemarketing-desk", "GET /v1/leads/{id}", String::new()),
    ] {
        let (tag, seconds) = (tag(principal, route, "", &body), now().as_second().to_string());
        let event = request(route, "", &signed(principal, &tag, &seconds), &body);
        let moment = feedback::Moment { now: now(), has_time: &|| true };
        functions::feedback(&event, aws, feedback::Settings { rules: &RULES, keys: &keys }, moment).await;
    }

    let call = Call { now: now(), deadline: now() + SignedDuration::from_secs(10) };
    for queue in StageQueue::ALL {
        let body = StageMessage::about(&received(), queue).body;
        let received =
            leads::memory::Received { message_id: "m-1".into(), receipt: "r-1".into(), body, receive_count: 1 };
        let event = tests::stack::batch_of(&[received]);
        let response = match queue {
            StageQueue::Clean => {
                functions::clean(event, aws, clean::Settings { rules: &RULES, pepper: b"pepper" }, call).await
            }
            StageQueue::Score => functions::score(event, aws, &RULES, call).await,
            StageQueue::Route => functions::route(event, aws, &RULES, call).await,
        };
        response.unwrap();
    }
    functions::sla(aws, &RULES, call, now).await;
}

type Mood = fn(&str) -> (u16, String);

/// What the server may be like. Each answers a call by its target.
const MOODS: [Mood; 7] = [
    |target| (200, found(target, &received(), true)),
    |target| (200, found(target, &received(), false)),
    |target| (200, found(target, &rejected(), false)),
    |target| failed(target, "ConditionalCheckFailedException"),
    |_| (400, error("ValidationException")),
    |_| (500, error("InternalServerError")),
    |_| (200, format!("<html>{}</html>", lead())),
];

fn received() -> LeadState {
    LeadState::received(submission().lead_id, now())
}

fn rejected() -> LeadState {
    received().rejected(Reason { code: "x".into(), rule: "x".into(), text: "x".into() }, now())
}

fn error(code: &str) -> String {
    let message = format!("Item {} is not valid: {}", lead(), canary("contact.name"));
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message, "Message": message})
        .to_string()
}

/// A failed condition, with the stored row.
fn failed(target: &str, code: &str) -> (u16, String) {
    let item = wire_item(&Row::Submission(submission()));
    let body = match target.split_once('.').map(|(_, operation)| operation) {
        Some("TransactWriteItems") => {
            let reason = json!({"Code": "ConditionalCheckFailed", "Message": lead().to_string(), "Item": item});
            let reasons = vec![reason; 3];
            json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "message": lead().to_string(),
                "Message": lead().to_string(), "CancellationReasons": reasons})
        }
        Some("PutItem") => {
            json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": lead().to_string(), "Item": item})
        }
        Some("Query") => return (200, found(target, &received(), true)),
        _ => return (400, error(code)),
    };
    (400, body.to_string())
}

/// Rows, whole or such as cannot be read; and for a send, entries that were not taken.
fn found(target: &str, state: &LeadState, whole: bool) -> String {
    let state = wire_item(&Row::State(state.clone()));
    let mut posted = wire_item(&Row::Submission(submission()));
    if !whole {
        posted["at"] = json!({"S": canary("contact.name")});
    }
    let account = json!({"pk": {"S": "account#domain#x"}, "sk": {"S": "account"}, "name": {"N": "1"}, "owner": {"S": canary("source.owner")}});
    match target.split_once('.').map(|(_, operation)| operation).unwrap_or_default() {
        "Query" => json!({"Items": [state, posted], "Count": 2}),
        "GetItem" if whole => json!({}),
        "GetItem" => json!({"Item": posted}),
        "BatchGetItem" if whole => json!({"Responses": {}}),
        "BatchGetItem" => json!({"Responses": {"leads": [account]}}),
        "SendMessageBatch" => json!({"Successful": [], "Failed": [
            {"Id": "0", "Code": "InvalidMessageContents", "Message": lead().to_string(), "SenderFault": true}]}),
        _ => json!({}),
    }
    .to_string()
}

/// A row as DynamoDB's JSON has it.
fn wire_item(row: &Row) -> Value {
    let item = to_item(row).unwrap();
    Value::Object(item.iter().map(|(name, value)| (name.clone(), wire(value))).collect::<Map<_, _>>())
}

fn wire(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(flag) => json!({"BOOL": flag}),
        AttributeValue::L(items) => json!({"L": items.iter().map(wire).collect::<Vec<_>>()}),
        AttributeValue::M(members) => {
            json!({"M": members.iter().map(|(name, value)| (name.clone(), wire(value))).collect::<Map<_, _>>()})
        }
        _ => json!({"NULL": true}),
    }
}

async fn serve(listener: TcpListener, mood: Arc<AtomicUsize>) {
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        let mood = MOODS[mood.load(Ordering::Relaxed)];
        tokio::spawn(async move { drop(answer(connection, mood).await) });
    }
}

/// One request and its answer.
async fn answer(connection: TcpStream, mood: Mood) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    let (mut target, mut length) = (String::new(), 0);
    connection.read_line(&mut String::new()).await?; // the request line
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "x-amz-target" => target = value.to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    connection.read_exact(&mut vec![0; length]).await?;
    let (status, body) = mood(&target);
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(format!("{head}{body}").as_bytes()).await
}
