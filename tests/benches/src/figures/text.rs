//! The tables of `docs/performance.md`.

use anyhow::{Context as _, Result};
use figures::{figure, thousands};

use super::{Cost, OTHERS, STAGES};
use crate::RULES;

/// A row a stage: the shipped rules, each number of rules, and how the cost grows.
pub fn stages(costs: &[Cost]) -> String {
    let header = format!("| | shipped rules | {} | 10,000 ÷ 100 | exponent |\n", numbers());
    let rule = format!("|---|---|{}---|---|\n", "---|".repeat(RULES.len()));
    let rows = costs.iter().filter(|cost| STAGES.contains(&cost.what.as_str())).map(|cost| {
        let shipped = cost.shipped.map_or_else(String::new, figure);
        format!("| {} | {shipped} | {} |\n", cost.what, grown(cost))
    });
    format!("{header}{rule}{}", rows.collect::<String>())
}

/// A row an engine, and how many times ours it costs.
pub fn engines(costs: &[Cost], ours: &str) -> Result<String> {
    let find = |what: &str| costs.iter().find(|cost| cost.what == what).with_context(|| format!("no figure of {what}"));
    let index = find(ours)?;
    let header = format!("| | {} | 10,000 ÷ 100 | exponent | × ours at 100 | at 10,000 |\n", numbers());
    let rule = format!("|---|{}---|---|---|---|\n", "---|".repeat(RULES.len()));
    let mut rows = String::new();
    for cost in [index].into_iter().chain(OTHERS.iter().map(|what| find(what)).collect::<Result<Vec<_>>>()?) {
        let times = |at: usize| figure(cost.grown[at] / index.grown[at]);
        let name = if cost.what == ours { "ours (all of `route`, with trace and deadline)" } else { &cost.what };
        rows += &format!("| {name} | {} | {} | {} |\n", grown(cost), times(1), times(3));
    }
    Ok(format!("{header}{rule}{rows}"))
}

/// One row: what loading costs.
pub fn load(cost: &Cost) -> String {
    let shipped = cost.shipped.map_or_else(String::new, figure);
    let figures: Vec<_> = cost.grown.iter().map(|cost| figure(*cost)).collect();
    let rule = "---|".repeat(RULES.len());
    format!("| shipped rules | {} |\n|---|{rule}\n| {shipped} | {} |\n", numbers(), figures.join(" | "))
}

/// Target beside figure.
pub fn targets(cpu: &[Cost]) -> Result<String> {
    let decision = cpu.iter().find(|cost| cost.what == "decision").context("no figure of the decision")?;
    let whole = cpu.iter().find(|cost| cost.what == "body to queue").context("no figure of body to queue")?;
    let typical = decision.shipped.context("no figure with the shipped rules")?;
    let core = 1_000_000.0 / whole.shipped.context("no figure with the shipped rules")?;
    let row = |what: &str, target: &str, found: String, met: bool| {
        format!("| {what} | {target} | {found} | {} |\n", if met { "met" } else { "**missed**" })
    };
    let rows = [
        "| | target | found | |\n|---|---|---|---|\n".to_owned(),
        row(
            "profile + clean + score + route, shipped rules",
            "≤ 20 µs",
            format!("{} µs", figure(typical)),
            typical <= 20.0,
        ),
        row("the same, 10,000 rules over 100", "≤ 4", figure(decision.ratio()), decision.ratio() <= 4.0),
        row(
            "growth exponent, 10 to 10,000 rules",
            "≤ 0.3",
            format!("{:.2}", decision.exponent()),
            decision.exponent() <= 0.3,
        ),
        row("body to queue, leads a second and core", "≥ 50,000", thousands(core as u64), core >= 50_000.0),
    ];
    Ok(rows.concat())
}

fn numbers() -> String {
    RULES.map(|rules| thousands(rules as u64)).join(" | ")
}

fn grown(cost: &Cost) -> String {
    let figures: Vec<_> = cost.grown.iter().map(|cost| figure(*cost)).collect();
    format!("{} | {} | {:.2}", figures.join(" | "), figure(cost.ratio()), cost.exponent())
}
