//! `leadctl docs`: the documents under `docs/` that are generated from the types, the rules, the shape of rule files, and
//! the template.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;
use leads::rules::shape;
use leads::{openapi, schema};
use serde_json::Value;

use crate::queues::Queues;
use crate::workspace::Workspace;
use crate::{commands, dashboard, infra_check, lifecycle, permissions, picture};

/// Written, or compared.
#[derive(Args)]
pub struct Arguments {
    /// Change nothing; fail if one is stale.
    #[arg(long)]
    check: bool,
}

impl Arguments {
    /// Writes the documents, or only compares; answers whether all are up to date now.
    pub fn run(&self) -> Result<bool> {
        let workspace = Workspace::find()?;
        let mut fresh = true;
        for (path, text) in generated(workspace.root())? {
            let file = workspace.root().join(&path);
            if std::fs::read_to_string(&file).is_ok_and(|old| old == text) {
                continue;
            }
            if self.check {
                println!("{path} is stale: run `leadctl docs`");
                fresh = false;
            } else {
                std::fs::create_dir_all(file.parent().unwrap_or(workspace.root()))?;
                std::fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
                println!("{path} written");
            }
        }
        Ok(fresh)
    }
}

/// Every generated document of a checkout: its path, and its text.
pub fn generated(root: &Path) -> Result<Vec<(String, String)>> {
    let rules = commands::rules::load(Some(root.join("infra/rules")))?;
    let queues = Queues::read(&root.join("infra/queues.toml"))?;
    let template = root.join("infra/template.yaml");
    let template = std::fs::read_to_string(&template).with_context(|| format!("cannot read {}", template.display()))?;
    let mut documents = vec![
        ("docs/dashboard.svg".to_owned(), picture::layout(&dashboard::widgets(&queues))),
        ("docs/infra-checks.md".to_owned(), infra_check::page()),
        ("docs/lifecycle.md".to_owned(), lifecycle::page(&rules)?),
        ("docs/openapi.json".to_owned(), pretty(&openapi::document())?),
        ("docs/permissions.md".to_owned(), permissions::page(&template)?),
        ("docs/routing.svg".to_owned(), picture::routing(&rules)),
        ("docs/sales-message.schema.json".to_owned(), pretty(&schema::sales_message())?),
    ];
    for (name, schema) in shape::schemas() {
        documents.push((format!("docs/rules/{name}.schema.json"), pretty(&schema)?));
    }
    let examples = examples(&root.join("shared/tests/rules/bad"))?;
    documents.push(("docs/rules.md".to_owned(), shape::reference(|code| examples.get(code.as_str()).cloned())));
    Ok(documents)
}

fn pretty(document: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

/// The shortest line of the bad samples for each kind of problem.
fn examples(samples: &Path) -> Result<BTreeMap<String, String>> {
    let mut examples: BTreeMap<String, String> = BTreeMap::new();
    let folder = std::fs::read_dir(samples).with_context(|| format!("cannot read {}", samples.display()))?;
    for sample in folder {
        let path = sample?.path().join("diagnostics.txt");
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for line in text.lines() {
            let Some((code, _)) = line.split_once('[').and_then(|(_, rest)| rest.split_once(']')) else { continue };
            let example = examples.entry(code.to_owned()).or_insert_with(|| line.to_owned());
            if (line.len(), line) < (example.len(), example) {
                *example = line.to_owned();
            }
        }
    }
    Ok(examples)
}
