//! `leadctl rules check` and `leadctl rules test`.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use leads::rules::{RuleSet, cases};

use crate::rule_sources_here;
use crate::workspace::Workspace;

/// Reports every problem of the rule files; answers whether there is none.
pub fn check(folder: Option<PathBuf>, as_json: bool) -> Result<bool> {
    let (folder, sources) = sources(folder)?;
    match RuleSet::from_sources(&sources) {
        Ok(rules) if as_json => println!("{}", serde_json::json!({ "version": rules.version(), "problems": [] })),
        Ok(rules) => println!("{} files, no problems; version {}", sources.len(), rules.version()),
        Err(problems) if as_json => {
            println!("{}", serde_json::json!({ "problems": problems }));
            return Ok(false);
        }
        Err(problems) => {
            for problem in &problems {
                println!("{folder}/{problem}");
            }
            println!("\n{} problems", problems.len());
            return Ok(false);
        }
    }
    Ok(true)
}

/// Runs the cases beside the rules; answers whether each decided as it says.
pub fn test(folder: Option<PathBuf>) -> Result<bool> {
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

fn sources(folder: Option<PathBuf>) -> Result<(String, Vec<(String, String)>)> {
    match folder {
        None => Ok(("infra/rules".into(), rule_sources_here(&Workspace::find()?)?)),
        Some(folder) => {
            let mut sources = support::config::rule_sources(&folder)?;
            if !sources.iter().any(|(name, _)| name == "queues.toml") {
                let queues = folder.parent().unwrap_or(Path::new(".")).join("queues.toml");
                let here = Workspace::find().map(|workspace| workspace.infra().join("queues.toml"));
                let path = if queues.exists() { queues } else { here? };
                sources.push(("queues.toml".into(), std::fs::read_to_string(path)?));
            }
            Ok((folder.display().to_string(), sources))
        }
    }
}
