//! The story of a lead in plain words, made from its rows: where it is and why, its scores, what happened, and what a
//! person may do now. `leadctl explain` and the console tell the same one.

mod answer;
mod happened;
mod next;
#[cfg(test)]
pub(crate) mod tests;
pub mod when;

use jiff::Timestamp;
use leads::decision::{Axis, Quadrant, Scored, Step};
use leads::id::{LeadId, Queue};
use leads::lead::Stage;
use leads::row::{Decision, Row};
use leads::rules::RuleSet;

use crate::show::{self, Words};

pub(crate) use answer::{rule_of, sentence};

/// What a story is told with: the rules of this checkout, for their words, and the stack's name, for commands.
pub struct Teller {
    /// The rules.
    pub rules: RuleSet,
    /// What they say for people.
    pub words: Words,
    /// The stack on AWS, as `--stack` names it; none for the local one.
    pub stack: Option<String>,
}

impl Teller {
    /// Tells with these rules.
    pub fn new(rules: RuleSet, stack: Option<String>) -> Self {
        Self { words: Words::of(&rules), rules, stack }
    }

    /// A queue by its title and name.
    pub fn queue(&self, queue: &Queue) -> String {
        let title = self.words.queue(queue);
        if title == queue.as_str() { title.to_owned() } else { format!("{title} ({queue})") }
    }
}

/// The story of a lead. Only [`Story::posted`] tells of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The lead.
    pub lead_id: LeadId,
    /// Where it stands.
    pub stage: Stage,
    /// Where it is, in a sentence.
    pub answer: String,
    /// Why, if there is more to say than that.
    pub because: Option<String>,
    /// What comes next, by itself.
    pub then: Option<String>,
    /// The lead that it joined.
    pub master: Option<LeadId>,
    /// Particulars, by name.
    pub facts: Vec<(&'static str, String)>,
    /// The last decision.
    pub decision: Option<Decided>,
    /// The scores that it was decided on.
    pub scores: Option<Scores>,
    /// What happened, first things first.
    pub happened: Vec<Happened>,
    /// What a person may do now.
    pub next: Vec<Next>,
    /// What was posted, field by field, with tags as people corrected them. Personal data, as somebody typed it.
    pub posted: Vec<(String, String)>,
}

/// Why a lead went where it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The queue, by title and name.
    pub queue: String,
    /// The steps tried.
    pub steps: Vec<Step>,
    /// The version of the rules that decided.
    pub rules: String,
    /// Whether these are the rules of this checkout.
    pub as_here: bool,
}

/// The two scores, with what they are the sums of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scores {
    /// How much they want it.
    pub intent: i32,
    /// How much it is worth.
    pub value: i32,
    /// Both, in a word.
    pub quadrant: Quadrant,
    /// What a person decided whatever they are, and who.
    pub verdict: Option<String>,
    /// The named points.
    pub points: Vec<Points>,
}

/// Points for one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Points {
    /// Which score.
    pub axis: Axis,
    /// How many; may be negative.
    pub points: i32,
    /// The rule's id.
    pub rule: String,
    /// The rule in words.
    pub why: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// What. Names nobody.
    pub what: String,
    /// Another lead that it is about.
    pub lead: Option<LeadId>,
}

/// Something that a person may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// What it does.
    pub what: &'static str,
    /// The command that does it. Capital letters stand for what only the person knows.
    pub command: String,
    /// What may stand in the place of its first word in capital letters, if that is a choice.
    pub choices: Vec<String>,
}

impl Story {
    /// The story that these rows tell; none if there is no state among them.
    pub fn of(rows: &[Row], teller: &Teller, now: Timestamp) -> Option<Self> {
        let state = rows.iter().find_map(|row| if let Row::State(state) = row { Some(state) } else { None })?;
        let decisions = rows.iter().filter_map(|row| if let Row::Decision(row) = row { Some(row) } else { None });
        let decision = decisions.max_by_key(|decision| decision.epoch);
        let told = answer::Told::of(state, decision, rows, teller, now);
        let scored = decision.map(|decision| &decision.scored).or(state.scored.as_ref());
        Some(Self {
            lead_id: state.lead_id.clone(),
            stage: state.stage,
            answer: told.answer,
            because: told.because,
            then: told.then,
            master: state.merged_into.clone(),
            facts: answer::facts(state),
            decision: decision.map(|decision| Decided::of(decision, teller)),
            scores: scored.map(|scored| Scores::of(scored, teller)),
            happened: happened::told(rows, teller),
            next: next::actions(state, teller),
            posted: happened::posted(state, rows),
        })
    }
}

impl Decided {
    fn of(decision: &Decision, teller: &Teller) -> Self {
        Self {
            queue: teller.queue(&decision.queue),
            steps: decision.trace.0.clone(),
            rules: decision.rules_version.clone(),
            as_here: decision.rules_version == teller.rules.version(),
        }
    }
}

impl Scores {
    fn of(scored: &Scored, teller: &Teller) -> Self {
        let verdict = scored.verdict.as_ref();
        Self {
            intent: scored.intent,
            value: scored.value,
            quadrant: scored.quadrant,
            verdict: verdict
                .map(|given| format!("{}, whatever the scores, by {}", show::verdict(given.verdict), given.by)),
            points: scored
                .contributions
                .iter()
                .map(|part| Points {
                    axis: part.score,
                    points: part.points,
                    rule: part.rule.clone(),
                    why: teller.words.rule(&part.rule).to_owned(),
                })
                .collect(),
        }
    }
}

/// Which score, as it is called.
pub fn axis(axis: Axis) -> &'static str {
    match axis {
        Axis::Intent => "intent",
        Axis::Value => "value",
    }
}
