//! What was refused, and by which rule.

use anyhow::Result;

use super::Page;
use crate::report::tables::{Cell, number, rate};

impl Page<'_> {
    pub(super) fn refused(&mut self) -> Result<()> {
        self.open("refused")?;
        let report = self.report;
        let cells: Vec<Vec<Cell>> = report
            .refused
            .iter()
            .map(|row| {
                vec![
                    Cell::Text(self.name(&row.rule)),
                    Cell::Text(self.name(&row.code)),
                    number(row.leads),
                    rate(row.share),
                ]
            })
            .collect();
        let columns = [
            (self.t("Rule", "规则"), false),
            (self.t("Reason", "原因"), false),
            (self.t("Leads", "线索"), true),
            (self.t("Of all accepted", "占全部接收"), true),
        ];
        self.table(self.t("Refused leads", "被拒绝的线索"), &columns, &cells)?;
        self.means(&[(
            self.t("Refused", "拒绝"),
            self.t(
                "leads that stand refused now, by the rule or person that refused them. A person may still release \
                 them.",
                "目前处于拒绝状态的线索，按作出拒绝的规则或人员；人工仍可放行。",
            ),
        )])?;
        Ok(self.close()?)
    }
}
