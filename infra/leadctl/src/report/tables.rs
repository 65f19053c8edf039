//! Parts of the page: tables that can be sorted, figures with what they mean, and the frame around them.

use std::fmt::{self, Write};

use super::words::Lang;
use crate::markup::escaped;

/// How many rows of a table the page shows; JSON and CSV have all.
pub(super) const SHOWN: usize = 300;

/// How many stand on the page without a box of their own to scroll in.
const SHORT: usize = 16;

/// A cell.
pub(super) enum Cell {
    /// Text.
    Text(String),
    /// A figure as shown, and as sorted.
    Number(String, Option<f64>),
}

/// A number of things.
pub(super) fn number(count: u64) -> Cell {
    Cell::Number(super::shown::grouped(count), Some(count as f64))
}

/// A part of a whole.
pub(super) fn rate(ratio: Option<f64>) -> Cell {
    Cell::Number(super::shown::percent(ratio), ratio)
}

/// Amounts of several currencies, a line each; sorted by the first.
pub(super) fn amounts(amounts: impl Iterator<Item = (u128, String)>) -> Cell {
    let (minor, texts): (Vec<u128>, Vec<String>) = amounts.unzip();
    let text = if texts.is_empty() { super::shown::NONE.to_owned() } else { texts.join("\n") };
    Cell::Number(text, minor.first().map(|minor| *minor as f64))
}

/// A column: its name, and whether it holds figures.
pub(super) type Column<'a> = (&'a str, bool);

/// Writes a table; the first cell of a row names it.
pub(super) fn table(
    page: &mut String,
    lang: Lang,
    caption: &str,
    columns: &[Column<'_>],
    rows: &[Vec<Cell>],
) -> fmt::Result {
    if rows.is_empty() {
        let none = lang.of("There is nothing to tell.", "没有数据。");
        return writeln!(page, "<p class=\"none\">{}: {none}</p>", escaped(caption));
    }
    let (name, tall) = (escaped(caption), if rows.len() > SHORT { " tall" } else { "" });
    write!(
        page,
        "<div class=\"scroll{tall}\" role=\"region\" tabindex=\"0\" aria-label=\"{name}\"><table class=\"sort\">\n<caption>{name}</caption>\n<thead><tr>"
    )?;
    for (name, figures) in columns {
        let class = if *figures { " class=\"n\"" } else { "" };
        write!(page, "<th scope=\"col\"{class}>{}</th>", escaped(*name))?;
    }
    page.write_str("</tr></thead>\n<tbody>\n")?;
    for row in rows.iter().take(SHOWN) {
        page.write_str("<tr>")?;
        for (at, cell) in row.iter().enumerate() {
            match cell {
                Cell::Text(text) if at == 0 => write!(page, "<th scope=\"row\"><bdi>{}</bdi></th>", escaped(text))?,
                Cell::Text(text) => write!(page, "<td><bdi>{}</bdi></td>", escaped(text))?,
                Cell::Number(text, value) => {
                    let value = value.map(|value| value.to_string()).unwrap_or_default();
                    let lines: Vec<String> = text.lines().map(|line| escaped(line).to_string()).collect();
                    write!(page, "<td class=\"n\" data-v=\"{value}\">{}</td>", lines.join("<br>"))?;
                }
            }
        }
        page.write_str("</tr>\n")?;
    }
    page.write_str("</tbody></table></div>\n")?;
    if let Some(more) = rows.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let text = lang.of(
            "more rows; --out report.json and report.csv have all.",
            "行未显示；--out report.json 和 report.csv 含全部数据。",
        );
        writeln!(page, "<p class=\"none\">{more} {text}</p>")?;
    }
    Ok(())
}

/// What the figures of a part mean.
pub(super) fn meanings(page: &mut String, meanings: &[(&str, &str)]) -> fmt::Result {
    page.write_str("<dl class=\"means\">\n")?;
    for (name, meaning) in meanings {
        writeln!(page, "<div><dt>{}</dt><dd>{}</dd></div>", escaped(*name), escaped(*meaning))?;
    }
    page.write_str("</dl>\n")
}

/// A picture, and what it shows for those who do not see it.
pub(super) fn picture(page: &mut String, says: &str, svg: &str) -> fmt::Result {
    let says = escaped(says);
    let svg = svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{says}\" "), 1);
    writeln!(
        page,
        "<figure class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"{says}\">\n{svg}<figcaption>{says}</figcaption></figure>"
    )
}

