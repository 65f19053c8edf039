//! CPU time as bars: cold to the first answer, and warm a lead.

use anyhow::Result;
use figures::bars::{self, Bar, Panel};
use figures::figure;

use crate::measure::Measured;

/// An SVG with both panels side by side.
pub(super) fn svg(measured: &[Measured]) -> Result<String> {
    let bar = |name: String, dark, all| Bar { name, dark, all, label: figure(all) };
    let cold = measured
        .iter()
        .map(|program| bar(program.name.to_owned(), program.init_cpu_ms.median, program.cold_cpu_ms.median));
    let warm = measured.iter().filter_map(|program| {
        let (batch, warm) = program.warm.iter().next_back()?;
        let name = if *batch == 1 { format!("{}, one by one", program.name) } else { program.name.to_owned() };
        Some(bar(name, warm.cpu_us.median, warm.cpu_us.median))
    });
    bars::svg(&[
        Panel { title: "CPU ms to the first answer (dark: init)".to_owned(), bars: cold.collect() },
        Panel { title: "CPU µs a lead, warm, batches of ten".to_owned(), bars: warm.collect() },
    ])
}
