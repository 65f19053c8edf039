//! Messages that come late: each may finish what it began, and decides nothing that is another's to decide.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::rc::Rc;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use leads::decision::{Quadrant, Routed, Scored, Trace};
use leads::id::{LeadId, Queue};
use leads::lead::{LeadState, Stage};
use leads::memory::World;
use leads::row::{Decision, Row, StoredSubmission, Touch};
use leads::submission::{Encoding, parse};
use serde_json::{Value, json};
use support::Call;
use tests::faults::{Faulty, Life, Plan};
use tests::functions;
use tests::rule_sets::RULES;
use tests::scenarios::{cold, hot};
use tests::stack::{Mode, START, Stack};

const HOT: &str = r#"{
    "form_id": "contact",
    "contact": {"email": "chen.jie@weida-presses.example"},
    "company": {"size": 1200, "country": "CN", "province": "Zhejiang"},
    "source": {"channel": "website"}
}"#;

fn scored() -> Scored {
    Scored {
        intent: 90,
        value: 60,
        quadrant: Quadrant::Hot,
        mql: true,
        verdict: None,
        contributions: Vec::new(),
        account: None,
        rules_version: "r".into(),
    }
}

/// A lead that was routed on the scores of version 3, was touched before anything was sent, and is scored again as
/// version 6.
fn touched_before_it_was_sent(world: &World, now: Timestamp) -> LeadState {
    let lead_id = LeadId::parse("ld_late").unwrap();
    let submission = parse(HOT.as_bytes(), Encoding::Json).unwrap().submission;
    let queue = Queue::parse("sales-cn-east").unwrap();
    let routed = Routed {
        queue: queue.clone(),
        owner: None,
        counted: None,
        rule: "region.cn-east".into(),
        strategy: None,
        nurture: None,
        sla: None,
        trace: Trace::default(),
    };
    let first = LeadState::received(lead_id.clone(), now).cleaned(&[], now).scored(scored(), now);
    let sent = first.routed(&routed, now);
    let again = sent.touched(Vec::new(), now).scored(scored(), now);
    assert_eq!((first.entered, again.entered, again.stage), (3, 6, Stage::Scored));
    world.put(Row::Submission(StoredSubmission { lead_id: lead_id.clone(), at: now, submission: submission.clone() }));
    world.put(Row::Touch(Touch {
        master: lead_id.clone(),
        from: LeadId::parse("ld_again").unwrap(),
        at: now,
        matched_on: "email".into(),
        submission,
    }));
    world.put(Row::Decision(Decision {
        lead_id,
        epoch: 1,
        decided_at: now,
        queue,
        owner: None,
        rule: "region.cn-east".into(),
        delivery_id: sent.assignment.as_ref().unwrap().delivery_id.clone(),
        rules_version: "r".into(),
        scored: scored(),
        strategy: None,
        nurture: None,
        sla: None,
        trace: Trace::default(),
    }));
    world.put(Row::State(again.clone()));
    again
}

/// Touched on version 5, scored on version 6.
fn scored_again(sent: &LeadState, now: Timestamp) -> LeadState {
    sent.touched(Vec::new(), now).scored(scored(), now)
}

fn deliver(world: &World, versions: &[u64]) {
    deliver_to(world, world.now(), versions);
}

