//! Checks over several rules: ids given twice, rules that can never apply, rules that earlier ones leave nothing to.

use std::collections::BTreeSet;

use super::condition::Condition;
use super::diagnostic::Code;
use super::reader::{Problems, Site, Table};

/// Checks that no id is given twice.
pub(super) fn unique<'a>(rules: impl Iterator<Item = (&'a str, &'a Site)>, problems: &Problems) {
    let mut seen = BTreeSet::new();
    for (id, site) in rules {
        if !id.is_empty() && !seen.insert(id) {
            site.report(problems, Code::Twice, format!("id `{id}` is given twice"), "give one of them another id");
        }
    }
}

/// Reports conditions over scores where there are none yet.
pub(super) fn knows_no_scores(table: &Table<'_>, when: &Condition) {
    for test in when.tests().into_iter().filter(|test| test.field.needs_scores()) {
        let problem = format!("`{}` is not known yet at this stage", test.field);
        table.report("when", Code::NotYetKnown, problem, "use it in route.toml alone");
    }
}
