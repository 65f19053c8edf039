//! The report as one page: no scripts, nothing fetched, readable on a phone and in the dark.

use std::fmt::{self, Write};

use super::report::{Band, LoadRow, Report, grouped, percent, signed, times};
use crate::markup::escaped;

/// The page.
pub fn page(report: &Report) -> String {
    let mut page = String::new();
    // Writing to a text cannot fail.
    _ = write(&mut page, report);
    page
}

fn write(page: &mut String, report: &Report) -> fmt::Result {
    let verdict = escaped(&report.verdict);
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Backtest: {new} against {old}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Backtest</h1>\n<p class=\"verdict\">{verdict}</p>\n\
         <p>Rules <code>{old}</code> (old) against <code>{new}</code> (new).</p>\n",
        old = escaped(&report.rules.old),
        new = escaped(&report.rules.new),
    )?;
    facts(page, report)?;
    load(page, report)?;
    moves(page, report)?;
    if report.knows_outcomes() {
        outcomes(page, report)?;
    }
    bad_lines(page, report)?;
    page.write_str("</main>\n</body>\n</html>\n")
}

fn facts(page: &mut String, report: &Report) -> fmt::Result {
    page.write_str("<dl class=\"facts\">\n")?;
    let mql = format!("{:.1} % → {:.1} %", report.mql.old.percent, report.mql.new.percent);
    let mut facts = vec![
        ("leads", grouped(report.leads)),
        ("move", format!("{} ({:.1} %)", grouped(report.moved.leads), report.moved.percent)),
        ("MQL rate", mql),
    ];
    if report.knows_outcomes() {
        let mql = &report.outcomes.mql;
        facts.push(("MQL precision", format!("{} → {}", percent(mql.old.precision), percent(mql.new.precision))));
    }
    facts.push(("unreadable lines", grouped(report.bad_lines.lines)));
    for (name, value) in facts {
        writeln!(page, "<div><dt>{name}</dt><dd>{value}</dd></div>")?;
    }
    page.write_str("</dl>\n")
}

fn load(page: &mut String, report: &Report) -> fmt::Result {
    page.write_str(
        "<h2>Load</h2>\n<p class=\"key\"><span class=\"old\"></span> old <span class=\"new\"></span> new</p>\n",
    )?;
    page.write_str("<div class=\"scroll\"><table>\n<caption>Leads in each queue, held or refused</caption>\n")?;
    head(page, &[("place", false), ("old", true), ("new", true), ("change", true), ("", false)])?;
    let most = report.load.iter().map(|row| row.old.max(row.new)).max().unwrap_or_default().max(1);
    for row in &report.load {
        let LoadRow { place, old, new, delta } = row;
        let (place, change) = (place.to_string(), signed(*delta));
        let cells = [grouped(*old), grouped(*new), change].map(|cell| format!("<td class=\"n\">{cell}</td>")).concat();
        write!(page, "<tr><th scope=\"row\">{}</th>{cells}<td class=\"bars\" aria-hidden=\"true\">", escaped(place))?;
        bars(page, *old, *new, most)?;
        page.write_str("</td></tr>\n")?;
    }
    page.write_str("</tbody></table></div>\n")
}

/// Two bars, one above the other, in thousandths of the longest.
fn bars(page: &mut String, old: u64, new: u64, most: u64) -> fmt::Result {
    page.write_str("<svg viewBox=\"0 0 1000 26\" preserveAspectRatio=\"none\">")?;
    for (class, y, leads) in [("old", 2, old), ("new", 14, new)] {
        let width = u128::from(leads) * 1000 / u128::from(most);
        write!(page, "<rect class=\"{class}\" x=\"0\" y=\"{y}\" width=\"{width}\" height=\"10\"/>")?;
    }
    page.write_str("</svg>")
}

fn moves(page: &mut String, report: &Report) -> fmt::Result {
    page.write_str("<h2>Moves</h2>\n")?;
    if report.moves.is_empty() {
        return page.write_str("<p>No lead moves.</p>\n");
    }
    page.write_str(
        "<div class=\"scroll\"><table>\n<caption>From where to where, and because of which rule</caption>\n",
    )?;
    let rules = [("decided by, old", false), ("decided by, new", false), ("lines, for example", false)];
    head(page, &[[("from", false), ("to", false), ("leads", true)], rules].concat())?;
    for row in &report.moves {
        let (from, to) = (row.from.to_string(), row.to.to_string());
        for because in &row.because {
            let lines = because.lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            writeln!(
                page,
                "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td><code>{}</code></td><td><code>{}</code></td><td>{lines}</td></tr>",
                escaped(&from),
                escaped(&to),
                grouped(because.leads),
                escaped(&because.old_rule),
                escaped(&because.new_rule),
            )?;
        }
    }
    page.write_str("</tbody></table></div>\n")
}

