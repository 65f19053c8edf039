//! The report on a terminal.

use comfy_table::{CellAlignment, Table};

use super::report::{Band, Report, grouped, percent, signed, times};
use crate::show;

/// How many moves are printed; the others stand in the JSON and the HTML.
const MOVES: usize = 20;

/// Prints the report.
pub fn print(report: &Report) {
    println!("{}", report.verdict);
    println!("rules {} (old) against {} (new)", report.rules.old, report.rules.new);
    for bad in &report.bad_lines.first {
        println!("line {}: {}", bad.line, bad.why);
    }
    if report.bad_lines.lines > report.bad_lines.first.len() as u64 {
        println!("… {} lines could not be read", grouped(report.bad_lines.lines));
    }

    println!("\nload");
    let mut table = table(&["", "old", "new", "change"], 1);
    for row in &report.load {
        table.add_row([row.place.to_string(), grouped(row.old), grouped(row.new), signed(row.delta)]);
    }
    println!("{table}");

    if !report.moves.is_empty() {
        println!("\nmoves");
        let mut table = show::table(&["from", "to", "leads", "decided by (old → new)", "lines"]);
        right(&mut table, 2..3);
        let rows = report.moves.iter().flat_map(|row| row.because.iter().map(move |because| (row, because)));
        for (row, because) in rows.clone().take(MOVES) {
            let rules = format!("{} → {}", because.old_rule, because.new_rule);
            let lines = because.lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            table.add_row([row.from.to_string(), row.to.to_string(), grouped(because.leads), rules, lines]);
        }
        println!("{table}");
        let more = rows.count().saturating_sub(MOVES);
        if more > 0 {
            println!("… and {more} more; --json or --html shows all");
        }
    }

    if report.knows_outcomes() {
        print_outcomes(report);
    }
}

fn print_outcomes(report: &Report) {
    let outcomes = &report.outcomes;
    let (known, rate) = (grouped(outcomes.known), percent(outcomes.base_rate));
    println!("\noutcomes: {known} known, {rate} of them {}", outcomes.success.join(", "));
    if outcomes.unmapped > 0 {
        println!("{} with a disposition that the playbook does not know", grouped(outcomes.unmapped));
    }
    let mut table = table(&["intent + value", "old leads", "precision", "lift", "new leads", "precision", "lift"], 1);
    for (old, new) in report.bands.old.iter().zip(&report.bands.new) {
        add_pair(&mut table, old.label(), old, new);
    }
    let mql = |quality| Band { from: None, to: None, quality };
    add_pair(&mut table, "all MQL".to_owned(), &mql(outcomes.mql.old), &mql(outcomes.mql.new));
    println!("{table}");
}

fn add_pair(table: &mut Table, label: String, old: &Band, new: &Band) {
    let cells = |band: &Band| {
        let quality = band.quality;
        [grouped(quality.leads), percent(quality.precision), times(quality.lift)]
    };
    table.add_row([label].into_iter().chain(cells(old)).chain(cells(new)));
}

/// A table whose columns from `text` on are numbers.
fn table(header: &[&str], text: usize) -> Table {
    let mut table = show::table(header);
    right(&mut table, text..header.len());
    table
}

fn right(table: &mut Table, columns: std::ops::Range<usize>) {
    for at in columns {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
