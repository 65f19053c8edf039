//! Tables.

use figures::figure;

use super::{Report, of};
use crate::measure::Measured;
use crate::stats::Spread;
use crate::work::LEADS;

/// Under which circumstances.
pub(super) fn state(report: &Report) -> String {
    let Report { profile, rounds, load, .. } = report;
    format!("Profile `{profile}`, {rounds} rounds, load average {load:.1} before the first.")
}

/// The start and the first invocation.
pub(super) fn cold(report: &Report) -> String {
    let hello = of(&report.at_once, "hello").map(|hello| hello.cold_cpu_ms.median);
    let mut table = String::from(
        "| | init, CPU ms | to the first answer, CPU ms | × hello | peak memory, MB | binary, MB | zipped, MB |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for program in &report.at_once {
        let times = hello.map_or_else(String::new, |hello| figure(program.cold_cpu_ms.median / hello));
        let size = report.sizes.get(program.name);
        let [mb, zipped] = size.map_or_else(Default::default, |size| [figure(size.mb), figure(size.zipped_mb)]);
        table += &format!(
            "| {} | {} | {} | {times} | {} | {mb} | {zipped} |\n",
            program.name,
            spread(program.init_cpu_ms),
            spread(program.cold_cpu_ms),
            spread(program.rss_mb),
        );
    }
    table
}

/// Invocations of a warm process.
pub(super) fn warm(report: &Report) -> String {
    let mut table = String::from(
        "| | batch of ten, CPU µs a lead | one lead, CPU µs | ten, ms | one, ms | calls of the largest batch |\n\
         |---|---|---|---|---|---|\n",
    );
    for program in &report.at_once {
        let cpu = |batch| program.warm.get(&batch).map_or_else(String::new, |warm| spread(warm.cpu_us));
        let calls =
            program.calls.iter().map(|(action, count)| format!("{count} {action}")).collect::<Vec<_>>().join(", ");
        table += &format!(
            "| {} | {} | {} | {} | {} | {calls} |\n",
            program.name,
            cpu(LEADS),
            cpu(1),
            wall(program, LEADS),
            wall(program, 1)
        );
    }
    table
}

/// On the clock, with services some time away.
pub(super) fn walls(report: &Report) -> String {
    if report.apart.is_empty() && report.small.is_empty() {
        return String::new();
    }
    let mut table = String::from(
        "| | a core: first, ms | ten, ms | one, ms | 256 MB: init, ms | first, ms | ten, ms | one, ms |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for program in &report.at_once {
        let all =
            |program: &Measured| [spread(program.first_wall_ms), wall(program, LEADS), wall(program, 1)].join(" | ");
        let apart = of(&report.apart, program.name).map_or_else(|| " | | ".to_owned(), all);
        let small = of(&report.small, program.name);
        let small = small
            .map_or_else(|| " | | | ".to_owned(), |small| format!("{} | {}", spread(small.init_wall_ms), all(small)));
        table += &format!("| {} | {apart} | {small} |\n", program.name);
    }
    table
}

fn wall(program: &Measured, batch: usize) -> String {
    program.warm.get(&batch).map_or_else(String::new, |warm| spread(warm.wall_ms))
}

/// The median, and from where to where it went.
fn spread(spread: Spread) -> String {
    format!("{} ({}–{})", figure(spread.median), figure(spread.least), figure(spread.most))
}
