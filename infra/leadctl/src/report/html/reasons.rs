//! What sales said last, by channel.

use anyhow::Result;
use leads::submission::shown as harmless;

use super::{DRAWN, Page, of_most_leads};
use crate::report::charts::{self, Row};
use crate::report::shown::grouped;
use crate::report::tables::{Cell, number, rate};
use crate::report::tally::Key;
use crate::report::words;

/// How many answers the picture tells apart: with the others there are as many as colours.
const APART: usize = 7;

impl Page<'_> {
    pub(super) fn reasons(&mut self) -> Result<()> {
        self.open("reasons")?;
        let report = self.report;
        let top = of_most_leads(report.reasons.iter().map(|row| (&row.disposition, row.leads)), APART);
        let mut names: Vec<String> = top.iter().map(|key| self.disposition(key)).collect();
        names.push(self.t("others", "其他").to_owned());
        let rows: Vec<Row> = report
            .channels
            .iter()
            .take(DRAWN)
            .filter_map(|group| {
                let of_channel: Vec<_> = report.reasons.iter().filter(|row| row.channel == group.key).collect();
                let all: u64 = of_channel.iter().map(|row| row.leads).sum();
                let count =
                    |key: &Key| of_channel.iter().find(|row| row.disposition == *key).map_or(0, |row| row.leads);
                let mut values: Vec<u64> = top.iter().map(|key| count(key)).collect();
                values.push(all.saturating_sub(values.iter().sum()));
                (all > 0).then(|| Row {
                    label: self.channel(&group.key),
                    values: values.into_iter().map(|count| count as f64).collect(),
                    shown: vec![grouped(all)],
                })
            })
            .collect();
        let says = self
            .t("What sales said last, by channel; behind the bar how many leads", "各渠道线索的最后反馈；右侧为线索数");
        self.picture(says, &charts::parts(&names, &[], &rows)?)?;
        let unknown = self.t("not in the playbook", "不在手册中");
        let cells: Vec<Vec<Cell>> = report
            .reasons
            .iter()
            .map(|row| {
                let mut said = self.disposition(&row.disposition);
                if !row.mapped {
                    said = format!("{said} ({unknown})");
                }
                vec![Cell::Text(self.channel(&row.channel)), Cell::Text(said), number(row.leads), rate(row.share)]
            })
            .collect();
        let columns = [
            (self.t("Channel", "渠道"), false),
            (self.t("Said last", "最后反馈"), false),
            (self.t("Leads", "线索"), true),
            (self.t("Of the channel's answered leads", "占渠道已反馈线索"), true),
        ];
        self.table(self.t("Feedback by channel", "各渠道反馈"), &columns, &cells)?;
        self.means(&[(
            self.t("Said last", "最后反馈"),
            self.t(
                "each lead counts once, by what sales said of it last. What a channel gets more of than the others do \
                 is what marketing can change there. For the rules behind duplicates and misfits see `leadctl \
                 returns`.",
                "每条线索只计一次，以销售最后的反馈为准。某渠道明显偏多的原因，就是市场部可以改进之处。\
                 重复和不匹配背后的规则见 leadctl returns。",
            ),
        )])?;
        Ok(self.close()?)
    }

    fn disposition(&self, key: &Key) -> String {
        match key {
            Key::Named(name) => harmless(self.lang.word(&words::DISPOSITIONS, name)).into_owned(),
            _ => self.name(key),
        }
    }
}
