//! `leadctl rules check`: every problem of the rule files at once.

use std::path::PathBuf;

use anyhow::Result;
use leads::rules::RuleSet;

use super::sources;

/// Reports every problem of the rule files; answers whether there is none.
pub(crate) fn run(folder: Option<PathBuf>, as_json: bool) -> Result<bool> {
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
