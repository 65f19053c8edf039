//! The rules and leads that are measured. Always the same: rules and leads follow from fixed seeds.

use fastrand::Rng;
use jiff::Timestamp;
use leads::clean::clean;
use leads::decision::{CleanVerdict, Cleaned, Routed, Scored};
use leads::profile::Profile;
use leads::route::route;
use leads::rules::RuleSet;
use leads::score::score;
use leads::submission::{Encoding, Submission, parse};
use serde_json::Value;
use synthetic::lead::{Facts, lead};
use synthetic::rules::{load, shipped, with_territory};
use synthetic::territory::{Row, rows};

/// How many leads a workload has, unless it says otherwise.
pub const LEADS: usize = 256;

/// Rules, and leads as every stage gets them.
pub struct Workload {
    /// Rows of the territory table; none with the shipped rules alone.
    pub rows: Vec<Row>,
    /// The rules.
    pub rules: RuleSet,
    /// The leads.
    pub leads: Vec<Prepared>,
    /// The time of every decision.
    pub now: Timestamp,
}

/// A lead with what each stage needs of it.
pub struct Prepared {
    /// What is known to be true of it; nothing of a sample lead.
    pub facts: Facts,
    /// The JSON posted.
    pub body: String,
    /// As parsed.
    pub submission: Submission,
    /// As normalised.
    pub profile: Profile,
    /// As scored.
    pub scored: Scored,
}

impl Workload {
    /// The shipped rules with `count` routing rules more. Its leads are accepted and qualified, so that every decision comes
    /// to the table.
    pub fn with_rules(count: usize) -> Self {
        let rows = rows(count, 7);
        let rules = load(&with_territory(&rows));
        let mut rng = Rng::with_seed(13);
        let leads = std::iter::repeat_with(|| lead(&rows, &mut rng)).filter(|lead| lead.facts.owner.is_none());
        let leads: Vec<_> = leads
            .map(|lead| Prepared::new(lead.facts, lead.body, &rules))
            .filter(|lead| lead.scored.mql && lead.is_accepted(&rules))
            .take(LEADS)
            .collect();
        Self { rows, rules, leads, now: now() }
    }

    /// The shipped rules and the sample leads, whatever becomes of them.
    pub fn typical() -> Self {
        let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/samples/leads.json");
        let samples: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(samples).unwrap()).unwrap();
        let rules = load(&shipped());
        let bodies = samples.iter().map(|sample| sample["lead"].to_string());
        let leads = bodies.map(|body| Prepared::new(Facts::default(), body, &rules)).collect();
        Self { rows: Vec::new(), rules, leads, now: now() }
    }

    /// Body to queue: every step of the decision, for one lead.
    pub fn decide(&self, body: &str) -> Decided {
        let submission = parse(body.as_bytes(), Encoding::Json).unwrap().submission;
        self.decide_parsed(&submission)
    }

    /// Profile, clean, score and route, without parsing. The profile is made once; in production each function makes it.
    pub fn decide_parsed(&self, submission: &Submission) -> Decided {
        let profile = Profile::of(submission);
        let cleaned = clean(submission, &profile, None, false, &self.rules);
        let scored = score(submission, &profile, &[], None, None, &self.rules, self.now);
        let routed = route(submission, &profile, &scored, &self.rules, self.now);
        (cleaned, scored, routed)
    }
}

/// What the three decisions answer.
pub type Decided = (Cleaned, Scored, Routed);

impl Prepared {
    fn new(facts: Facts, body: String, rules: &RuleSet) -> Self {
        let submission = parse(body.as_bytes(), Encoding::Json).unwrap().submission;
        let profile = Profile::of(&submission);
        let scored = score(&submission, &profile, &[], None, None, rules, now());
        Self { facts, body, submission, profile, scored }
    }

    fn is_accepted(&self, rules: &RuleSet) -> bool {
        clean(&self.submission, &self.profile, None, false, rules).verdict == CleanVerdict::Accept
    }
}

fn now() -> Timestamp {
    "2026-11-02T10:00:00+08:00".parse().unwrap()
}