fn deliver_to(ports: &impl route::Ports, now: Timestamp, versions: &[u64]) {
    let mut event = SqsEvent::default();
    for version in versions {
        let mut record = SqsMessage::default();
        record.message_id = Some(format!("m-{version}"));
        record.body = Some(format!(r#"{{"v":1,"lead_id":"ld_late","version":{version}}}"#));
        event.records.push(record);
    }
    let call = Call { now, deadline: now + SignedDuration::from_secs(10) };
    let response = block_on(functions::route(event, ports, &RULES, call)).unwrap();
    assert!(response.batch_item_failures.is_empty(), "{response:?}");
}

fn told(world: &World) -> Vec<String> {
    told_to("sales-cn-east", world)
}

fn told_to(queue: &str, world: &World) -> Vec<String> {
    let delivered = world.delivered(&Queue::parse(queue).unwrap());
    let kind = |body: &str| serde_json::from_str::<Value>(body).unwrap()["type"].as_str().unwrap().to_owned();
    delivered.iter().map(|message| kind(&message.body)).collect()
}

#[test]
fn a_late_message_delivers_its_own_decision_only() {
    for order in [&[3, 6][..], &[6, 3], &[3, 3, 6]] {
        let now: Timestamp = START.parse().unwrap();
        let world = World::new(now, RULES.queues().iter().map(|queue| queue.name.clone()));
        touched_before_it_was_sent(&world, now);
        for version in order {
            deliver(&world, &[*version]);
        }
        let mut told = told(&world);
        told.sort();
        assert_eq!(told, ["lead.routed", "lead.touched"], "messages in the order {order:?}");
    }
}

#[test]
fn a_late_message_alone_leaves_the_new_scores_alone() {
    let now: Timestamp = START.parse().unwrap();
    let world = World::new(now, RULES.queues().iter().map(|queue| queue.name.clone()));
    let state = touched_before_it_was_sent(&world, now);
    deliver(&world, &[3]);
    assert_eq!(told(&world), ["lead.routed"]);
    assert!(world.rows().contains(&Row::State(state)), "the state was written");
}

/// A message that comes again sends what it led to again, unless that arrived, is the sweep's, or may be a copy by now.
#[test]
fn what_is_sent_again() {
    let now: Timestamp = START.parse().unwrap();
    let (soon, later) = (now + SignedDuration::from_mins(4), now + SignedDuration::from_mins(5));
    let (routed, touched, nothing): (&[&str], &[&str], &[&str]) = (&["lead.routed"], &["lead.touched"], &[]);
    // The state, made of a lead that was routed on version 3 and touched; the message's version, and when it comes.
    type Made = fn(&LeadState, Timestamp) -> LeadState;
    let rows: [(Made, u64, Timestamp, &[&str], bool); 9] = [
        (|sent, _| sent.clone(), 3, soon, routed, false),
        (|sent, _| sent.clone(), 2, soon, nothing, false),
        (|sent, now| sent.acknowledged(now), 3, soon, nothing, false),
        (|sent, now| sent.delivery_unknown(now), 3, soon, nothing, true),
        (|sent, _| sent.clone(), 3, later, nothing, true),
        (|sent, now| sent.touched(Vec::new(), now), 3, later, routed, false),
        (|sent, now| scored_again(sent, now).kept(now), 6, later, touched, false),
        (|sent, now| scored_again(sent, now).kept(now), 5, soon, nothing, false),
        (|sent, now| sent.erased(Vec::new(), now), 3, soon, nothing, false),
    ];
    for (case, (made, version, at, expected, unknown)) in rows.into_iter().enumerate() {
        let world = World::new(now, RULES.queues().iter().map(|queue| queue.name.clone()));
        let sent = touched_before_it_was_sent(&world, now);
        let sent = LeadState { stage: Stage::Routed, version: 4, entered: 4, scored: None, ..sent };
        let sent = LeadState { reopened_from: None, touches: 0, watch_at: None, ..sent };
        let state = made(&sent, now);
        world.put(Row::State(state.clone()));
        world.set_now(at);
        deliver(&world, &[version]);
        assert_eq!(told(&world), expected, "case {case}");
        let stands = world.states().remove(0);
        assert_eq!(stands.assignment.is_some_and(|assignment| assignment.delivery_unknown), unknown, "case {case}");
    }
}

/// One look, one write, the latest touch, and the word to sales: nothing is looked at twice.
#[test]
fn a_touch_costs_four_calls() {
    let now: Timestamp = START.parse().unwrap();
    let world = Rc::new(World::new(now, RULES.queues().iter().map(|queue| queue.name.clone())));
    touched_before_it_was_sent(&world, now);
    let plan = Rc::new(Plan::default());
    deliver_to(&Faulty::new(Rc::clone(&world), Rc::clone(&plan), Rc::new(Life::default())), now, &[6]);
    assert_eq!(plan.calls(), ["lead", "commit", "touches", "send"]);
    assert_eq!(told(&world), ["lead.touched"]);
}

/// A lead that is warmed stays there while it is cold, and leaves once it is not.
#[test]
fn a_lead_in_nurture_stays_until_it_is_ripe() {
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    for (body, in_nurture, in_sales) in [
        (cold(), &["nurture.enter"][..], &[][..]),
        (cold(), &["nurture.enter", "lead.touched"], &[]),
        (hot(), &["nurture.enter", "lead.touched", "nurture.exit"], &["lead.routed"]),
    ] {
        let mut body = body;
        body["contact"] = json!({"name": "Chen Jie", "email": "chen.jie@weida-presses.example"});
        stack.post(&body, None);
        stack.settle().unwrap();
        assert_eq!(told_to("nurture", &stack.world), in_nurture);
        assert_eq!(told(&stack.world), in_sales);
    }
}
