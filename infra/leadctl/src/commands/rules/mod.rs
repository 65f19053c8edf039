//! `leadctl rules`: the rules checked, tried, explained and shown.

mod check;
mod explain;
mod table;
mod test;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Subcommand;
use leads::rules::RuleSet;

use crate::rule_sources_here;
use crate::workspace::Workspace;

/// The rules.
#[derive(Subcommand)]
pub enum Rules {
    /// Report every problem of the rule files at once, with file, line and mend.
    #[command(after_help = "\
Examples:
  leadctl rules check               the rules of this checkout
  leadctl rules check my-rules      those of another folder; its queues.toml, or the one beside it, or this checkout's
  leadctl rules check --json        for machines: {\"errors\", \"warnings\", \"version\", \"problems\": [{\"code\", \"severity\", …}]}
The status is 1 if there is an error; warnings alone leave it at 0. docs/rules.md explains every code.")]
    Check {
        /// Another folder than infra/rules.
        folder: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run the cases under the rules' `tests/`.
    Test {
        /// Another folder than infra/rules.
        folder: Option<PathBuf>,
    },
    /// Show the whole decision about one lead: what was read, tried, counted and found, and why.
    Explain(explain::Arguments),
    /// Show how leads are routed, as a table or as a picture.
    Table(table::Arguments),
}

impl Rules {
    /// Does it; answers whether what was checked holds.
    pub fn run(self) -> Result<bool> {
        match self {
            Self::Check { folder, json } => check::run(folder, json),
            Self::Test { folder } => test::run(folder),
            Self::Explain(explain) => explain.run(),
            Self::Table(table) => table.run(),
        }
    }
}

/// The rule set of a folder, with its queues; that of this checkout by default.
pub(crate) fn load(folder: Option<PathBuf>) -> Result<RuleSet> {
    let (folder, sources) = sources(folder)?;
    RuleSet::from_sources(&sources).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| format!("{folder}/{problem}")).collect();
        anyhow!("the rules are not usable:\n{}", lines.join("\n"))
    })
}

/// The files of a folder and its queues: those in it, beside it, or of this checkout.
fn sources(folder: Option<PathBuf>) -> Result<(String, Vec<(String, String)>)> {
    match folder {
        None => Ok(("infra/rules".into(), rule_sources_here(&Workspace::find()?)?)),
        Some(folder) => {
            if !folder.is_dir() {
                bail!("there is no folder {}; name one with rule files, such as infra/rules", folder.display());
            }
            let mut sources = support::config::rule_sources(&folder)?;
            if sources.is_empty() {
                bail!("the folder {} has no rule files (.toml); name one such as infra/rules", folder.display());
            }
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
