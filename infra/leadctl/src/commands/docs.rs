//! `leadctl docs`: the documents under `docs/` that are generated from the types and the rules.

use std::path::Path;

use anyhow::{Context, Result};
use leads::{openapi, schema};

use crate::workspace::Workspace;
use crate::{commands, picture};

/// Every generated document of a checkout: its path below it, and its text.
pub fn generated(root: &Path) -> Result<[(&'static str, String); 3]> {
    let rules = commands::rules::load(Some(root.join("infra/rules")))?;
    Ok([
        ("docs/openapi.json", serde_json::to_string_pretty(&openapi::document())? + "\n"),
        ("docs/routing.svg", picture::routing(&rules)),
        ("docs/sales-message.schema.json", serde_json::to_string_pretty(&schema::sales_message())? + "\n"),
    ])
}

/// Writes the documents, or with `check` only compares; answers whether all are up to date now.
pub fn run(check: bool) -> Result<bool> {
    let workspace = Workspace::find()?;
    let mut fresh = true;
    for (path, text) in generated(workspace.root())? {
        let file = workspace.root().join(path);
        if std::fs::read_to_string(&file).is_ok_and(|old| old == text) {
            continue;
        }
        if check {
            println!("{path} is stale: run `leadctl docs`");
            fresh = false;
        } else {
            std::fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
            println!("{path} written");
        }
    }
    Ok(fresh)
}