fn outcomes(page: &mut String, report: &Report) -> fmt::Result {
    let outcomes = &report.outcomes;
    write!(
        page,
        "<h2>Outcomes by score</h2>\n<p>Of {} leads the outcome is known; {} succeeded ({}): {}.",
        grouped(outcomes.known),
        grouped(outcomes.successes),
        percent(outcomes.base_rate),
        outcomes.success.join(", "),
    )?;
    if outcomes.unmapped > 0 {
        write!(page, " {} more have a disposition that the playbook does not know.", grouped(outcomes.unmapped))?;
    }
    page.write_str("</p>\n")?;
    for (name, bands, mql) in
        [("Old rules", &report.bands.old, outcomes.mql.old), ("New rules", &report.bands.new, outcomes.mql.new)]
    {
        writeln!(page, "<div class=\"scroll\"><table>\n<caption>{name}</caption>")?;
        let numbers = ["leads", "known", "successes", "precision", "lift"].map(|name| (name, true));
        head(page, &[&[("intent + value", false)][..], &numbers].concat())?;
        let all = ("all MQL".to_owned(), mql);
        for (label, quality) in bands.iter().map(|band: &Band| (band.label(), band.quality)).chain([all]) {
            let cells = [
                grouped(quality.leads),
                grouped(quality.known),
                grouped(quality.successes),
                percent(quality.precision),
                times(quality.lift),
            ];
            let cells = cells.map(|cell| format!("<td class=\"n\">{cell}</td>")).concat();
            writeln!(page, "<tr><th scope=\"row\">{label}</th>{cells}</tr>")?;
        }
        page.write_str("</tbody></table></div>\n")?;
    }
    page.write_str(
        "<p>Precision is the part of leads with a known outcome that succeeded; lift is the precision against that of \
         all leads.</p>\n",
    )
}

fn bad_lines(page: &mut String, report: &Report) -> fmt::Result {
    if report.bad_lines.lines == 0 {
        return Ok(());
    }
    let count = grouped(report.bad_lines.lines);
    page.write_str("<h2>Lines that could not be read</h2>\n")?;
    writeln!(page, "<p>{count}; they are in no other figure. The first ones:</p>\n<ul>")?;
    for bad in &report.bad_lines.first {
        writeln!(page, "<li>line {}: {}</li>", bad.line, escaped(&bad.why))?;
    }
    page.write_str("</ul>\n")
}

/// The names of the columns; those of numbers are marked.
fn head(page: &mut String, columns: &[(&str, bool)]) -> fmt::Result {
    page.write_str("<thead><tr>")?;
    for (name, of_numbers) in columns {
        match (*name, of_numbers) {
            ("", _) => page.write_str("<td></td>")?,
            (name, true) => write!(page, "<th scope=\"col\" class=\"n\">{name}</th>")?,
            (name, false) => write!(page, "<th scope=\"col\">{name}</th>")?,
        }
    }
    page.write_str("</tr></thead>\n<tbody>\n")
}

const STYLE: &str = "\n\
:root { color-scheme: light dark; --line: #8884; --old: #8a94a6; --new: #2a78d6; }\n\
@media (prefers-color-scheme: dark) { :root { --old: #7d8796; --new: #5fa3f5; } }\n\
body { font: 16px/1.5 system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif; margin: 0; }\n\
main { max-width: 64rem; margin: 0 auto; padding: 1rem; }\n\
h1 { font-size: 1.4rem; margin: 0; }\n\
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }\n\
.verdict { font-size: 1.2rem; font-weight: 600; margin: .5rem 0; }\n\
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0; }\n\
.facts dt { font-size: .85rem; opacity: .75; }\n\
.facts dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; }\n\
.scroll { overflow-x: auto; margin-bottom: 1rem; }\n\
table { border-collapse: collapse; width: 100%; }\n\
caption { text-align: left; font-size: .9rem; opacity: .75; padding-bottom: .25rem; }\n\
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }\n\
th { font-weight: 600; white-space: nowrap; }\n\
tbody th { font-weight: normal; }\n\
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }\n\
.bars { width: 40%; min-width: 6rem; vertical-align: middle; }\n\
.bars svg { display: block; width: 100%; height: 1.5rem; }\n\
@media (max-width: 40rem) { table { font-size: .875rem; } th, td { padding-right: .5rem; } }\n\
rect.old { fill: var(--old); }\n\
rect.new { fill: var(--new); }\n\
.key span { display: inline-block; width: .8rem; height: .8rem; margin-left: .5rem; }\n\
.key .old { background: var(--old); margin-left: 0; }\n\
.key .new { background: var(--new); }\n";
