//! To which touches sales are credited.

use anyhow::Result;

use super::Page;
use crate::report::charts::{self, Row};
use crate::report::figures::{Attribution, Credit};
use crate::report::shown::money;
use crate::report::tables::{Cell, Column, SHOWN};
use crate::report::tally::Dimension;
use crate::report::words::Lang;

/// How many rows its picture shows: each has four bars.
const CREDITED: usize = 6;

impl Page<'_> {
    pub(super) fn attribution(&mut self) -> Result<()> {
        self.open("attribution")?;
        let names = [
            self.t("First touch", "首次触点"),
            self.t("Last touch", "末次触点"),
            self.t("Linear", "线性"),
            self.t("Position-based", "位置加权"),
        ]
        .map(str::to_owned);
        for of in &self.report.attribution {
            self.credit(of, &names)?;
        }
        if self.report.attribution.is_empty() {
            self.none(
                self.t("Nothing was won in the period, or sales told no amount.", "期内没有成交，或销售未填写金额。"),
            )?;
        }
        self.means(match self.lang {
            Lang::En => &[
                (
                    "Touches",
                    "the lead's own submission, and those of the same person that joined it, up to the moment when \
                     sales said won.",
                ),
                ("First, last touch", "the whole amount goes to that one."),
                ("Linear", "the same to each touch."),
                (
                    "Position-based",
                    "40 % to the first, 40 % to the last, 20 % shared by those between; of two touches, half and half.",
                ),
                (
                    "Sums",
                    "each column is the amount won, to the smallest unit: what does not divide goes to the largest \
                     remainders. Currencies are never added.",
                ),
            ],
            Lang::Zh => &[
                ("触点", "线索自身的提交，以及同一人后来合并进来的提交，截至销售反馈 won 的时刻。"),
                ("首次、末次触点", "金额全部归于该触点。"),
                ("线性", "各触点均分。"),
                ("位置加权", "首次 40 %，末次 40 %，其余触点共分 20 %；只有两个触点时各半。"),
                ("合计", "每列之和精确等于成交金额：除不尽的最小单位按最大余数分配。币种不相加。"),
            ],
        })?;
        Ok(self.close()?)
    }

    fn credit(&mut self, of: &Attribution, names: &[String; 4]) -> Result<()> {
        let currency = &of.currency;
        let title = match of.dimension {
            Dimension::Campaign => self.t("By campaign", "按营销活动"),
            _ => self.t("By channel", "按渠道"),
        };
        let caption = format!("{title}, {}", money(of.won, currency));
        let amounts = |row: &Credit| [row.first, row.last, row.linear, row.position];
        let rows: Vec<Row> = of
            .rows
            .iter()
            .take(CREDITED)
            .map(|row| Row {
                label: self.key(&row.key, of.dimension),
                values: amounts(row).map(|minor| minor as f64).into(),
                shown: amounts(row).map(|minor| money(minor, currency)).into(),
            })
            .collect();
        let says = format!("{caption}: {}", self.t("what each model gives to it", "各归因模型的分配"));
        if of.dimension == Dimension::Channel {
            self.picture(&says, &charts::bars(names, &rows)?)?;
        }
        let cells: Vec<Vec<Cell>> = of
            .rows
            .iter()
            .take(SHOWN)
            .map(|row| {
                let figures = amounts(row).map(|minor| Cell::Number(money(minor, currency), Some(minor as f64)));
                [Cell::Text(self.key(&row.key, of.dimension))].into_iter().chain(figures).collect()
            })
            .collect();
        let [first, last, linear, position] = names;
        let head = if of.dimension == Dimension::Campaign {
            self.t("Campaign", "营销活动")
        } else {
            self.t("Channel", "渠道")
        };
        let columns: [Column<'_>; 5] = [(head, false), (first, true), (last, true), (linear, true), (position, true)];
        Ok(self.table(&caption, &columns, &cells)?)
    }
}
