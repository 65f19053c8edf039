//! How long the explanation of a decision can become. It travels on every message and is stored with every lead, so it
//! has a limit that no table's size can push.

use std::collections::BTreeSet;

use crate::decision::{Step, Trace};
use crate::id::Queue;
use crate::owners::Overflow;
use crate::rules::RuleSet;
use crate::rules::diagnostic::Code;
use crate::rules::reader::Problems;
use crate::rules::routing::{RouteStep, Routing, Target};

/// Bytes of JSON.
const LONGEST: usize = 2048;

pub(super) fn check(rules: &RuleSet, problems: &Problems) {
    let routing = &rules.routing;
    let doubt = rules.sla.longest_doubt();
    let owners = longest_owners(rules, &doubt);
    let mut passed = Trace::default();
    for step in &routing.steps {
        let inputs = || [step.when.inputs(), inputs_of_target(step, routing)].concat();
        let mut ended = passed.clone();
        ended.fired(&step.id, format!("{} {doubt}", longest_why(step, routing)), inputs());
        let not = [step.when.longest_why_not(), longest_why_not(step, routing)];
        passed.passed(&step.id, not.into_iter().max_by_key(String::len).unwrap_or_default(), inputs());
        ended.0.extend(owners.iter().cloned());
        let bytes = serde_json::to_string(&ended).map_or(usize::MAX, |json| json.len());
        if bytes > LONGEST {
            let problem =
                format!("the explanation of a lead that ends here can take {bytes} bytes; {LONGEST} are allowed");
            let mend = "make ids and `why` shorter, or put several steps into one table";
            step.site().report(problems, Code::LongTrace, problem, mend);
            return;
        }
    }
}

/// The longest steps that tell whose lead it is, from one queue that overflows to the next.
fn longest_owners(rules: &RuleSet, doubt: &str) -> Vec<Step> {
    let steps_from = |queue: &Queue| {
        let (mut trace, mut at, mut seen) = (Trace::default(), queue, BTreeSet::new());
        // Queues that overflow into each other are reported as such.
        while let Some(team) = rules.team(at).filter(|_| seen.insert(at)) {
            let next = if let Overflow::Queue(next) = &team.overflow { next } else { rules.after_hold(at) };
            trace.fired(format!("owners.{at}"), format!("{} {doubt}", team.longest_why(next)), Vec::new());
            if matches!(team.overflow, Overflow::Hold(_)) {
                break;
            }
            at = next;
        }
        trace.0
    };
    let bytes = |steps: &Vec<Step>| serde_json::to_string(steps).map_or(usize::MAX, |json| json.len());
    rules.queues().iter().map(|spec| steps_from(&spec.name)).max_by_key(bytes).unwrap_or_default()
}

fn inputs_of_target(step: &RouteStep, routing: &Routing) -> Vec<String> {
    match &step.to {
        Target::Table { table, .. } => routing.table(table).into_iter().flat_map(|table| table.inputs()).collect(),
        Target::Quadrant => vec!["score.quadrant".to_owned()],
        Target::Queue(_) => Vec::new(),
    }
}

fn longest_why(step: &RouteStep, routing: &Routing) -> String {
    let why = step.why.clone();
    let Target::Table { table, .. } = &step.to else { return why };
    let Some(table) = routing.table(table) else { return why };
    table.longest_why(&why)
}

fn longest_why_not(step: &RouteStep, routing: &Routing) -> String {
    match &step.to {
        Target::Table { table, otherwise: None } => {
            routing.table(table).map_or_else(String::new, |table| table.longest_why_not())
        }
        Target::Quadrant => "its quadrant has no queue of its own".to_owned(),
        Target::Table { .. } | Target::Queue(_) => String::new(),
    }
}
