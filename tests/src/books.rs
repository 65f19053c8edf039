//! The checker: reads the table's states and the bodies in the queues, and compares them with what a scenario expects.
//! It shares nothing with the ledger of the product, which is asked as well.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use leads::lead::Stage;
use leads::ledger::Ledger;
use leads::ports::StageQueue;
use leads::row::Row;
use serde_json::Value;

use crate::stack::{RULES, Stack};

/// What a scenario ends in, whatever went wrong on the way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected {
    /// The stage of each lead, sorted.
    pub stages: &'static [Stage],
    /// Each message that sales must get, as `queue type`, sorted; copies of one delivery count once.
    pub told: &'static [&'static str],
    /// Messages that may be told beside these, by how the leads happened to meet.
    pub maybe: &'static [&'static str],
}

/// What a queue was told, copies apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    queue: String,
    kind: String,
    lead: String,
    epoch: u64,
    delivery: String,
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What should not be.
    pub violations: Vec<String>,
    /// How many messages were delivered more than once.
    pub copies: usize,
}

/// Looks at a stack at rest.
pub fn check(stack: &Stack, expected: &Expected) -> Found {
    let mut found = Found::default();
    let mut wrong = |what: String| found.violations.push(what);

    let mut messages: Vec<(Told, Value)> = Vec::new();
    for queue in RULES.queues() {
        for delivered in stack.world.delivered(&queue.name) {
            let body: Value = serde_json::from_str(&delivered.body).unwrap();
            let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            let told = Told {
                queue: queue.name.to_string(),
                kind: text("type"),
                lead: text("lead_id"),
                epoch: body["epoch"].as_u64().unwrap_or_default(),
                delivery: text("delivery_id"),
            };
            if told.queue != text("queue") || told.lead != delivered.group.as_str() || told.delivery != delivered.dedup
            {
                wrong(format!("a message says other than its address: {told:?}"));
            }
            messages.push((told, body));
        }
    }
    let distinct: BTreeSet<&Told> = messages.iter().map(|(told, _)| told).collect();
    found.copies = messages.len() - distinct.len();

    // One delivery, one text: whoever deduplicates on the id loses nothing.
    let mut texts: BTreeMap<&str, &Value> = BTreeMap::new();
    for (told, body) in &messages {
        if *texts.entry(&told.delivery).or_insert(body) != body {
            wrong(format!("two texts under one delivery id: {told:?}"));
        }
    }
    // One assignment, one queue, one delivery id.
    let mut assignments: BTreeMap<(&str, &str, u64), &Told> = BTreeMap::new();
    for told in distinct.iter().filter(|told| !["lead.touched", "lead.held", "lead.erased"].contains(&&*told.kind)) {
        let first = assignments.entry((&told.kind, &told.lead, told.epoch)).or_insert(told);
        if first != told {
            wrong(format!("told twice, as two deliveries: {first:?} and {told:?}"));
        }
    }

    let states = stack.states();
    let mut stages: Vec<Stage> = states.iter().map(|state| state.stage).collect();
    stages.sort();
    if stages != expected.stages {
        wrong(format!("leads are {stages:?}"));
    }
    for state in &states {
        let lead = &state.lead_id;
        let Some(assignment) = &state.assignment else { continue };
        let delivered = distinct.iter().any(|told| {
            told.kind == "lead.routed"
                && told.lead == lead.as_str()
                && told.queue == assignment.queue.as_str()
                && told.epoch == u64::from(assignment.epoch)
                && told.delivery == assignment.delivery_id.as_str()
        });
        if !delivered {
            wrong(format!("{lead} was never delivered to {}", assignment.queue));
        }
        if assignment.delivery_unknown {
            wrong(format!("whether {lead} was delivered is left unknown"));
        }
        let told = distinct.iter().any(|told| told.kind == "lead.breached" && told.lead == lead.as_str());
        match (&state.breach, &state.answer) {
            (Some(breach), _) if !breach.told => wrong(format!("the breach of {lead} was never told")),
            (Some(breach), Some(answer)) if answer.at < breach.at => {
                wrong(format!("{lead} was flagged after its answer"));
            }
            (None, _) if told => wrong(format!("{lead} was told as a breach and is none")),
            _ => {}
        }
    }
    for (told, body) in messages.iter().filter(|(told, _)| told.kind == "lead.breached") {
        let time = |key: &str| body[key].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        if time("breached_at") <= time("feedback_due") {
            wrong(format!("told as a breach before its deadline: {told:?}"));
        }
    }

    let mut told: Vec<String> = distinct.iter().map(|told| format!("{} {}", told.queue, told.kind)).collect();
    told.sort();
    let missing: Vec<_> = surplus(expected.told, &told);
    let more: Vec<_> =
        surplus(&told, expected.told).into_iter().filter(|more| !expected.maybe.contains(more)).collect();
    if !missing.is_empty() || !more.is_empty() {
        wrong(format!("not told: {missing:?}, told for nothing: {more:?}"));
    }

    for queue in StageQueue::ALL {
        let depth = stack.world.depth(queue);
        if depth.visible + depth.hidden + depth.dead > 0 {
            wrong(format!("{} holds {depth:?}", queue.name()));
        }
    }
    let rows = stack.world.rows();
    let mut ledger = Ledger::default();
    rows.iter().for_each(|row| ledger.add(row));
    let balance = ledger.balance();
    if !balance.differences.is_empty() || balance.in_flight > 0 || balance.accepted != states.len() as u64 {
        wrong(format!("the ledger does not balance: {balance:?}"));
    }
    for row in &rows {
        if let Row::State(state) = row {
            let bytes = serde_json::to_string(state).unwrap().len();
            if bytes > 1536 {
                wrong(format!("the state of {} has {bytes} bytes", state.lead_id));
            }
        }
    }
    found
}

/// What `all` holds beyond `of`, both sorted, one for one.
fn surplus<'a>(all: &'a [impl AsRef<str>], of: &[impl AsRef<str>]) -> Vec<&'a str> {
    let mut of: Vec<&str> = of.iter().map(AsRef::as_ref).collect();
    let mut left = Vec::new();
    for one in all {
        match of.iter().position(|other| *other == one.as_ref()) {
            Some(at) => drop(of.remove(at)),
            None => left.push(one.as_ref()),
        }
    }
    left
}
