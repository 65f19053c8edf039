//! How far leads got, and how far those of each month.

use std::fmt::Write;

use anyhow::Result;

use super::Page;
use crate::report::charts::{self, Row};
use crate::report::shown::{NONE, grouped, month, percent};
use crate::report::tables::{Cell, number, rate};
use crate::report::words::{self, Lang};

impl Page<'_> {
    pub(super) fn funnel(&mut self) -> Result<()> {
        self.open("funnel")?;
        self.steps()?;
        self.months()?;
        Ok(self.close()?)
    }

    fn steps(&mut self) -> Result<()> {
        let report = self.report;
        let step = |name| self.lang.word(&words::STEPS, name).to_owned();
        let rows: Vec<Row> = report
            .funnel
            .iter()
            .map(|row| Row {
                label: step(row.step),
                values: vec![row.leads as f64],
                shown: vec![match row.conversion {
                    Some(_) => format!("{} · {}", grouped(row.leads), percent(row.conversion)),
                    None => grouped(row.leads),
                }],
            })
            .collect();
        let cells: Vec<Vec<Cell>> = report
            .funnel
            .iter()
            .map(|row| {
                let from = row.from_previous.map_or_else(|| Cell::Number(NONE.into(), None), number);
                vec![Cell::Text(step(row.step)), number(row.leads), from, rate(row.conversion)]
            })
            .collect();
        let says = self
            .t("Leads that reached each step, and their part of the step before", "到达各步的线索数，及占上一步的比例");
        self.picture(says, &charts::bars(&[String::new()], &rows)?)?;
        let columns = [
            (self.t("Step", "步骤"), false),
            (self.t("Leads that reached it", "到达的线索"), true),
            (self.t("Of these from the step before", "其中来自上一步"), true),
            (self.t("Of the step before", "上一步转化"), true),
        ];
        self.table(self.t("Funnel", "漏斗"), &columns, &cells)?;
        self.means(match self.lang {
            Lang::En => &[
                (
                    "Leads",
                    "accepted by the intake in the period, without those that joined another lead, were refused or \
                     were erased.",
                ),
                ("MQL", "marketing-qualified in at least one decision."),
                ("SQL", "sales answered accepted, opportunity or won at least once."),
                ("Opportunities", "sales answered opportunity or won at least once."),
                ("Won", "sales said won last of at least one assignment."),
                (
                    "Of the step before",
                    "leads of this step that had reached the step before, of all that had. Some skip a step: an \
                     existing customer may buy without ever being an MQL.",
                ),
            ],
            Lang::Zh => &[
                ("线索", "期内接收的线索，不含合并、拒绝和已删除的。"),
                ("MQL", "至少一次判定为市场合格。"),
                ("SQL", "销售至少一次反馈 accepted、opportunity 或 won。"),
                ("商机", "销售至少一次反馈 opportunity 或 won。"),
                ("赢单", "至少一次分派的最后反馈为 won。"),
                (
                    "上一步转化",
                    "本步线索中到过上一步的数量，除以上一步总数。有些线索会跳步，例如老客户可能从未是 MQL 就成交。",
                ),
            ],
        })?;
        Ok(())
    }

    fn months(&mut self) -> Result<()> {
        let report = self.report;
        let heading = self.t("By month of arrival", "按到达月份");
        writeln!(self.text, "<h3>{heading}</h3>")?;
        let names = ["MQL", self.t("other leads", "其他线索")].map(str::to_owned);
        let rows: Vec<Row> = report
            .months
            .iter()
            .map(|row| Row {
                label: month(row.month),
                values: vec![row.mql as f64, row.leads.saturating_sub(row.mql) as f64],
                shown: Vec::new(),
            })
            .collect();
        let says =
            self.t("Leads by the month in which they came, qualified ones below", "各月到达的线索，下段为市场合格线索");
        self.picture(says, &charts::columns(&names, &rows)?)?;
        let cells: Vec<Vec<Cell>> = report
            .months
            .iter()
            .map(|row| {
                let mut cells = vec![Cell::Text(month(row.month))];
                cells.extend([row.leads, row.mql, row.sql, row.opportunities, row.won].map(number));
                cells
            })
            .collect();
        let columns = [
            (self.t("Month", "月份"), false),
            (self.t("Leads", "线索"), true),
            ("MQL", true),
            ("SQL", true),
            (self.t("Opportunities", "商机"), true),
            (self.t("Won", "赢单"), true),
        ];
        self.table(heading, &columns, &cells)?;
        self.means(&[(
            self.t("By month", "按月份"),
            self.t(
                "each lead counts in the month in which it came, whenever it was answered; young months have still to \
                 be sold.",
                "线索计入其到达的月份，与何时反馈无关；较近的月份尚未完成销售。",
            ),
        )])?;
        Ok(())
    }
}
