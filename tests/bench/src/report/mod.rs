//! What was measured, together, and the targets.

mod plot;
mod targets;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use figures::put;
use serde::Serialize;

use crate::measure::Measured;
use crate::size::Size;

/// All figures of one command.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How ours were built.
    pub profile: &'static str,
    /// How often each program ran under each condition.
    pub rounds: usize,
    /// How busy the machine was when it began: processes that ran or wanted to, over the last minute.
    pub load: f64,
    /// Of the binaries.
    pub sizes: BTreeMap<&'static str, Size>,
    /// Calls answered at once.
    pub at_once: Vec<Measured>,
    /// Calls that take [`Report::latency_ms`].
    pub apart: Vec<Measured>,
    /// The same, with a small function's share of a core.
    pub small: Vec<Measured>,
    /// Of the last two.
    pub latency_ms: u64,
}

impl Report {
    /// As tables for a terminal.
    pub fn shown(&self) -> String {
        let tables = [text::cold(self), text::warm(self), text::walls(self), targets::table(self)];
        format!(
            "{}\n\n{}",
            text::state(self),
            tables.into_iter().filter(|table| !table.is_empty()).collect::<Vec<_>>().join("\n")
        )
    }

    /// Writes the tables into `performance.md` and draws the picture beside it.
    pub fn write(&self, docs: &Path) -> Result<()> {
        let path = docs.join("performance.md");
        let mut page = std::fs::read_to_string(&path)?;
        for (name, table) in [
            ("running state", text::state(self) + "\n"),
            ("running targets", targets::table(self)),
            ("running cold", text::cold(self)),
            ("running warm", text::warm(self)),
            ("running walls", text::walls(self)),
        ] {
            page = put(&page, name, &table)?;
        }
        std::fs::write(&path, page)?;
        std::fs::write(docs.join("running-cost.svg"), plot::svg(&self.at_once)?)?;
        Ok(())
    }
}

/// The figures of one program.
fn of<'m>(measured: &'m [Measured], name: &str) -> Option<&'m Measured> {
    measured.iter().find(|measured| measured.name == name)
}

/// Those of ours.
fn ours(measured: &[Measured]) -> impl Iterator<Item = &Measured> {
    measured.iter().filter(|measured| !["hello", "python", "node"].contains(&measured.name))
}
