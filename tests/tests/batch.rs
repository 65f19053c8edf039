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
use leads::memory::{MOST_RECEIVES, Received, World};
use leads::message::StageMessage;
use leads::ports::{Destination, LeadRows, Outgoing, PortError, StageQueue};
use leads::row::Row;
use support::Call;
use support::batch::{self, Done, Failure};
use support::telemetry::Outcome;
use tests::faults::{Fault, Faulty, Life, Plan};
use tests::rule_sets::RULES;
use tests::stack::{Mode, START, Stack, batch_of};

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
fn done(message: &StageMessage) -> Done {
    Done::sending(None, Outcome::stale(&LeadState::received(message.lead_id.clone(), now())))
}

/// A stage's response to these bodies, where `advance` says what becomes of each lead.
fn run(event: SqsEvent, advance: impl AsyncFn(&StageMessage) -> Result<Done, Failure>) -> SqsBatchResponse {
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
    async fn fail(self, message: &StageMessage) -> Result<Done, Failure> {
        let state = LeadState::received(message.lead_id.clone(), now());
        let sending = |to, body: &str| Done::sending([Outgoing { to, body: body.into() }], Outcome::stale(&state));
        let unavailable = || PortError::Unavailable { call: "dynamodb:Query", source: "a fault".into() };
        match self {
            Self::NoMessage => unreachable!("a body that is no message reaches no handler"),
            Self::NoSuchLead => batch::load(&world(), message).await.map(|_| done(message)),
            Self::Unavailable => Err(Failure::Retry(unavailable())),
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
            let response = run(event(bodies), async |message| {
                let position: usize = message.lead_id.as_str()["ld_".len()..].parse().unwrap();
                if fails(position) {
                    return class.fail(message).await;
                }
                let state = LeadState::received(message.lead_id.clone(), now()).cleaned(&[], now());
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
        let response = run(event, async |message| Ok(done(message)));
        assert_eq!(serde_json::to_string(&response).unwrap(), expected);
    }
}

#[test]
fn a_failed_record_without_an_id_fails_the_batch() {
    for id in [None, Some(String::new())] {
        let mut nameless = event([body(0), "not a message".into()]);
        nameless.records[1].message_id = id;
        let advance = async |message: &StageMessage| Ok(done(message));
        assert!(block_on(batch::run(nameless, StageQueue::Clean, &world(), call(), advance)).is_err());
    }
}

#[test]
fn no_record_is_started_with_too_little_time() {
    let late = Call { now: now(), deadline: now() + SignedDuration::from_secs(2) };
    let never = async |_: &StageMessage| -> Result<Done, Failure> { panic!("started") };
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
    let advance = async |message: &StageMessage| {
        let state = LeadState::received(message.lead_id.clone(), now());
        Ok(Done::sending(leads::message::StageMessage::next(&state), Outcome::stale(&state)))
    };
    let response = block_on(batch::run(event((0..5).map(body)), StageQueue::Clean, &ports, call(), advance)).unwrap();
    assert_eq!(failed(&response), BTreeSet::from(["m-0".to_owned()]));
}

/// How long a record waits that has failed so often, in seconds: a minute, as long as SQS may know a copy of what an attempt
/// has sent, and eight after that. Whether the lead was read, or there was no time for it, makes no difference.
#[test]
fn pauses_between_attempts() {
    type Fails = fn() -> Failure;
    type Pauses<'a> = &'a [(u32, i64)];
    let unavailable: Fails =
        || Failure::Retry(PortError::Unavailable { call: "dynamodb:Query", source: "a fault".into() });
    let no_lead: Fails = || Failure::NoLead("no such lead".into());
    let late = Call { now: now(), deadline: now() + SignedDuration::from_secs(2) };
    let again = [(1, 60), (2, 60), (3, 60), (4, 60), (5, 60), (6, 480), (7, 480), (15, 480)];
    let rows: [(Fails, Call, Pauses<'_>); 3] =
        [(unavailable, call(), &again), (unavailable, late, &again), (no_lead, call(), &[(1, 1), (5, 1)])];
    for (fails, call, pauses) in rows {
        for (attempt, expected) in pauses {
            let world = world();
            let received = received_for_the(*attempt, &world);
            let advance = async |_: &StageMessage| Err::<Done, _>(fails());
            let response = block_on(batch::run(batch_of(&received), StageQueue::Clean, &world, call, advance));
            assert_eq!(failed(&response.unwrap()).len(), 1);
            assert_eq!(pause(&world), *expected, "{}, attempt {attempt}", fails());
        }
    }
}

/// A message to `clean`, which has failed so often before.
fn received_for_the(attempt: u32, world: &World) -> Vec<Received> {
    world.enqueue(StageQueue::Clean, body(0));
    let mut received = world.receive(StageQueue::Clean, 1);
    for _ in 1..attempt {
        world.set_now(world.next_visible(StageQueue::Clean).unwrap());
        received = world.receive(StageQueue::Clean, 1);
    }
    received
}

/// Seconds until it comes again.
fn pause(world: &World) -> i64 {
    world.next_visible(StageQueue::Clean).unwrap().duration_since(world.now()).as_secs()
}

/// Messages of these sizes to one queue, and how many calls send them: ten and 1,000,000 bytes to each.
#[test]
fn sends_are_batched() {
    let rows: [(&[usize], usize); 9] = [
        (&[], 0),
        (&[1], 1),
        (&[1; 10], 1),
        (&[1; 11], 2),
        (&[1; 21], 3),
        (&[400_000, 400_000, 200_000], 1),
        (&[400_000, 400_000, 200_001], 2),
        (&[600_000, 600_000], 2),
        (&[600_000, 600_000, 400_000, 600_000, 400_000], 3),
    ];
    for (sizes, calls) in rows {
        let plan = Rc::new(Plan::default());
        let ports = Faulty::new(Rc::new(world()), Rc::clone(&plan), Rc::new(Life::default()));
        let advance = async |message: &StageMessage| {
            let to = |size: &usize| Outgoing { to: Destination::Stage(StageQueue::Score), body: "x".repeat(*size) };
            Ok(Done { outgoing: sizes.iter().map(to).collect(), ..done(message) })
        };
        let response = block_on(batch::run(event([body(0)]), StageQueue::Clean, &ports, call(), advance)).unwrap();
        assert_eq!(failed(&response), BTreeSet::new(), "{sizes:?}");
        assert_eq!(plan.calls(), vec!["send"; calls], "{sizes:?}");
    }
}

/// What becomes of a lead about which a call failed, and what the log says.
#[test]
fn failed_calls_are_sorted() {
    let state = LeadState::received(LeadId::parse("ld_0").unwrap(), now());
    let sorted = |error| match Failure::about(&state, error) {
        Failure::Retry(_) => "again".to_owned(),
        Failure::Hopeless { state, code, why } => format!("{}, {code}: {why}", state.lead_id),
        Failure::NoLead(why) => why,
    };
    let source = std::io::Error::other("the cause");
    let unavailable = PortError::Unavailable { call: "dynamodb:Query", source: Box::new(source) };
    let line = Failure::Retry(PortError::Corrupt { row: "state".into(), why: "torn".into() }).to_string();
    assert_eq!(line, "the row `state` cannot be read: torn");
    assert_eq!(batch::error_chain(&unavailable), "dynamodb:Query is unavailable: the cause");
    assert_eq!(sorted(unavailable), "again");
    let refused = PortError::Refused { call: "dynamodb:Query", why: "no such table".into() };
    assert_eq!(sorted(refused), "ld_0, call-refused: dynamodb:Query refused the request: no such table");
    let corrupt = PortError::Corrupt { row: "state".into(), why: "torn".into() };
    assert_eq!(sorted(corrupt), "ld_0, row-unreadable: the row `state` cannot be read: torn");
    assert!(matches!(batch::contended(), Failure::Retry(_)));
    let rows = LeadRows { state: state.clone(), submission: Err("it is torn".into()), corrections: Vec::new() };
    let why = batch::submission(&rows).map(drop).unwrap_err();
    assert!(matches!(&why, Failure::Hopeless { code: "submission-unreadable", .. }));
    assert_eq!(why.to_string(), "it is torn");
}

/// A lead that is to be parked and has moved on meanwhile: by our own write, whose answer was lost, or by another one.
#[test]
fn a_parked_lead_that_moved_on() {
    let read = LeadState::received(LeadId::parse("ld_0").unwrap(), now());
    let reason = Reason { code: "odd".into(), rule: "-".into(), text: "it is odd".into() };
    for (stored, reported) in [(read.parked(reason, now()), false), (read.cleaned(&[], now()), true)] {
        let world = world();
        world.put(Row::State(stored.clone()));
        let advance = async |_: &StageMessage| {
            Err::<Done, _>(Failure::Hopeless { state: Box::new(read.clone()), code: "odd", why: "it is odd".into() })
        };
        let response = block_on(batch::run(event([body(0)]), StageQueue::Clean, &world, call(), advance)).unwrap();
        assert_eq!(!failed(&response).is_empty(), reported, "{:?}", stored.stage);
        assert_eq!(world.states(), [stored]);
    }
}

/// A lead that cannot go on is parked with its reason, and its message acknowledged.
#[test]
fn a_hopeless_lead_is_parked() {
    let world = world();
    let state = LeadState::received(LeadId::parse("ld_0").unwrap(), now());
    world.put(Row::State(state.clone()));
    let advance = async |_: &StageMessage| {
        Err::<Done, _>(Failure::Hopeless { state: Box::new(state.clone()), code: "odd", why: "it is odd".into() })
    };
    let response = block_on(batch::run(event([body(0)]), StageQueue::Clean, &world, call(), advance)).unwrap();
    assert_eq!(failed(&response), BTreeSet::new());
    let parked = world.rows().into_iter().find_map(|row| if let Row::State(state) = row { Some(state) } else { None });
    let parked = parked.unwrap();
    let reason = Reason { code: "odd".into(), rule: "-".into(), text: "it is odd".into() };
    assert_eq!((parked.stage, parked.reason), (Stage::Parked, Some(reason)));
}
