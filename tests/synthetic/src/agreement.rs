//! The product's routing against the plain reading, lead by lead.

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::Timestamp;
use leads::decision::{Account, AccountKind, Quadrant, Scored};
use leads::profile::Profile;
use leads::route::route;
use leads::rules::RuleSet;

use crate::lead::{Lead, lead};
use crate::ordered::{Ordered, Situation};
use crate::rules::{self, STEP};
use crate::territory;

/// Both readings of one set of rules.
pub struct Both {
    rules: RuleSet,
    ordered: Ordered,
    rows: Vec<territory::Row>,
    now: Timestamp,
}

/// What became of the leads tried.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many both readings sent to the same queue by the same rule.
    pub agreed: usize,
    /// Where they differ: the lead and both answers. At most 10 are kept.
    pub differences: Vec<String>,
    /// How many differ.
    pub different: usize,
    /// Leads by the step that decided.
    pub steps: BTreeMap<String, usize>,
    /// Which rows of the table decided.
    pub rows: std::collections::BTreeSet<String>,
}

impl Both {
    /// Readings of the shipped rules with a table of `count` rows.
    pub fn new(count: usize, seed: u64) -> Self {
        let rows = territory::rows(count, seed);
        let sources = rules::with_territory(&rows);
        let route = &sources.iter().find(|(name, _)| name == "route.toml").unwrap().1;
        let ordered = Ordered::new(route, rows.clone());
        Self { rules: rules::load(&sources), ordered, rows, now: "2026-11-02T10:00:00+08:00".parse().unwrap() }
    }

    /// Sends `count` random leads through both.
    pub fn compare(&self, count: usize, seed: u64, tally: &mut Tally) {
        let mut rng = Rng::with_seed(seed);
        for _ in 0..count {
            let lead = lead(&self.rows, &mut rng);
            self.compare_one(&lead, &situation(&mut rng), tally);
        }
    }

    fn compare_one(&self, lead: &Lead, situation: &Situation, tally: &mut Tally) {
        let mut submission = lead.submission();
        // The number has no part in routing and is the costliest thing to read.
        submission.contact.phone = None;
        let account = situation.account.map(|(kind, owned)| Account {
            name: "Nordwerk".to_owned(),
            domain: None,
            kind,
            owner: owned.then(|| "li.lei".to_owned()),
        });
        let scored = Scored {
            intent: 60,
            value: 60,
            quadrant: situation.quadrant,
            mql: situation.mql,
            verdict: None,
            contributions: Vec::new(),
            account,
            rules_version: self.rules.version().to_owned(),
        };
        let routed = route(&submission, &Profile::of(&submission), &scored, &self.rules, self.now);
        assert!(self.rules.queue(&routed.queue).is_some(), "{} is no declared queue", routed.queue);
        assert_eq!(routed.trace.0.iter().filter(|step| step.fired).count(), 1, "{:?}", routed.trace);

        let (step, row) = routed.rule.split_once('.').unwrap_or((&routed.rule, ""));
        *tally.steps.entry(step.to_owned()).or_default() += 1;
        if step == STEP {
            tally.rows.insert(row.to_owned());
        }
        let (queue, rule) = self.ordered.route(&lead.facts, situation);
        if (routed.queue.as_str(), &routed.rule) == (queue.as_str(), &rule) {
            tally.agreed += 1;
            return;
        }
        tally.different += 1;
        if tally.differences.len() < 10 {
            let index = format!("{} by {}", routed.queue, routed.rule);
            tally.differences.push(format!("{}\n  index: {index}\n  in order: {queue} by {rule}", lead.body));
        }
    }
}

/// Four of five are qualified, one of ten belongs to an account.
fn situation(rng: &mut Rng) -> Situation {
    let kinds = [AccountKind::Customer, AccountKind::Key, AccountKind::Competitor];
    let quadrants = [Quadrant::Hot, Quadrant::SelfService, Quadrant::Review, Quadrant::Nurture];
    Situation {
        account: (rng.u8(..10) == 0).then(|| (kinds[rng.usize(..3)], rng.bool())),
        quadrant: quadrants[rng.usize(..4)],
        mql: rng.u8(..5) != 0,
    }
}
