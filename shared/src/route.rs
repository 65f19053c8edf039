//! The third decision: whose lead is it? Steps in the order that the rules list them; the first that finds a queue
//! decides. Total: a rule set without a catch-all does not load.

use jiff::Timestamp;

use crate::decision::{Routed, Scored, Trace};
use crate::id::Queue;
use crate::profile::Profile;
use crate::rules::{Facts, Lookup, OwnerFrom, RuleSet, Target};
use crate::submission::Submission;

/// Finds the queue of a scored lead, and by when it answers.
pub fn route(submission: &Submission, profile: &Profile, scored: &Scored, rules: &RuleSet, now: Timestamp) -> Routed {
    let account = scored.account.as_ref();
    let since = rules.scoring.interactions_since(now);
    let facts =
        Facts { submission, profile, touches: &[], account, interactions_since: since, scored: Some(scored), rules };
    let mut trace = Trace::default();
    let path = rules.routing.quadrants.get(&scored.quadrant);
    let strategy = path.and_then(|path| path.strategy.clone());
    for step in &rules.routing.steps {
        if !step.when.holds(&facts) {
            trace.passed(&step.id, step.when.why_not(&facts));
            continue;
        }
        let found: Result<(String, &Queue, String), String> = match &step.to {
            Target::Queue(queue) => Ok((step.id.clone(), queue, step.why.clone())),
            Target::Quadrant => match path.and_then(|path| path.queue.as_ref()) {
                Some(queue) => Ok((step.id.clone(), queue, step.why.clone())),
                None => Err("its quadrant has no queue of its own".to_owned()),
            },
            Target::Table { table, otherwise } => match (rules.routing.look_up(table, &facts), otherwise) {
                (Lookup::Found { row, by }, _) => {
                    let why = row.why.as_ref().unwrap_or(&step.why);
                    let why = format!("{why} (row `{}` by `{by}`)", row.id);
                    Ok((format!("{}.{}", step.id, row.id), &row.queue, why))
                }
                (Lookup::Nothing(why), Some(queue)) => Ok((step.id.clone(), queue, format!("{}; {why}", step.why))),
                (Lookup::Nothing(why), None) => Err(why),
            },
        };
        match found {
            Ok((rule, queue, why)) => {
                trace.fired(&step.id, why);
                let owner = match step.owner {
                    Some(OwnerFrom::Account) => scored.account.as_ref().and_then(|account| account.owner.clone()),
                    Some(OwnerFrom::Source) => submission.source.owner.clone(),
                    None => None,
                };
                let sla = rules.sla.due(queue, now);
                return Routed { queue: queue.clone(), owner, rule, strategy, sla, trace };
            }
            Err(why) => trace.passed(&step.id, why),
        }
    }
    let last = &rules.routing.catch_all;
    trace.fired(&last.id, &last.why);
    let sla = rules.sla.due(&last.queue, now);
    Routed { queue: last.queue.clone(), owner: None, rule: last.id.clone(), strategy, sla, trace }
}
