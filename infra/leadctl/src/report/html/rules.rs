//! What each rule set decided, and when.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use super::Page;
use crate::report::charts::{self, Row};
use crate::report::shown::{NONE, moment, month};
use crate::report::tables::{Cell, number, rate};

/// How many rule sets the picture shows, one a colour; its text says eight.
const LATEST: usize = 8;

impl Page<'_> {
    pub(super) fn rules(&mut self) -> Result<()> {
        self.open("rules")?;
        let report = self.report;
        let shown = report.rules.iter().rev().take(LATEST).rev().collect::<Vec<_>>();
        let months: BTreeSet<Date> = shown.iter().flat_map(|row| row.months.iter().map(|month| month.month)).collect();
        let names: Vec<String> = shown.iter().map(|row| self.name(&row.version)).collect();
        let rows: Vec<Row> = months
            .iter()
            .map(|first| Row {
                label: month(*first),
                values: shown
                    .iter()
                    .map(|row| row.months.iter().find(|of| of.month == *first).map_or(0.0, |of| of.decisions as f64))
                    .collect(),
                shown: Vec::new(),
            })
            .collect();
        let says =
            self.t("Decisions by month and rule set (the latest eight)", "各月各规则版本的分派决定（最近八个版本）");
        self.picture(says, &charts::columns(&names, &rows)?)?;
        let cells: Vec<Vec<Cell>> = report
            .rules
            .iter()
            .map(|row| {
                let day = |at: Option<Timestamp>| {
                    let text = at.map_or_else(|| NONE.to_owned(), |at| moment(at, self.zone));
                    Cell::Number(text, at.map(|at| at.as_second() as f64))
                };
                vec![
                    Cell::Text(self.name(&row.version)),
                    day(row.first),
                    day(row.last),
                    number(row.decisions),
                    number(row.mql),
                    rate(row.mql_rate),
                ]
            })
            .collect();
        let columns = [
            (self.t("Version", "版本"), false),
            (self.t("First decision", "首次决定"), true),
            (self.t("Last decision", "末次决定"), true),
            (self.t("Decisions", "决定"), true),
            ("MQL", true),
            (self.t("MQL rate", "MQL 率"), true),
        ];
        self.table(self.t("Rule sets", "规则版本"), &columns, &cells)?;
        self.means(&[(
            self.t("Decision", "决定"),
            self.t(
                "an assignment of a lead to a queue, also when it was handed on; the version is the hash of the rules \
                 that made it.",
                "线索分派到队列的一次决定，含转派；版本为作出决定的规则哈希。",
            ),
        )])?;
        Ok(self.close()?)
    }
}
