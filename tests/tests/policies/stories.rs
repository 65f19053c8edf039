//! What the functions do, all of it that takes a right: the simulator's stories and some of its histories, the sample
//! leads with their accounts, and what a desk reads.

use std::collections::BTreeSet;

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use leadctl::accounts_file;
use leads::lead::Stage;
use leads::ports::{Commit, DeleteRows, Solved, StageQueue, Write};
use leads::row::RowKey;
use leads::rules::RuleSet;
use leads::signature::SigningKeys;
use serde_json::{Value, json};
use support::Call;
use tests::faults::{Fault, Outage, Plan};
use tests::functions;
use tests::histories::History;
use tests::requests::Signer;
use tests::rule_sets::{RULES, Room};
use tests::runs::Run;
use tests::scenarios::{SCENARIOS, cold, doubtful, hot};
use tests::stack::{Mode, START, Stack};

/// Plays all of it.
pub(crate) fn play() {
    for scenario in SCENARIOS {
        Run::plain(scenario, Mode::Batches).play();
    }
    for seed in 0..30 {
        History::of(seed).play();
    }
    samples();
    unreadable();
    away();
    desk();
    handed_on();
    captcha();
    night();
    for queue in StageQueue::ALL {
        no_message(queue);
    }
}

fn keys() -> SigningKeys {
    SigningKeys::new("secret of this test", None)
}

