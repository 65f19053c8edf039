//! What `leadctl` can do, for the command line and for the end-to-end tests.

pub mod accounts_file;
pub mod backtest;
pub mod client;
pub mod commands;
pub mod console;
pub mod csv_lines;
pub mod dashboard;
pub mod depths;
pub mod erasure;
pub mod follow;
pub mod infra_check;
pub mod leads_file;
pub mod ledger;
pub mod lifecycle;
pub mod local;
pub mod markup;
pub mod package;
pub mod permissions;
pub mod picture;
pub mod pool;
pub mod queues;
pub mod recipe;
pub mod redriving;
pub mod report;
pub mod restored;
pub mod returns;
pub mod samples;
pub mod sbom;
pub mod scanning;
pub mod show;
pub mod spreadsheet;
pub mod stack;
pub mod story;
pub mod template;
pub mod workspace;

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use leads::rules::RuleSet;
use workspace::Workspace;

/// The rule files of this checkout, with `queues.toml`, as the functions get them.
pub fn rule_sources_here(workspace: &Workspace) -> Result<Vec<(String, String)>> {
    rule_sources(workspace, &workspace.infra().join("rules"))
}

/// The rule set of this checkout.
pub fn rules_here(workspace: &Workspace) -> Result<RuleSet> {
    rules_in(workspace, &workspace.infra().join("rules"))
}

/// The rule set of a folder, with `queues.toml` of this checkout.
pub fn rules_in(workspace: &Workspace, folder: &Path) -> Result<RuleSet> {
    RuleSet::from_sources(&rule_sources(workspace, folder)?).map_err(|problems| {
        let folder = folder.strip_prefix(workspace.root()).unwrap_or(folder).display();
        let lines: Vec<String> = problems.iter().map(|problem| format!("{folder}/{problem}")).collect();
        anyhow!("the rules are not usable:\n{}", lines.join("\n"))
    })
}

fn rule_sources(workspace: &Workspace, folder: &Path) -> Result<Vec<(String, String)>> {
    let mut sources = support::config::rule_sources(folder)?;
    if sources.iter().any(|(name, _)| name == "queues.toml") {
        bail!(
            "{}/queues.toml: a stack has the queues of infra/queues.toml, from which its template is made; \
             take the file out of the folder",
            folder.display()
        );
    }
    let queues = workspace.infra().join("queues.toml");
    let text =
        std::fs::read_to_string(&queues).map_err(|error| anyhow!("cannot read {}: {error}", queues.display()))?;
    sources.push(("queues.toml".into(), text));
    Ok(sources)
}
