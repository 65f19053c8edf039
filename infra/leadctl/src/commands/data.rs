//! `leadctl data`: the vendored data, from the packages it comes from.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::local::python;
use crate::workspace::Workspace;

/// Lists, places, calendars and test data that come from packages.
#[derive(Subcommand)]
pub enum Data {
    /// Write them anew from the pinned packages, and say what changed.
    #[command(after_help = "\
Examples:
  leadctl data refresh           after raising a pin in shared/data/requirements.txt or shared/data/refresh.py
  leadctl data refresh --check   write nothing; status 1 if a file differs from what the pinned packages give
npm packages come from the registry in npm_config_registry, or else from npm's own.")]
    Refresh {
        /// Change nothing; fail if a file differs.
        #[arg(long)]
        check: bool,
    },
}

impl Data {
    /// Does it; answers whether all is up to date now. Needs the package registries.
    pub fn run(&self) -> Result<bool> {
        let Self::Refresh { check } = self;
        let workspace = Workspace::find()?;
        let data = workspace.root().join("shared/data");
        let environment = python::environment(&workspace, "data-venv", &data.join("requirements.txt"))?;
        let mut command = Command::new(environment.python());
        command.arg("-B").arg(data.join("refresh.py")).args(check.then_some("--check"));
        let status = command.status().context("cannot run shared/data/refresh.py")?;
        Ok(status.success())
    }
}
