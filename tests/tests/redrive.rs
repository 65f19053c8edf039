//! The redrive drill: leads get stuck before every function and before their consumer, the cause is mended, and their
//! dead letters go back, by a redrive that is killed at every step and run again. Each lead ends once, told once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures::executor::block_on;
use jiff::SignedDuration;
use leadctl::erasure;
use leadctl::redriving::{Redriven, redrive};
use leads::id::{LeadId, Queue};
use leads::lead::{LeadState, Stage};
use leads::ledger::Ledger;
use leads::memory::{MOST_RECEIVES, World};
use leads::ports::{AnyQueue, DeleteRows, StageQueue};
use leads::row::{Row, RowKey, StoredSubmission};
use leads::submission::{Encoding, parse};
use serde_json::{Value, json};
use support::Call;
use tests::faults::{Fault, Plan};
use tests::functions;
use tests::rule_sets::RULES;
use tests::stack::{Mode, Stack, batch_of};

/// How many leads get stuck before `clean`, `score`, `route` and the consumer of their sales queue.
type Stuck = [usize; 4];

/// The drill's fifty.
const FIFTY: Stuck = [13, 12, 12, 13];

/// Enough for every step that a redrive has.
const EIGHT: Stuck = [2, 2, 2, 2];

/// A hot lead of its own person, to the sales of East China.
fn hot(n: usize) -> Value {
    json!({
        "form_id": "contact",
        "contact": {"name": format!("Chen {n}"), "email": format!("chen@presses{n}.example")},
        "company": {"name": format!("Presses {n}"), "size": 1200, "country": "CN", "province": "Zhejiang"},
        "interest": {"horizon": "immediate", "message": "Two presses, please."},
        "source": {"channel": "website"},
        "consent": {"purpose": "sales_contact", "text_version": "2026-01"},
        "tags": {"identity": ["decision_maker"], "interaction": [{"kind": "demo_request"}]}
    })
}

fn east() -> Queue {
    Queue::parse("sales-cn-east").unwrap()
}

/// The queues in which leads get stuck.
fn queues() -> Vec<AnyQueue> {
    StageQueue::ALL.into_iter().map(AnyQueue::Stage).chain([AnyQueue::Sales(east())]).collect()
}

/// Every message that is visible now through its function, and acknowledged unless that failed.
fn work_off(world: &World, queue: StageQueue) {
    let call = Call { now: world.now(), deadline: world.now() + SignedDuration::from_secs(10) };
    loop {
        let messages = world.receive(queue, 10);
        if messages.is_empty() {
            return;
        }
        let event = batch_of(&messages);
        let answer = block_on(async {
            match queue {
                StageQueue::Clean => {
                    functions::clean(event, world, clean::Settings { rules: &RULES, pepper: b"pepper" }, call).await
                }
                StageQueue::Score => functions::score(event, world, &RULES, call).await,
                StageQueue::Route => functions::route(event, world, &RULES, call).await,
            }
        });
        let failed = answer.unwrap().batch_item_failures;
        for message in messages {
            if !failed.iter().any(|failure| failure.item_identifier == message.message_id) {
                world.acknowledge(queue, &message.receipt);
            }
        }
    }
}

