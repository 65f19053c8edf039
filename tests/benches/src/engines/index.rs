//! Ours: the whole of `route`, from a submission to a queue with its deadline and the trace of every step.

use jiff::Timestamp;
use leads::decision::Routed;
use leads::route::route;
use leads::rules::RuleSet;
use synthetic::rules::STEP;

use super::Engine;
use crate::workload::{Prepared, Workload};

/// The rules as the functions hold them.
pub struct Index {
    rules: RuleSet,
    now: Timestamp,
}

impl Engine for Index {
    const NAME: &'static str = "index";
    type Input<'w> = &'w Prepared;
    type Answer = Routed;

    fn new(workload: &Workload) -> Self {
        Self { rules: workload.rules.clone(), now: workload.now }
    }

    fn inputs<'w>(&self, workload: &'w Workload) -> Vec<&'w Prepared> {
        workload.leads.iter().collect()
    }

    fn decide(&self, lead: &&Prepared) -> Routed {
        route(&lead.submission, &lead.profile, &lead.scored, &self.rules, self.now)
    }

    fn row(&self, routed: &Routed) -> Option<String> {
        routed.rule.strip_prefix(STEP)?.strip_prefix('.').map(str::to_owned)
    }
}
