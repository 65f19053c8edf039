//! Whether the cap of a queue can be reached.

use crate::rules::RuleSet;
use crate::rules::diagnostic::Code;
use crate::rules::reader::Problems;

/// Warns of a queue's cap above what its owners may have together.
pub(super) fn check(rules: &RuleSet, problems: &Problems) {
    for declared in rules.teams.values().filter(|declared| !declared.team.owners.is_empty()) {
        // Somebody without a cap can take any number.
        let all: Option<u32> = declared.team.owners.iter().map(|owner| owner.cap).sum();
        if let (Some(cap), Some(all)) = (declared.team.cap, all)
            && cap > all
        {
            let problem = format!("the queue may have {cap} open leads, but its owners only {all} together");
            let mend = format!("lower it to {all}, or take it out");
            declared.cap_site().report(problems, Code::SpareCap, problem, mend);
        }
    }
}
