//! One record, one result: what happens to a record of a batch happens to it alone.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::rc::Rc;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use leads::decision::Reason;
use leads::id::{LeadId, Queue};

use leads::lead::{LeadState, Stage};
use leads::memory::{MOST_RECEIVES, World};
use leads::message::StageMessage;
use leads::ports::{Destination, Outgoing, PortError, StageQueue};
use leads::row::Row;
use support::Call;
use support::batch::{self, Done, Failure, Job};
use support::telemetry::Outcome;
use tests::faults::{Fault, Faulty, Life, Plan};
use tests::stack::{Mode, RULES, START, Stack, batch_of};

fn now() -> Timestamp {
    START.parse().unwrap()
}

fn call() -> Call {
    Call { now: now(), deadline: now() + SignedDuration::from_secs(10) }
}

fn world() -> World {
    World::new(now(), RULES.queues().iter().map(|queue| queue.name.clone()))
}

fn body(lead: usize) -> String {
    format!(r#"{{"v":1,"lead_id":"ld_{lead}","version":1}}"#)
}

fn event(bodies: impl IntoIterator<Item = String>) -> SqsEvent {
    let mut event = SqsEvent::default();
    for (position, body) in bodies.into_iter().enumerate() {
        let mut record = SqsMessage::default();
        record.message_id = Some(format!("m-{position}"));
        record.body = Some(body);
        event.records.push(record);
    }
    event
}

fn failed(response: &SqsBatchResponse) -> BTreeSet<String> {
    response.batch_item_failures.iter().map(|failure| failure.item_identifier.clone()).collect()
}

/// Done without anything to send, as a stage finds a lead that is past it.
fn done(job: &Job) -> Done {
    Done::sending(None, Outcome::stale(&LeadState::received(job.message.lead_id.clone(), now())))
}

/// A stage's response to these bodies, where `advance` says what becomes of each lead.
fn run(event: SqsEvent, advance: impl AsyncFn(&Job) -> Result<Done, Failure>) -> SqsBatchResponse {
    block_on(batch::run(event, StageQueue::Clean, &world(), call(), advance)).unwrap()
}

/// The ways in which a record can fail.
#[derive(Clone, Copy, Debug)]
enum Class {
    /// Its body is no message.
    NoMessage,
    /// It names a lead that was never accepted.
    NoSuchLead,
    /// A call failed that may succeed next time.
    Unavailable,
    /// Others wrote the lead each time.
    Contended,
    /// The handler panicked.
    Panic,
    /// The lead cannot go on, and cannot be parked either.
    NotParked,
    /// The call that sends its message is refused.
    NotSent,
    /// Its message is the one that SQS leaves out of a batch.
    NotTaken,
}

const CLASSES: [Class; 8] = [
    Class::NoMessage,
    Class::NoSuchLead,
    Class::Unavailable,
    Class::Contended,
    Class::Panic,
    Class::NotParked,
    Class::NotSent,
    Class::NotTaken,
];

impl Class {
    /// What becomes of a record that fails this way.
    async fn fail(self, job: &Job) -> Result<Done, Failure> {
        let state = LeadState::received(job.message.lead_id.clone(), now());
        let sending = |to, body: &str| Done::sending([Outgoing { to, body: body.into() }], Outcome::stale(&state));
        let unavailable = || PortError::Unavailable { call: "dynamodb:Query", source: "a fault".into() };
        match self {
            Self::NoMessage => unreachable!("a body that is no message reaches no handler"),
            Self::NoSuchLead => batch::load(&world(), job).await.map(|_| done(job)),
            Self::Unavailable => Err(Failure::before_sending(unavailable())),
            Self::Contended => Err(batch::contended()),
            Self::Panic => panic!("on purpose"),
            Self::NotParked => Err(Failure::Hopeless { state: Box::new(state), code: "odd", why: "it is odd".into() }),
            Self::NotSent => {
                let (queue, group) = (Queue::parse("nobody").unwrap(), state.lead_id.clone());
                Ok(sending(Destination::Sales { queue, group, dedup: "d".into() }, "x"))
            }
            Self::NotTaken => Ok(sending(Destination::Stage(StageQueue::Score), "\u{0}")),
        }
    }
}

/// All 1,023 ways in which some of ten records can fail, in every way that they can; the others have something to send.
#[test]
fn exactly_the_failed_ones_are_reported() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&"on purpose") {
            told(info);
        }
    }));
    for class in CLASSES {
        for failing in 1..1024_u32 {
            let fails = |position: usize| failing >> position & 1 == 1;
            let garbled = |position| matches!(class, Class::NoMessage) && fails(position);
            let bodies = (0..10).map(|at| if garbled(at) { "not a message".to_owned() } else { body(at) });
            let response = run(event(bodies), async |job| {
                let position: usize = job.message.lead_id.as_str()["ld_".len()..].parse().unwrap();
                if fails(position) {
                    return class.fail(job).await;
                }
                let state = LeadState::received(job.message.lead_id.clone(), now()).cleaned(&[], now());
                Ok(Done::sending(StageMessage::next(&state), Outcome::stale(&state)))
            });
            let expected: BTreeSet<String> = (0..10).filter(|at| fails(*at)).map(|at| format!("m-{at}")).collect();
            assert_eq!(failed(&response), expected, "{class:?} {failing:010b}");
            assert_eq!(response.batch_item_failures.len(), expected.len(), "{class:?} {failing:010b}");
        }
    }
}

