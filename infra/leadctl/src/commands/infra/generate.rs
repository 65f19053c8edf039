//! `leadctl infra generate`: the template's queues.

use anyhow::{Context, Result, bail};

use crate::queues::Queues;
use crate::template;
use crate::workspace::Workspace;

/// Writes the queues into the template, or with `check` only compares.
pub(super) fn run(check: bool) -> Result<bool> {
    let workspace = Workspace::find()?;
    let path = workspace.infra().join("template.yaml");
    let old = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let new = template::regenerate(&old, &Queues::read(&workspace.infra().join("queues.toml"))?)?;
    if new == old {
        return Ok(true);
    }
    if check {
        bail!("infra/template.yaml is stale: run `leadctl infra generate`");
    }
    std::fs::write(&path, new).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote the queues into infra/template.yaml; `leadctl rules check` says what the rules still lack");
    Ok(true)
}