pub(super) const STYLE: &str = "\n\
:root { color-scheme: light; --ink: #222; --soft: #555; --line: #d9dde3; --blue: #0060a0; --ground: #f5f7fa; }\n\
* { box-sizing: border-box; }\n\
body { font: 16px/1.55 system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif; margin: 0; color: var(--ink); background: #fff; }\n\
header, main { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }\n\
header { padding-top: 1.5rem; }\n\
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0; }\n\
h2 { font-size: 1.3rem; margin: 0 0 .75rem; }\n\
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }\n\
.about { color: var(--soft); margin: .25rem 0 1rem; }\n\
nav ul { list-style: none; padding: 0; margin: 1rem 0 0; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; font-size: .9rem; }\n\
a { color: var(--blue); text-underline-offset: .15em; }\n\
a:focus-visible, button:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }\n\
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .75rem; margin: 0; }\n\
.facts div { background: var(--ground); border-left: 4px solid var(--blue); padding: .6rem .8rem; }\n\
.facts dt { font-size: .82rem; color: var(--soft); }\n\
.facts dd { margin: 0; font-size: 1.1rem; font-weight: 600; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; line-height: 1.3; }\n\
section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1.5rem; }\n\
.scroll { overflow-x: auto; margin: 0 0 .75rem; }\n\
.tall { max-height: 34rem; overflow-y: auto; border-bottom: 1px solid var(--line); }\n\
.tall thead th { position: sticky; top: 0; background: #fff; }\n\
figure svg { display: block; min-width: 40rem; width: 100%; max-width: 55rem; height: auto; }\n\
figcaption { font-size: .85rem; color: var(--soft); }\n\
table { border-collapse: collapse; width: 100%; font-size: .92rem; }\n\
caption { text-align: left; font-weight: 600; padding: .25rem 0; }\n\
th, td { text-align: left; padding: .32rem .7rem .32rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }\n\
thead th { vertical-align: bottom; border-bottom: 2px solid var(--ink); font-weight: 600; }\n\
tbody th { font-weight: normal; overflow-wrap: anywhere; min-width: 7rem; }\n\
td bdi { overflow-wrap: anywhere; }\n\
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }\n\
td.n { white-space: nowrap; }\n\
tbody tr:nth-child(even) { background: var(--ground); }\n\
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; text-decoration: underline dotted; text-underline-offset: .2em; }\n\
th[aria-sort=descending] button::after { content: ' \\25BC'; }\n\
th[aria-sort=ascending] button::after { content: ' \\25B2'; }\n\
.means { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: .1rem 2rem; margin: .5rem 0 0; font-size: .85rem; color: var(--soft); }\n\
.means div { padding: .15rem 0; }\n\
.means dt { display: inline; font-weight: 600; color: var(--ink); }\n\
.means dt::after { content: ': '; }\n\
.means dd { display: inline; margin: 0; }\n\
.none { color: var(--soft); font-size: .9rem; }\n\
footer { color: var(--soft); font-size: .85rem; margin: 2rem 0; }\n\
@media (max-width: 40rem) { table { font-size: .82rem; } h1 { font-size: 1.35rem; } }\n\
@media print {\n\
  @page { margin: 14mm; }\n\
  body { font-size: 10pt; }\n\
  header, main { max-width: none; padding: 0; }\n\
  nav { display: none; }\n\
  section { break-inside: auto; }\n\
  h2, h3, caption { break-after: avoid; }\n\
  figure, tr, .means div { break-inside: avoid; }\n\
  .scroll, .tall { overflow: visible; max-height: none; }\n\
  .tall thead th { position: static; }\n\
  figure svg { min-width: 0; }\n\
  table { font-size: 8pt; }\n\
  thead { display: table-header-group; }\n\
  th button { text-decoration: none; }\n\
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }\n\
}\n";

/// Sorts tables by a click on a column's name: figures the largest first, names by the alphabet; what has no figure comes
/// last. Without scripts the tables stay as they are.
pub(super) const SCRIPT: &str = "\n\
for (const table of document.querySelectorAll('table.sort')) {\n\
  const body = table.tBodies[0];\n\
  [...table.tHead.rows[0].cells].forEach((head, at) => {\n\
    const button = document.createElement('button');\n\
    button.type = 'button';\n\
    button.append(...head.childNodes);\n\
    head.append(button);\n\
    button.addEventListener('click', () => {\n\
      const figures = head.classList.contains('n');\n\
      const before = head.getAttribute('aria-sort');\n\
      const down = before ? before === 'ascending' : figures;\n\
      for (const other of head.parentNode.cells) other.removeAttribute('aria-sort');\n\
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');\n\
      const sign = down ? -1 : 1;\n\
      const compare = (one, other) => {\n\
        const [a, b] = [one.cells[at], other.cells[at]];\n\
        if (!figures) return sign * a.textContent.localeCompare(b.textContent, document.documentElement.lang);\n\
        if (a.dataset.v === '' || b.dataset.v === '') return (a.dataset.v === '') - (b.dataset.v === '');\n\
        return sign * (a.dataset.v - b.dataset.v);\n\
      };\n\
      body.append(...[...body.rows].sort(compare));\n\
    });\n\
  });\n\
}\n";
