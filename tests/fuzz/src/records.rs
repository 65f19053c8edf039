//! SQS batches with bodies that nobody here wrote. The first byte of an input says which stage reads them and where the
//! lead `ld_seed` stands; the rest is the bodies, a zero byte between them.

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use leads::ports::StageQueue;
use leads::row::Row;

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
    let expected: Vec<String> = (0..bodies.len())
        .filter(|position| !names_the_lead(&bodies[*position]))
        .map(|position| format!("m-{position}"))
        .collect();
    assert_eq!(failed, expected, "exactly those that name no lead fail");
    if expected.len() == bodies.len() {
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

/// By the contract: a JSON object with these three, once each, and whatever else.
fn names_the_lead(body: &str) -> bool {
    let Ok(serde_json::Value::Object(message)) = serde_json::from_str(body) else { return false };
    let once = |name: &str| body.matches(&format!("\"{name}\"")).count() <= 1;
    message["v"] == 1
        && message["lead_id"] == LEAD
        && message["version"].is_u64()
        && ["v", "lead_id", "version"].into_iter().all(once)
}
