//! Where a lead is, why, and what comes next by itself, in a sentence each.

use jiff::Timestamp;
use leads::decision::Reason;
use leads::lead::{Assignment, LeadState, Stage};
use leads::row::{Decision, Row};

use super::{Teller, when};
use crate::show;

/// The first sentences of a story.
pub(super) struct Told {
    pub(super) answer: String,
    pub(super) because: Option<String>,
    pub(super) then: Option<String>,
}

impl Told {
    fn new(answer: impl Into<String>, because: Option<String>, then: Option<String>) -> Self {
        Self { answer: answer.into(), because, then }
    }

    pub(super) fn of(
        state: &LeadState,
        decision: Option<&Decision>,
        rows: &[Row],
        teller: &Teller,
        now: Timestamp,
    ) -> Self {
        let why = || decision.and_then(|decision| Some(decision.trace.decisive()?.why.clone()));
        let reason = state.reason.as_ref().map(in_words);
        match state.stage {
            Stage::Received | Stage::Cleaned | Stage::Scored => on_its_way(state, teller, now),
            Stage::Routed => {
                let then = state.assignment.as_ref().map(|assignment| answer_due(state, assignment, now));
                Self::new(with_whom("It is with", state, teller), why(), then)
            }
            Stage::Nurtured => {
                let then = "No answer is due. Something new about it, or a verdict, brings it back.";
                Self::new(with_whom("It is being warmed by", state, teller), why(), Some(then.into()))
            }
            Stage::Pooled => pooled(state, rows, teller, now),
            Stage::Rejected => Self::new(
                "It was refused: it is no lead.",
                reason,
                Some("It is kept, and a person may release it.".into()),
            ),
            Stage::Merged => merged(state, rows),
            Stage::Held => held(state, reason, teller, now),
            Stage::Parked => {
                let then = "Once that is mended, a release lets it go on.";
                Self::new("It is parked: no further attempt could have succeeded.", reason, Some(then.into()))
            }
            Stage::Erased => {
                let told: Vec<String> = state.told.iter().map(|queue| teller.queue(queue)).collect();
                let because = (!told.is_empty()).then(|| format!("Told of it: {}.", told.join(", ")));
                Self::new("It is erased: of the person nothing is left.", because, None)
            }
        }
    }
}

fn in_words(reason: &Reason) -> String {
    match rule_of(reason) {
        Some(rule) => format!("{} ({}, by rule {rule})", sentence(&reason.text), reason.code),
        None => format!("{} ({})", sentence(&reason.text), reason.code),
    }
}

/// The rule behind a reason, unless it is none of the rules that gave it.
pub(crate) fn rule_of(reason: &Reason) -> Option<&str> {
    Some(reason.rule.as_str()).filter(|rule| *rule != "-")
}

/// A reason as a sentence: some are written without the capital and the stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), chars.as_str())
}

fn with_whom(verb: &str, state: &LeadState, teller: &Teller) -> String {
    let Some(assignment) = &state.assignment else { return format!("{verb} a queue that its row does not name.") };
    let owner = assignment.owner.as_ref().map(|owner| format!(", for {owner}")).unwrap_or_default();
    format!("{verb} {}{owner}.", teller.queue(&assignment.queue))
}

fn on_its_way(state: &LeadState, teller: &Teller, now: Timestamp) -> Told {
    let (done, next) = match state.stage {
        Stage::Received => ("accepted", "cleaned"),
        Stage::Cleaned => ("cleaned", "scored"),
        _ => ("scored", "routed"),
    };
    let answer = format!("It is on its way: {done} {}, and waits to be {next}.", when::ago(state.stage_at, now));
    let has_it = state.assignment.as_ref().filter(|_| state.reopened_from == Some(Stage::Routed));
    let because = has_it.map(|assignment| {
        format!("{} has it meanwhile; something new about it is being looked at.", teller.queue(&assignment.queue))
    });
    let then = match state.resends {
        0 => "That takes seconds. Should its message be lost, the sweep sends it again.".to_owned(),
        1 => "Its message was sent again once.".to_owned(),
        n => format!("Its message was sent again {n} times: the stage that comes next does not take it."),
    };
    Told::new(answer, because, Some(then))
}

