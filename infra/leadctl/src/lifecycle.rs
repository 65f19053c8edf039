//! `docs/lifecycle.md`: what becomes of a lead in each stage, for everything that people can report or decide. Made by
//! asking the code that decides it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use leads::feedback::{Feedback, VerdictKind};
use leads::lead::{LeadState, Stage};
use leads::playbook::{self, Followed};
use leads::row::{Decision, StoredSubmission};
use leads::rules::RuleSet;
use leads::submission::{Encoding, parse};
use serde_json::json;

/// When the example was given to its queue; an answer comes an hour later.
const GIVEN: Timestamp = Timestamp::UNIX_EPOCH;

const LEAD: &str = r#"{"form_id": "contact", "contact": {"name": "Li Lei", "email": "li.lei@acme.example"},
               "source": {"channel": "website"}}"#;

/// What becomes of a lead: `None` if that is refused.
pub type Table = BTreeMap<(Stage, String), Option<String>>;

/// A lead in `stage`, as it is after it was given to a queue once, with its submission and decision.
fn example(stage: Stage) -> Result<(LeadState, StoredSubmission, Decision)> {
    let lead_id = leads::id::LeadId::parse("ld_example")?;
    let submission = parse(LEAD.as_bytes(), Encoding::Json).ok().context("the example is no submission")?.submission;
    let decision: Decision = serde_json::from_value(json!({
        "lead_id": "ld_example", "epoch": 1, "decided_at": GIVEN, "queue": "sales-cn-east", "rule": "region",
        "delivery_id": "example", "rules_version": "example", "trace": [],
        "scored": {
            "intent": 100, "value": 100, "quadrant": "hot", "mql": true, "contributions": [], "rules_version": "example"
        },
    }))?;
    let mut state = LeadState::received(lead_id.clone(), GIVEN);
    state.assignment = Some(serde_json::from_value(json!({
        "queue": "sales-cn-east", "epoch": 1, "delivery_id": "example", "decided_on": 3, "decided_at": GIVEN,
    }))?);
    state.epoch = 1;
    state.stage = stage;
    state.reopened_from = stage.in_flight().then_some(Stage::Routed);
    Ok((state, StoredSubmission { lead_id, at: GIVEN, submission }, decision))
}

/// Every disposition of the playbook, and one that it does not know, in every stage. A play for old leads alone has a row
/// of its own.
pub fn dispositions(rules: &RuleSet) -> Result<Table> {
    let mut table = Table::new();
    let known = rules
        .playbook()
        .flat_map(|(disposition, plays)| plays.iter().map(move |play| (disposition, play.older_than_days())));
    for (disposition, days) in known.chain([("any other", None)]) {
        let word = if disposition == "any other" { "not_in_the_playbook" } else { disposition };
        let age = SignedDuration::from_hours(days.map_or(1, |days| 24 * i64::from(days) + 1));
        let row = days.map_or_else(|| disposition.to_owned(), |days| format!("{disposition}, older than {days} days"));
        let feedback: Feedback = serde_json::from_value(json!({ "epoch": 1, "disposition": word }))?;
        for stage in Stage::ALL {
            let (state, stored, decision) = example(stage)?;
            let becomes = state.takes_feedback().then(|| {
                let now = GIVEN + age;
                match playbook::follow(&feedback, &state, Some((&stored, &decision)), rules, now) {
                    Followed::Becomes(next) => in_words(&state, &next),
                    Followed::GoesOn(routed) => in_words(&state, &state.handed_on(&routed, now)),
                }
            });
            table.insert((stage, row.clone()), becomes);
        }
    }
    Ok(table)
}

/// Every verdict in every stage.
pub fn verdicts() -> Result<Table> {
    let mut table = Table::new();
    for stage in Stage::ALL {
        let (state, ..) = example(stage)?;
        for (name, kind) in VerdictKind::NAMES {
            let becomes = match kind {
                VerdictKind::Unmerge => {
                    state.verdicts().contains(&kind).then(|| in_words(&state, &state.unmerged(&[], GIVEN)))
                }
                _ => state.decided(kind, "telemarketing-desk", GIVEN).map(|next| in_words(&state, &next)),
            };
            table.insert((stage, name.to_owned()), becomes);
        }
    }
    Ok(table)
}

