use std::future::Future;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::id::{ClaimKey, FormId};
use crate::lead::{Count, LeadState};
use crate::ports::Guard;
use crate::row::{Claim, Event, Idempotency, Open};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn world() -> World {
    World::new(at(0), [queue()])
}

fn queue() -> Queue {
    Queue::parse("sales").unwrap()
}

fn lead(id: &str) -> LeadId {
    LeadId::parse(id).unwrap()
}

/// Calls here are over at once.
fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

fn state(id: &str) -> LeadState {
    LeadState::received(lead(id), at(0))
}

fn claim(owner: &str, expires_at: i64) -> Row {
    Row::Claim(Claim { key: ClaimKey::of(b"pepper", "email", "a@b.example"), owner: lead(owner), expires_at })
}

fn refused(world: &World, writes: &[Write]) -> Vec<(usize, Option<Row>)> {
    match now_or_never(world.commit(writes)) {
        Ok(()) => Vec::new(),
        Err(CommitError::Conflict(refused)) => refused,
        Err(CommitError::Port(error)) => panic!("{error}"),
    }
}

#[test]
fn guards_hold_or_not() {
    let stored_state = Row::State(state("ld_1"));
    let next = Row::State(LeadState { version: 2, ..state("ld_1") });
    let idempotency = |expires_at| {
        let pk = RowKey::idempotency(&FormId::parse("contact").unwrap(), "k").pk;
        Row::Idempotency(Idempotency { pk, fingerprint: "f".into(), lead_id: lead("ld_1"), expires_at })
    };
    let free_for = |owner: &str, now| Guard::FreeFor { owner: lead(owner), now };
    let expired = |now| Guard::AbsentOrExpired { now };
    let rows: Vec<(&str, Option<Row>, Row, Guard, bool)> = vec![
        ("absent", None, stored_state.clone(), Guard::Absent, true),
        ("there", Some(stored_state.clone()), stored_state.clone(), Guard::Absent, false),
        ("to be replaced", Some(stored_state.clone()), stored_state.clone(), Guard::Present, true),
        ("gone", None, stored_state.clone(), Guard::Present, false),
        ("the version read", Some(stored_state.clone()), next.clone(), Guard::Version(1), true),
        ("an older version", Some(next.clone()), next.clone(), Guard::Version(1), false),
        ("a version of nothing", None, next, Guard::Version(1), false),
        ("a new key", None, idempotency(60), expired(10), true),
        ("a live key", Some(idempotency(60)), idempotency(99), expired(59), false),
        ("an expired key that TTL has left", Some(idempotency(60)), idempotency(99), expired(60), true),
        ("a row without an expiry", Some(stored_state.clone()), stored_state, expired(i64::MAX), false),
        ("a free claim", None, claim("ld_1", 60), free_for("ld_1", 10), true),
        ("one's own claim", Some(claim("ld_1", 60)), claim("ld_1", 99), free_for("ld_1", 10), true),
        ("another's claim", Some(claim("ld_2", 60)), claim("ld_1", 99), free_for("ld_1", 10), false),
        ("another's expired claim", Some(claim("ld_2", 60)), claim("ld_1", 99), free_for("ld_1", 60), true),
    ];
    for (what, stored, row, guard, holds) in rows {
        let world = world();
        stored.iter().for_each(|row| world.put(row.clone()));
        let expected = if holds { Vec::new() } else { vec![(0, stored)] };
        assert_eq!(refused(&world, &[Write::guarded(row, guard)]), expected, "{what}");
    }
}

#[test]
fn a_transaction_writes_all_or_nothing_and_names_what_it_met() {
    let world = world();
    world.put(claim("ld_2", 60));
    let event = |version| {
        let (lead_id, why) = (lead("ld_1"), String::new());
        Row::Event(Event { lead_id, version, at: at(0), actor: "clean".into(), what: "held".into(), why })
    };
    world.put(event(7));
    let writes = [
        Write::new(Row::State(state("ld_1"))),
        Write::guarded(claim("ld_1", 99), Guard::FreeFor { owner: lead("ld_1"), now: 0 }),
        Write::new(event(7)),
    ];
    let before = world.rows();
    assert_eq!(refused(&world, &writes), vec![(1, Some(claim("ld_2", 60))), (2, Some(event(7)))]);
    assert_eq!(world.rows(), before);
    world.put(claim("ld_1", 60));
    assert_eq!(refused(&world, &[writes[0].clone(), writes[1].clone(), Write::new(event(8))]), vec![]);
    assert_eq!(world.rows().len(), 4);
    // DynamoDB refuses one row twice in a transaction, whatever the conditions.
    let twice = now_or_never(world.commit(&[Write::new(event(9)), Write::new(event(9))]));
    assert!(matches!(twice, Err(CommitError::Port(PortError::Refused { .. }))));
}

