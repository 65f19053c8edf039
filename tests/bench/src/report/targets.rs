//! Targets beside what was found.

use figures::figure;

use super::{Report, of, ours};
use crate::measure::Measured;
use crate::program::COMMON;
use crate::work::LEADS;

/// A target: its number, what it is about, what was asked, what was found, and whether that is enough.
struct Target {
    name: &'static str,
    what: &'static str,
    asked: String,
    found: String,
    met: bool,
}

/// The worst of ours, and which that is.
struct Worst<'m> {
    name: &'m str,
    value: f64,
}

impl Target {
    fn at_most(name: &'static str, what: &'static str, most: f64, unit: &str, worst: &Worst<'_>) -> Self {
        let found = format!("{}{unit} (`{}`)", figure(worst.value), worst.name);
        Self { name, what, asked: format!("≤ {most}{unit}"), found, met: worst.value <= most }
    }

    /// How many times less ours takes than a peer.
    fn times_less(name: &'static str, what: &'static str, least: f64, times: f64) -> Self {
        Self {
            name,
            what,
            asked: format!("≥ {least} × less"),
            found: format!("{} ×", figure(times)),
            met: times >= least,
        }
    }
}

/// A row a target; those of what was not measured are left out.
pub(super) fn table(report: &Report) -> String {
    let rows = targets(report).into_iter().map(|target| {
        let Target { name, what, asked, found, met } = target;
        format!("| {name} | {what} | {asked} | {found} | {} |\n", if met { "met" } else { "**missed**" })
    });
    ["| | | target | found | |\n|---|---|---|---|---|\n".to_owned()].into_iter().chain(rows).collect()
}

fn targets(report: &Report) -> Vec<Target> {
    let measured = &report.at_once;
    let hello = of(measured, "hello");
    let over_hello = |figure: fn(&Measured) -> f64| {
        let hello = figure(hello?);
        worst(ours(measured).map(|program| (program.name, figure(program) / hello)))
    };
    let over_peer = |peer: &str, figure: fn(&Measured) -> Option<f64>| {
        Some(figure(of(measured, peer)?)? / figure(of(measured, COMMON.name())?)?)
    };
    let init = |program: &Measured| program.init_cpu_ms.median;
    let cold = |program: &Measured| program.cold_cpu_ms.median;
    let warm = |program: &Measured| program.warm.get(&LEADS).map(|warm| warm.cpu_us.median);
    let memory = |program: &Measured| program.rss_mb.median;
    let python = of(measured, "python").map(memory);
    let memory_of_python = python.and_then(|python| worst(ours(measured).map(|p| (p.name, memory(p) / python))));
    let zipped = worst(ours(measured).filter_map(|p| Some((p.name, report.sizes.get(p.name)?.zipped_mb))));
    let walls =
        ours(&report.apart).filter_map(|program| Some((program.name, program.warm.get(&LEADS)?.wall_ms.median)));
    [
        over_hello(init).map(|worst| Target::at_most("P1", "init, CPU, over hello", 2.5, " ×", &worst)),
        over_hello(cold).map(|worst| Target::at_most("P2", "to the first answer, CPU, over hello", 11.0, " ×", &worst)),
        over_peer("python", |p| Some(p.cold_cpu_ms.median))
            .map(|times| Target::times_less("P3", "the same, `score` and Python", 20.0, times)),
        over_peer("node", |p| Some(p.cold_cpu_ms.median))
            .map(|times| Target::times_less("P3", "the same, `score` and Node", 10.0, times)),
        over_hello(memory).map(|worst| Target::at_most("P4", "peak memory, over hello", 6.0, " ×", &worst)),
        memory_of_python.map(|worst| Target::at_most("P4", "peak memory, of Python's", 0.33, " ×", &worst)),
        zipped.map(|worst| Target::at_most("P4", "zipped binary", 4.0, " MB", &worst)),
        over_peer("python", warm)
            .map(|times| Target::times_less("P5", "warm CPU, batch of ten, `score` and Python", 4.5, times)),
        worst(walls).map(|worst| Target::at_most("P10", "ten leads, calls of 5 ms", 15.0, " ms", &worst)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn worst<'m>(values: impl Iterator<Item = (&'m str, f64)>) -> Option<Worst<'m>> {
    values.max_by(|one, other| one.1.total_cmp(&other.1)).map(|(name, value)| Worst { name, value })
}