/// Where a lead is after it was in `before`.
fn in_words(before: &LeadState, next: &LeadState) -> String {
    let mut words = next.stage.name().to_owned();
    let old_queue = before.assignment.as_ref().map(|assignment| &assignment.queue);
    let new_queue = next.assignment.as_ref().map(|assignment| &assignment.queue);
    if new_queue != old_queue
        && let Some(queue) = new_queue
    {
        _ = write!(words, " in {queue}");
    }
    if let Some(at) = next.reactivate_at {
        let days = at.duration_since(before.received_at).as_hours() / 24;
        _ = write!(words, ", back after {days} days");
    }
    if next.suppressed {
        words.push_str(", suppressed");
    }
    if next.notify {
        words.push_str(", the desk is told");
    }
    if next.owes.iter().any(|owed| matches!(owed.what, leads::lead::Owing::Recall { .. })) {
        words.push_str(", recalled");
    }
    if next.stage == before.stage && new_queue == old_queue && next.awaits_answer() {
        words.push_str(", the clock runs on");
    }
    words
}

/// The page.
pub fn page(rules: &RuleSet) -> Result<String> {
    let mut page = OPENING.to_owned();
    print(&mut page, &dispositions(rules)?);
    page.push_str(VERDICTS);
    print(&mut page, &verdicts()?);
    page.push_str(TIME);
    Ok(page)
}

/// One row for each thing that is said, one column for each stage in which any of them is taken.
fn print(page: &mut String, table: &Table) {
    let taken = |stage: &Stage| table.iter().any(|((at, _), becomes)| at == stage && becomes.is_some());
    let stages: Vec<Stage> = Stage::ALL.into_iter().filter(taken).collect();
    let names: Vec<&str> = stages.iter().map(|stage| stage.name()).collect();
    _ = writeln!(page, "\n| | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    let rows: std::collections::BTreeSet<&String> = table.keys().map(|(_, row)| row).collect();
    for row in rows {
        let cell = |stage: &Stage| {
            let becomes = table.get(&(*stage, row.clone())).and_then(Option::as_deref);
            becomes.unwrap_or("409").to_owned()
        };
        let cells: Vec<String> = stages.iter().map(cell).collect();
        _ = writeln!(page, "| `{row}` | {} |", cells.join(" | "));
    }
}

const OPENING: &str = "\
# What becomes of a lead

Generated by `leadctl docs` from the code and the shipped playbook; do not edit by hand. 409 is what the API answers
where something does not fit where the lead stands, with what would. An erased lead is answered 404.

## What sales reports
`POST /v1/leads/{id}/feedback`. A lead that is cleaned or scored is here one that was touched while sales has it; one that
nobody has yet takes no feedback. A pooled one is here one that sales gave to the pool; one that was recalled takes no
feedback. In stages that are no column all of it is 409.
";

const VERDICTS: &str = "
## What a person decides
`POST /v1/leads/{id}/verdict`. *Recalled*: whoever has the lead is told that it is gone. Somebody has a held or parked lead only
if it stopped on its way to another queue.
";

const TIME: &str = "
## What time does
| | when | then |
|---|---|---|
| received, cleaned, scored | for a minute and longer | the sweep sends its message again |
| routed, not answered | a step of its clock comes | reminder, breach, escalation, another queue, or the pool; each once |
| routed | its protection ends | pooled, and recalled |
| routed, nurtured | SQS did not say whether it took the delivery | it is sent again under the same id |
| pooled | its date comes | scored and routed again, as a new epoch |
| held with `no-room` | ten minutes have passed, again and again | routed anew if somebody has room, and in any case by its deadline |
| erased | two minutes later | `lead.erased` once more |

The steps of a clock stand in [`sla.toml`](../infra/rules/sla.toml), and are fixed when the lead is given to its queue: a
policy that changes later leaves it alone. A deadline in the past is missed at the next tick. A lead that goes to another
queue begins the clock of that queue, and the rest of the old one is void.
";
