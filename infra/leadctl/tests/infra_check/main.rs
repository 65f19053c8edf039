//! `leadctl infra check`: the template holds every check, and each check refuses a template that was broken against it.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::panic, clippy::unwrap_used)]

mod mutants;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use leadctl::infra_check::{self, Check, Finding, Stacks};
use leadctl::workspace::Workspace;
use mutants::{Mutant, mutants};
use serde_json::Value;

static EXPANDED: LazyLock<Value> = LazyLock::new(|| {
    let workspace = Workspace::find().unwrap();
    infra_check::expand(&workspace, &workspace.infra().join("template.yaml")).unwrap()
});

fn check(id: &str) -> &'static Check {
    infra_check::checks().find(|check| check.id == id).unwrap_or_else(|| panic!("there is no check {id}"))
}

#[test]
fn the_template_holds_every_check() {
    let stacks = Stacks::of(&EXPANDED);
    let findings: Vec<Finding> = infra_check::checks().flat_map(|check| check.findings(&stacks)).collect();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn every_mutant_is_refused() {
    let mutants = mutants();
    let refused = |mutant: &&Mutant| {
        let broken = mutant.of(&EXPANDED);
        let stacks = Stacks::of(&broken);
        check(mutant.check).findings(&stacks).any(|finding| finding.resource == mutant.found)
    };
    let passed: Vec<String> = mutants.iter().filter(|mutant| !refused(mutant)).map(Mutant::to_string).collect();
    println!("{} of {} mutants refused", mutants.len() - passed.len(), mutants.len());
    assert!(passed.is_empty(), "these pass:\n{}", passed.join("\n"));
}

#[test]
fn every_check_has_a_mutant() {
    let with: BTreeSet<&str> = mutants().iter().map(|mutant| mutant.check).collect();
    let without: Vec<&str> = infra_check::checks().map(|check| check.id).filter(|id| !with.contains(id)).collect();
    assert!(without.is_empty(), "{without:?}");
    assert_eq!(infra_check::checks().count(), with.len(), "two checks have one name");
}

/// A fault that only some deployers meet names the parameters with which they do.
#[test]
fn a_fault_comes_with_the_parameters_that_show_it() {
    for (id, path, with) in [
        ("table-protection", "Table/Properties/DeletionProtectionEnabled", "Stage=prod"),
        ("gated-routes", "GetLeadRoute/Properties/AuthorizationType", "SignedRoutesGate=jwt"),
        ("visibility-timeout", "CleanQueue/Properties/VisibilityTimeout", ""),
    ] {
        let broken = mutants::changed(&EXPANDED, path, Value::Null);
        let stacks = Stacks::of(&broken);
        let first = check(id).findings(&stacks).next().unwrap_or_else(|| panic!("{path} passes"));
        assert_eq!(first.with, with, "{path}");
    }
}
