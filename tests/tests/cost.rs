//! What leads cost in calls and money: the tables of `docs/scale.md` are what the functions do.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use leads::id::LeadId;
use leads::lead::LeadState;
use leads::row::Row;
use serde_json::{Value, json};
use support::dynamo::to_item;
use tests::faults::{Billed, Plan};
use tests::scenarios::{cold, doubtful, hot};
use tests::stack::{Mode, Stack};

const FUNCTIONS: [&str; 6] = ["intake", "clean", "score", "route", "sla", "feedback"];

/// As many messages as an invocation gets at most.
const BATCH: usize = 10;

/// What happens first, unbilled, and what is billed; to so many leads.
type Path = (&'static str, fn(&mut Stack, usize), fn(&mut Stack, usize));

const PATHS: [Path; 10] = [
    ("routed to sales", nothing, |stack, leads| post(stack, &hot(), leads, "first")),
    ("routed, then answered in time", nothing, |stack, leads| {
        post(stack, &hot(), leads, "first");
        answer(stack);
    }),
    ("routed, both deadlines missed", nothing, |stack, leads| {
        post(stack, &hot(), leads, "first");
        stack.pass(SignedDuration::from_hours(180));
        stack.settle().unwrap();
    }),
    ("nurtured", nothing, |stack, leads| post(stack, &cold(), leads, "first")),
    ("held for telemarketing", nothing, |stack, leads| post(stack, &doubtful(), leads, "first")),
    ("refused by the rules", nothing, |stack, leads| post(stack, &rejected(), leads, "first")),
    (
        "merged into a nurtured lead",
        |stack, leads| post(stack, &cold(), leads, "first"),
        |stack, leads| post(stack, &cold(), leads, "second"),
    ),
    (
        "merged into a routed lead",
        |stack, leads| post(stack, &hot(), leads, "first"),
        |stack, leads| post(stack, &hot(), leads, "second"),
    ),
    (
        "the same post again",
        |stack, leads| post(stack, &hot(), leads, "first"),
        |stack, leads| post(stack, &hot(), leads, "first"),
    ),
    ("not a lead (422)", nothing, |stack, leads| {
        let posted: Vec<_> = (0..leads).map(|_| stack.post(&json!({"form_id": "contact"}), Some("first"))).collect();
        stack.settle().unwrap();
        assert!(posted.iter().all(|posted| posted.status() == 422));
    }),
];

fn nothing(_: &mut Stack, _: usize) {}

/// Posts leads of different people of different companies, who are all like this one, all at once.
fn post(stack: &mut Stack, lead: &Value, leads: usize, key: &str) {
    let posted: Vec<_> = (0..leads).map(|nth| stack.post(&another(lead, nth), Some(&format!("{key}-{nth}")))).collect();
    stack.settle().unwrap();
    assert!(posted.iter().all(|posted| posted.status() == 202));
}

fn another(lead: &Value, nth: usize) -> Value {
    const COMPANIES: [&str; BATCH] =
        ["Weida", "Hongda", "Lianfa", "Jinmao", "Tongli", "Beixin", "Yuanda", "Haifeng", "Qiming", "Sanhe"];
    let mut lead = lead.clone();
    let domain = lead["contact"]["email"].as_str().unwrap().split_once('@').unwrap().1.to_owned();
    lead["contact"]["email"] = json!(format!("chen.jie{nth}@{domain}"));
    if lead["contact"].get("phone").is_some() {
        lead["contact"]["phone"] = json!(format!("+86 136 0251 {}", 2246 + 13 * nth));
    }
    if lead["company"]["name"] != "Test" {
        lead["company"]["name"] = json!(format!("{} Presses", COMPANIES[nth]));
    }
    lead
}

fn answer(stack: &mut Stack) {
    for state in stack.world.states() {
        let answer = stack.answer("crm-china", &state.lead_id, &json!({"epoch": 1, "disposition": "accepted"}));
        stack.settle().unwrap();
        assert_eq!(answer.status(), 200);
    }
}

/// Somebody who tries the form out.
fn rejected() -> Value {
    let mut lead = hot();
    lead["contact"] = json!({"name": "test test", "email": "test@gmail.com"});
    lead["company"] = json!({"name": "Test"});
    lead
}

/// What AWS would bill.
struct Bill {
    calls: Vec<Billed>,
    /// Write units of the indexes.
    index: usize,
    leads: usize,
}

fn bill((_, before, billed): &Path, mode: Mode, leads: usize) -> Bill {
    let mut stack = Stack::new(mode, Plan::default().billed());
    before(&mut stack, leads);
    let (calls, states) = (stack.plan.bill().len(), stack.plan.states().len());
    billed(&mut stack, leads);
    // The clock looks for due leads every minute, whatever there are.
    let calls = stack.plan.bill().split_off(calls).into_iter().filter(|billed| billed.call != "due").collect();
    let stored: Vec<LeadState> = stack.plan.states().into_iter().map(|(_, state)| state).collect();
    Bill { calls, index: index_units(&stored, states), leads }
}

/// What the states from `first` on write to the indexes: an entry that comes or goes is a write, one that moves two. None of
/// theirs has a kilobyte.
fn index_units(states: &[LeadState], first: usize) -> usize {
    const INDEXES: [[&str; 3]; 2] = [["due_shard", "due_key", ""], ["queue_pk", "queue_sk", "queue_entry"]];
    let mut entries: BTreeMap<&LeadId, [Vec<AttributeValue>; 2]> = BTreeMap::new();
    let mut units = 0;
    for (nth, state) in states.iter().enumerate() {
        let item = to_item(&Row::State(state.clone())).unwrap();
        let now = INDEXES.map(|names| names.iter().filter_map(|name| item.get(*name).cloned()).collect::<Vec<_>>());
        let before = entries.insert(&state.lead_id, now.clone()).unwrap_or_default();
        if nth < first {
            continue;
        }
        for (before, now) in before.iter().zip(&now) {
            units += match (before.is_empty(), now.is_empty()) {
                _ if before == now => 0,
                (false, false) if before[..2] != now[..2] => 2,
                _ => 1,
            };
        }
    }
    units
}

impl Bill {
    fn of<'a>(&'a self, calls: &'a [&str]) -> impl Iterator<Item = &'a Billed> {
        self.calls.iter().filter(move |billed| calls.contains(&billed.call))
    }

    fn invocations(&self, functions: &[&str]) -> usize {
        self.of(&["invoke"]).filter(|billed| functions.contains(&billed.function)).count()
    }

    fn counts(&self) -> Counts {
        let count = |calls: &[&str]| self.of(calls).map(|billed| billed.count).sum::<usize>();
        let per_lead = |count: usize| count as f64 / self.leads as f64;
        let stages = self.invocations(&["clean", "score", "route"]);
        let requests = self.invocations(&["intake", "feedback"]);
        Counts {
            requests: per_lead(requests),
            invocations: per_lead(requests + stages),
            records: per_lead(requests + count(&["send"])),
            // Messages are sent in batches, and received and deleted a batch at a time.
            standard: per_lead(self.of(&["send"]).count() + 2 * stages),
            // What sales receives and deletes is its own.
            fifo: per_lead(self.of(&["tell"]).count()),
            writes: per_lead(self.calls.iter().map(|billed| billed.units).sum::<usize>() + self.index),
            reads: per_lead(count(&["lead", "account", "touches", "decision", "request"])),
        }
    }
}

/// What a lead takes.
struct Counts {
    requests: f64,
    invocations: f64,
    /// What invocations work on: a request, or each message of a batch.
    records: f64,
    standard: f64,
    fifo: f64,
    writes: f64,
    reads: f64,
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

/// What is taken for an invocation: 256 MB for 100 ms, be it of one message or of ten, which wait side by side.
const GB_SECONDS: f64 = 0.25 * 0.1;
/// Lambda's own lines and one of metrics; one line a record; the access log of a request.
const LOG_OF_INVOCATION: f64 = 0.7;
const LOG_OF_RECORD: f64 = 0.3;
const LOG_OF_REQUEST: f64 = 0.5;

impl Counts {
    /// USD for a million such leads.
    fn cost(&self) -> f64 {
        let logs = self.requests * LOG_OF_REQUEST + self.invocations * LOG_OF_INVOCATION + self.records * LOG_OF_RECORD;
        self.requests * price::HTTP
            + self.invocations * (price::INVOCATION + GB_SECONDS * price::GB_SECOND)
            + self.standard * price::STANDARD
            + self.fifo * price::FIFO
            + self.writes * price::WRITE_UNIT
            + self.reads * price::READ_UNIT
            + logs * price::LOG_KB
    }
}

/// Others that one could build, by hand: neither of them is ours, and neither keeps what ours promises.
const OTHERS: [(&str, Counts); 2] = [
    (
        "naive: four functions, a lead an invocation, a Put and an Update a stage",
        Counts { requests: 1.0, invocations: 4.0, records: 4.0, standard: 10.0, fifo: 0.0, writes: 13.0, reads: 3.0 },
    ),
    (
        "least: API Gateway straight to SQS, one function, one item",
        Counts { requests: 1.0, invocations: 0.1, records: 1.0, standard: 1.3, fifo: 0.0, writes: 4.0, reads: 0.0 },
    ),
];

fn row(path: &Path) -> String {
    let (alone, batched) = (bill(path, Mode::Apart, 1), bill(path, Mode::Batches, BATCH));
    let of = |function: &str| {
        let calls = alone.calls.iter().filter(|billed| billed.function == function && billed.call != "invoke");
        let called = |billed: &Billed| match billed.count {
            1 => billed.call.to_owned(),
            count => format!("{} {count}", billed.call),
        };
        calls.map(called).collect::<Vec<_>>().join(", ")
    };
    let cells: Vec<String> = FUNCTIONS.iter().map(|function| of(function)).collect();
    let units: usize = alone.calls.iter().map(|billed| billed.units).sum();
    let (index, one, ten) = (alone.index, alone.counts().cost(), batched.counts().cost());
    format!("| {} | {} | {units} | {index} | {one:.2} | {ten:.2} |", path.0, cells.join(" | "))
}

fn table(name: &str) -> Vec<String> {
    let document = include_str!("../../docs/scale.md");
    let (start, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let table = document.split(&start).nth(1).unwrap().split(&end).next().unwrap();
    table.lines().filter(|line| line.starts_with('|')).skip(2).map(squeezed).collect()
}

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The tables are written by hand: a call more or less is to be seen, and priced, by whoever adds it.
#[test]
fn the_documented_calls_and_costs_are_those_that_are_made() {
    let made: Vec<String> = PATHS.iter().map(|path| squeezed(&row(path))).collect();
    assert_eq!(table("calls"), made, "docs/scale.md");
}

#[test]
fn the_documented_costs_of_others_are_at_the_same_prices() {
    let made: Vec<String> = OTHERS.iter().map(|(name, counts)| format!("| {name} | {:.2} |", counts.cost())).collect();
    assert_eq!(table("others"), made, "docs/scale.md");
}
