//! Channels: what they brought, and what they cost.

use anyhow::Result;

use super::{DRAWN, Page};
use crate::report::charts::{self, Row};
use crate::report::shown::grouped;
use crate::report::tally::Dimension;

impl Page<'_> {
    pub(super) fn channels(&mut self) -> Result<()> {
        self.open("channels")?;
        let report = self.report;
        let names = [self.t("leads", "线索"), "MQL", "SQL"].map(str::to_owned);
        let rows: Vec<Row> = report
            .channels
            .iter()
            .take(DRAWN)
            .map(|group| Row {
                label: self.channel(&group.key),
                values: [group.leads, group.mql, group.sql].map(|count| count as f64).into(),
                shown: [group.leads, group.mql, group.sql].map(grouped).into(),
            })
            .collect();
        let says = self.t("Leads, MQL and SQL by channel", "各渠道的线索、MQL 与 SQL");
        self.picture(says, &charts::bars(&names, &rows)?)?;
        if !report.has_costs {
            self.none(self.t(
                "No costs were given (--costs costs.csv), so that there is no cost a lead and no ROI.",
                "未提供成本（--costs costs.csv），因此没有单条成本和 ROI。",
            ))?;
        }
        let caption = self.t("Channels", "渠道");
        self.group_table(caption, Dimension::Channel, &report.channels, report.has_costs)?;
        self.group_means(report.has_costs)?;
        Ok(self.close()?)
    }
}
