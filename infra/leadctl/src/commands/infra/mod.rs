//! `leadctl infra`: the template, written and checked.

mod check;
mod generate;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

/// The template.
#[derive(Subcommand)]
pub enum Infra {
    /// Write the queues of infra/queues.toml into infra/template.yaml.
    Generate {
        /// Change nothing; fail if the template is stale.
        #[arg(long)]
        check: bool,
    },
    /// Check what operators may rely on: that no lead gets lost, and nobody is let in, by the template's doing.
    #[command(after_help = "\
Examples:
  leadctl infra check                     infra/template.yaml, as SAM expands it
  leadctl infra check changed.yaml        another SAM template
  leadctl infra check expanded.json       one that is expanded already
docs/infra-checks.md lists the checks. Status 1 if one does not hold.")]
    Check {
        /// The template; infra/template.yaml by default.
        template: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Infra {
    /// Does it; answers whether what was checked holds.
    pub fn run(self) -> Result<bool> {
        match self {
            Self::Generate { check } => generate::run(check),
            Self::Check { template, json } => check::run(template, json),
        }
    }
}
