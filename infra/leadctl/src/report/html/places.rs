//! Regions and what they ask for.

use anyhow::Result;

use super::{Page, of_most_leads};
use crate::report::charts::{self, Row};
use crate::report::shown::grouped;
use crate::report::tables::{Cell, number, rate};
use crate::report::tally::{Dimension, Key};

/// How many regions the grid shows, and how many interests.
const REGIONS: usize = 10;
const INTERESTS: usize = 6;

impl Page<'_> {
    pub(super) fn places(&mut self) -> Result<()> {
        self.open("places")?;
        let report = self.report;
        let regions = of_most_leads(report.places.iter().map(|row| (&row.region, row.leads)), REGIONS);
        let interests = of_most_leads(report.places.iter().map(|row| (&row.interest, row.leads)), INTERESTS);
        let names: Vec<String> = interests.iter().map(|key| self.name(key)).collect();
        let rows: Vec<Row> = regions
            .iter()
            .map(|region| {
                let count = |interest: &Key| {
                    let row = report.places.iter().find(|row| row.region == **region && row.interest == *interest);
                    row.map_or(0, |row| row.mql)
                };
                let counts: Vec<u64> = interests.iter().map(|interest| count(interest)).collect();
                Row {
                    label: self.key(region, Dimension::Region),
                    shown: counts.iter().map(|count| grouped(*count)).collect(),
                    values: counts.into_iter().map(|count| count as f64).collect(),
                }
            })
            .collect();
        let says = self.t("MQL by region and interest; the darker, the more", "各地区与需求的 MQL；颜色越深越多");
        self.picture(says, &charts::heat(&names, &rows)?)?;
        let cells: Vec<Vec<Cell>> = report
            .places
            .iter()
            .map(|row| {
                let mut cells =
                    vec![Cell::Text(self.key(&row.region, Dimension::Region)), Cell::Text(self.name(&row.interest))];
                cells.extend([row.leads, row.mql, row.sql, row.won].map(number));
                cells.push(rate(row.mql_rate));
                cells
            })
            .collect();
        let columns = [
            (self.t("Region", "地区"), false),
            (self.t("Interest", "需求"), false),
            (self.t("Leads", "线索"), true),
            ("MQL", true),
            ("SQL", true),
            (self.t("Won", "赢单"), true),
            (self.t("MQL rate", "MQL 率"), true),
        ];
        self.table(self.t("Regions and interests", "地区与需求"), &columns, &cells)?;
        self.means(&[
            (
                self.t("Region", "地区"),
                self.t(
                    "the company's country as posted; in mainland China the province.",
                    "公司所在国家；中国大陆为省份。",
                ),
            ),
            (
                self.t("Interest", "需求"),
                self.t("the product that the first submission asks about, as posted.", "首次提交所询问的产品。"),
            ),
        ])?;
        Ok(self.close()?)
    }
}
