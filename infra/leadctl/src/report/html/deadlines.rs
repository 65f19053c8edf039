//! Deadlines kept and missed, and what the leads had cost that nobody answered.

use std::cmp::Reverse;
use std::fmt::{self, Write};

use anyhow::Result;

use super::{DRAWN, Page};
use crate::markup::escaped;
use crate::report::charts::{self, Row};
use crate::report::shown::{grouped, money};
use crate::report::tables::{Cell, amounts, number, rate};
use crate::report::words::Lang;

impl Page<'_> {
    pub(super) fn deadlines(&mut self) -> Result<()> {
        self.open("deadlines")?;
        let report = self.report;
        let mut queues: Vec<(String, [u64; 3])> = Vec::new();
        for row in &report.deadlines {
            let name = self.name(&row.queue);
            let counts = [row.kept, row.late, row.unanswered];
            match queues.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sums)) => sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count),
                None => queues.push((name, counts)),
            }
        }
        queues.sort_by_key(|(_, counts)| Reverse(counts.iter().sum::<u64>()));
        let names = [self.t("kept", "按时"), self.t("answered late", "超时答复"), self.t("unanswered", "无人响应")]
            .map(str::to_owned);
        let rows: Vec<Row> = queues
            .iter()
            .filter(|(_, counts)| counts.iter().sum::<u64>() > 0)
            .take(DRAWN + 4)
            .map(|(name, counts)| Row {
                label: name.clone(),
                values: counts.map(|count| count as f64).into(),
                shown: vec![grouped(counts.iter().sum::<u64>())],
            })
            .collect();
        let says = self.t(
            "Deadlines that have passed, by queue: kept, answered late, unanswered; behind the bar their number",
            "各队列已到期的时限：按时、超时、无人响应；右侧为总数",
        );
        self.picture(says, &charts::parts(&names, &charts::KEPT, &rows)?)?;
        self.unanswered()?;
        let cells: Vec<Vec<Cell>> = report
            .deadlines
            .iter()
            .map(|row| {
                let mut cells = vec![Cell::Text(self.name(&row.queue)), Cell::Text(self.name(&row.owner))];
                cells.extend([row.kept, row.late, row.unanswered].map(number));
                cells.push(rate(row.kept_rate));
                cells.extend([row.open, row.ended].map(number));
                let cost = row.unanswered_cost.iter().map(|cost| (cost.minor, money(cost.minor, &cost.currency)));
                cells.push(amounts(cost));
                cells
            })
            .collect();
        let columns = [
            (self.t("Queue", "队列"), false),
            (self.t("Owner", "负责人"), false),
            (self.t("Kept", "按时"), true),
            (self.t("Late", "超时"), true),
            (self.t("Unanswered", "无人响应"), true),
            (self.t("Kept rate", "按时率"), true),
            (self.t("Open", "未到期"), true),
            (self.t("Ended before", "提前结束"), true),
            (self.t("Cost of unanswered", "无响应成本"), true),
        ];
        self.table(self.t("Deadlines by queue and owner", "各队列与负责人的时限"), &columns, &cells)?;
        self.means(match self.lang {
            Lang::En => &[
                (
                    "Kept",
                    "answered by the deadline that was fixed when the lead was given out. “contacted” says no more \
                     than that somebody is on it, and is no answer here.",
                ),
                ("Late, unanswered", "answered afterwards; not answered, and the deadline has passed."),
                ("Kept rate", "kept of kept, late and unanswered."),
                ("Open, ended before", "the deadline has not come; the lead was taken away before it did."),
                (
                    "Cost of unanswered",
                    "the cost a lead of each one's channel, each channel's sum rounded down. A lead that two queues \
                     left unanswered counts in both rows, and once in the sentence above.",
                ),
            ],
            Lang::Zh => &[
                ("按时", "在分派时确定的时限内得到答复。contacted 仅表示有人跟进，不算答复。"),
                ("超时、无人响应", "时限后才答复；已过时限仍无答复。"),
                ("按时率", "按时 /（按时 + 超时 + 无人响应）。"),
                ("未到期、提前结束", "时限未到；线索在时限前已被移走。"),
                (
                    "无响应成本",
                    "按线索所属渠道的单条成本计，各渠道小计向下取整。被两个队列搁置的线索在两行各计一次，\
                     上句中只计一次。",
                ),
            ],
        })?;
        Ok(self.close()?)
    }

    /// How many were left unanswered, in a sentence.
    fn unanswered(&mut self) -> fmt::Result {
        let unanswered = &self.report.unanswered;
        let sum = unanswered.cost.iter().map(|cost| money(cost.minor, &cost.currency)).collect::<Vec<_>>().join(", ");
        let count = grouped(unanswered.leads);
        match (self.lang, sum.is_empty()) {
            (Lang::En, true) => writeln!(self.text, "<p>{count} leads were left unanswered.</p>"),
            (Lang::En, false) => {
                writeln!(self.text, "<p>{count} leads were left unanswered; they had cost {}.</p>", escaped(sum))
            }
            (Lang::Zh, true) => writeln!(self.text, "<p>{count} 条线索无人响应。</p>"),
            (Lang::Zh, false) => writeln!(self.text, "<p>{count} 条线索无人响应，其获取成本为 {}。</p>", escaped(sum)),
        }
    }
}
