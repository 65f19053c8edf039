//! The template as CloudFormation sees it, once SAM has expanded it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::local::python;
use crate::workspace::Workspace;

/// Expands a SAM template with the pinned translator, in the local stack's Python environment.
///
/// # Errors
/// Where there is no Python, or SAM cannot expand the template; the error is SAM's own.
pub fn expand(workspace: &Workspace, template: &Path) -> Result<Value> {
    let environment = python::environment(workspace, "venv", &workspace.infra().join("local-requirements.txt"))?;
    let script = workspace.infra().join("expand_template.py");
    let output = Command::new(environment.python())
        .arg(script)
        .arg(template)
        .output()
        .context("cannot run the expansion of the template")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} cannot be expanded:\n{}", template.display(), said.trim());
    }
    serde_json::from_slice(&output.stdout).context("the expanded template is no JSON")
}
