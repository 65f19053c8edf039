//! Bodies of forms, in both encodings, through the intake and on to sales.

use futures::FutureExt;
use leads::memory::World;
use leads::ports::StageQueue;
use leads::row::Row;
use leads::submission::{Encoding, Submission, parse};
use tests::functions;
use tests::rule_sets::RULES;

use crate::text::{assert_fit, sqs_takes};
use crate::world::{KEYS, answer, empty, now, request, step};

pub(crate) fn json(body: &[u8]) {
    posted(body, "application/json");
}

pub(crate) fn form(body: &[u8]) {
    posted(body, "application/x-www-form-urlencoded");
}

fn posted(body: &[u8], media_type: &str) {
    let world = empty();
    let event = request("POST /v1/leads", "/v1/leads", &[("content-type", media_type)], body).unwrap();
    let settings = intake::Settings { rules: &RULES, keys: &KEYS };
    let moment = intake::Moment { now: now(), entropy: &|| [7; 16], has_time: &|| true };
    let response = functions::intake(&event, &world, settings, moment).now_or_never().unwrap();
    match answer(response) {
        (202 | 303, _) => accepted(&world),
        (400 | 413 | 422, _) => assert!(world.rows().is_empty(), "a refused body was stored"),
        other => panic!("undocumented: {other:?}"),
    }
}

fn accepted(world: &World) {
    let submission = world.rows().into_iter().find_map(|row| match row {
        Row::Submission(stored) => Some(stored.submission),
        _ => None,
    });
    let submission = submission.expect("an accepted submission is stored");
    let stored = serde_json::to_string(&submission).unwrap();
    assert_fit(&serde_json::from_str(&stored).unwrap(), &["message"]);
    assert_eq!(serde_json::from_str::<Submission>(&stored).unwrap(), submission, "the row reads back");
    assert_eq!(parse(stored.as_bytes(), Encoding::Json).unwrap().submission, submission, "normalised twice");

    StageQueue::ALL.into_iter().for_each(|queue| step(world, queue));
    for message in RULES.queues().iter().flat_map(|queue| world.delivered(&queue.name)) {
        assert!(message.body.chars().all(sqs_takes), "SQS refuses {:?}", message.body);
        assert_fit(&serde_json::from_str(&message.body).unwrap(), &["message"]);
    }
}
