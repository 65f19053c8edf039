//! The trace that starts in `intake` reaches the sales queue: what an invocation is told of it, its messages carry on.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod server;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use lambda_runtime::Context;
use leads::id::{LeadId, Queue};
use leads::ports::{Destination, Outgoing, SendMessages, StageQueue};
use serde_json::{Value, json};
use server::{http, server};
use support::Aws;

/// As Lambda says it, lineage included; and as other services read it.
const TOLD: &str = "Root=1-65f0c2a1-8a3c60f7d1885f2a3c90f1b5;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:4d3fb1c2:0";
const CARRIED: &str = "Root=1-65f0c2a1-8a3c60f7d1885f2a3c90f1b5;Parent=53995c3f42cd8ad8;Sampled=1";

fn aws(endpoint: &str) -> Aws {
    let credentials = || Credentials::new("id", "secret", None, None, "tests");
    let dynamodb = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials());
    let sqs = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials())
        .endpoint_url(endpoint);
    Aws::from_clients(
        aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        aws_sdk_sqs::Client::from_conf(sqs.build()),
        "leads".into(),
        format!("{endpoint}/1/leads-"),
    )
}

/// The body of the one request by which two messages to this place are sent within an invocation with that trace.
async fn sent(to: Destination, trace: Option<&str>) -> Value {
    let answer = r#"{"Successful":[{"Id":"0","MessageId":"a","MD5OfMessageBody":"0cc175b9c0f1b6a831c399e269772661"},
        {"Id":"1","MessageId":"b","MD5OfMessageBody":"0cc175b9c0f1b6a831c399e269772661"}],"Failed":[]}"#;
    let (endpoint, served) = server(http("200 OK", answer)).await;
    let mut context = Context::default();
    context.xray_trace_id = trace.map(str::to_owned);
    let message = Outgoing { to, body: "a".into() };
    let results = aws(&endpoint).within(&context).send(&[&message, &message]).await.unwrap();
    assert_eq!(results, [Ok(()), Ok(())]);
    let request = served.await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.to_lowercase().contains("x-amz-target: amazonsqs.sendmessagebatch"), "{head}");
    serde_json::from_str(body).unwrap()
}

fn places() -> [Destination; 2] {
    let sales = Destination::Sales {
        queue: Queue::parse("sales-cn-east").unwrap(),
        group: LeadId::parse("ld_a").unwrap(),
        dedup: "delivery".into(),
    };
    [Destination::Stage(StageQueue::Score), sales]
}

#[tokio::test]
async fn every_message_carries_the_trace_of_its_invocation() {
    let expected = json!({"AWSTraceHeader": {"StringValue": CARRIED, "DataType": "String"}});
    for to in places() {
        let body = sent(to, Some(TOLD)).await;
        assert_eq!(body["Entries"].as_array().unwrap().len(), 2);
        for entry in body["Entries"].as_array().unwrap() {
            assert_eq!(entry["MessageSystemAttributes"], expected);
        }
    }
}

#[tokio::test]
async fn without_a_trace_none_is_made_up() {
    for to in places() {
        for trace in [None, Some(""), Some("Lineage=1:4d3fb1c2:0")] {
            let body = sent(to.clone(), trace).await;
            assert_eq!(body["Entries"][0].get("MessageSystemAttributes"), None, "{trace:?}");
        }
    }
}
