//! `docs/lifecycle.md` is what the API does: every answer and every verdict of its tables, asked for in every stage.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::LazyLock;

use futures::executor::block_on;
use jiff::SignedDuration;
use leads::lead::{LeadState, Owing, Stage};
use leads::memory::World;
use leads::row::Row;
use leads::rules::RuleSet;
use leads::signature::SigningKeys;
use serde_json::{Value, json};
use tests::faults::Plan;
use tests::functions;
use tests::requests::Signer;
use tests::rule_sets::rules;
use tests::scenarios::hot;
use tests::stack::{Mode, Stack};

/// Of a table of the page: what is asked for, in which stage, and what is said to become of the lead.
type Cell = (String, Stage, String);

/// The cells of the table under a heading, with `409` for each stage that has no column.
fn table(heading: &str) -> Vec<Cell> {
    let page = include_str!("../../docs/lifecycle.md");
    let section = page.split(&format!("## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let cells =
        |line: &str| -> Vec<String> { line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect() };
    let mut lines = section.lines().filter(|line| line.starts_with('|'));
    let stages = cells(lines.next().unwrap());
    let rows: Vec<Vec<String>> = lines.skip(1).map(cells).collect();
    let of_row = |row: &Vec<String>| -> Vec<Cell> {
        let said = |stage: Stage| {
            let column = stages.iter().position(|name| name == stage.name());
            column.map_or_else(|| "409".to_owned(), |column| row[column].clone())
        };
        Stage::ALL.into_iter().map(|stage| (row[0].trim_matches('`').to_owned(), stage, said(stage))).collect()
    };
    rows.iter().flat_map(of_row).collect()
}

/// Everybody's queue, everything allowed: what is asked here is whether it fits, and not whose it is.
fn allowed() -> RuleSet {
    rules(|text| match text.contains("[[principal]]") {
        true => {
            let queues = r#"["sales-cn-east", "nurture", "telemarketing", "self-service"]"#;
            format!("{text}\n[[principal]]\nid = \"everybody\"\nqueues = {queues}\nmay = [\"feedback\", \"verdict\"]\n")
        }
        false => text,
    })
}

/// A lead that sales has, and its rows.
static ROUTED: LazyLock<(LeadState, Vec<Row>)> = LazyLock::new(|| {
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    stack.post(&hot(), None);
    stack.settle().unwrap();
    (stack.world.states().remove(0), stack.world.rows())
});

/// Asks for something about a lead that stands in `stage`, so long after it came. The status, and the lead before and after.
fn ask(rules: &RuleSet, stage: Stage, what: &str, body: &Value, age: SignedDuration) -> (i64, LeadState, LeadState) {
    let (routed, rows) = ROUTED.clone();
    let now = routed.received_at + age;
    let world = World::new(now, rules.queues().iter().map(|queue| queue.name.clone()));
    rows.into_iter().for_each(|row| world.put(row));
    let before = LeadState { stage, reopened_from: stage.in_flight().then_some(Stage::Routed), ..routed };
    world.put(Row::State(before.clone()));
    let keys = SigningKeys::new("secret of this test", None);
    let signer = Signer { keys: &keys, principal: "everybody", id: "msg_1", at: now };
    let path = format!("/v1/leads/{}/{what}", before.lead_id);
    let mut event = signer.request(&format!("POST /v1/leads/{{id}}/{what}"), &path, &body.to_string());
    event.path_parameters.insert("id".into(), before.lead_id.to_string());
    let settings = feedback::Settings { rules, keys: &keys };
    let answer = block_on(functions::feedback(&event, &world, settings, feedback::Moment { now, has_time: &|| true }));
    (answer.status_code, before, world.states().remove(0))
}

/// What is wrong with a cell, if anything is.
fn check(said: &str, (status, before, after): (i64, LeadState, LeadState)) -> Option<String> {
    let refused = if before.stage == Stage::Erased { 404 } else { 409 };
    if said == "409" {
        return (status != refused || after != before)
            .then(|| format!("it is answered {status}, and is {:?}", after.stage));
    }
    let stands = |state: &LeadState| state.assignment.as_ref().unwrap().queue.to_string();
    let day = SignedDuration::from_hours(24).as_secs();
    let mut words = after.stage.name().to_owned();
    if stands(&after) != stands(&before) {
        words += &format!(" in {}", stands(&after));
    }
    if let Some(back) = after.reactivate_at {
        words += &format!(", back after {} days", back.duration_since(before.received_at).as_secs() / day);
    }
    let recalled = after.owes.iter().any(|owed| matches!(owed.what, Owing::Recall { .. }));
    let waits = (before.stage, after.stage) == (Stage::Routed, Stage::Routed) && after.answer.is_none();
    let waits = waits && stands(&after) == stands(&before);
    for (holds, text) in [
        (after.suppressed, ", suppressed"),
        (after.notify, ", the desk is told"),
        (recalled, ", recalled"),
        (waits, ", the clock runs on"),
    ] {
        words += if holds { text } else { "" };
    }
    (status != 200 || words != said).then(|| format!("it is answered {status}, and is {words}"))
}

fn all_hold(cells: &[Cell], answer: impl Fn(&str, Stage) -> (i64, LeadState, LeadState)) {
    let found = cells.iter().filter_map(|(row, stage, said)| {
        let wrong = check(said, answer(row, *stage))?;
        Some(format!("{row}, {stage:?}: the page says {said}; {wrong}"))
    });
    let wrong: Vec<String> = found.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} cells hold", cells.len());
}

#[test]
fn whatever_sales_reports() {
    let rules = allowed();
    let cells = table("What sales reports");
    assert_eq!(cells.len(), (rules.playbook().count() + 2) * Stage::ALL.len());
    all_hold(&cells, |row, stage| {
        let (word, days) = row.split_once(", older than ").unwrap_or((row, "0 days"));
        let days: i64 = days.trim_end_matches(" days").parse().unwrap();
        let word = if word == "any other" { "not_in_the_playbook" } else { word };
        // An hour after it came, or after the day from which on it is old.
        let age = SignedDuration::from_hours(24 * days + 1);
        ask(&rules, stage, "feedback", &json!({"epoch": 1, "disposition": word}), age)
    });
}

#[test]
fn whatever_a_person_decides() {
    let rules = allowed();
    let cells = table("What a person decides");
    assert_eq!(cells.len(), 7 * Stage::ALL.len());
    all_hold(&cells, |row, stage| {
        let body = json!({"verdict": row, "reason": "I called.", "actor": "lin"});
        ask(&rules, stage, "verdict", &body, SignedDuration::from_hours(1))
    });
}
