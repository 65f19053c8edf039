//! Who found the leads that bought.

use anyhow::Result;

use super::Page;
use crate::report::charts::{self, Row};
use crate::report::notes::Origin;
use crate::report::shown::{grouped, money, percent};
use crate::report::tables::{Cell, amounts, number, rate};
use crate::report::words::{self, Lang, stored};

impl Page<'_> {
    pub(super) fn origins(&mut self) -> Result<()> {
        self.open("origins")?;
        let report = self.report;
        let name = |origin: Origin| self.lang.word(&words::ORIGINS, &stored(&origin)).to_owned();
        let rows: Vec<Row> = report
            .origins
            .iter()
            .map(|row| Row {
                label: name(row.origin),
                values: vec![row.won as f64],
                shown: vec![format!("{} · {}", grouped(row.won), percent(row.won_share))],
            })
            .collect();
        let cells: Vec<Vec<Cell>> = report
            .origins
            .iter()
            .map(|row| {
                let won = row.amounts.iter().map(|amount| {
                    let text = format!("{} ({})", money(amount.minor, &amount.currency), percent(amount.share));
                    (amount.minor, text)
                });
                vec![
                    Cell::Text(name(row.origin)),
                    number(row.leads),
                    number(row.won),
                    rate(row.won_share),
                    amounts(won),
                ]
            })
            .collect();
        let says = self.t("Leads that bought, by who found them", "按来源划分的成交线索");
        self.picture(says, &charts::bars(&[String::new()], &rows)?)?;
        let columns = [
            (self.t("Found by", "来源"), false),
            (self.t("Leads", "线索"), true),
            (self.t("Won", "赢单"), true),
            (self.t("Of all won", "占全部赢单"), true),
            (self.t("Amount won (of all)", "成交金额（占比）"), true),
        ];
        self.table(self.t("Who found the leads that bought", "成交线索的来源"), &columns, &cells)?;
        self.means(match self.lang {
            Lang::En => &[
                ("Marketing", "came through a free or paid channel, and names no salesperson."),
                ("Partners", "came through a partner's channel, and names no salesperson."),
                ("Sales themselves", "names the salesperson that it belongs to."),
                ("Unknown", "what was posted is missing or cannot be read."),
            ],
            Lang::Zh => &[
                ("市场部", "来自免费或付费渠道，且未指定销售。"),
                ("合作伙伴", "来自伙伴渠道，且未指定销售。"),
                ("销售自拓", "提交时指定了所属销售。"),
                ("未知", "提交内容缺失或无法读取。"),
            ],
        })?;
        Ok(self.close()?)
    }
}
