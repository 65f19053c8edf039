//! Checks over several rules: ids given twice, rules that can never apply, rules that earlier ones leave nothing to.

use std::collections::BTreeSet;

use super::condition::Condition;
use super::diagnostic::Code;
use super::logic::{implies, impossible};
use super::reader::{Problems, Site, Table};

/// Checks rules of which the first that applies decides.
pub(super) fn ordered<'a>(rules: impl Iterator<Item = ((&'a str, &'a Condition), &'a Site)>, problems: &Problems) {
    let rules: Vec<_> = rules.collect();
    unique(rules.iter().map(|((id, _), site)| (*id, *site)), problems);
    let mut earlier = Vec::new();
    for ((id, when), site) in &rules {
        possible(when, site, problems);
        reachable(when, &earlier, site, problems);
        earlier.push((*id, *when));
    }
}

/// Reports a rule whose leads all go to one of the `earlier` rules.
pub(super) fn reachable(when: &Condition, earlier: &[(&str, &Condition)], site: &Site, problems: &Problems) {
    let Some((id, taken)) = earlier.iter().find(|(_, taken)| implies(when, taken)) else { return };
    if *taken == when {
        let problem = format!("`{id}` has the same condition and comes first");
        site.report(problems, Code::Unreachable, problem, "take one of them out, or make them differ");
    } else {
        let problem = format!("never reached: `{id}` takes every lead that this one would");
        site.report(problems, Code::Unreachable, problem, "put this one first, or take it out");
    }
}

/// Checks that no id is given twice.
pub(super) fn unique<'a>(rules: impl Iterator<Item = (&'a str, &'a Site)>, problems: &Problems) {
    let mut seen = BTreeSet::new();
    for (id, site) in rules {
        if !id.is_empty() && !seen.insert(id) {
            site.report(problems, Code::Twice, format!("id `{id}` is given twice"), "give one of them another id");
        }
    }
}

/// Reports a condition that contradicts itself.
pub(super) fn possible(when: &Condition, site: &Site, problems: &Problems) {
    if impossible(when) {
        site.report(
            problems,
            Code::Contradiction,
            "the condition contradicts itself and can never hold",
            "remove one of the parts that exclude each other",
        );
    }
}

/// Reports conditions over scores where there are none yet.
pub(super) fn knows_no_scores(table: &Table<'_>, when: &Condition) {
    for test in when.tests().into_iter().filter(|test| test.field.needs_scores()) {
        let problem = format!("`{}` is not known yet at this stage", test.field);
        table.report("when", Code::NotYetKnown, problem, "use it in route.toml alone");
    }
}
