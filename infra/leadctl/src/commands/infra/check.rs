//! `leadctl infra check`: what operators may rely on in the template.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::infra_check::{self, Finding, Stacks};
use crate::show;
use crate::workspace::Workspace;

/// Checks a template, the checkout's by default; answers whether nothing was found.
pub(super) fn run(template: Option<PathBuf>, as_json: bool) -> Result<bool> {
    let workspace = Workspace::find()?;
    let template = template.unwrap_or_else(|| workspace.infra().join("template.yaml"));
    let expanded = expanded(&workspace, &template)?;
    let stacks = Stacks::of(&expanded);
    let findings: Vec<Finding> = infra_check::checks().flat_map(|check| check.findings(&stacks)).collect();
    if as_json {
        let checks: Vec<_> = infra_check::checks().map(|check| check.id).collect();
        println!("{}", serde_json::to_string_pretty(&json!({ "checks": checks, "findings": findings }))?);
    } else {
        print!("{}", listed(&findings, show::colour()));
    }
    Ok(findings.is_empty())
}

/// A template that is JSON already counts as expanded.
fn expanded(workspace: &Workspace, template: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(template).with_context(|| format!("cannot read {}", template.display()))?;
    let expanded: Value = match serde_json::from_str(&text) {
        Ok(expanded) => expanded,
        Err(_) => infra_check::expand(workspace, template)?,
    };
    if expanded.get("Resources").and_then(Value::as_object).is_none_or(|resources| resources.is_empty()) {
        bail!("{} has no Resources: it is no template of CloudFormation", template.display());
    }
    Ok(expanded)
}

/// One line a check, and below it what was found.
fn listed(findings: &[Finding], in_colour: bool) -> String {
    let painted = |text: &str, colour: &str| {
        if in_colour { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let mut text = String::new();
    let mut failed = 0;
    for (theme, checks) in infra_check::themes() {
        text += &format!("{}\n", painted(theme, "1"));
        for check in checks {
            let found: Vec<&Finding> = findings.iter().filter(|finding| finding.check == check.id).collect();
            if found.is_empty() {
                text += &format!("  {} {:<26} {}\n", painted("✓", "32"), check.id, check.asks);
                continue;
            }
            failed += 1;
            text += &format!("  {} {}\n", painted("✗", "1;31"), painted(check.id, "1"));
            for finding in found {
                let with = if finding.with.is_empty() { String::new() } else { format!(" (with {})", finding.with) };
                text += &format!("      {}: {}{with}\n", finding.resource, finding.says);
            }
            text += &format!("      otherwise  {}\n      mend       {}\n", check.otherwise, check.mend);
        }
    }
    let all = infra_check::checks().count();
    text + &format!("\n{} of {all} checks hold\n", all - failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where_what_happens_and_how_to_mend_it() {
        let finding = Finding {
            check: "no-filters",
            resource: "CleanFunctionQueue".to_owned(),
            says: "FilterCriteria.Filters is [{}]".to_owned(),
            with: "Stage=prod".to_owned(),
            otherwise: "leads are lost",
            mend: "take it away",
        };
        let text = listed(&[finding], false);
        let told = "\n  ✗ no-filters\n      CleanFunctionQueue: FilterCriteria.Filters is [{}] (with Stage=prod)\n      \
                    otherwise  a message that matches no filter is deleted";
        assert!(text.contains(told), "{text}");
        assert!(text.contains("\n  ✓ mapping-enabled "), "{text}");
        assert!(text.ends_with("\n72 of 73 checks hold\n"), "{text}");
    }
}
