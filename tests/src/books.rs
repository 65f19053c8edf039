//! The checker: reads what was stored, state by state, and the bodies in the queues, and knows what may never be, whatever
//! happened; a scenario adds what it expects. It shares nothing with the ledger of the product, which is asked as well.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use leads::id::LeadId;
use leads::lead::{Assignment, LeadState, Stage};
use leads::ledger::Ledger;
use leads::ports::StageQueue;
use leads::row::{Decision, Row, StoredFeedback};
use serde_json::Value;

use crate::rule_sets::{RULES, Room};
use crate::said;
use crate::stack::Stack;

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

impl Told {
    /// Says that its queue has the lead from now on.
    fn gives_it(&self) -> bool {
        self.kind == if self.queue == "nurture" { "nurture.enter" } else { "lead.routed" }
    }

    /// Says that its queue has the lead no more.
    fn takes_it(&self) -> bool {
        self.kind == if self.queue == "nurture" { "nurture.exit" } else { "lead.recalled" }
    }
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What should not be.
    pub violations: Vec<String>,
    /// How many messages were delivered more than once.
    pub copies: usize,
}

/// Compares a stack at rest with what a scenario expects.
pub fn check(stack: &Stack, expected: &Expected) -> Found {
    let messages = messages(stack);
    let mut found = look(stack, &messages);
    let mut wrong = |what: String| found.violations.push(what);

    let mut stages: Vec<Stage> = stack.world.states().iter().map(|state| state.stage).collect();
    stages.sort();
    if stages != expected.stages {
        wrong(format!("leads are {stages:?}"));
    }
    let distinct: BTreeSet<&Told> = messages.iter().map(|(told, _)| told).collect();
    let mut told: Vec<String> = distinct.iter().map(|told| format!("{} {}", told.queue, told.kind)).collect();
    told.sort();
    let missing: Vec<_> = surplus(expected.told, &told);
    let more: Vec<_> =
        surplus(&told, expected.told).into_iter().filter(|more| !expected.maybe.contains(more)).collect();
    if !missing.is_empty() || !more.is_empty() {
        wrong(format!("not told: {missing:?}, told for nothing: {more:?}"));
    }
    found
}

/// Looks for what may not be in any stack at rest.
pub fn invariants(stack: &Stack) -> Found {
    look(stack, &messages(stack))
}

/// What sales was told, with the bodies.
fn messages(stack: &Stack) -> Vec<(Told, Value)> {
    let mut messages = Vec::new();
    for queue in RULES.queues() {
        for delivered in stack.world.delivered(&queue.name) {
            let mut body: Value = serde_json::from_str(&delivered.body).unwrap();
            let says = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            // A lead is told as a breach once for each of its two deadlines.
            let missed = if says("missed") == "first_response" { " of the first response" } else { "" };
            let told = Told {
                queue: queue.name.to_string(),
                kind: says("type") + missed,
                lead: says("lead_id"),
                epoch: body["epoch"].as_u64().unwrap_or_default(),
                delivery: says("delivery_id"),
            };
            let address = (queue.name.as_str(), delivered.group.as_str(), delivered.dedup.as_str());
            if (says("queue").as_str(), told.lead.as_str(), told.delivery.as_str()) != address {
                body = format!("a message that says other than its address: {address:?}").into();
            }
            messages.push((told, body));
        }
    }
    messages
}

