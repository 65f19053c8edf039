//! The steps of `route.toml` in their order: which decide nothing, and which leads a table that claims to be complete
//! leaves to the catch-all.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

use crate::decision::Quadrant;
use crate::rules::RuleSet;
use crate::rules::condition::{Condition, Operator, Test};
use crate::rules::diagnostic::Code;
use crate::rules::field::{Field, quadrant};
use crate::rules::reader::Problems;
use crate::rules::routing::{QuadrantPath, RouteStep, Routing, Target};
use crate::rules::table::RouteTable;
use crate::rules::texts::Texts;

use super::Linter;
use super::formula::{self, Formula};
use super::order::Earlier;
use super::tables;
use super::world::{self, Answer, World};

/// So many gaps are looked for; what is told is how many there are, and a few of them.
const GAPS: usize = 1000;

/// A step, and the leads it is for and takes.
struct Step<'r> {
    step: &'r RouteStep,
    when: Formula,
    takes: Formula,
}

pub(super) fn check(rules: &RuleSet, problems: &Problems, work_left: &Cell<u64>) {
    let routing = &rules.routing;
    let with_queue = quadrants_with_queue(routing);
    let of_steps = routing.steps.iter().map(|step| step.when.clone());
    let of_tables = routing.tables().values().flat_map(RouteTable::conditions);
    let conditions: Vec<Condition> = of_steps.chain(of_tables).chain([with_queue.clone()]).collect();
    let linter = Linter { world: World::of(conditions.iter(), Some(&rules.scoring)), problems, work_left };

    let mut steps: Vec<Step<'_>> = Vec::new();
    let mut earlier: Vec<Earlier> = Vec::new();
    for step in &routing.steps {
        let when = Formula::of(&step.when, &linter.world);
        let found = match &step.to {
            Target::Queue(_) | Target::Table { otherwise: Some(_), .. } => Formula::True,
            Target::Quadrant => Formula::of(&with_queue, &linter.world),
            Target::Table { table, .. } => routing.table(table).map_or(Formula::False, |table| linter.found_in(table)),
        };
        let takes = when.clone().and(found);
        if linter.find(&when).nobody() {
            linter.contradiction(&step.site());
        } else if linter.find(&takes).nobody() {
            let problem = "never decides: no lead that meets its condition finds a queue in it";
            step.site().report(
                problems,
                Code::Unreachable,
                problem,
                "change the condition, or what it looks the queue up in",
            );
        } else {
            linter.reachable(&takes, &earlier, &step.site());
        }
        earlier.push(Earlier { name: format!("`{}`", step.id), takes: takes.clone() });
        steps.push(Step { step, when, takes });
    }
    for (name, table) in routing.tables() {
        let using: Vec<usize> = steps
            .iter()
            .enumerate()
            .filter(|(_, step)| matches!(&step.step.to, Target::Table { table, .. } if table == name))
            .map(|(at, _)| at)
            .collect();
        let before = |at: usize| {
            let earlier = steps.iter().take(at).map(|earlier| earlier.takes.clone().negated());
            let when = steps.get(at).map_or(Formula::False, |step| step.when.clone());
            when.and(Formula::all(earlier))
        };
        // What reaches the table, step by step.
        let mut contexts: Vec<Formula> = using.iter().map(|at| before(*at)).collect();
        // What is wrong with a step that no lead reaches is said of the step, not of every row.
        contexts.retain(|context| !linter.find(context).nobody());
        tables::rows(&linter, table, &contexts);
        if table.complete {
            for at in using {
                let later = steps.iter().skip(at).map(|step| step.takes.clone().negated());
                let step = steps.get(at).map_or("", |step| step.step.id.as_str());
                linter.gaps(name, table, step, &before(at).and(Formula::all(later)));
            }
        }
    }
}

fn quadrants_with_queue(routing: &Routing) -> Condition {
    let with_queue = |(of, path): (&Quadrant, &QuadrantPath)| path.queue.is_some().then(|| quadrant(*of).to_owned());
    let names: Texts = routing.quadrants.iter().filter_map(with_queue).collect();
    let operator = Operator::In(Arc::new(names));
    Condition::Test(Test { field: Field::ScoreQuadrant, operator, list: None, written: Vec::new() })
}

impl Linter<'_> {
    /// Reports the combinations of known values that a complete table leaves to the catch-all.
    fn gaps(&self, name: &str, table: &RouteTable, step: &str, left: &Formula) {
        let mut groups: Vec<usize> = table.fields.iter().filter_map(|field| self.world.group_with(field)).collect();
        groups.sort_unstable();
        groups.dedup();
        let known = |group: usize, cell: &world::Cell| {
            let fields = self.world.groups.get(group).map(|group| group.fields.as_slice()).unwrap_or_default();
            let of_table = fields.iter().zip(&cell.example).filter(|(field, _)| table.fields.contains(field));
            of_table.into_iter().all(|(_, answer)| *answer != Answer::Absent)
        };
        let (found, all) = formula::combinations(left, &groups, &known, &self.world, GAPS, self.work_left);
        let mut classes = HashSet::new();
        let gaps: Vec<String> = found
            .iter()
            .filter(|lead| classes.insert(self.world.class(lead, &table.fields)))
            .map(|lead| self.world.words(lead, &table.fields))
            .collect();
        let Some((first, others)) = gaps.split_first() else { return };
        let mut problem = format!(
            "the table claims to be complete, but of the leads of step `{step}` only the catch-all takes those with {first}"
        );
        if !others.is_empty() {
            let more = if all { "" } else { "at least " };
            let plural = if others.len() == 1 { "" } else { "s" };
            problem.push_str(&format!(" ({more}{} further combination{plural}", others.len()));
            let some: Vec<&str> = others.iter().take(2).map(String::as_str).collect();
            problem.push_str(&format!(", such as {})", some.join("; ")));
        }
        table.site(name).report(self.problems, Code::Gap, problem, "add rows for them, or take `complete` out");
    }
}
