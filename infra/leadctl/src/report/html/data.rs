//! What the figures rest on.

use anyhow::Result;

use super::Page;
use crate::report::tables::{Cell, number};
use crate::report::words::{self, Lang};

impl Page<'_> {
    pub(super) fn data(&mut self) -> Result<()> {
        self.open("data")?;
        let report = self.report;
        let mut cells: Vec<Vec<Cell>> =
            vec![vec![Cell::Text(self.t("accepted in the period", "期内接收").to_owned()), number(report.accepted)]];
        for row in &report.stages {
            cells
                .push(vec![Cell::Text(self.lang.word(&words::STAGES, row.stage.name()).to_owned()), number(row.leads)]);
        }
        self.table(
            self.t("Where the leads stand", "线索所处阶段"),
            &[(self.t("Stage", "阶段"), false), (self.t("Leads", "线索"), true)],
            &cells,
        )?;
        let without_amount = report.channels.iter().map(|group| group.deals_without_amount).sum();
        let rows = [
            (self.t("rows read", "读取的行"), report.rows.read),
            (self.t("rows of leads that cannot be read", "无法读取的行"), report.rows.unreadable),
            (self.t("leads without a readable state row", "缺少状态行的线索"), report.rows.leads_without_state),
            (
                self.t("leads whose submission is missing or unreadable", "缺少提交内容的线索"),
                report.without_submission,
            ),
            (self.t("deals without an amount", "未填金额的成交"), without_amount),
        ];
        let cells: Vec<Vec<Cell>> =
            rows.into_iter().map(|(name, count)| vec![Cell::Text(name.to_owned()), number(count)]).collect();
        self.table(
            self.t("What the figures rest on", "数据基础"),
            &[(self.t("What", "项目"), false), (self.t("Number", "数量"), true)],
            &cells,
        )?;
        self.means(match self.lang {
            Lang::En => &[
                (
                    "Joined",
                    "a further submission of a person who is a lead already: a touch of that lead, and no lead of its \
                     own.",
                ),
                (
                    "Erased",
                    "a person asked to be forgotten. Nothing is left but the number: channel, answers and amounts went \
                     with the rest, so that all other figures are lower than they were.",
                ),
                (
                    "Unreadable, missing",
                    "counted here, and left out of what they would have told; a lead without a state row is in no \
                     figure.",
                ),
            ],
            Lang::Zh => &[
                ("已合并", "已有线索的同一人再次提交：计为该线索的触点，不单独计为线索。"),
                (
                    "已删除",
                    "应本人要求删除。除数量外不留任何数据：渠道、反馈和金额一并删除，因此其他数字会低于当时的数字。",
                ),
                ("无法读取、缺失", "在此计数，不参与其应提供的数字；没有状态行的线索不计入任何数字。"),
            ],
        })?;
        Ok(self.close()?)
    }
}