fn look(stack: &Stack, messages: &[(Told, Value)]) -> Found {
    let mut found = Found::default();
    let distinct: BTreeSet<&Told> = messages.iter().map(|(told, _)| told).collect();
    found.copies = messages.len() - distinct.len();
    let mut wrong = |what: String| found.violations.push(what);

    let (states, rows) = (stack.world.states(), stack.world.rows());
    messages.iter().filter_map(|(_, body)| body.as_str()).for_each(|misaddressed| wrong(misaddressed.to_owned()));
    // One delivery, one text: whoever deduplicates on the id loses nothing. A message that is sent again has the tags of
    // that moment: two texts about a lead whose tags were corrected may differ in these, and in nothing else. `said` looks
    // at which tags they are.
    let corrected = said::corrected(&rows);
    let mut texts: BTreeMap<&str, &Value> = BTreeMap::new();
    for (told, body) in messages {
        let first = *texts.entry(&told.delivery).or_insert(body);
        let same = first == body || corrected.contains(told.lead.as_str()) && but_tags(first) == but_tags(body);
        if !same {
            wrong(format!("two texts under one delivery id: {told:?}"));
        }
    }
    // One assignment, one queue, one delivery id; and one breach at most. The other kinds may come more than once.
    const SEVERAL: [&str; 5] = ["lead.touched", "lead.held", "lead.erased", "lead.reminder", "lead.escalated"];
    let mut assignments: BTreeMap<(&str, &str, u64), &Told> = BTreeMap::new();
    for told in distinct.iter().filter(|told| !SEVERAL.contains(&&*told.kind)) {
        let first = assignments.entry((&told.kind, &told.lead, told.epoch)).or_insert(told);
        if first != told {
            wrong(format!("told twice, as two deliveries: {first:?} and {told:?}"));
        }
    }

    for state in &states {
        let lead = &state.lead_id;
        let of_lead: Vec<&Told> = distinct.iter().copied().filter(|told| told.lead == lead.as_str()).collect();
        let Some(assignment) = &state.assignment else { continue };
        let delivered = of_lead.iter().any(|told| {
            told.gives_it()
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
        let told = of_lead.iter().any(|told| told.kind == "lead.breached");
        for owed in &state.owes {
            wrong(format!("{:?} is still owed to the queue of {lead}", owed.what));
        }
        let recalled = |epoch: u32| of_lead.iter().any(|told| told.takes_it() && told.epoch == u64::from(epoch));
        // Whoever has a lead for which nobody else has room keeps it meanwhile.
        let taken_away = matches!(state.stage, Stage::Pooled | Stage::Held | Stage::Rejected)
            && state.answer.is_none()
            && state.waits.is_none();
        if taken_away && !recalled(assignment.epoch) {
            wrong(format!("{lead} was taken from {}, which was not told", assignment.queue));
        }
        let overdue = assignment.feedback_due.is_some_and(|due| due <= stack.world.now());
        if overdue && state.stage == Stage::Routed && state.answer.is_none() && state.breached_at.is_none() {
            wrong(format!("{lead} is overdue and was not flagged"));
        }
        if told && !stack.plan.states().iter().any(|(_, state)| state.lead_id == *lead && state.breached_at.is_some()) {
            wrong(format!("{lead} was told as a breach and is none"));
        }
        // Whoever had the lead before knows that it is gone: by a recall, or by having given it back.
        for epoch in 1..assignment.epoch {
            let given_back = rows.iter().any(|row| {
                matches!(row, Row::Feedback(row) if row.lead_id == *lead && row.epoch == epoch && !said::is_correction(row))
            });
            if !given_back && !recalled(epoch) {
                wrong(format!("{lead} left its queue of epoch {epoch}, which was not told"));
            }
        }
    }
    // A step of the clock comes after its time, as the delivery had stated it, and each of them once.
    for (told, body) in messages {
        let (step, pointer) = match told.kind.as_str() {
            "lead.breached" => ("deadline", "/breached_at"),
            "lead.breached of the first response" => ("first_response", "/breached_at"),
            "lead.reminder" => ("remind", "/decided_at"),
            "lead.escalated" => ("notify", "/decided_at"),
            _ => continue,
        };
        let routed = messages
            .iter()
            .find(|(other, _)| other.gives_it() && (&other.lead, other.epoch) == (&told.lead, told.epoch));
        let steps = routed.and_then(|(_, body)| body.pointer("/sla/steps")?.as_array()).cloned().unwrap_or_default();
        let of_kind: Vec<&Value> =
            steps.iter().filter(|other| other["action"] == step).map(|step| &step["at"]).collect();
        let time = |value: Option<&Value>| value.and_then(|at| at.as_str()?.parse::<Timestamp>().ok());
        let first = of_kind.iter().filter_map(|at| time(Some(at))).min();
        if time(body.pointer(pointer)) <= first {
            wrong(format!("told before its time: {told:?}"));
        }
        let same = |other: &&&Told| (&other.kind, &other.lead, other.epoch) == (&told.kind, &told.lead, told.epoch);
        if distinct.iter().filter(same).count() > of_kind.len() {
            wrong(format!("told more often than its clock says: {told:?}"));
        }
    }
    lives(stack).into_iter().for_each(&mut wrong);
    owners(&states, &rows, messages).into_iter().for_each(&mut wrong);
    counters(stack, &states, &rows).into_iter().for_each(&mut wrong);
    caps(stack).into_iter().for_each(&mut wrong);
    said::check(stack, &rows, messages.iter().map(|(_, body)| body)).into_iter().for_each(&mut wrong);

    for queue in StageQueue::ALL {
        let depth = stack.world.depth(queue);
        if depth.visible + depth.hidden + depth.dead > 0 {
            wrong(format!("{} holds {depth:?}", queue.name()));
        }
    }
    let mut ledger = Ledger::default();
    rows.iter().for_each(|row| ledger.add(row));
    let balance = ledger.balance();
    if !balance.differences.is_empty()
        || !balance.miscounted.is_empty()
        || balance.in_flight > 0
        || balance.accepted != states.len() as u64
    {
        wrong(format!("the ledger does not balance: {balance:?}"));
    }
    for row in &rows {
        let Row::State(state) = row else { continue };
        let bytes = serde_json::to_string(state).unwrap().len();
        if bytes > 1536 {
            wrong(format!("the state of {} has {bytes} bytes", state.lead_id));
        }
        if state.stage.in_flight() {
            wrong(format!("{} is still {}", state.lead_id, state.stage.name()));
        }
    }
    found
}

/// A text without the lead's tags.
fn but_tags(text: &Value) -> Value {
    let mut text = text.clone();
    for pointer in ["/lead/tags", "/tags"] {
        text.pointer_mut(pointer).map(Value::take);
    }
    text
}

/// The stages that may follow each other. A lead may stay in any, and be erased from any.
const STEPS: [(Stage, &[Stage]); 11] = [
    (Stage::Received, &[Stage::Cleaned, Stage::Held, Stage::Rejected, Stage::Merged, Stage::Parked]),
    // The first three are the pipeline's; while it runs, sales may answer.
    (Stage::Cleaned, &[Stage::Scored, Stage::Parked, Stage::Pooled, Stage::Held, Stage::Routed, Stage::Nurtured]),
    (Stage::Scored, &[Stage::Routed, Stage::Nurtured, Stage::Cleaned, Stage::Parked, Stage::Pooled, Stage::Held]),
    (Stage::Routed, &[Stage::Cleaned, Stage::Pooled, Stage::Nurtured, Stage::Held, Stage::Rejected]),
    (Stage::Nurtured, &[Stage::Cleaned, Stage::Held, Stage::Rejected]),
    (Stage::Pooled, &[Stage::Cleaned, Stage::Routed, Stage::Nurtured, Stage::Held, Stage::Rejected]),
    (Stage::Rejected, &[Stage::Received]),
    (Stage::Merged, &[Stage::Received]),
    // Back to be scored, when somebody may have room.
    (Stage::Held, &[Stage::Received, Stage::Rejected, Stage::Cleaned]),
    (Stage::Parked, &[Stage::Received, Stage::Rejected]),
    (Stage::Erased, &[]),
];

/// Whoever has a lead is who the decision names, and who its queue was told of.
fn owners(states: &[LeadState], rows: &[Row], messages: &[(Told, Value)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let decisions: Vec<&Decision> =
        rows.iter().filter_map(|row| if let Row::Decision(decision) = row { Some(decision) } else { None }).collect();
    for state in states {
        let Some(assignment) = &state.assignment else { continue };
        let decided = decisions.iter().find(|row| (&row.lead_id, row.epoch) == (&state.lead_id, assignment.epoch));
        if decided.is_none_or(|row| (&row.queue, &row.owner) != (&assignment.queue, &assignment.owner)) {
            wrong.push(format!("{} has another owner than its decision says: {decided:?}", state.lead_id));
        }
    }
    for (told, body) in messages.iter().filter(|(told, _)| told.gives_it()) {
        let decided =
            decisions.iter().find(|row| row.lead_id.as_str() == told.lead && u64::from(row.epoch) == told.epoch);
        if decided.is_some_and(|row| row.owner.as_deref() != body["owner"].as_str()) {
            wrong.push(format!("told of another owner than decided: {told:?}"));
        }
    }
    wrong
}

/// The people of each queue that has a file, and the caps, as `owners/` has them.
fn people(room: Room) -> &'static [(&'static str, &'static [&'static str])] {
    match room {
        Room::NoFiles => &[],
        Room::Much => &[
            ("sales-cn-east", &["li.na", "wang.wei", "zhao.min"]),
            ("sales-desk", &["chen.bo"]),
            ("self-service", &["mei.lin", "sun.yu"]),
        ],
        Room::Little => &[
            ("sales-cn-east", &["li.na", "wang.wei"]),
            ("sales-cn-north", &["li.na"]),
            ("sales-desk", &["chen.bo"]),
            ("self-service", &[]),
        ],
    }
}

