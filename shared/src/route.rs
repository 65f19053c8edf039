//! The third decision: whose lead is it? Steps in the order that the rules list them; the first that finds a queue
//! decides. Total: a rule set without a catch-all does not load.

use jiff::Timestamp;

use crate::decision::{Routed, Scored, Sla, Trace};
use crate::id::Queue;
use crate::profile::Profile;
use crate::rules::{Due, Facts, Lookup, OwnerFrom, QuadrantPath, RouteStep, RuleSet, Target, why_otherwise};
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
        let mut inputs = step.when.inputs();
        if !step.when.holds(&facts) {
            trace.passed(&step.id, step.when.why_not(&facts), inputs);
            continue;
        }
        match find(step, path, &facts, &mut inputs) {
            Ok(Found { rule, queue, owner, why }) => {
                let (sla, why) = due(queue, why, rules, now);
                trace.fired(&step.id, why, inputs);
                let owner = owner.or_else(|| match step.owner {
                    Some(OwnerFrom::Account) => account.and_then(|account| account.owner.clone()),
                    Some(OwnerFrom::Source) => submission.source.owner.clone(),
                    None => None,
                });
                return Routed { queue: queue.clone(), owner, rule, strategy, sla, trace };
            }
            Err(why) => trace.passed(&step.id, why, inputs),
        }
    }
    let last = &rules.routing.catch_all;
    let (sla, why) = due(&last.queue, last.why.clone(), rules, now);
    trace.fired(&last.id, why, Vec::new());
    Routed { queue: last.queue.clone(), owner: None, rule: last.id.clone(), strategy, sla, trace }
}

/// By when the queue answers, and the reason with what has to be said of that.
fn due(queue: &Queue, why: String, rules: &RuleSet, now: Timestamp) -> (Option<Sla>, String) {
    match rules.sla.due(queue, now) {
        Some(Due { sla, doubt: Some(doubt) }) => (Some(sla), format!("{why} {doubt}")),
        due => (due.map(|due| due.sla), why),
    }
}

/// The queue that a step found.
struct Found<'r> {
    rule: String,
    queue: &'r Queue,
    /// The salesperson that a table's row names.
    owner: Option<String>,
    why: String,
}

/// The queue for a lead that meets the step's condition, or why it has none. Adds the fields looked at to `inputs`.
fn find<'r>(
    step: &'r RouteStep,
    path: Option<&'r QuadrantPath>,
    facts: &Facts<'r>,
    inputs: &mut Vec<String>,
) -> Result<Found<'r>, String> {
    let (rule, why) = (step.id.clone(), step.why.clone());
    match &step.to {
        Target::Queue(queue) => Ok(Found { rule, queue, owner: None, why }),
        Target::Quadrant => {
            inputs.push("score.quadrant".to_owned());
            let queue = path.and_then(|path| path.queue.as_ref()).ok_or("its quadrant has no queue of its own")?;
            Ok(Found { rule, queue, owner: None, why })
        }
        Target::Table { table, otherwise } => {
            let table = facts.rules.routing.table(table).ok_or("its table is missing")?;
            inputs.extend(table.inputs());
            match (table.look_up(facts), otherwise) {
                (Lookup::Found { row, by }, _) => {
                    let (rule, owner) = (format!("{rule}.{}", row.id), row.owner.clone());
                    Ok(Found { rule, queue: &row.queue, owner, why: row.why(&why, by) })
                }
                (Lookup::Nothing(nothing), Some(queue)) => {
                    Ok(Found { rule, queue, owner: None, why: why_otherwise(&why, &nothing) })
                }
                (Lookup::Nothing(nothing), None) => Err(nothing),
            }
        }
    }
}
