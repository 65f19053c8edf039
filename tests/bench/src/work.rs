//! The work: ten of the sample leads, as events for each stage and the rows that it finds.
//!
//! The real functions are run over the ports in memory from stage to stage, and each time the table is copied.

use std::collections::BTreeMap;

use ::tests::functions;
use ::tests::stack::batch_of;
use anyhow::{Context as _, Result, ensure};
use intake::{Moment, Settings};
use jiff::{SignedDuration, Timestamp};
use leads::lead::Stage as Stands;
use leads::memory::{Received, World};
use leads::ports::StageQueue;
use leads::row::Row;
use leads::rules::RuleSet;
use leads::signature::SigningKeys;
use serde::Deserialize;
use serde_json::{Value, json};
use support::Call;

/// How many leads there are: SQS hands a function up to ten messages.
pub const LEADS: usize = 10;

const SAMPLES: &str = include_str!("../../../infra/samples/leads.json");

/// A function on a lead's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// One lead a request.
    Intake,
    /// From its queue, as the two below.
    Clean,
    /// Scores.
    Score,
    /// Routes.
    Route,
}

impl Stage {
    /// The stages in the order of a lead's walk.
    pub const ALL: [Self; 4] = [Self::Intake, Self::Clean, Self::Score, Self::Route];

    /// The function's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Clean => "clean",
            Self::Score => "score",
            Self::Route => "route",
        }
    }

    /// Sizes of batches that it is measured with.
    pub fn batches(self) -> &'static [usize] {
        if self == Self::Intake { &[1] } else { &[LEADS, 1] }
    }

    fn of(queue: StageQueue) -> Self {
        match queue {
            StageQueue::Clean => Self::Clean,
            StageQueue::Score => Self::Score,
            StageQueue::Route => Self::Route,
        }
    }
}

/// What a stage is given, and what it finds.
#[derive(Default)]
struct Given {
    /// Requests, or records of SQS: one a lead.
    leads: Vec<Value>,
    rows: Vec<Row>,
}

/// The work of every stage.
pub struct Work(BTreeMap<Stage, Given>);

impl Work {
    /// Takes ten leads through the pipeline.
    pub async fn prepare(rules: &RuleSet) -> Result<Self> {
        let world = World::new(Timestamp::now(), rules.queues().iter().map(|queue| queue.name.clone()));
        let posts: Vec<Value> = samples()?.iter().enumerate().map(|(at, lead)| post(lead, at)).collect();
        for event in &posts {
            let keys = SigningKeys::new("a secret of this measurement", None);
            let moment = Moment { now: world.now(), entropy: &|| [0; 16], has_time: &|| true };
            let request = serde_json::from_value(event.clone())?;
            let answer = functions::intake(&request, &world, Settings { rules, keys: &keys }, moment).await;
            ensure!(answer.status_code == 202, "a sample lead was answered with {}", answer.status_code);
        }
        let mut given = BTreeMap::from([(Stage::Intake, Given { leads: posts, rows: Vec::new() })]);
        for queue in StageQueue::ALL {
            let (messages, rows) = (world.receive(queue, LEADS), world.rows());
            ensure!(messages.len() == LEADS, "{} of {LEADS} leads came to {}", messages.len(), queue.name());
            advance(queue, &messages, &world, rules).await?;
            let leads = messages.iter().map(|message| record(message, queue)).collect();
            given.insert(Stage::of(queue), Given { leads, rows });
        }
        let routed = world.states().iter().filter(|state| state.stage == Stands::Routed).count();
        ensure!(routed == LEADS, "{routed} of {LEADS} leads were routed");
        Ok(Self(given))
    }

    /// The rows that are stored before a stage.
    pub fn rows(&self, stage: Stage) -> &[Row] {
        self.0.get(&stage).map_or(&[], |given| &given.rows)
    }

    /// All leads of a stage, in events of so many.
    pub fn events(&self, stage: Stage, batch: usize) -> Vec<Value> {
        let leads = self.0.get(&stage).map_or(&[][..], |given| &given.leads);
        match stage {
            Stage::Intake => leads.to_vec(),
            _ => leads.chunks(batch).map(|records| json!({ "Records": records })).collect(),
        }
    }
}

/// Runs one stage over a batch.
async fn advance(queue: StageQueue, messages: &[Received], world: &World, rules: &RuleSet) -> Result<()> {
    let call = Call { now: world.now(), deadline: world.now() + SignedDuration::from_secs(10) };
    let event = batch_of(messages);
    let answer = match queue {
        StageQueue::Clean => {
            let settings = clean::Settings { rules, pepper: b"pepper of this measurement" };
            functions::clean(event, world, settings, call).await?
        }
        StageQueue::Score => functions::score(event, world, rules, call).await?,
        StageQueue::Route => functions::route(event, world, rules, call).await?,
    };
    ensure!(answer.batch_item_failures.is_empty(), "a sample lead failed in {}", queue.name());
    for message in messages {
        world.acknowledge(queue, &message.receipt);
    }
    Ok(())
}

/// The first sample leads that open forms post and that sales gets.
fn samples() -> Result<Vec<Value>> {
    #[derive(Deserialize)]
    struct Sample {
        lead: Value,
        expect: Value,
    }
    let samples: Vec<Sample> = serde_json::from_str(SAMPLES).context("the sample leads cannot be read")?;
    let fits = |sample: &Sample| sample.lead["form_id"] == "contact" && sample.expect["stage"] == "routed";
    Ok(samples.into_iter().filter(fits).take(LEADS).map(|sample| sample.lead).collect())
}

/// A form's request, as API Gateway hands it on.
fn post(lead: &Value, number: usize) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "POST /v1/leads",
        "rawPath": "/v1/leads",
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-type": "application/json",
            "host": "leads.example",
            "idempotency-key": format!("lead-{number}"),
            "origin": "https://www.example.com",
            "user-agent": "Mozilla/5.0",
            "x-forwarded-for": "203.0.113.7",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "bench",
            "domainName": "leads.example",
            "domainPrefix": "leads",
            "http": {
                "method": "POST",
                "path": "/v1/leads",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "Mozilla/5.0",
            },
            "requestId": format!("request-{number}"),
            "routeKey": "POST /v1/leads",
            "stage": "$default",
            "time": "02/Nov/2026:02:00:00 +0000",
            "timeEpoch": 1_793_584_800_000_i64,
        },
        "body": lead.to_string(),
        "isBase64Encoded": false,
    })
}

/// A message, as Lambda hands it on.
fn record(message: &Received, queue: StageQueue) -> Value {
    json!({
        "messageId": message.message_id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "AWSTraceHeader": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            "SentTimestamp": "1793584800000",
            "SenderId": "AROAEXAMPLE:leads",
            "ApproximateFirstReceiveTimestamp": "1793584800010",
        },
        "messageAttributes": {},
        "md5OfBody": "00000000000000000000000000000000",
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:eu-west-1:123456789012:leads-{}", queue.name()),
        "awsRegion": "eu-west-1",
    })
}

#[cfg(test)]
mod tests {
    use synthetic::rules::{load, shipped};

    use super::*;

    #[tokio::test]
    async fn every_stage_has_ten_leads_and_finds_their_rows() {
        let work = Work::prepare(&load(&shipped())).await.unwrap();
        for stage in Stage::ALL {
            assert_eq!(work.events(stage, 1).len(), LEADS, "{}", stage.name());
        }
        assert_eq!(work.events(Stage::Score, LEADS).len(), 1);
        assert!(work.rows(Stage::Intake).is_empty());
        assert!(work.rows(Stage::Clean).len() < work.rows(Stage::Route).len());
    }
}
