//! SQS batches with bodies that nobody here wrote. The first byte of an input says which stage reads them and where the
//! lead `ld_seed` stands; the rest is the bodies, a zero byte between them.

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use leads::ports::StageQueue;
use leads::row::Row;
use serde_json::Value;

use crate::world::{LEAD, Stand, stage, with_lead};

pub(crate) fn batch(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let queue = StageQueue::ALL[usize::from(first & 0x0f) % StageQueue::ALL.len()];
    let world = with_lead(Stand::of(first >> 4));
    let before = world.rows();
    let mut event = SqsEvent::default();
    let bodies: Vec<String> =
        rest.split(|byte| *byte == 0).take(10).map(|body| String::from_utf8_lossy(body).into_owned()).collect();
    event.records = bodies.iter().enumerate().map(|(position, body)| record(position, body)).collect();
    let response = stage(&world, queue, event);

    let failed: Vec<&str> =
        response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    for (position, body) in bodies.iter().enumerate() {
        if let Some(names_the_lead) = names_the_lead(body) {
            let done = !failed.contains(&&*format!("m-{position}"));
            assert_eq!(done, names_the_lead, "exactly those that name no lead fail");
        }
    }
    if failed.len() == bodies.len() {
        assert_eq!(world.rows(), before, "nobody's message changes nothing");
    }
    // Whatever came, the lead has one state, and it has not gone back.
    let version =
        |rows: &[Row]| rows.iter().find_map(|row| if let Row::State(state) = row { Some(state.version) } else { None });
    assert!(version(&world.rows()) >= version(&before));
}

fn record(position: usize, body: &str) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = Some(format!("m-{position}"));
    record.receipt_handle = Some(format!("r-{position}"));
    record.body = Some(body.to_owned());
    record.attributes.insert("ApproximateReceiveCount".into(), "1".into());
    record
}

/// By the contract: a JSON object with these three, and whatever else. Nothing is said of bodies that may give one twice.
fn names_the_lead(body: &str) -> Option<bool> {
    let once = |name: &str| body.matches(&format!("\"{name}\"")).count() <= 1;
    if body.contains('\\') || !["v", "lead_id", "version"].into_iter().all(once) {
        return None;
    }
    let Ok(Value::Object(message)) = serde_json::from_str(body) else { return Some(false) };
    let is = |name: &str, right: fn(&Value) -> bool| message.get(name).is_some_and(right);
    Some(is("v", |v| *v == 1) && is("lead_id", |id| id == LEAD) && is("version", Value::is_u64))
}
