//! What goes wrong inside: messages and leads that nothing can be made of, and functions that die.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use indicatif::ProgressBar;
use jiff::Timestamp;
use leadctl::leads_file::FileLead;
use leadctl::{depths, ledger};
use leads::id::LeadId;
use leads::lead::{LeadState, Stage};
use leads::ports::{Commit, Write};
use leads::row::{Row, StoredSubmission};
use leads::submission::{Encoding, parse};
use serde_json::json;

use super::people::hot;
use super::world::{JSON, Signing, World};

const KILLED_RUN: usize = 200;
const STAGES: [&str; 3] = ["clean", "score", "route"];

/// Nine leads that wait for `clean` and a body that is no message, in one batch.
pub(crate) async fn one_bad_message_in_ten(world: &World) {
    let good = waiting(world, "batch", 9).await;
    let mut bodies: Vec<String> = good.iter().map(message).collect();
    bodies.insert(4, "not a message".to_owned());
    send_batch(world, &bodies).await;

    for (lead, end) in world.ends(&good).await {
        assert_eq!(end.stage, Stage::Routed, "{lead}");
    }
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        let depths = depths::all(&world.client).await.unwrap();
        let dead: Vec<_> = depths.iter().filter(|depth| depth.dead > 0).map(|d| (d.queue.as_str(), d.dead)).collect();
        if dead == [("clean-queue", 1)] {
            break;
        }
        assert!(dead.is_empty(), "dead letters where none belong: {dead:?}");
        assert!(Instant::now() < deadline, "the bad message is not among the dead letters");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let books = ledger::books(&world.client, &ProgressBar::hidden()).await.unwrap();
    assert!(!books.balanced() && books.dead == 1, "a dead letter goes unnoticed: {books:?}");
    assert_eq!(world.drain(&world.client.stack.stage_dlq("clean")).await, ["not a message"]);
}

