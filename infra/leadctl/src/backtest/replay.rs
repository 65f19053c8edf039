//! One lead under one rule set: the pipeline's decisions in the pipeline's order, and nothing else.

use jiff::Timestamp;
use leads::decision::{Account, CleanVerdict};
use leads::profile::Profile;
use leads::rules::RuleSet;
use leads::{clean, route, score};
use serde::Serialize;

use super::past::{PastLead, Verdict, given};

/// Where a lead ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Place {
    /// In a queue, by its name.
    Queue(String),
    /// With a person, for a reason.
    Held(String),
    /// Stopped, for a reason.
    Refused(String),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Queue(queue) => f.write_str(queue),
            Self::Held(reason) => write!(f, "held: {reason}"),
            Self::Refused(reason) => write!(f, "refused: {reason}"),
        }
    }
}

/// Where a lead ends, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Where.
    pub place: Place,
    /// The rule that decided.
    pub rule: String,
    /// Its scores, if it got that far.
    pub scores: Option<Scores>,
}

/// What `score` said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scores {
    /// Intent and value together, 0 to 200.
    pub sum: i32,
    /// Whether it is qualified.
    pub mql: bool,
}

/// Takes a lead through the decisions as if it came at `at`.
pub fn decide(
    lead: &PastLead,
    profile: &Profile,
    account: Option<&Account>,
    rules: &RuleSet,
    at: Timestamp,
) -> Decided {
    let submission = &lead.submission;
    let stopped = |place, rule: &str| Decided { place, rule: rule.to_owned(), scores: None };
    // The intake would not have taken it under these rules: see `not-allowed` in docs/http-api.md.
    if !rules.admits(submission) {
        return stopped(Place::Refused("not-allowed".to_owned()), "forms.toml");
    }
    let (released, qualified) = match lead.verdict {
        None => (false, None),
        Some(Verdict::Pass(qualified)) => (true, qualified),
        Some(Verdict::Refuse) => return stopped(Place::Refused("by-a-person".to_owned()), "verdict"),
    };
    match clean::clean(submission, profile, account, released, rules).verdict {
        CleanVerdict::Accept => {}
        CleanVerdict::Hold { reason, .. } => return stopped(Place::Held(reason.code), &reason.rule),
        CleanVerdict::Refuse { reason } => return stopped(Place::Refused(reason.code), &reason.rule),
    }
    let given = qualified.map(|verdict| given(verdict, at));
    let scored = score::score(submission, profile, &lead.touches, account, given.as_ref(), rules, at);
    let routed = route::route(submission, profile, &scored, rules, at);
    Decided {
        place: Place::Queue(routed.queue.into()),
        rule: routed.rule,
        scores: Some(Scores { sum: scored.intent + scored.value, mql: scored.mql }),
    }
}
