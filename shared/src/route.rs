//! The third decision: whose lead is it? Steps in the order that the rules list them; the first that finds a queue
//! decides. Total: a rule set without a catch-all does not load.

use jiff::Timestamp;

use crate::decision::{Nurture, Quadrant, Routed, Scored, Sla, Trace};
use crate::id::Queue;
use crate::lead::Counted;
use crate::owners::Owner;
use crate::profile::Profile;
use crate::row::Decision;
use crate::rules::{
    Due, Facts, Lookup, OwnerFrom, QuadrantPath, QueueKind, RouteStep, RuleSet, Target, Wordings, why_otherwise,
};
use crate::submission::Submission;

/// Finds the queue of a scored lead, and by when it answers.
pub fn route(submission: &Submission, profile: &Profile, scored: &Scored, rules: &RuleSet, now: Timestamp) -> Routed {
    let account = scored.account.as_ref();
    let wordings = Wordings::default();
    let facts = facts(submission, profile, scored, rules, now, &wordings);
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
                let (sla, why) = clock(queue, why, &facts, now);
                trace.fired(&step.id, why, inputs);
                let owner = owner.or_else(|| match step.owner {
                    Some(OwnerFrom::Account) => account.and_then(|account| account.owner.clone()),
                    Some(OwnerFrom::Source) => submission.source.owner.clone(),
                    None => None,
                });
                let counted = counted(queue, owner.as_deref(), rules);
                let nurture = nurture(queue, scored, None, rules);
                return Routed { queue: queue.clone(), owner, counted, rule, strategy, nurture, sla, trace };
            }
            Err(why) => trace.passed(&step.id, why, inputs),
        }
    }
    let last = &rules.routing.catch_all;
    let (sla, why) = clock(&last.queue, last.why.clone(), &facts, now);
    trace.fired(&last.id, why, Vec::new());
    let counted = counted(&last.queue, None, rules);
    let (queue, nurture) = (last.queue.clone(), nurture(&last.queue, scored, None, rules));
    Routed { queue, owner: None, counted, rule: last.id.clone(), strategy, nurture, sla, trace }
}

/// Gives a lead that nobody of its queue can take to the next one, which has a clock of its own. `why` says so.
pub fn overflowed(
    routed: Routed,
    queue: &Queue,
    why: String,
    (submission, scored): (&Submission, &Scored),
    rules: &RuleSet,
    now: Timestamp,
) -> Routed {
    let profile = Profile::of(submission);
    let (sla, why) = clock(queue, why, &facts(submission, &profile, scored, rules, now, &Wordings::default()), now);
    let mut next = given_to(routed, None, why);
    next.counted = counted(queue, None, rules);
    next.nurture = nurture(queue, scored, None, rules);
    Routed { queue: queue.clone(), sla, ..next }
}

/// Gives a lead to one of its queue's people. `why` says why to them.
pub fn given_to(mut routed: Routed, owner: Option<&Owner>, why: String) -> Routed {
    routed.trace.fired(format!("owners.{}", routed.queue), why, Vec::new());
    if let Some(owner) = owner {
        routed.owner = Some(owner.id.clone());
        routed.counted = Some(Counted::Owner);
    }
    routed
}

/// What a lead takes up in a queue: a place of the queue if it has a file, and one of its owner if the file names them.
fn counted(queue: &Queue, owner: Option<&str>, rules: &RuleSet) -> Option<Counted> {
    let team = rules.team(queue)?;
    let listed = owner.is_some_and(|id| team.owners.iter().any(|owner| owner.id == id));
    Some(if listed { Counted::Owner } else { Counted::Queue })
}

/// How a lead is to be warmed, if `queue` is there for that: on the `track` asked for, or on that of
/// `[quadrant.nurture]`.
fn nurture(queue: &Queue, scored: &Scored, track: Option<&str>, rules: &RuleSet) -> Option<Nurture> {
    rules.queue(queue).filter(|spec| spec.kind == QueueKind::Nurture)?;
    let usual = || rules.routing.quadrants.get(&Quadrant::Nurture)?.strategy.as_deref();
    Some(Nurture { quadrant: scored.quadrant, track: track.or_else(usual).map(str::to_owned) })
}

/// Gives a lead to another queue without the steps of the rules: `rule` says so, and `why`. To nurture it goes on `track`.
pub fn handed_on(
    decision: &Decision,
    (queue, track): (&Queue, Option<&str>),
    (rule, why): (&str, &str),
    submission: &Submission,
    rules: &RuleSet,
    now: Timestamp,
) -> Routed {
    let profile = Profile::of(submission);
    let wordings = Wordings::default();
    let facts = facts(submission, &profile, &decision.scored, rules, now, &wordings);
    let mut trace = Trace::default();
    let (sla, why) = clock(queue, why.to_owned(), &facts, now);
    trace.fired(rule, why, Vec::new());
    let (counted, strategy) = (counted(queue, None, rules), decision.strategy.clone());
    let nurture = nurture(queue, &decision.scored, track, rules);
    Routed { queue: queue.clone(), owner: None, counted, rule: rule.to_owned(), strategy, nurture, sla, trace }
}

/// The clock of a lead that enters `queue`, and the reason with what has to be said of that.
fn clock(queue: &Queue, why: String, facts: &Facts<'_>, now: Timestamp) -> (Option<Sla>, String) {
    match facts.rules.sla.clock(queue, facts, now) {
        Some(Due { sla, doubt: Some(doubt) }) => (Some(sla), format!("{why} {doubt}")),
        due => (due.map(|due| due.sla), why),
    }
}

fn facts<'a>(
    submission: &'a Submission,
    profile: &'a Profile,
    scored: &'a Scored,
    rules: &'a RuleSet,
    now: Timestamp,
    wordings: &'a Wordings,
) -> Facts<'a> {
    let interactions_since = rules.scoring.interactions_since(now);
    let account = scored.account.as_ref();
    Facts { submission, profile, touches: &[], account, interactions_since, scored: Some(scored), rules, wordings }
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
