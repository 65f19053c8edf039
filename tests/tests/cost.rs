//! What leads cost in calls: the tables of `docs/scale.md` are those that the functions make.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::faults::{Billed, Plan};
use tests::scenarios::{cold, doubtful, hot};
use tests::stack::{Mode, Stack};

const FUNCTIONS: [&str; 6] = ["intake", "clean", "score", "route", "sla", "feedback"];

/// What happens first, unbilled, and what is billed.
type Path = (&'static str, fn(&mut Stack), fn(&mut Stack));

const PATHS: [Path; 10] = [
    ("routed to sales", nothing, |stack| post(stack, &hot(), "k-1")),
    ("routed, then answered in time", nothing, |stack| {
        post(stack, &hot(), "k-1");
        answer(stack);
    }),
    ("routed, both deadlines missed", nothing, |stack| {
        post(stack, &hot(), "k-1");
        stack.pass(SignedDuration::from_hours(180));
        stack.settle().unwrap();
    }),
    ("nurtured", nothing, |stack| post(stack, &cold(), "k-1")),
    ("held for telemarketing", nothing, |stack| post(stack, &doubtful(), "k-1")),
    ("refused by the rules", nothing, |stack| post(stack, &rejected(), "k-1")),
    ("merged into a nurtured lead", |stack| post(stack, &cold(), "k-1"), |stack| post(stack, &cold(), "k-2")),
    ("merged into a routed lead", |stack| post(stack, &hot(), "k-1"), |stack| post(stack, &hot(), "k-2")),
    ("the same post again", |stack| post(stack, &hot(), "k-1"), |stack| post(stack, &hot(), "k-1")),
    ("not a lead (422)", nothing, |stack| {
        let posted = stack.post(&json!({"form_id": "contact"}), Some("k-1"));
        stack.settle().unwrap();
        assert_eq!(posted.status(), 422);
    }),
];

fn nothing(_: &mut Stack) {}

fn post(stack: &mut Stack, body: &Value, key: &str) {
    let posted = stack.post(body, Some(key));
    stack.settle().unwrap();
    assert_eq!(posted.status(), 202);
}

fn answer(stack: &mut Stack) {
    let lead = stack.world.states()[0].lead_id.clone();
    let answer = stack.answer("crm-china", &lead, &json!({"epoch": 1, "disposition": "accepted"}));
    stack.settle().unwrap();
    assert_eq!(answer.status(), 200);
}

/// Somebody who tries the form out.
fn rejected() -> Value {
    let mut lead = hot();
    lead["contact"] = json!({"name": "test test", "email": "test@gmail.com"});
    lead["company"] = json!({"name": "Test"});
    lead
}

fn bill(path: &Path) -> Vec<Billed> {
    let (_, before, billed) = path;
    let mut stack = Stack::new(Mode::Apart, Plan::default().billed());
    before(&mut stack);
    let known = stack.plan.bill().len();
    billed(&mut stack);
    // The clock looks for due leads every minute, whatever there are.
    stack.plan.bill().split_off(known).into_iter().filter(|billed| billed.call != "due").collect()
}

/// USD per million, in us-east-1; `docs/scale.md` has the sources.
mod price {
    pub(super) const HTTP: f64 = 1.0;
    pub(super) const INVOCATION: f64 = 0.2;
    pub(super) const GB_SECOND: f64 = 13.333_4;
    pub(super) const STANDARD: f64 = 0.4;
    pub(super) const FIFO: f64 = 0.5;
    pub(super) const WRITE_UNIT: f64 = 0.625;
    pub(super) const READ_UNIT: f64 = 0.125;
    pub(super) const LOG_KB: f64 = 0.5;
}

/// What is taken for an invocation's share: 256 MB for 100 ms and 1 KB of logs; an HTTP request logs 0.5 KB more.
const GB_SECONDS: f64 = 0.25 * 0.1;

/// USD for a million leads on this path, if every message comes alone.
fn cost(bill: &[Billed]) -> f64 {
    let count = |calls: &[&str]| -> f64 {
        let of = bill.iter().filter(|billed| calls.contains(&billed.call));
        of.map(|billed| billed.count as f64).sum()
    };
    let functions =
        |names: &[&str]| names.iter().filter(|name| bill.iter().any(|b| b.function == **name)).count() as f64;
    let http = functions(&["intake", "feedback"]).max(1.0); // also a request that makes no call
    // A message is sent, received and deleted; what sales receives and deletes is its own.
    let standard = 3.0 * count(&["send"]);
    let invocations = http + functions(&["clean", "score", "route"]);
    // An entry of the index is deleted and put with each state, at worst of both indexes.
    let states = bill.iter().filter(|billed| billed.call == "commit" && billed.units > 0).count() as f64;
    let units = bill.iter().map(|billed| billed.units as f64).sum::<f64>() + 4.0 * states;
    let reads = count(&["lead", "account", "touches", "decision", "request"]);
    http * (price::HTTP + 0.5 * price::LOG_KB)
        + invocations * (price::INVOCATION + GB_SECONDS * price::GB_SECOND + price::LOG_KB)
        + standard * price::STANDARD
        + count(&["tell"]) * price::FIFO
        + units * price::WRITE_UNIT
        + reads * price::READ_UNIT
}

fn row(path: &Path) -> String {
    let bill = bill(path);
    let of = |function: &str| {
        let calls = bill.iter().filter(|billed| billed.function == function);
        let called = |billed: &Billed| match billed.count {
            1 => billed.call.to_owned(),
            count => format!("{} {count}", billed.call),
        };
        calls.map(called).collect::<Vec<_>>().join(", ")
    };
    let units: usize = bill.iter().map(|billed| billed.units).sum();
    let cells: Vec<String> = FUNCTIONS.iter().map(|function| of(function)).collect();
    format!("| {} | {} | {units} | {:.2} |", path.0, cells.join(" | "), cost(&bill))
}

/// The table is written by hand: a call more or less is to be seen, and priced, by whoever adds it.
#[test]
fn the_documented_calls_and_costs_are_those_that_are_made() {
    let document = include_str!("../../docs/scale.md");
    let table = document.split("<!-- calls -->").nth(1).unwrap().split("<!-- /calls -->").next().unwrap();
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let documented: Vec<String> = table.lines().filter(|line| line.starts_with('|')).skip(2).map(squeezed).collect();
    let made: Vec<String> = PATHS.iter().map(|path| squeezed(&row(path))).collect();
    assert_eq!(documented, made, "docs/scale.md");
}