/// Nine leads and one whose submission is missing, in one batch.
pub(crate) async fn one_hopeless_lead_in_ten(world: &World) {
    let good = waiting(world, "hopeless", 9).await;
    let hopeless = without_submission(world, "hopeless").await;
    let mut bodies: Vec<String> = good.iter().map(message).collect();
    bodies.insert(4, message(&hopeless));
    send_batch(world, &bodies).await;

    for (lead, end) in world.ends(&good).await {
        assert_eq!(end.stage, Stage::Routed, "{lead}");
    }
    let end = world.end(&hopeless).await;
    assert_eq!((end.stage, end.reason.as_deref()), (Stage::Parked, Some("submission-unreadable")));

    // Once somebody has mended the row, a person lets the lead go on.
    mend(world, &hopeless, "mended").await;
    let body = json!({"verdict": "release", "reason": "The row is mended.", "actor": "desk-3"}).to_string();
    let path = format!("/v1/leads/{hopeless}/verdict");
    let answer = world.signed(&Signing::by("telemarketing-desk", "e2e-mended"), &path, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(world.end(&hopeless).await.queue.unwrap().as_str(), "sales-cn-south");
}

/// Stores a lead whose submission is missing.
async fn without_submission(world: &World, name: &str) -> LeadId {
    let lead = LeadId::parse(format!("ld_without_submission_{name}")).unwrap();
    let state = LeadState::received(lead.clone(), Timestamp::now());
    world.client.aws.commit(&[Write::new(Row::State(state))]).await.unwrap();
    lead
}

/// As before; `clean` finds out.
pub(crate) async fn hopeless(world: &World, name: &str) -> LeadId {
    let lead = without_submission(world, name).await;
    let url = world.client.stack.queue_url(&world.client.stack.stage_queue("clean")).await.unwrap();
    world.client.stack.sqs().send_message().queue_url(url).message_body(message(&lead)).send().await.unwrap();
    lead
}

/// Stores what was missing.
pub(crate) async fn mend(world: &World, lead: &LeadId, name: &str) {
    let body = hot(name, "CN", "Guangzhou").to_string();
    let submission = parse(body.as_bytes(), Encoding::Json).unwrap().submission;
    let stored = StoredSubmission { lead_id: lead.clone(), at: Timestamp::now(), submission };
    world.client.aws.commit(&[Write::new(Row::Submission(stored))]).await.unwrap();
}

/// Stores leads as the intake does, without the messages that it sends.
pub(crate) async fn waiting(world: &World, name: &str, count: usize) -> Vec<LeadId> {
    let mut leads = Vec::new();
    for n in 0..count {
        let lead_id = LeadId::parse(format!("ld_{name}_{n}")).unwrap();
        let body = hot(&format!("{name}{n}"), "CN", "Guangzhou").to_string();
        let submission = parse(body.as_bytes(), Encoding::Json).unwrap().submission;
        let at = Timestamp::now();
        let state = Row::State(LeadState::received(lead_id.clone(), at));
        let stored = Row::Submission(StoredSubmission { lead_id: lead_id.clone(), at, submission });
        world.client.aws.commit(&[Write::new(state), Write::new(stored)]).await.unwrap();
        leads.push(lead_id);
    }
    leads
}

pub(crate) fn message(lead: &LeadId) -> String {
    json!({"v": 1, "lead_id": lead.as_str(), "version": 1}).to_string()
}

async fn send_batch(world: &World, bodies: &[String]) {
    let url = world.client.stack.queue_url(&world.client.stack.stage_queue("clean")).await.unwrap();
    let entries = bodies
        .iter()
        .enumerate()
        .map(|(n, body)| SendMessageBatchRequestEntry::builder().id(n.to_string()).message_body(body).build().unwrap());
    let sent = world.client.stack.sqs().send_message_batch().queue_url(url);
    let sent = sent.set_entries(Some(entries.collect())).send().await.unwrap();
    assert_eq!((sent.successful.len(), sent.failed.len()), (10, 0));
}

/// The processes of the functions are killed again and again while leads come in; a client whose post fails repeats it
/// under its key.
pub(crate) async fn killed_functions(world: &World) {
    let places = [
        ("CN", "Harbin", "sales-cn-north"),
        ("CN", "Nanjing", "sales-cn-east"),
        ("CN", "Shenzhen", "sales-cn-south"),
        ("CN", "Xi'an", "sales-cn-west"),
        ("US", "Boston", "sales-americas"),
    ];
    let file: Vec<FileLead> = (0..KILLED_RUN)
        .map(|n| {
            let (country, city, _) = places[n % places.len()];
            let name = format!("killed{n}");
            FileLead {
                body: hot(&name, country, city).to_string(),
                key: format!("e2e-{name}"),
                name,
                content_type: JSON,
                signed_by: None,
                wave: 1,
                expect: None,
                expect_after: None,
            }
        })
        .collect();

    let bar = ProgressBar::hidden();
    let mut killed = BTreeMap::<String, u32>::new();
    let kills = async {
        for round in 0..8 {
            tokio::time::sleep(Duration::from_millis(900)).await;
            // A client gives up after five attempts, so the intake is not killed every time.
            let victims: &[&str] = if round % 4 == 0 { &["intake", "clean", "score", "route"] } else { &STAGES };
            world.kill_functions(victims).into_iter().for_each(|name| *killed.entry(name).or_default() += 1);
        }
    };
    let (posted, ()) = tokio::join!(world.client.post_all(&file, &bar, |_| {}), kills);
    println!("killed: {killed:?}");
    for name in STAGES {
        assert!(killed.contains_key(name), "{name} was never killed: {killed:?}");
    }
    let leads: Vec<LeadId> = posted.unwrap().into_iter().map(|posted| posted.answer.unwrap()).collect();
    assert_eq!(leads.iter().collect::<BTreeSet<_>>().len(), KILLED_RUN);

    let ends = world.ends(&leads).await;
    for (n, lead) in leads.iter().enumerate() {
        let (_, _, queue) = places[n % places.len()];
        assert_eq!(ends[lead].stage, Stage::Routed, "{lead}");
        assert_eq!(ends[lead].queue.as_ref().unwrap().as_str(), queue, "{lead}");
    }
    quiet(world).await;

    // Every message of every sales queue, counted by lead.
    let mut delivered = BTreeMap::<String, Vec<String>>::new();
    for queue in depths::sales_queues().unwrap() {
        for body in world.received(queue.name.as_str()).await {
            let lead = body["lead_id"].as_str().unwrap().to_owned();
            delivered.entry(lead).or_default().push(format!("{} on {}", body["type"], queue.name));
        }
    }
    for (n, lead) in leads.iter().enumerate() {
        let (_, _, queue) = places[n % places.len()];
        assert_eq!(delivered[lead.as_str()], [format!("\"lead.routed\" on {queue}")], "{lead}");
    }
}

/// Waits until no message is on its way between the functions: a killed function's comes back after a minute.
async fn quiet(world: &World) {
    let deadline = Instant::now() + Duration::from_secs(150);
    loop {
        let books = ledger::books(&world.client, &ProgressBar::hidden()).await.unwrap();
        if books.balanced() {
            return;
        }
        assert!(Instant::now() < deadline, "{books:?}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