/// A stack of which each lead's message is a dead letter. Before the functions, the leads' states were lost, as after a
/// bad restore, and are now back; before the consumer, it received and never deleted.
fn poisoned(stuck: Stuck, faults: &[(usize, Fault)]) -> Stack {
    let stack = Stack::new(Mode::Apart, Plan::new(faults.iter().copied()));
    let (world, at) = (&stack.world, stack.world.now());
    let leads: Vec<LeadId> = (0..stuck.iter().sum()).map(|n| LeadId::parse(format!("ld_{n:02}")).unwrap()).collect();
    for (n, lead_id) in leads.iter().enumerate() {
        let submission = parse(hot(n).to_string().as_bytes(), Encoding::Json).unwrap().submission;
        world.put(Row::State(LeadState::received(lead_id.clone(), at)));
        world.put(Row::Submission(StoredSubmission { lead_id: lead_id.clone(), at, submission }));
        let body = json!({"v": 1, "lead_id": lead_id.as_str(), "version": 1}).to_string();
        world.enqueue(StageQueue::Clean, body);
    }
    let mut lost: Vec<Row> = Vec::new();
    let mut first = 0;
    for (queue, count) in StageQueue::ALL.into_iter().zip(stuck) {
        for lead in &leads[first..first + count] {
            let key = RowKey::state(lead);
            lost.push(world.rows().into_iter().find(|row| row.key() == key).unwrap());
            block_on(world.delete(&key)).unwrap();
        }
        first += count;
        work_off(world, queue);
    }
    for _ in 0..=MOST_RECEIVES {
        world.set_now(world.now() + SignedDuration::from_secs(61));
        StageQueue::ALL.into_iter().for_each(|queue| work_off(world, queue));
        world.receive_sales(&east(), usize::MAX);
    }
    assert_eq!(dead(world), stuck);
    lost.into_iter().for_each(|row| world.put(row));
    stack
}

fn dead(world: &World) -> [usize; 4] {
    let [clean, score, route] = StageQueue::ALL.map(|queue| world.depth(queue).dead);
    [clean, score, route, world.dead_sales(&east()).len()]
}

/// Starts `leadctl redrive` over all queues; what came of it, if it came to its end.
fn start_redrive(stack: &Stack) -> Rc<Cell<Option<Redriven>>> {
    let done: Rc<Cell<Option<Redriven>>> = Rc::default();
    let (world, told) = (Rc::clone(&stack.world), Rc::clone(&done));
    stack.start(async move |ports, _| {
        let mut all = Redriven::default();
        for (queue, most) in queues().iter().zip(dead(&world)) {
            let Ok(one) = redrive(queue, &ports, most as u64, || world.now(), |_| {}).await else { return };
            all.moved += one.moved;
            all.erased += one.erased;
            all.too_young += one.too_young;
        }
        told.set(Some(all));
    });
    done
}

/// Runs it until it comes to its end.
fn redrive_for_good(stack: &mut Stack) -> Redriven {
    for _ in 0..6 {
        let done = start_redrive(stack);
        stack.settle().unwrap();
        if let Some(redriven) = done.get() {
            return redriven;
        }
        // What it had received is hidden for a while.
        stack.pass(SignedDuration::from_secs(61));
    }
    panic!("the redrive never came to its end");
}

/// What the consumer works off, by lead: the delivery ids.
fn consumed(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    loop {
        let received = world.receive_sales(&east(), usize::MAX);
        if received.is_empty() {
            return told;
        }
        for message in received {
            let body: Value = serde_json::from_str(&message.body).unwrap();
            let text = |key: &str| body[key].as_str().unwrap().to_owned();
            told.entry(text("lead_id")).or_default().insert(format!("{} {}", text("type"), text("delivery_id")));
            assert!(world.acknowledge_sales(&east(), &message.receipt));
        }
    }
}

/// The drill with these faults; how many calls it took, and what was wrong.
fn drill(stuck: Stuck, faults: &[(usize, Fault)]) -> (usize, Vec<String>) {
    let (mut stack, count) = (poisoned(stuck, faults), stuck.iter().sum::<usize>());
    stack.pass(SignedDuration::from_mins(10));
    redrive_for_good(&mut stack);
    let calls = stack.plan.count();
    stack.pass(SignedDuration::from_mins(10));
    let again = redrive_for_good(&mut stack);

    let mut wrong = Vec::new();
    let mut differs = |what: &str, same: bool| wrong.extend((!same).then(|| what.to_owned()));
    differs("dead letters are left", dead(&stack.world) == [0; 4]);
    differs(
        "the second redrive found something, though nothing had gone wrong",
        !faults.is_empty() || again == Redriven::default(),
    );
    let states = stack.world.states();
    differs(
        "not every lead is routed",
        states.len() == count && states.iter().all(|state| state.stage == Stage::Routed),
    );
    let mut ledger = Ledger::default();
    stack.world.rows().iter().for_each(|row| ledger.add(row));
    differs("the ledger does not balance", ledger.balance().differences.is_empty());
    for queue in RULES.queues().iter().filter(|queue| queue.name != east()) {
        differs("another queue was told", stack.world.delivered(&queue.name).is_empty());
    }
    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    for delivered in stack.world.delivered(&east()) {
        *sent.entry(delivered.group.to_string()).or_default() += 1;
    }
    // A letter that is redriven ten minutes late finds a lead that the sweep has brought on meanwhile: whether sales heard
    // of it is not known any more, so that it is told again, under the same delivery id.
    let most = if faults.is_empty() { 1 } else { 2 };
    let first = stuck[..3].iter().sum();
    let few = (0..first).all(|n| (1..=most).contains(&sent[&format!("ld_{n:02}")]));
    differs("a lead that was stuck before a function was sent to sales more often than needed", few);
    let told = consumed(&stack.world);
    differs("a lead never reached its consumer", told.len() == count);
    differs("a lead was told under two delivery ids", told.values().all(|ids| ids.len() == 1));
    (calls, wrong)
}

