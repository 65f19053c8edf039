//! The report as one page: nothing is fetched, and a policy in its head lets run and show no more than its own script and
//! style. What anybody typed into a form is text.

mod attribution;
mod by;
mod channels;
mod data;
mod deadlines;
mod funnel;
mod groups;
mod head;
mod origins;
mod places;
mod reasons;
mod refused;
mod rules;
mod speed;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

use anyhow::Result;
use jiff::tz::TimeZone;
use leads::submission::shown as harmless;

use super::figures::Report;
use super::tables::{self, Cell, Column};
use super::tally::{Dimension, Key};
use super::words::{self, Lang};

/// How many rows a picture shows.
const DRAWN: usize = 12;

/// The page.
///
/// # Errors
/// A picture cannot be drawn.
pub fn page(report: &Report, lang: Lang, zone: &TimeZone) -> Result<String> {
    let mut page = Page { text: String::new(), report, lang, zone };
    page.head()?;
    page.funnel()?;
    page.channels()?;
    page.by()?;
    page.attribution()?;
    page.speed()?;
    page.deadlines()?;
    page.reasons()?;
    page.places()?;
    page.origins()?;
    page.refused()?;
    page.rules()?;
    page.data()?;
    page.end()?;
    Ok(page.text)
}

/// The parts that the head links to: anchor, and title.
const PARTS: [(&str, &str, &str); 11] = [
    ("funnel", "From lead to sale", "从线索到成交"),
    ("channels", "Channels: cost and return", "渠道：成本与回报"),
    ("attribution", "What sales are credited to", "成交归因"),
    ("speed", "Speed", "响应速度"),
    ("deadlines", "Deadlines kept and missed", "时限履行"),
    ("reasons", "What sales said, by channel", "各渠道的销售反馈"),
    ("places", "Hot spots: region and interest", "热点：地区与需求"),
    ("origins", "Sales that marketing sourced", "市场部来源的成交"),
    ("refused", "Refused, by rule", "按规则拒绝的线索"),
    ("rules", "Rule sets over time", "规则版本变化"),
    ("data", "About the data", "数据说明"),
];

/// The page as far as it is written, and what it tells of.
struct Page<'a> {
    text: String,
    report: &'a Report,
    lang: Lang,
    zone: &'a TimeZone,
}

/// What the parts are written with.
impl Page<'_> {
    /// Opens one of [`PARTS`].
    fn open(&mut self, part: &str) -> fmt::Result {
        self.open_as(part, self.lang.word(&PARTS, part))
    }

    fn open_as(&mut self, part: &str, title: &str) -> fmt::Result {
        writeln!(
            self.text,
            "<section id=\"{part}\" aria-labelledby=\"{part}-title\">\n<h2 id=\"{part}-title\">{title}</h2>"
        )
    }

    fn close(&mut self) -> fmt::Result {
        self.text.write_str("</section>\n")
    }

    fn picture(&mut self, says: &str, svg: &str) -> fmt::Result {
        tables::picture(&mut self.text, says, svg)
    }

    fn table(&mut self, caption: &str, columns: &[Column<'_>], rows: &[Vec<Cell>]) -> fmt::Result {
        tables::table(&mut self.text, self.lang, caption, columns, rows)
    }

    fn means(&mut self, list: &[(&str, &str)]) -> fmt::Result {
        tables::meanings(&mut self.text, list)
    }

    /// Says what is not there.
    fn none(&mut self, text: &str) -> fmt::Result {
        writeln!(self.text, "<p class=\"none\">{text}</p>")
    }

    fn t<'t>(&self, english: &'t str, chinese: &'t str) -> &'t str {
        self.lang.of(english, chinese)
    }

    /// A name for people. Whatever is not a word of ours is what somebody typed, with what would not be seen escaped.
    fn key(&self, key: &Key, dimension: Dimension) -> String {
        let name = match key {
            Key::Unknown => return self.t("(none)", "（无）").to_owned(),
            Key::Rest => return self.t("(all others)", "（其他）").to_owned(),
            Key::Named(name) => name,
        };
        match dimension {
            Dimension::Channel => self.lang.word(&words::CHANNELS, name).to_owned(),
            Dimension::Quadrant => self.lang.word(&words::QUADRANTS, name).to_owned(),
            Dimension::Region => words::region(self.lang, name),
            _ => harmless(name).into_owned(),
        }
    }

    fn channel(&self, key: &Key) -> String {
        self.key(key, Dimension::Channel)
    }

    fn name(&self, key: &Key) -> String {
        self.key(key, Dimension::Queue)
    }
}

/// The names that most leads have, so many of them.
fn of_most_leads<'k>(rows: impl Iterator<Item = (&'k Key, u64)>, most: usize) -> Vec<&'k Key> {
    let mut sums: BTreeMap<&Key, u64> = BTreeMap::new();
    for (key, leads) in rows {
        *sums.entry(key).or_default() += leads;
    }
    let mut sums: Vec<(&Key, u64)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, leads)| Reverse(*leads));
    sums.into_iter().take(most).map(|(key, _)| key).collect()
}
