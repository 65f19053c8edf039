//! Instructions, counted by callgrind over the binary `count`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::{Cost, OTHERS, STAGES};
use crate::RULES;
use crate::workload::{LEADS, Workload};

/// Thousands of instructions a lead: the stages, then the engines. `binary` is `count`; `scratch` takes its output.
pub fn count(binary: &Path, scratch: &Path) -> Result<Vec<Cost>> {
    let sums = |rules: &str| run(binary, scratch, rules);
    let shipped = sums("shipped")?;
    let grown: Vec<String> = RULES.iter().map(|rules| sums(&rules.to_string())).collect::<Result<_>>()?;
    let samples = Workload::typical().leads.len();
    let mut costs = Vec::new();
    for what in STAGES.iter().chain(&OTHERS) {
        let mut cost = Cost { what: (*what).to_owned(), shipped: None, grown: [0.0; RULES.len()] };
        for (at, annotated) in grown.iter().enumerate() {
            cost.grown[at] = inclusive(annotated, what)? / LEADS as f64 / 1_000.0;
        }
        if STAGES.contains(what) {
            cost.shipped = Some(inclusive(&shipped, what)? / samples as f64 / 1_000.0);
        }
        costs.push(cost);
    }
    Ok(costs)
}

fn run(binary: &Path, scratch: &Path, rules: &str) -> Result<String> {
    eprintln!("callgrind: {rules} rules …");
    let out = scratch.join(format!("callgrind.{rules}.out"));
    let done = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(binary)
        .arg(rules)
        .status()
        .context("valgrind does not start; install the package valgrind")?;
    ensure!(done.success(), "{} {rules} failed under valgrind", binary.display());
    let annotated =
        Command::new("callgrind_annotate").args(["--inclusive=yes", "--threshold=100"]).arg(&out).output()?;
    ensure!(annotated.status.success(), "callgrind_annotate failed: {}", String::from_utf8_lossy(&annotated.stderr));
    Ok(String::from_utf8(annotated.stdout)?)
}

/// The instructions inside `count::measured::WHAT`, on a line such as `1,234 (5.6%)  ???:count::measured::route [count]`.
fn inclusive(annotated: &str, what: &str) -> Result<f64> {
    let name = format!("count::measured::{}", what.to_lowercase().replace([' ', '-'], "_"));
    let line = annotated
        .lines()
        .find(|line| line.split([':', ' ']).count() > 1 && line.split_whitespace().any(|word| word.ends_with(&name)))
        .with_context(|| format!("callgrind saw no {name}; was it built with symbols?"))?;
    let number = line.split_whitespace().next().context("an empty line")?;
    Ok(number.replace(',', "").parse()?)
}
