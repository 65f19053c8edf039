//! Rules of which the first that applies decides: whether one can apply at all, and which earlier ones leave it nothing.

use crate::rules::diagnostic::Code;
use crate::rules::reader::Site;

use super::Linter;
use super::formula::{Formula, Found};

/// A rule that comes before another, and the leads it takes.
pub(super) struct Earlier {
    /// As a problem names it.
    pub(super) name: String,
    pub(super) takes: Formula,
}

impl Linter<'_> {
    /// Reports a rule that the earlier ones leave no lead. `own` are the leads that the rule is for.
    pub(super) fn reachable(&self, own: &Formula, earlier: &[Earlier], site: &Site) {
        let left = |kept: &[usize]| {
            let before = kept.iter().filter_map(|at| earlier.get(*at)).map(|rule| rule.takes.clone().negated());
            own.clone().and(Formula::all(before))
        };
        let names: Vec<&str> = earlier.iter().map(|rule| rule.name.as_str()).collect();
        self.blocked(left, &names, site);
    }

    pub(super) fn contradiction(&self, site: &Site) {
        let problem = "the condition contradicts itself and can never hold";
        site.report(self.problems, Code::Contradiction, problem, "remove one of the parts that exclude each other");
    }

    /// Reports a rule that is left no lead once all of the named are taken out; `left` tells what some of them leave.
    pub(super) fn blocked(&self, left: impl Fn(&[usize]) -> Formula, names: &[&str], site: &Site) -> bool {
        let all: Vec<usize> = (0..names.len()).collect();
        match self.find(&left(&all)) {
            Found::Lead(_) => false,
            Found::Undecided => {
                self.undecided(site);
                false
            }
            Found::Nobody => {
                let culprits: Vec<_> = self.fewest(all, left).into_iter().filter_map(|at| names.get(at)).collect();
                let problem = match culprits.as_slice() {
                    [] => "never reached: no lead that comes so far fits it".to_owned(),
                    [one] => format!("never reached: {one} takes every lead that this one would"),
                    [several @ .., last] => {
                        let several = several.iter().map(|name| (**name).to_owned()).collect::<Vec<_>>().join(", ");
                        format!("never reached: {several} and {last} together take every lead that this one would")
                    }
                };
                site.report(self.problems, Code::Unreachable, problem, "put this one first, or take it out");
                true
            }
        }
    }

    /// As few of the rules as leave nobody: one after the other is dropped while the rest still does.
    fn fewest(&self, mut kept: Vec<usize>, left: impl Fn(&[usize]) -> Formula) -> Vec<usize> {
        // The last first, so that of several culprits that would each do the first is named.
        for at in (0..kept.len()).rev() {
            let mut without = kept.clone();
            without.remove(at);
            if self.find(&left(&without)).nobody() {
                kept = without;
            }
        }
        kept
    }
}