fn cap(room: Room, counter: &str) -> Option<i64> {
    match (room, counter) {
        (Room::Little, "queue#sales-cn-east") => Some(2),
        (Room::Little, "owner#li.na" | "owner#wang.wei" | "queue#sales-desk" | "queue#self-service") => Some(1),
        (Room::Much, "queue#sales-cn-east" | "queue#self-service" | "owner#chen.bo") => Some(60),
        (Room::Much, "owner#li.na" | "owner#wang.wei") => Some(40),
        _ => None,
    }
}

/// What somebody who has this lead open counts.
fn counted_in(room: Room, assignment: &Assignment) -> Vec<String> {
    let of_queue = people(room).iter().find(|(queue, _)| *queue == assignment.queue.as_str());
    let Some((queue, people)) = of_queue else { return Vec::new() };
    let owner = assignment.owner.as_deref().filter(|owner| people.contains(owner));
    [format!("queue#{queue}")].into_iter().chain(owner.map(|owner| format!("owner#{owner}"))).collect()
}

/// Answers after which a lead is over for whoever has it, by the shipped playbook.
const FOR_GOOD: [&str; 4] = ["won", "lost_to_competitor", "not_a_fit", "duplicate"];

/// The numbers of open leads are those of the leads, by what was answered about each.
fn counters(stack: &Stack, states: &[LeadState], rows: &[Row]) -> Vec<String> {
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for state in states {
        let Some(assignment) = &state.assignment else { continue };
        let waits = state.stage == Stage::Held && state.waits.is_some() && state.reopened_from == Some(Stage::Routed);
        let answers = rows.iter().filter_map(|row| if let Row::Feedback(row) = row { Some(row) } else { None });
        let of_this = |row: &&StoredFeedback| {
            let answer = !row.disposition.starts_with("verdict:") && !said::is_correction(row);
            (&row.lead_id, row.epoch) == (&state.lead_id, assignment.epoch) && answer
        };
        let last = answers.filter(of_this).max_by_key(|row| row.version);
        let over = last.is_some_and(|row| FOR_GOOD.contains(&row.disposition.as_str()));
        if (state.stage == Stage::Routed || waits) && !over {
            for counter in counted_in(stack.room, assignment) {
                *open.entry(counter).or_default() += 1;
            }
        }
    }
    let stored = rows.iter().filter_map(|row| if let Row::Open(row) = row { Some(row) } else { None });
    let stored: BTreeMap<String, i64> = stored.map(|row| (row.pk.clone(), row.open)).collect();
    let names: BTreeSet<&String> = open.keys().chain(stored.keys()).collect();
    let of = |numbers: &BTreeMap<String, i64>, name: &String| numbers.get(name).copied().unwrap_or_default();
    let differ = names.into_iter().filter(|name| of(&open, name) != of(&stored, name));
    differ.map(|name| format!("{name} counts {} open leads of {}", of(&stored, name), of(&open, name))).collect()
}