#[test]
fn numbers_of_open_leads_change_with_the_rows_or_not_at_all() {
    let world = world();
    let place = || Place::Owner("li.na".into());
    let write = |version, by, below| {
        let counts = vec![Count { place: place(), by, below }];
        Write { counts, ..Write::guarded(Row::State(LeadState { version, ..state("ld_1") }), Guard::Absent) }
    };
    let open = || now_or_never(world.open(&[place()])).unwrap().remove(&place()).unwrap();
    assert_eq!(refused(&world, &[write(1, 1, Some(1))]), vec![]);
    assert_eq!(open(), 1);
    // Behind the writes come the numbers.
    let stored = || Some(Row::Open(Open { pk: "owner#li.na".into(), open: 1 }));
    let other = Write { counts: write(1, 1, Some(1)).counts, ..Write::new(Row::State(state("ld_2"))) };
    assert_eq!(refused(&world, std::slice::from_ref(&other)), vec![(1, stored())]);
    assert_eq!((open(), world.states().len()), (1, 1));
    // A condition of the row's own that does not hold leaves them as they are.
    assert_eq!(refused(&world, &[write(1, -1, None)]), vec![(0, Some(Row::State(state("ld_1"))))]);
    assert_eq!(open(), 1);
    let freed = Write { guard: Guard::Present, ..write(2, -1, None) };
    assert_eq!(refused(&world, &[freed, Write { counts: Vec::new(), ..other }]), vec![]);
    assert_eq!(open(), 0);
    let turns = [(); 3].map(|()| now_or_never(world.turn(&queue())).unwrap());
    assert_eq!(turns, [1, 2, 3]);
}

#[test]
fn timed_work_is_found_by_its_time_and_after_the_lag() {
    let world = world().with_index_lag(SignedDuration::from_secs(5));
    let due = |world: &World, now| {
        let shard = state("ld_1").due_shard();
        let due = now_or_never(world.due(shard, None, at(now), 10)).unwrap();
        due.into_iter().map(|entry| entry.lead_id).collect::<Vec<_>>()
    };
    world.put(Row::State(state("ld_1"))); // due after a minute
    assert_eq!(due(&world, 60), vec![]);
    world.set_now(at(5));
    assert_eq!(due(&world, 59), vec![]);
    assert_eq!(due(&world, 60), vec![lead("ld_1")]);
    world.put(Row::State(LeadState { watch_at: None, version: 2, ..state("ld_1") }));
    assert_eq!(due(&world, 60), vec![lead("ld_1")]);
    world.set_now(at(10));
    assert_eq!(due(&world, 60), vec![]);
}

#[test]
fn a_standard_queue_delivers_until_acknowledged_and_at_most_sixteen_times() {
    let world = world();
    let receive = || world.receive(StageQueue::Score, 10);
    world.enqueue(StageQueue::Score, "a");
    let first = receive();
    assert_eq!((first[0].body.as_str(), first[0].receive_count), ("a", 1));
    world.set_now(at(59));
    assert_eq!(receive(), vec![]);
    world.set_now(at(60));
    let second = receive();
    assert_eq!((&second[0].message_id, second[0].receive_count), (&first[0].message_id, 2));
    // The first receipt has lapsed; the second one can postpone, then delete.
    assert!(!world.acknowledge(StageQueue::Score, &first[0].receipt));
    now_or_never(world.postpone(StageQueue::Score, &second[0].receipt, 900)).unwrap();
    assert_eq!(world.next_visible(StageQueue::Score), Some(at(960)));
    assert!(now_or_never(world.postpone(StageQueue::Score, &first[0].receipt, 900)).is_err());
    assert!(world.acknowledge(StageQueue::Score, &second[0].receipt));
    assert_eq!(world.depth(StageQueue::Score), Depth::default());

    world.enqueue(StageQueue::Score, "b");
    for count in 1..=16 {
        assert_eq!(receive()[0].receive_count, count);
        world.set_now(world.now() + SignedDuration::from_secs(60));
    }
    assert_eq!(receive(), vec![]);
    assert_eq!(world.depth(StageQueue::Score), Depth { visible: 0, hidden: 0, dead: 1 });
    assert_eq!(world.dead(StageQueue::Score), ["b"]);

    world.enqueue(StageQueue::Score, "c");
    world.double(StageQueue::Score);
    let both = receive();
    assert_eq!(both.len(), 2);
    assert_eq!(both[0].message_id, both[1].message_id);
    assert_ne!(both[0].receipt, both[1].receipt);
}