#[test]
fn responses_as_lambda_reads_them() {
    let mut one = event([body(0)]);
    one.records[0].message_id = Some("x".into());
    one.records[0].body = Some("not a message".into());
    let rows = [
        (one, r#"{"batchItemFailures":[{"itemIdentifier":"x"}]}"#),
        (event([body(0)]), r#"{"batchItemFailures":[]}"#),
        (event([]), r#"{"batchItemFailures":[]}"#),
    ];
    for (event, expected) in rows {
        let response = run(event, async |job| Ok(done(job)));
        assert_eq!(serde_json::to_string(&response).unwrap(), expected);
    }
}

#[test]
fn a_failed_record_without_an_id_fails_the_batch() {
    for id in [None, Some(String::new())] {
        let mut nameless = event([body(0), "not a message".into()]);
        nameless.records[1].message_id = id;
        let advance = async |job: &Job| Ok(done(job));
        assert!(block_on(batch::run(nameless, StageQueue::Clean, &world(), call(), advance)).is_err());
    }
}

#[test]
fn no_record_is_started_with_too_little_time() {
    let late = Call { now: now(), deadline: now() + SignedDuration::from_secs(2) };
    let never = async |_: &Job| -> Result<Done, Failure> { panic!("started") };
    let response = block_on(batch::run(event((0..2).map(body)), StageQueue::Score, &world(), late, never)).unwrap();
    assert_eq!(failed(&response), BTreeSet::from(["m-0".to_owned(), "m-1".to_owned()]));
}

/// Bodies that name no lead reach the dead-letter queue and somebody's eye, in all three stages; no lead is touched.
#[test]
fn what_names_no_lead_goes_to_the_dead_letter_queue() {
    let unknown = r#"{"v":1,"lead_id":"ld_nobody","version":1}"#;
    let later_version = r#"{"v":2,"lead_id":"ld_1","version":1}"#;
    for queue in StageQueue::ALL {
        let bodies = ["not a message", "", "{}", r#"{"v":1}"#, later_version, unknown];
        let mut stack = Stack::new(Mode::Batches, Plan::default());
        for body in bodies {
            stack.world.enqueue(queue, body);
        }
        stack.settle().unwrap();
        let dead: BTreeSet<String> = stack.world.dead(queue).into_iter().collect();
        assert_eq!(dead, bodies.map(str::to_owned).into(), "{}", queue.name());
        assert_eq!(stack.world.rows(), vec![]);
    }
}

#[test]
fn a_message_is_handed_on_so_often() {
    let world = world();
    world.enqueue(StageQueue::Clean, "x");
    for count in 1..=MOST_RECEIVES {
        let received = world.receive(StageQueue::Clean, 10);
        assert_eq!(received[0].receive_count, count);
        let records = batch_of(&received).records;
        assert_eq!(records[0].attributes["ApproximateReceiveCount"], count.to_string());
        world.set_now(world.now() + SignedDuration::from_secs(60));
    }
    assert_eq!(world.receive(StageQueue::Clean, 10), vec![]);
    assert_eq!(world.dead(StageQueue::Clean), vec!["x"]);
}

/// Of a batch that SQS took in part, the record whose message was left out comes again, alone.
#[test]
fn only_what_was_not_taken_is_sent_again() {
    let ports = Faulty::new(Rc::new(world()), Rc::new(Plan::new([(1, Fault::NotTaken)])), Rc::new(Life::default()));
    let advance = async |job: &Job| {
        let state = LeadState::received(job.message.lead_id.clone(), now());
        Ok(Done::sending(leads::message::StageMessage::next(&state), Outcome::stale(&state)))
    };
    let response = block_on(batch::run(event((0..5).map(body)), StageQueue::Clean, &ports, call(), advance)).unwrap();
    assert_eq!(failed(&response), BTreeSet::from(["m-0".to_owned()]));
}

/// A lead that cannot go on is parked with its reason, and its message acknowledged.
#[test]
fn a_hopeless_lead_is_parked() {
    let world = world();
    let state = LeadState::received(LeadId::parse("ld_0").unwrap(), now());
    world.put(Row::State(state.clone()));
    let advance = async |_: &Job| {
        Err::<Done, _>(Failure::Hopeless { state: Box::new(state.clone()), code: "odd", why: "it is odd".into() })
    };
    let response = block_on(batch::run(event([body(0)]), StageQueue::Clean, &world, call(), advance)).unwrap();
    assert_eq!(failed(&response), BTreeSet::new());
    let parked = world.rows().into_iter().find_map(|row| if let Row::State(state) = row { Some(state) } else { None });
    let parked = parked.unwrap();
    let reason = Reason { code: "odd".into(), rule: "-".into(), text: "it is odd".into() };
    assert_eq!((parked.stage, parked.reason), (Stage::Parked, Some(reason)));
}