fn checkout(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The samples end in every queue that leads are routed to; then each is delivered once more, as when SQS was away.
fn samples() {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let accounts = accounts_file::read(checkout("infra/samples/accounts.csv").as_bytes(), &BTreeSet::new());
    accounts.accounts.iter().flat_map(|account| account.rows()).for_each(|row| stack.world.put(row));
    let samples: Vec<Value> = serde_json::from_str(&checkout("infra/samples/leads.json")).unwrap();
    for sample in &samples {
        let (name, lead) = (sample["name"].as_str().unwrap(), &sample["lead"]);
        match sample["signed_by"].as_str() {
            None => _ = stack.post(lead, Some(name)),
            Some(principal) => {
                let (keys, at) = (keys(), stack.world.now());
                let signer = Signer { keys: &keys, principal, id: name, at };
                intake(&stack, &signer.request("POST /v1/leads", "/v1/leads", &lead.to_string()), &RULES);
            }
        }
    }
    stack.settle().unwrap();
    for state in stack.world.states().iter().filter(|state| state.assignment.is_some()) {
        let next = state.delivery_unknown(stack.world.now());
        block_on(stack.world.commit(&[Write::after(state, next)])).unwrap();
    }
    stack.settle().unwrap();
}

/// A lead that somebody has in their list cannot be read when it is touched, nor when a person lets it go on: it is parked,
/// and takes up no place.
fn unreadable() {
    let mut stack = Stack::new(Mode::Batches, Plan::default()).with_room(Room::Much);
    let lead = stack.post(&hot(), None);
    stack.settle().unwrap();
    let lead = lead.lead_id().unwrap();
    block_on(stack.world.delete(&RowKey::submission(&lead))).unwrap();
    stack.post(&cold(), None);
    stack.settle().unwrap();
    let stands = |stack: &Stack| stack.world.states().into_iter().find(|state| state.lead_id == lead).unwrap().stage;
    assert_eq!(stands(&stack), Stage::Parked);
    let release = json!({"verdict": "release", "reason": "I have mended it.", "actor": "lin"});
    let verdict = stack.verdict("telemarketing-desk", &lead, &release);
    stack.settle().unwrap();
    assert_eq!((verdict.status(), stands(&stack)), (200, Stage::Parked));
}

/// The queues are away when a lead has come so far, for so long that the sweep takes over.
fn away() {
    let until = START.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(30);
    for after in 0..12 {
        let outage = Outage { calls: &["send"], fault: Fault::Unavailable, after, until };
        let mut stack = Stack::new(Mode::Batches, Plan::outage(outage));
        stack.post(&hot(), None);
        stack.settle().unwrap();
    }
}

/// The people of a queue list their leads and read one.
fn desk() {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let lead = stack.post(&hot(), None);
    stack.settle().unwrap();
    let (keys, lead) = (keys(), lead.lead_id().unwrap().to_string());
    for (route, path, parameter) in [
        ("GET /v1/queues/{queue}/leads", "/v1/queues/sales-cn-east/leads".to_owned(), ("queue", "sales-cn-east")),
        ("GET /v1/leads/{id}", format!("/v1/leads/{lead}"), ("id", lead.as_str())),
    ] {
        let signer = Signer { keys: &keys, principal: "crm-china", id: "msg_1", at: stack.world.now() };
        let mut event = signer.request(route, &path, "");
        event.path_parameters.insert(parameter.0.into(), parameter.1.into());
        let moment = feedback::Moment { now: stack.world.now(), has_time: &|| true };
        let settings = feedback::Settings { rules: &RULES, keys: &keys };
        let answer = block_on(functions::feedback(&event, &*stack.world, settings, moment));
        assert_eq!(answer.status_code, 200, "{route}");
    }
}

/// Sales hands a lead on to a queue whose people take turns.
fn handed_on() {
    let mut stack = Stack::new(Mode::Batches, Plan::default()).with_room(Room::Much);
    let lead = stack.post(&hot(), None);
    stack.settle().unwrap();
    let answer = json!({"epoch": 1, "disposition": "too_small"});
    let answer = stack.answer("crm-china", &lead.lead_id().unwrap(), &answer);
    stack.settle().unwrap();
    assert_eq!(answer.status(), 200);
}

/// A form that asks for a captcha looks its key up first.
fn captcha() {
    let rules = tests::rule_sets::rules(|text| match text.contains("[[form]]") {
        true => text + "\n[[form]]\nid = \"guarded\"\ncaptcha_hosts = [\"www.example.com\"]\n",
        false => text,
    });
    let stack = Stack::new(Mode::Batches, Plan::default());
    let solved = Solved { success: true, hostname: Some("www.example.com".into()), action: None };
    stack.world.issue_token("token-1", solved);
    let mut lead = hot();
    lead["form_id"] = "guarded".into();
    lead["captcha_token"] = "token-1".into();
    let mut event = ApiGatewayV2httpRequest::default();
    event.route_key = Some("POST /v1/leads".into());
    event.headers.insert("content-type", "application/json".parse().unwrap());
    event.headers.insert("idempotency-key", "k-1".parse().unwrap());
    event.body = Some(lead.to_string());
    for _ in 0..2 {
        intake(&stack, &event, &rules);
    }
}

fn intake(stack: &Stack, event: &ApiGatewayV2httpRequest, rules: &RuleSet) {
    let moment = intake::Moment { now: stack.world.now(), entropy: &|| [7; 16], has_time: &|| true };
    let settings = intake::Settings { rules, keys: &keys() };
    let answer = block_on(functions::intake(event, &*stack.world, settings, moment));
    assert_eq!(answer.status_code, 202, "{:?}", answer.body);
}

/// A body that names no lead is put off until it is among the dead letters.
fn no_message(queue: StageQueue) {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    stack.post(&doubtful(), None);
    stack.world.enqueue(queue, "not a message");
    stack.settle().unwrap();
    stack.run_for(SignedDuration::from_mins(30));
    assert_eq!(stack.world.dead(queue), ["not a message"]);
}

/// The nightly audit, of a table with a lead whose state is gone.
fn night() {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let lead = stack.post(&hot(), None);
    stack.settle().unwrap();
    block_on(stack.world.delete(&RowKey::state(&lead.lead_id().unwrap()))).unwrap();
    let now = stack.world.now();
    let call = Call { now, deadline: now + SignedDuration::from_mins(15) };
    let audit = block_on(functions::reconcile(&*stack.world, &RULES, call, || now)).unwrap();
    assert!(audit.finished && audit.differences > 0, "{audit:?}");
}
