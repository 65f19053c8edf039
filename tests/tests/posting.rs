//! A batch of submissions for which time runs out: what is stored is told as stored, and the rest comes again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::cell::Cell;

use aws_lambda_events::encodings::Body;
use futures::executor::block_on;
use jiff::Timestamp;
use leads::memory::World;
use leads::ports::StageQueue;
use leads::signature::SigningKeys;
use serde_json::{Value, json};
use tests::functions;
use tests::requests::Signer;
use tests::rule_sets::RULES;
use tests::scenarios::hot;
use tests::stack::START;

const POSTED: usize = 25;

/// Posts the batch, while there is time for so many more calls; the status of each submission, and whether it was there.
fn post(world: &World, time_for: usize) -> Vec<(u64, bool)> {
    let now: Timestamp = START.parse().unwrap();
    let lead = |n: usize| {
        let mut lead = hot();
        lead["contact"] = json!({"name": "Chen", "email": format!("chen{n}@weida-presses.example")});
        lead
    };
    let body = json!({ "leads": (0..POSTED).map(lead).collect::<Vec<Value>>() }).to_string();
    let keys = SigningKeys::new("secret of this test", None);
    let signer = Signer { keys: &keys, principal: "partner-hub", id: "msg_1", at: now };
    let event = signer.request("POST /v1/leads/batch", "/v1/leads/batch", &body);
    let left = Cell::new(time_for);
    let has_time = || {
        let had = left.get();
        left.set(had.saturating_sub(1));
        had > 0
    };
    let moment = intake::Moment { now, entropy: &|| [0; 16], has_time: &has_time };
    let response = block_on(functions::intake(&event, world, intake::Settings { rules: &RULES, keys: &keys }, moment));
    assert_eq!(response.status_code, 200);
    let Some(Body::Text(text)) = response.body else { return Vec::new() };
    let answer: Value = serde_json::from_str(&text).unwrap();
    let told = |result: &Value| (result["status"].as_u64().unwrap(), result["replayed"] == true);
    answer["results"].as_array().unwrap().iter().map(told).collect()
}

#[test]
fn a_batch_is_answered_in_part_when_time_runs_out() {
    let world = World::new(START.parse().unwrap(), RULES.queues().iter().map(|queue| queue.name.clone()));
    // Time for ten to be stored, and not for their messages.
    let first = post(&world, 1);
    assert_eq!(first, [vec![(202, false); 10], vec![(503, false); POSTED - 10]].concat());
    assert_eq!((world.states().len(), world.depth(StageQueue::Clean).visible), (10, 0));
    // The same request again stores the rest, and nothing twice.
    let second = post(&world, usize::MAX);
    assert_eq!(second, [vec![(202, true); 10], vec![(202, false); POSTED - 10]].concat());
    assert_eq!(world.states().len(), POSTED);
}