/// Follows the leads as they were stored: `route` gives nobody more than their cap.
fn caps(stack: &Stack) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut last: BTreeMap<LeadId, LeadState> = BTreeMap::new();
    for (at, state) in stack.plan.states() {
        let before = last.insert(state.lead_id.clone(), state.clone());
        let routed = before.is_some_and(|before| before.stage == Stage::Scored && state.epoch > before.epoch);
        let Some(assignment) = state.assignment.filter(|_| routed) else { continue };
        for counter in counted_in(stack.room, &assignment) {
            let open = last.values().filter(|state| {
                let is_there = |stage| matches!(stage, Stage::Routed | Stage::Nurtured);
                let has = is_there(state.stage) || state.reopened_from.is_some_and(is_there);
                let open = |assignment: &&Assignment| {
                    !assignment.closed && !assignment.ended && counted_in(stack.room, assignment).contains(&counter)
                };
                has && state.assignment.as_ref().is_some_and(|assignment| open(&assignment))
            });
            let open = i64::try_from(open.count()).unwrap();
            if let Some(cap) = cap(stack.room, &counter).filter(|cap| open > *cap) {
                wrong.push(format!("{counter} was given {open} open leads at {at}, of {cap}"));
            }
        }
    }
    wrong
}

/// Looks at every life as it was stored, state by state.
fn lives(stack: &Stack) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut last: BTreeMap<String, LeadState> = BTreeMap::new();
    for (_, state) in stack.plan.states() {
        let lead = state.lead_id.to_string();
        let Some(before) = last.insert(lead.clone(), state.clone()) else {
            if (state.version, state.stage) != (1, Stage::Received) {
                wrong.push(format!("{lead} begins as {} of version {}", state.stage.name(), state.version));
            }
            continue;
        };
        if state.version != before.version + 1 {
            wrong.push(format!("version {} of {lead} follows version {}", state.version, before.version));
        }
        let may_follow = STEPS.iter().any(|(from, to)| *from == before.stage && to.contains(&state.stage));
        if state.stage != before.stage && !may_follow && state.stage != Stage::Erased {
            wrong.push(format!("{lead} was {} and is {}", before.stage.name(), state.stage.name()));
        }
        let (old, new) = (before.assignment.as_ref(), state.assignment.as_ref());
        let decided = before.stage == Stage::Scored && matches!(state.stage, Stage::Routed | Stage::Nurtured);
        // Its clock handed it on, or an answer did.
        let handed_on = new.is_some_and(|assignment| assignment.decided_on == state.version);
        match state.epoch.checked_sub(before.epoch) {
            Some(0) => {
                let same = |id: fn(&Assignment) -> String| old.map(id) == new.map(id);
                let kept = same(|a| a.queue.to_string()) && same(|a| a.delivery_id.as_str().to_owned());
                if !kept && state.stage != Stage::Erased {
                    wrong.push(format!("the decision about {lead} changed within epoch {}", state.epoch));
                }
                if before.breached_at.is_some() && state.breached_at.is_none() && state.stage != Stage::Erased {
                    wrong.push(format!("the breach of {lead} was forgotten"));
                }
            }
            Some(1) if decided || handed_on => {}
            _ => wrong.push(format!("{lead} went from epoch {} to {}", before.epoch, state.epoch)),
        }
        if before.breached_at.is_none() && state.breached_at.is_some() && before.answer.is_some() {
            wrong.push(format!("{lead} was flagged after its answer"));
        }
    }
    for state in stack.world.states() {
        let stored = last.get(state.lead_id.as_str()).map(|last| last.version);
        if stored.is_some_and(|stored| stored != state.version) {
            wrong.push(format!("{} ends in version {}, and {stored:?} was stored last", state.lead_id, state.version));
        }
    }
    wrong
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
