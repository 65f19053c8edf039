//! `leadctl rules test`: the cases that lie beside the rules.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use leads::rules::{RuleSet, cases};

use super::sources;

/// Runs the cases beside the rules; answers whether each decided as it says.
pub(crate) fn run(folder: Option<PathBuf>) -> Result<bool> {
    let (_, sources) = sources(folder)?;
    let rules = RuleSet::from_sources(&sources)
        .map_err(|problems| anyhow!("the rules have {} problems; see `leadctl rules check`", problems.len()))?;
    let results = cases::run_cases(&rules, &sources);
    let mut failed = 0;
    for result in &results {
        for failure in &result.failures {
            println!("{}: case `{}`: {failure}", result.file, result.id);
        }
        failed += usize::from(!result.passed());
    }
    println!("{} cases, {failed} failed", results.len());
    Ok(failed == 0)
}
