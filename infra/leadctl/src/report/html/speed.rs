//! How long things took.

use anyhow::Result;

use super::{DRAWN, Page};
use crate::report::charts::{self, Row};
use crate::report::shown::duration;
use crate::report::tables::{Cell, number};
use crate::report::words::Lang;

impl Page<'_> {
    pub(super) fn speed(&mut self) -> Result<()> {
        self.open("speed")?;
        let lang = self.lang;
        let speed = &self.report.speed;
        let lines = [
            (self.t("Form to queue", "表单到队列").to_owned(), speed.form_to_queue),
            (self.t("Queue to first answer", "队列到首次反馈").to_owned(), speed.queue_to_answer),
        ];
        let of_queues: Vec<_> = speed.by_queue.iter().map(|of| (self.name(&of.queue), of.seconds)).collect();
        let names = [self.t("median", "中位数"), "90 %", "99 %"].map(str::to_owned);
        let drawn = lines.iter().chain(of_queues.iter().take(DRAWN + 4));
        let rows: Vec<Row> = drawn
            .filter(|(_, of)| of.count > 0)
            .map(|(name, of)| Row {
                label: name.clone(),
                values: [of.p50, of.p90, of.p99].map(|seconds| seconds.unwrap_or_default() as f64).into(),
                shown: Vec::new(),
            })
            .collect();
        let ticks = [1, 10, 60, 600, 3_600, 36_000, 86_400, 864_000, 8_640_000];
        let ticks = ticks.map(|seconds: u32| (f64::from(seconds), duration(Some(seconds.into()), lang)));
        if !rows.is_empty() {
            let says = self
                .t("How long things took; each step of the axis is ten times the one before", "耗时；坐标为对数刻度");
            self.picture(says, &charts::times(&names, &rows, &ticks)?)?;
        }
        let cells: Vec<Vec<Cell>> = lines
            .iter()
            .chain(&of_queues)
            .map(|(name, of)| {
                let figures = [of.p50, of.p90, of.p95, of.p99, of.longest];
                let figures =
                    figures.map(|seconds| Cell::Number(duration(seconds, lang), seconds.map(|seconds| seconds as f64)));
                [Cell::Text(name.clone()), number(of.count)].into_iter().chain(figures).collect()
            })
            .collect();
        let columns = [
            (self.t("From where to where; queues: to the first answer", "区间；队列行为到首次反馈"), false),
            (self.t("Number", "数量"), true),
            (self.t("Median", "中位数"), true),
            ("90 %", true),
            ("95 %", true),
            ("99 %", true),
            (self.t("Longest", "最长"), true),
        ];
        self.table(self.t("Times", "耗时"), &columns, &cells)?;
        self.means(match lang {
            Lang::En => &[
                (
                    "Form to queue",
                    "from the intake's 202 to the lead's first assignment; leads that waited for a person included.",
                ),
                (
                    "Queue to first answer",
                    "from an assignment to the first thing that sales said of it; assignments without an answer are \
                     not in it.",
                ),
                (
                    "90 %",
                    "nine of ten took no longer (nearest rank). Rounded down: to the second below an hour, to the \
                     minute below two days, to the hour beyond.",
                ),
            ],
            Lang::Zh => &[
                ("表单到队列", "从接收线索到首次分派；含等待人工核实的线索。"),
                ("队列到首次反馈", "从分派到销售的第一次反馈；无反馈的分派不计入。"),
                ("90 %", "九成不超过此值（最近秩法）。向下取整：一小时内到秒，两天内到分，更长到小时。"),
            ],
        })?;
        Ok(self.close()?)
    }
}
