//! CPU time, as criterion left it under `target/criterion`.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{Cost, OTHERS, STAGES};
use crate::RULES;

/// Microseconds a lead: the stages, then the engines.
pub fn read(criterion: &Path) -> Result<Vec<Cost>> {
    let stage = |name: &&str| cost(name, &criterion.join(name), true);
    let engine = |name: &&str| cost(name, &criterion.join("engines").join(name), false);
    STAGES.iter().map(stage).chain(["index"].iter().chain(&OTHERS).map(engine)).collect()
}

/// Milliseconds to load the rules, once.
pub fn load(criterion: &Path) -> Result<Cost> {
    let mut load = cost("load", &criterion.join("load"), true)?;
    load.shipped = load.shipped.map(|micros| micros / 1_000.0);
    load.grown = load.grown.map(|micros| micros / 1_000.0);
    Ok(load)
}

fn cost(what: &str, folder: &Path, shipped: bool) -> Result<Cost> {
    let mut grown = [0.0; RULES.len()];
    for (cost, rules) in grown.iter_mut().zip(RULES) {
        *cost = micros(&folder.join(rules.to_string()))?;
    }
    let shipped = if shipped { Some(micros(&folder.join("shipped"))?) } else { None };
    Ok(Cost { what: what.to_owned(), shipped, grown })
}

/// The median of an iteration over the leads in it.
fn micros(folder: &Path) -> Result<f64> {
    let read = |name: &str| -> Result<Value> {
        let path = folder.join("new").join(name);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} is missing; run `cargo bench -p benches` first", path.display()))?;
        Ok(serde_json::from_str(&text)?)
    };
    let nanos = read("estimates.json")?["median"]["point_estimate"].as_f64().context("estimates.json has no median")?;
    let leads = read("benchmark.json")?["throughput"]["Elements"].as_f64().unwrap_or(1.0);
    Ok(nanos / leads / 1_000.0)
}
