//! What is wrong with rules taken together: rules that can never apply, rules that earlier ones leave nothing to, gaps in
//! tables, rows whose order alone decides, thresholds and caps out of reach, calendars that run out. Whether some lead
//! reaches a rule is searched for, not estimated: what is reported is proven, and what could not be settled is said to be
//! so. Runs before rules are published, not when a function loads them.

mod calendars;
mod caps;
mod formula;
#[cfg(test)]
mod oracle;
mod order;
mod points;
mod routes;
mod tables;
mod trace;
mod world;

use std::cell::Cell;
use std::collections::BTreeSet;

use jiff::civil::Date;

use super::RuleSet;
use super::condition::Condition;
use super::diagnostic::Code;
use super::field::Field;
use super::reader::{Problems, Site, Table};

use formula::{Formula, Found};
use order::Earlier;
use world::World;

/// How many parts of formulas all questions together may visit; some ten seconds.
const WORK: u64 = 400_000_000;

struct Linter<'a> {
    world: World,
    problems: &'a Problems,
    work_left: &'a Cell<u64>,
}

/// Reports what is wrong with rules that each were read without a problem.
pub(super) fn lint(rules: &RuleSet, today: Date, problems: &Problems) {
    let work = Cell::new(WORK);
    clean_rules(rules, problems, &work);
    points::check(rules, problems, &work);
    routes::check(rules, problems, &work);
    trace::check(rules, problems);
    caps::check(rules, problems);
    calendars::check(&rules.sla, today, problems);
}

fn clean_rules(rules: &RuleSet, problems: &Problems, work_left: &Cell<u64>) {
    let world = World::of(rules.cleaning.rules.iter().map(|rule| &rule.when), None);
    let linter = Linter { world, problems, work_left };
    let mut earlier = Vec::new();
    for rule in &rules.cleaning.rules {
        let own = Formula::of(&rule.when, &linter.world);
        if linter.find(&own).nobody() {
            linter.contradiction(&rule.site());
        } else {
            linter.reachable(&own, &earlier, &rule.site());
        }
        earlier.push(Earlier { name: format!("`{}`", rule.id), takes: own });
    }
}

impl Linter<'_> {
    fn find(&self, formula: &Formula) -> Found {
        formula::find(formula, &self.world, self.work_left)
    }

    fn undecided(&self, site: &Site) {
        let problem = "too many combinations to prove that some lead reaches it";
        site.report(self.problems, Code::Undecided, problem, "ask for fewer different values of one field");
    }
}

/// Checks that no id is given twice.
pub(super) fn unique(rules: impl Iterator<Item = Site>, problems: &Problems) {
    let mut seen = BTreeSet::new();
    for site in rules {
        let Some(id) = site.rule.clone().filter(|id| !id.is_empty()) else { continue };
        if !seen.insert(id.clone()) {
            site.report(problems, Code::Twice, format!("id `{id}` is given twice"), "give one of them another id");
        }
    }
}

/// A decision, by what it knows of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Clean,
    Score,
    Route,
}

/// Reports conditions over what the decision does not know: scores before there are any, and joined submissions, which
/// only `score` has before it.
pub(super) fn known_to(stage: Stage, table: &Table<'_>, when: &Condition) {
    for test in when.tests() {
        let mend = match test.field {
            Field::Touches if stage != Stage::Score => "use it in score.toml alone",
            _ if test.field.needs_scores() && stage != Stage::Route => "use it in route.toml alone",
            _ => continue,
        };
        table.report("when", Code::NotYetKnown, format!("`{}` is not known at this stage", test.field), mend);
    }
}