#[test]
fn fifty_leads_are_redriven() {
    assert_eq!(drill(FIFTY, &[]).1, Vec::<String>::new());
}

#[test]
fn every_fault_at_every_step() {
    let (calls, _) = drill(EIGHT, &[]);
    for number in 1..=calls {
        for fault in Fault::ALL {
            let (_, wrong) = drill(EIGHT, &[(number, fault)]);
            assert_eq!(wrong, Vec::<String>::new(), "{fault:?} at call {number} of {calls}");
        }
    }
}

/// Each kind of fault in turn.
#[test]
#[ignore = "takes minutes"]
fn fifty_leads_are_redriven_whatever_goes_wrong() {
    let (calls, _) = drill(FIFTY, &[]);
    for number in 1..=calls {
        let fault = Fault::ALL[number % Fault::ALL.len()];
        let (_, wrong) = drill(FIFTY, &[(number, fault)]);
        assert_eq!(wrong, Vec::<String>::new(), "{fault:?} at call {number} of {calls}");
    }
}

/// A FIFO queue takes what comes within five minutes for a copy, and drops it.
#[test]
fn a_fresh_dead_letter_of_sales_is_left_for_later() {
    let mut stack = poisoned(FIFTY, &[]);
    let redriven = redrive_for_good(&mut stack);
    assert_eq!((redriven.moved, redriven.too_young), (37, 13));
    assert_eq!(dead(&stack.world), [0, 0, 0, 13]);
    stack.pass(SignedDuration::from_mins(10));
    assert_eq!(redrive_for_good(&mut stack).moved, 13);
    assert_eq!(consumed(&stack.world).len(), 50);
}

/// A dead letter that holds an erased lead does not follow `lead.erased`.
#[test]
fn an_erased_lead_does_not_come_back() {
    let mut stack = poisoned(FIFTY, &[]);
    let erased = ["ld_00", "ld_20", "ld_30", "ld_40"].map(|lead| LeadId::parse(lead).unwrap());
    for lead in erased.clone() {
        let world = Rc::clone(&stack.world);
        stack.start(async move |ports, _| {
            erasure::erase(&lead, &ports, &RULES, || world.now(), |_| {}).await.unwrap();
        });
    }
    stack.settle().unwrap();
    stack.pass(SignedDuration::from_mins(10));
    let redriven = redrive_for_good(&mut stack);
    assert_eq!((redriven.moved, redriven.erased), (49, 1));
    let told = consumed(&stack.world);
    for lead in &erased {
        let kinds: Vec<&str> =
            told.get(lead.as_str()).into_iter().flatten().map(|told| told.split(' ').next().unwrap()).collect();
        assert!(kinds.iter().all(|kind| *kind == "lead.erased"), "{lead}: {kinds:?}");
    }
    let gone: Vec<LeadId> =
        stack.world.states().into_iter().filter(|s| s.stage == Stage::Erased).map(|s| s.lead_id).collect();
    assert_eq!(gone, erased);
}