fn answer_due(state: &LeadState, assignment: &Assignment, now: Timestamp) -> String {
    let mut then = match (&state.answer, assignment.feedback_due) {
        (Some(answer), _) => format!("Sales answered “{}” {}.", answer.disposition, when::ago(answer.at, now)),
        (None, Some(due)) if due < now => {
            format!("An answer was due by {}, {}, and has not come.", when::minute(due), when::ago(due, now))
        }
        (None, Some(due)) => format!("An answer is due by {}, {}.", when::minute(due), when::apart(due, now)),
        (None, None) => "No answer is due.".to_owned(),
    };
    if assignment.delivery_unknown {
        then.push_str(" Whether the message arrived is unknown; it is sent again under the same id.");
    }
    then
}

fn pooled(state: &LeadState, rows: &[Row], teller: &Teller, now: Timestamp) -> Told {
    let queue = state.assignment.as_ref().map(|assignment| teller.queue(&assignment.queue));
    let last = rows.iter().filter_map(|row| if let Row::Event(event) = row { Some(event) } else { None });
    let because = match (&state.answer, queue) {
        (Some(answer), Some(queue)) => {
            Some(format!("{queue} answered “{}” {}.", answer.disposition, when::ago(answer.at, now)))
        }
        _ => last.max_by_key(|event| event.version).map(|event| sentence(&event.why)),
    };
    let mut then = match state.reactivate_at {
        Some(at) => format!("It comes back on {}, {}, and is scored again.", when::minute(at), when::apart(at, now)),
        None => "It does not come back by itself.".to_owned(),
    };
    if state.suppressed {
        then.push_str(" Nobody is to contact this person of our own accord.");
    }
    Told::new("It is kept for later.", because, Some(then))
}

fn merged(state: &LeadState, rows: &[Row]) -> Told {
    let answer = match &state.merged_into {
        Some(master) => format!("It is the same person as an earlier lead, and became a touch on it: {master}."),
        None => "It is the same person as an earlier lead.".to_owned(),
    };
    let joined = rows.iter().filter_map(|row| match row {
        Row::Event(event) if event.what == "merged" => Some(event),
        _ => None,
    });
    let because = joined.max_by_key(|event| event.version).map(|event| sentence(&event.why));
    Told::new(answer, because, Some("What becomes of the person is that lead's story.".into()))
}

fn held(state: &LeadState, reason: Option<String>, teller: &Teller, now: Timestamp) -> Told {
    match &state.waits {
        Some(waits) => {
            let answer = format!("It waits until somebody of {} has room.", teller.queue(&waits.queue));
            let then = format!(
                "That is looked at again {}; by {} it goes on in any case.",
                when::apart(waits.look_at, now),
                when::minute(waits.until)
            );
            Told::new(answer, reason, Some(then))
        }
        None => {
            let answer = format!("It waits for a person's verdict, since {}.", when::minute(state.stage_at));
            let called =
                if state.notify { "The telemarketing desk is being told." } else { "Nothing happens by itself." };
            Told::new(answer, reason, Some(called.into()))
        }
    }
}

/// Particulars, as far as they apply.
pub(super) fn facts(state: &LeadState) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    let assignment = state.assignment.as_ref();
    add(
        "verdict",
        state.verdict.as_ref().map(|verdict| {
            let what = verdict.mql.map_or("released", show::verdict);
            format!("{what}, by {} at {}", verdict.by, when::second(verdict.at))
        }),
    );
    add(
        "queue",
        assignment.map(|assignment| {
            let owner = assignment.owner.as_deref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
            format!("{}{owner} (epoch {})", assignment.queue, assignment.epoch)
        }),
    );
    add(
        "answer by",
        assignment
            .and_then(|assignment| assignment.feedback_due)
            .map(|due| format!("{}{}", when::second(due), if state.answer.is_some() { ", answered" } else { "" })),
    );
    add("taken up", assignment.and_then(|assignment| assignment.responded_at).map(when::second));
    add("breached", state.breached_at.map(when::second));
    let clock = assignment.and_then(|assignment| assignment.clock).filter(|_| state.awaits_answer());
    add("next step", clock.map(|clock| when::second(clock.at)));
    add(
        "stays till",
        assignment.and_then(|assignment| assignment.protection.as_ref()).map(|protection| {
            let last = protection.at_most.map(|at| format!(", at most {}", when::second(at))).unwrap_or_default();
            format!("{}{last}", when::second(protection.until))
        }),
    );
    add("touches", (state.touches > 0).then(|| state.touches.to_string()));
    let apart: Vec<&str> = state.apart.iter().map(leads::id::LeadId::as_str).collect();
    add("never joins", (!apart.is_empty()).then(|| apart.join(", ")));
    facts
}