fn to_sales(group: &str, dedup: &str, body: &str) -> Outgoing {
    let to = Destination::Sales { queue: queue(), group: lead(group), dedup: dedup.into() };
    Outgoing { to, body: body.into() }
}

fn sent(world: &World, messages: &[Outgoing]) -> Result<Vec<Result<(), String>>, String> {
    let sent = now_or_never(world.send(&messages.iter().collect::<Vec<_>>())).map_err(|error| error.to_string())?;
    Ok(sent.into_iter().map(|entry| entry.map_err(|refused| refused.code)).collect())
}

#[test]
fn a_fifo_queue_swallows_copies_for_five_minutes_from_the_first() {
    let world = world();
    let send = |dedup: &str, group: &str| sent(&world, &[to_sales(group, dedup, "x")]).unwrap();
    send("d-1", "ld_1");
    world.set_now(at(240));
    send("d-1", "ld_1");
    send("d-1", "ld_2"); // deduplication is within a group
    assert_eq!(world.delivered(&queue()).len(), 2);
    world.set_now(at(299));
    send("d-1", "ld_1");
    assert_eq!(world.delivered(&queue()).len(), 2);
    world.set_now(at(300));
    send("d-1", "ld_1");
    assert_eq!(world.delivered(&queue()).len(), 3);
}

#[test]
fn a_fifo_queue_keeps_a_lead_in_order() {
    let world = world();
    for (group, dedup) in [("ld_1", "a"), ("ld_1", "b"), ("ld_2", "c")] {
        sent(&world, &[to_sales(group, dedup, dedup)]).unwrap();
    }
    let bodies = |received: &[Received]| received.iter().map(|message| message.body.clone()).collect::<Vec<_>>();
    let first = world.receive_sales(&queue(), 1);
    assert_eq!(bodies(&first), ["a"]);
    // While `a` is hidden, `b` waits behind it.
    assert_eq!(bodies(&world.receive_sales(&queue(), 10)), ["c"]);
    assert!(world.acknowledge_sales(&queue(), &first[0].receipt));
    assert_eq!(bodies(&world.receive_sales(&queue(), 10)), ["b"]);
    world.set_now(at(60));
    assert_eq!(bodies(&world.receive_sales(&queue(), 10)), ["b", "c"]);
    assert_eq!(world.receive_sales(&Queue::parse("nobody").unwrap(), 10), vec![]);
}

#[test]
fn what_sqs_does_not_take() {
    let stage = |body: &str| Outgoing { to: Destination::Stage(StageQueue::Clean), body: body.into() };
    let refused = |code: &str| Err(code.to_owned());
    let entries = [
        ("text", stage("a\t\n\r \u{d7ff}\u{e000}\u{fffd}\u{10000}\u{10ffff}"), Ok(())),
        ("nothing", stage(""), refused("MissingParameter")),
        ("a control", stage("a\u{1}"), refused("InvalidMessageContents")),
        ("a delete", stage("a\u{7f}"), Ok(())),
        ("a non-character", stage("a\u{fffe}"), refused("InvalidMessageContents")),
    ];
    for (what, message, expected) in entries {
        assert_eq!(sent(&world(), &[message]), Ok(vec![expected]), "{what}");
    }
    assert_eq!(sent(&world(), &[to_sales("ld_1", "", "x")]), Ok(vec![refused("InvalidParameterValue")]));
    let long = "x".repeat(600 * 1024);
    let elsewhere = Outgoing {
        to: Destination::Sales { queue: Queue::parse("nobody").unwrap(), group: lead("ld_1"), dedup: "d".into() },
        body: "x".into(),
    };
    let batches = [
        ("none", vec![], Ok(0)),
        ("ten", vec![stage("x"); 10], Ok(10)),
        ("eleven", vec![stage("x"); 11], Err("TooManyEntriesInBatchRequest")),
        ("1.2 MB", vec![stage(&long), stage(&long)], Err("BatchRequestTooLong")),
        ("two queues", vec![stage("x"), to_sales("ld_1", "d", "x")], Err("a batch goes to one queue")),
        ("no such queue", vec![elsewhere], Err("QueueDoesNotExist")),
    ];
    for (what, messages, expected) in batches {
        let sent = sent(&world(), &messages).map(|entries| entries.len());
        let expected = expected.map_err(|why| format!("sqs:SendMessage refused the request: {why}"));
        assert_eq!(sent, expected, "{what}");
    }
}
