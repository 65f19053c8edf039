//! Leads by group, for the parts that compare channels, campaigns, regions and the like.

use std::fmt;

use leads::submission::shown as harmless;

use super::Page;
use crate::report::figures::Group;
use crate::report::shown::{NONE, plain, signed_percent};
use crate::report::tables::{Cell, number, rate};
use crate::report::tally::Dimension;
use crate::report::words::{self, Lang, stored};

impl Page<'_> {
    /// The groups, and below them their money.
    pub(super) fn group_table(
        &mut self,
        caption: &str,
        dimension: Dimension,
        groups: &[Group],
        costs: bool,
    ) -> fmt::Result {
        let rows: Vec<Vec<Cell>> = groups
            .iter()
            .map(|group| {
                let mut row = vec![Cell::Text(self.key(&group.key, dimension))];
                let counts = [group.leads, group.mql, group.sql, group.opportunities, group.won];
                row.extend(counts.map(number));
                row.extend([group.mql_rate, group.sql_rate, group.won_rate].map(rate));
                row.push(number(group.refused));
                row
            })
            .collect();
        let name = self.dimension(dimension);
        let columns = [
            (name.as_str(), false),
            (self.t("Leads", "线索"), true),
            ("MQL", true),
            ("SQL", true),
            (self.t("Opportunities", "商机"), true),
            (self.t("Won", "赢单"), true),
            (self.t("MQL rate", "MQL 率"), true),
            (self.t("SQL rate", "SQL 率"), true),
            (self.t("Won rate", "赢单率"), true),
            (self.t("Refused", "拒绝"), true),
        ];
        self.table(caption, &columns, &rows)?;
        self.money_table(caption, &name, dimension, groups, costs)
    }

    /// A row a currency: amounts of several cannot be compared, and so not be sorted, in one.
    fn money_table(
        &mut self,
        caption: &str,
        name: &str,
        dimension: Dimension,
        groups: &[Group],
        costs: bool,
    ) -> fmt::Result {
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for (group, money) in groups.iter().flat_map(|group| group.money.iter().map(move |money| (group, money))) {
            let currency = &money.currency;
            let amount = |minor: Option<u128>| {
                let text = minor.map_or_else(|| NONE.to_owned(), |minor| plain(minor, currency));
                Cell::Number(text, minor.map(|minor| minor as f64))
            };
            let mut row =
                vec![Cell::Text(self.key(&group.key, dimension)), Cell::Text(harmless(currency).into_owned())];
            if costs {
                row.push(amount(money.cost));
            }
            row.push(amount(Some(money.won)));
            if costs {
                row.push(Cell::Number(signed_percent(money.roi), money.roi));
                row.extend([money.per_lead, money.per_mql, money.per_sql].map(amount));
            }
            rows.push(row);
        }
        let mut columns = vec![(name, false), (self.t("Currency", "币种"), false)];
        if costs {
            columns.push((self.t("Cost", "成本"), true));
        }
        columns.push((self.t("Amount won", "成交金额"), true));
        if costs {
            columns.extend([
                ("ROI", true),
                (self.t("Cost a lead", "每线索成本"), true),
                (self.t("Cost an MQL", "每 MQL 成本"), true),
                (self.t("Cost an SQL", "每 SQL 成本"), true),
            ]);
        }
        let what = if costs {
            self.t("money spent and won", "投入与成交金额")
        } else {
            self.t("amounts won", "成交金额")
        };
        let caption = format!("{caption}: {what}");
        self.table(&caption, &columns, &rows)
    }

    /// What the figures of both tables mean.
    pub(super) fn group_means(&mut self, costs: bool) -> fmt::Result {
        self.means(match self.lang {
            Lang::En => &[
                ("Refused", "not leads by a rule or a person; in no other figure."),
                ("MQL, SQL and won rate", "of the leads of the row."),
                ("Amount won", "of all deals of the row's leads; each currency by itself, never added."),
            ],
            Lang::Zh => &[
                ("拒绝", "被规则或人工判为非线索；不计入其他数字。"),
                ("MQL 率、SQL 率、赢单率", "占本行线索的比例。"),
                ("成交金额", "本行线索全部成交；各币种分列，不相加。"),
            ],
        })?;
        if costs {
            self.means(match self.lang {
                Lang::En => &[
                    ("Cost", "lines of the costs file whose day is in the period."),
                    ("Cost a lead, an MQL, an SQL", "cost divided by their number, rounded to the minor unit."),
                    (
                        "ROI",
                        "(amount won − cost) / cost, in the currency of the cost; the whole amount counts for the \
                         channel of the first touch. Other ways to share it out are below.",
                    ),
                ],
                Lang::Zh => &[
                    ("成本", "成本文件中日期在期内的各行。"),
                    ("每线索、每 MQL、每 SQL 成本", "成本除以数量，四舍五入到最小货币单位。"),
                    ("ROI", "（成交金额 − 成本）/ 成本，仅限同币种；金额全部计入首次触点的渠道。其他归因方式见下。"),
                ],
            })?;
        }
        Ok(())
    }

    pub(super) fn dimension(&self, dimension: Dimension) -> String {
        self.lang.word(&words::DIMENSIONS, &stored(&dimension)).to_owned()
    }
}
