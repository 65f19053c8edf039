//! `leadctl data`: the vendored data, from the packages it comes from.

use std::process::Command;

use anyhow::{Context, Result};

use crate::local::python;
use crate::workspace::Workspace;

/// Writes the vendored data anew from the pinned packages, or with `check` only compares; answers whether all is up to
/// date now. Needs the package registries.
pub fn refresh(check: bool) -> Result<bool> {
    let workspace = Workspace::find()?;
    let data = workspace.root().join("shared/data");
    let environment = python::environment(&workspace, "data-venv", &data.join("requirements.txt"))?;
    let mut command = Command::new(environment.python());
    command.arg("-B").arg(data.join("refresh.py")).args(check.then_some("--check"));
    let status = command.status().context("cannot run shared/data/refresh.py")?;
    Ok(status.success())
}
