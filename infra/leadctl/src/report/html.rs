//! The report as one page: nothing is fetched, and a policy in its head lets run and show no more than its own script and
//! style. What anybody typed into a form is text.

use std::fmt::{self, Write};

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use leads::submission::shown as harmless;
use sha2::{Digest, Sha256};

use super::charts::{self, Row};
use super::figures::{Attribution, Group, Report};
use super::shown::{NONE, duration, grouped, moment, money, percent, plain, signed_percent};
use super::tables::{Cell, Column, SCRIPT, STYLE, meanings, number, picture, rate, table};
use super::tally::{Dimension, Key};
use super::words::{self, Lang};
use crate::markup::escaped;

/// How many rows a picture shows.
const DRAWN: usize = 12;

/// How many rows that of credits, which has four bars each.
const CREDITED: usize = 6;

/// How many regions and interests the grid shows.
const GRID: (usize, usize) = (10, 6);

/// The page.
///
/// # Errors
/// A picture cannot be drawn.
pub fn page(report: &Report, lang: Lang, zone: &TimeZone) -> Result<String> {
    let mut page = Page { text: String::new(), report, lang, zone };
    page.head()?;
    page.funnel()?;
    page.channels()?;
    page.by()?;
    page.attribution()?;
    page.speed()?;
    page.deadlines()?;
    page.reasons()?;
    page.places()?;
    page.origins()?;
    page.refused()?;
    page.rules()?;
    page.data()?;
    write!(page.text, "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")?;
    Ok(page.text)
}

struct Page<'a> {
    text: String,
    report: &'a Report,
    lang: Lang,
    zone: &'a TimeZone,
}

/// Anchors of the parts.
const PARTS: [(&str, &str, &str); 11] = [
    ("funnel", "From lead to sale", "从线索到成交"),
    ("channels", "Channels: cost and return", "渠道：成本与回报"),
    ("attribution", "What sales are credited to", "成交归因"),
    ("speed", "Speed", "响应速度"),
    ("deadlines", "Deadlines kept and missed", "时限履行"),
    ("reasons", "What sales said, by channel", "各渠道的销售反馈"),
    ("places", "Hot spots: region and interest", "热点：地区与需求"),
    ("origins", "Sales that marketing sourced", "市场部来源的成交"),
    ("refused", "Refused, by rule", "按规则拒绝的线索"),
    ("rules", "Rule sets over time", "规则版本变化"),
    ("data", "About the data", "数据说明"),
];

impl Page<'_> {
    fn t<'t>(&self, english: &'t str, chinese: &'t str) -> &'t str {
        self.lang.of(english, chinese)
    }

    fn title(&self, part: &str) -> &'static str {
        PARTS.iter().find(|(id, ..)| *id == part).map_or("", |(_, english, chinese)| self.lang.of(english, chinese))
    }

    fn open(&mut self, part: &str) -> fmt::Result {
        let title = self.title(part);
        writeln!(
            self.text,
            "<section id=\"{part}\" aria-labelledby=\"{part}-title\">\n<h2 id=\"{part}-title\">{title}</h2>"
        )
    }

    fn close(&mut self) -> fmt::Result {
        self.text.write_str("</section>\n")
    }

    fn table(&mut self, caption: &str, columns: &[Column<'_>], rows: &[Vec<Cell>]) -> fmt::Result {
        table(&mut self.text, self.lang, caption, columns, rows)
    }

    fn means(&mut self, list: &[(&str, &str)]) -> fmt::Result {
        meanings(&mut self.text, list)
    }

    /// A name for people. Whatever is not a word of ours is what somebody typed, with what would not be seen escaped.
    fn key(&self, key: &Key, dimension: Dimension) -> String {
        let name = match key {
            Key::Unknown => return self.t("(none)", "（无）").to_owned(),
            Key::Rest => return self.t("(all others)", "（其他）").to_owned(),
            Key::Named(name) => name,
        };
        match dimension {
            Dimension::Channel => self.lang.word(&words::CHANNELS, name).to_owned(),
            Dimension::Quadrant => self.lang.word(&words::QUADRANTS, name).to_owned(),
            Dimension::Region => words::region(self.lang, name),
            _ => harmless(name).into_owned(),
        }
    }

    fn channel(&self, key: &Key) -> String {
        self.key(key, Dimension::Channel)
    }

    fn name(&self, key: &Key) -> String {
        self.key(key, Dimension::Queue)
    }

    fn disposition(&self, key: &Key) -> String {
        match key {
            Key::Named(name) => harmless(self.lang.word(&words::DISPOSITIONS, name)).into_owned(),
            _ => self.name(key),
        }
    }

    fn head(&mut self) -> Result<()> {
        let lang = self.lang;
        let title = self.t("Leads: what they brought", "线索报告：投入与产出");
        let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
        let (style, script) = (hash(STYLE), hash(SCRIPT));
        write!(
            self.text,
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; \
             script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n",
            lang.tag()
        )?;
        let period = &self.report.period;
        let [from, to] = [period.since, period.until].map(|at| at.map(|at| moment(at, self.zone)));
        let (as_of, zone) = (moment(period.as_of, self.zone), harmless(&period.time_zone));
        let which = match (lang, from, to) {
            (Lang::En, None, None) => "All leads".to_owned(),
            (Lang::En, Some(from), None) => format!("Leads that came from {from} on"),
            (Lang::En, None, Some(to)) => format!("Leads that came before {to}"),
            (Lang::En, Some(from), Some(to)) => format!("Leads that came from {from} to {to}"),
            (Lang::Zh, None, None) => "全部线索".to_owned(),
            (Lang::Zh, Some(from), None) => format!("{from} 起收到的线索"),
            (Lang::Zh, None, Some(to)) => format!("{to} 前收到的线索"),
            (Lang::Zh, Some(from), Some(to)) => format!("{from} 至 {to} 收到的线索"),
        };
        match lang {
            Lang::En => writeln!(
                self.text,
                "<p class=\"about\">{which}, and what became of them by {as_of}. Times in {zone}.</p>"
            )?,
            Lang::Zh => writeln!(self.text, "<p class=\"about\">{which}，结果截至 {as_of}。时区：{zone}。</p>")?,
        }
        self.facts()?;
        let label = self.t("Parts of the report", "报告目录");
        writeln!(self.text, "<nav aria-label=\"{label}\"><ul>")?;
        for (id, english, chinese) in PARTS {
            writeln!(self.text, "<li><a href=\"#{id}\">{}</a></li>", lang.of(english, chinese))?;
        }
        self.text.write_str("</ul></nav>\n</header>\n<main>\n")?;
        Ok(())
    }

    fn facts(&mut self) -> fmt::Result {
        let report = self.report;
        let mut facts: Vec<(String, String)> = Vec::new();
        for step in &report.funnel {
            let name = self.lang.word(&words::STEPS, step.step).to_owned();
            facts.push((name, grouped(step.leads)));
        }
        for of in report.attribution.iter().filter(|of| of.dimension == Dimension::Channel) {
            facts.push((format!("{}, {}", self.t("Amount won", "成交金额"), of.currency), plain(of.won, &of.currency)));
        }
        for currency in report.currencies() {
            let costs =
                report.channels.iter().flat_map(|group| &group.money).filter(|money| money.currency == currency);
            let sum: u128 = costs.filter_map(|money| money.cost).sum();
            if sum > 0 {
                facts.push((format!("{}, {currency}", self.t("Spent", "投入")), plain(sum, currency)));
            }
        }
        facts.push((self.t("Left unanswered", "无人响应").to_owned(), grouped(report.unanswered.leads)));
        self.text.write_str("<dl class=\"facts\">\n")?;
        for (name, value) in facts {
            writeln!(self.text, "<div><dt>{}</dt><dd>{}</dd></div>", escaped(name), escaped(value))?;
        }
        self.text.write_str("</dl>\n")
    }

    fn funnel(&mut self) -> Result<()> {
        self.open("funnel")?;
        let report = self.report;
        let step = |name| self.lang.word(&words::STEPS, name).to_owned();
        let of_previous = self.t("Of the step before", "上一步转化");
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
        let says = self
            .t("Leads that reached each step, and their part of the step before", "到达各步的线索数，及占上一步的比例")
            .to_owned();
        picture(&mut self.text, &says, &charts::bars(&[String::new()], &rows)?)?;
        let cells: Vec<Vec<Cell>> = report
            .funnel
            .iter()
            .map(|row| {
                let from = row.from_previous.map_or_else(|| Cell::Number(NONE.into(), None), number);
                vec![
                    Cell::Text(self.lang.word(&words::STEPS, row.step).to_owned()),
                    number(row.leads),
                    from,
                    rate(row.conversion),
                ]
            })
            .collect();
        let columns = [
            (self.t("Step", "步骤"), false),
            (self.t("Leads that reached it", "到达的线索"), true),
            (self.t("Of these from the step before", "其中来自上一步"), true),
            (of_previous, true),
        ];
        self.table(self.t("Funnel", "漏斗"), &columns, &cells)?;
        self.means(match self.lang {
            Lang::En => &[
                ("Leads", "accepted by the intake in the period, without those that joined another lead, were refused or were erased."),
                ("MQL", "marketing-qualified in at least one decision."),
                ("SQL", "sales answered accepted, opportunity or won at least once."),
                ("Opportunities", "sales answered opportunity or won at least once."),
                ("Won", "sales said won last of at least one assignment."),
                ("Of the step before", "leads of this step that had reached the step before, of all that had. Some skip a step: an existing customer may buy without ever being an MQL."),
            ],
            Lang::Zh => &[
                ("线索", "期内接收的线索，不含合并、拒绝和已删除的。"),
                ("MQL", "至少一次判定为市场合格。"),
                ("SQL", "销售至少一次反馈 accepted、opportunity 或 won。"),
                ("商机", "销售至少一次反馈 opportunity 或 won。"),
                ("赢单", "至少一次分派的最后反馈为 won。"),
                ("上一步转化", "本步线索中到过上一步的数量，除以上一步总数。有些线索会跳步，例如老客户可能从未是 MQL 就成交。"),
            ],
        })?;
        let heading = self.t("By month of arrival", "按到达月份").to_owned();
        writeln!(self.text, "<h3>{heading}</h3>")?;
        let names = [self.t("MQL", "MQL"), self.t("other leads", "其他线索")].map(str::to_owned);
        let rows: Vec<Row> = report
            .months
            .iter()
            .map(|row| Row {
                label: row.month.strftime("%Y-%m").to_string(),
                values: vec![row.mql as f64, row.leads.saturating_sub(row.mql) as f64],
                shown: Vec::new(),
            })
            .collect();
        let says = self
            .t("Leads by the month in which they came, qualified ones below", "各月到达的线索，下段为市场合格线索")
            .to_owned();
        picture(&mut self.text, &says, &charts::columns(&names, &rows)?)?;
        let cells: Vec<Vec<Cell>> = report
            .months
            .iter()
            .map(|row| {
                let mut cells = vec![Cell::Text(row.month.strftime("%Y-%m").to_string())];
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
        self.table(&heading, &columns, &cells)?;
        self.means(&[(
            self.t("By month", "按月份"),
            self.t(
                "each lead counts in the month in which it came, whenever it was answered; young months have still to be sold.",
                "线索计入其到达的月份，与何时反馈无关；较近的月份尚未完成销售。",
            ),
        )])?;
        self.close()?;
        Ok(())
    }

    fn group_table(&mut self, caption: &str, dimension: Dimension, groups: &[Group], costs: bool) -> fmt::Result {
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
        let name =
            serde_json::to_value(dimension).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default();
        let name = (self.lang.word(&words::DIMENSIONS, &name).to_owned(), self.t("Won", "赢单"));
        let columns = [
            (name.0.as_str(), false),
            (self.t("Leads", "线索"), true),
            ("MQL", true),
            ("SQL", true),
            (self.t("Opportunities", "商机"), true),
            (name.1, true),
            (self.t("MQL rate", "MQL 率"), true),
            (self.t("SQL rate", "SQL 率"), true),
            (self.t("Won rate", "赢单率"), true),
            (self.t("Refused", "拒绝"), true),
        ];
        self.table(caption, &columns, &rows)?;
        self.money_table(caption, &name.0, dimension, groups, costs)
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

    fn group_means(&mut self, costs: bool) -> fmt::Result {
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
                    ("ROI", "(amount won − cost) / cost, in the currency of the cost; the whole amount counts for the channel of the first touch. Other ways to share it out are below."),
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

    fn channels(&mut self) -> Result<()> {
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
        let says = self.t("Leads, MQL and SQL by channel", "各渠道的线索、MQL 与 SQL").to_owned();
        picture(&mut self.text, &says, &charts::bars(&names, &rows)?)?;
        if !report.has_costs {
            let text = self.t(
                "No costs were given (--costs costs.csv), so that there is no cost a lead and no ROI.",
                "未提供成本（--costs costs.csv），因此没有单条成本和 ROI。",
            );
            let text = format!("<p class=\"none\">{text}</p>\n");
            self.text.write_str(&text)?;
        }
        let caption = self.t("Channels", "渠道").to_owned();
        self.group_table(&caption, Dimension::Channel, &report.channels, report.has_costs)?;
        self.group_means(report.has_costs)?;
        self.close()?;
        Ok(())
    }

    fn by(&mut self) -> Result<()> {
        let Some(by) = &self.report.by else { return Ok(()) };
        let name = serde_json::to_value(by.dimension)?.as_str().unwrap_or_default().to_owned();
        let name = self.lang.word(&words::DIMENSIONS, &name).to_owned();
        let title = match self.lang {
            Lang::En => format!("By {}", name.to_lowercase()),
            Lang::Zh => format!("按{name}"),
        };
        writeln!(self.text, "<section id=\"by\" aria-labelledby=\"by-title\">\n<h2 id=\"by-title\">{title}</h2>")?;
        let costs = self.report.has_costs && by.dimension == Dimension::Campaign;
        self.group_table(&name, by.dimension, &by.groups, costs)?;
        self.group_means(costs)?;
        let meaning = match by.dimension {
            Dimension::Channel | Dimension::Campaign => {
                ("as the first submission of the lead names it.", "以线索首次提交为准。")
            }
            Dimension::Region => {
                ("the company's country as posted; in mainland China the province.", "公司所在国家；中国大陆为省份。")
            }
            Dimension::Industry => ("the company's industry, as posted.", "按提交内容的公司行业。"),
            Dimension::Queue => ("the queue that the lead was last given to.", "线索最后一次分派的队列。"),
            Dimension::Quadrant => (
                "its scores against their thresholds when it was last given to a queue.",
                "最后一次分派时评分所在象限。",
            ),
            Dimension::Owner => (
                "the salesperson that the lead was last given to; none if it went to a queue alone.",
                "线索最后一次分派的销售；仅分派到队列时为无。",
            ),
        };
        self.means(&[(&name, self.t(meaning.0, meaning.1))])?;
        self.close()?;
        Ok(())
    }

    fn attribution(&mut self) -> Result<()> {
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
            let text =
                self.t("Nothing was won in the period, or sales told no amount.", "期内没有成交，或销售未填写金额。");
            let text = format!("<p class=\"none\">{text}</p>\n");
            self.text.write_str(&text)?;
        }
        self.means(match self.lang {
            Lang::En => &[
                ("Touches", "the lead's own submission, and those of the same person that joined it, up to the moment when sales said won."),
                ("First, last touch", "the whole amount goes to that one."),
                ("Linear", "the same to each touch."),
                ("Position-based", "40 % to the first, 40 % to the last, 20 % shared by those between; of two touches, half and half."),
                ("Sums", "each column is the amount won, to the smallest unit: what does not divide goes to the largest remainders. Currencies are never added."),
            ],
            Lang::Zh => &[
                ("触点", "线索自身的提交，以及同一人后来合并进来的提交，截至销售反馈 won 的时刻。"),
                ("首次、末次触点", "金额全部归于该触点。"),
                ("线性", "各触点均分。"),
                ("位置加权", "首次 40 %，末次 40 %，其余触点共分 20 %；只有两个触点时各半。"),
                ("合计", "每列之和精确等于成交金额：除不尽的最小单位按最大余数分配。币种不相加。"),
            ],
        })?;
        self.close()?;
        Ok(())
    }

    fn credit(&mut self, of: &Attribution, names: &[String; 4]) -> Result<()> {
        let currency = &of.currency;
        let title = match of.dimension {
            Dimension::Campaign => self.t("By campaign", "按营销活动"),
            _ => self.t("By channel", "按渠道"),
        };
        let caption = format!("{title}, {}", money(of.won, currency));
        let amounts = |row: &super::figures::Credit| [row.first, row.last, row.linear, row.position];
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
            picture(&mut self.text, &says, &charts::bars(names, &rows)?)?;
        }
        let mut cells: Vec<Vec<Cell>> = of
            .rows
            .iter()
            .map(|row| {
                let figures = amounts(row).map(|minor| Cell::Number(money(minor, currency), Some(minor as f64)));
                [Cell::Text(self.key(&row.key, of.dimension))].into_iter().chain(figures).collect()
            })
            .collect();
        cells.truncate(super::tables::SHOWN);
        let [first, last, linear, position] = names;
        let head = if of.dimension == Dimension::Campaign {
            self.t("Campaign", "营销活动")
        } else {
            self.t("Channel", "渠道")
        };
        let columns: [Column<'_>; 5] = [(head, false), (first, true), (last, true), (linear, true), (position, true)];
        self.table(&caption, &columns, &cells)?;
        Ok(())
    }

    fn speed(&mut self) -> Result<()> {
        self.open("speed")?;
        let (report, lang) = (self.report, self.lang);
        let speed = &report.speed;
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
                .t("How long things took; each step of the axis is ten times the one before", "耗时；坐标为对数刻度")
                .to_owned();
            picture(&mut self.text, &says, &charts::times(&names, &rows, &ticks)?)?;
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
                ("Form to queue", "from the intake's 202 to the lead's first assignment; leads that waited for a person included."),
                ("Queue to first answer", "from an assignment to the first thing that sales said of it; assignments without an answer are not in it."),
                ("90 %", "nine of ten took no longer (nearest rank). Rounded down: to the second below an hour, to the minute below two days, to the hour beyond."),
            ],
            Lang::Zh => &[
                ("表单到队列", "从接收线索到首次分派；含等待人工核实的线索。"),
                ("队列到首次反馈", "从分派到销售的第一次反馈；无反馈的分派不计入。"),
                ("90 %", "九成不超过此值（最近秩法）。向下取整：一小时内到秒，两天内到分，更长到小时。"),
            ],
        })?;
        self.close()?;
        Ok(())
    }

    fn deadlines(&mut self) -> Result<()> {
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
        queues.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().sum::<u64>()));
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
        let says = self
            .t(
                "Deadlines that have passed, by queue: kept, answered late, unanswered; behind the bar their number",
                "各队列已到期的时限：按时、超时、无人响应；右侧为总数",
            )
            .to_owned();
        picture(&mut self.text, &says, &charts::parts(&names, &charts::KEPT, &rows)?)?;
        let sum =
            report.unanswered.cost.iter().map(|cost| money(cost.minor, &cost.currency)).collect::<Vec<_>>().join(", ");
        let count = grouped(report.unanswered.leads);
        match (self.lang, sum.is_empty()) {
            (Lang::En, true) => writeln!(self.text, "<p>{count} leads were left unanswered.</p>")?,
            (Lang::En, false) => {
                writeln!(self.text, "<p>{count} leads were left unanswered; they had cost {}.</p>", escaped(sum))?;
            }
            (Lang::Zh, true) => writeln!(self.text, "<p>{count} 条线索无人响应。</p>")?,
            (Lang::Zh, false) => writeln!(self.text, "<p>{count} 条线索无人响应，其获取成本为 {}。</p>", escaped(sum))?,
        }
        let cells: Vec<Vec<Cell>> = report
            .deadlines
            .iter()
            .map(|row| {
                let mut cells = vec![Cell::Text(self.name(&row.queue)), Cell::Text(self.name(&row.owner))];
                cells.extend([row.kept, row.late, row.unanswered].map(number));
                cells.push(rate(row.kept_rate));
                cells.extend([row.open, row.ended].map(number));
                let cost: Vec<String> =
                    row.unanswered_cost.iter().map(|cost| money(cost.minor, &cost.currency)).collect();
                let text = if cost.is_empty() { NONE.to_owned() } else { cost.join("\n") };
                cells.push(Cell::Number(text, row.unanswered_cost.first().map(|cost| cost.minor as f64)));
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
                ("Kept", "answered by the deadline that was fixed when the lead was given out. “contacted” says no more than that somebody is on it, and is no answer here."),
                ("Late, unanswered", "answered afterwards; not answered, and the deadline has passed."),
                ("Kept rate", "kept of kept, late and unanswered."),
                ("Open, ended before", "the deadline has not come; the lead was taken away before it did."),
                ("Cost of unanswered", "the cost a lead of each one's channel, each channel's sum rounded down. A lead that two queues left unanswered counts in both rows, and once in the sentence above."),
            ],
            Lang::Zh => &[
                ("按时", "在分派时确定的时限内得到答复。contacted 仅表示有人跟进，不算答复。"),
                ("超时、无人响应", "时限后才答复；已过时限仍无答复。"),
                ("按时率", "按时 /（按时 + 超时 + 无人响应）。"),
                ("未到期、提前结束", "时限未到；线索在时限前已被移走。"),
                ("无响应成本", "按线索所属渠道的单条成本计，各渠道小计向下取整。被两个队列搁置的线索在两行各计一次，上句中只计一次。"),
            ],
        })?;
        self.close()?;
        Ok(())
    }

    fn reasons(&mut self) -> Result<()> {
        self.open("reasons")?;
        let report = self.report;
        let mut totals: std::collections::BTreeMap<&Key, u64> = std::collections::BTreeMap::new();
        for row in &report.reasons {
            *totals.entry(&row.disposition).or_default() += row.leads;
        }
        let mut top: Vec<(&Key, u64)> = totals.into_iter().collect();
        top.sort_by_key(|(_, leads)| std::cmp::Reverse(*leads));
        let top: Vec<&Key> = top.into_iter().take(7).map(|(key, _)| key).collect();
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
            .t("What sales said last, by channel; behind the bar how many leads", "各渠道线索的最后反馈；右侧为线索数")
            .to_owned();
        picture(&mut self.text, &says, &charts::parts(&names, &[], &rows)?)?;
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
                "each lead counts once, by what sales said of it last. What a channel gets more of than the others do is what marketing can change there. For the rules behind duplicates and misfits see `leadctl returns`.",
                "每条线索只计一次，以销售最后的反馈为准。某渠道明显偏多的原因，就是市场部可以改进之处。重复和不匹配背后的规则见 leadctl returns。",
            ),
        )])?;
        self.close()?;
        Ok(())
    }

    fn places(&mut self) -> Result<()> {
        self.open("places")?;
        let report = self.report;
        let top = |of: fn(&super::figures::PlaceRow) -> &Key, most: usize| {
            let mut sums: std::collections::BTreeMap<&Key, u64> = std::collections::BTreeMap::new();
            for row in &report.places {
                *sums.entry(of(row)).or_default() += row.leads;
            }
            let mut sums: Vec<(&Key, u64)> = sums.into_iter().collect();
            sums.sort_by_key(|(_, leads)| std::cmp::Reverse(*leads));
            sums.into_iter().take(most).map(|(key, _)| key).collect::<Vec<&Key>>()
        };
        let (regions, interests) = (top(|row| &row.region, GRID.0), top(|row| &row.interest, GRID.1));
        let names: Vec<String> = interests.iter().map(|key| self.name(key)).collect();
        let rows: Vec<Row> = regions
            .iter()
            .map(|region| {
                let count = |interest: &Key| {
                    let row = report.places.iter().find(|row| row.region == **region && row.interest == *interest);
                    row.map_or(0, |row| row.mql)
                };
                let counts: Vec<u64> = interests.iter().map(|interest| count(interest)).collect();
                Row {
                    label: self.key(region, Dimension::Region),
                    shown: counts.iter().map(|count| grouped(*count)).collect(),
                    values: counts.into_iter().map(|count| count as f64).collect(),
                }
            })
            .collect();
        let says =
            self.t("MQL by region and interest; the darker, the more", "各地区与需求的 MQL；颜色越深越多").to_owned();
        picture(&mut self.text, &says, &charts::heat(&names, &rows)?)?;
        let cells: Vec<Vec<Cell>> = report
            .places
            .iter()
            .map(|row| {
                let mut cells =
                    vec![Cell::Text(self.key(&row.region, Dimension::Region)), Cell::Text(self.name(&row.interest))];
                cells.extend([row.leads, row.mql, row.sql, row.won].map(number));
                cells.push(rate(row.mql_rate));
                cells
            })
            .collect();
        let columns = [
            (self.t("Region", "地区"), false),
            (self.t("Interest", "需求"), false),
            (self.t("Leads", "线索"), true),
            ("MQL", true),
            ("SQL", true),
            (self.t("Won", "赢单"), true),
            (self.t("MQL rate", "MQL 率"), true),
        ];
        self.table(self.t("Regions and interests", "地区与需求"), &columns, &cells)?;
        self.means(&[
            (
                self.t("Region", "地区"),
                self.t(
                    "the company's country as posted; in mainland China the province.",
                    "公司所在国家；中国大陆为省份。",
                ),
            ),
            (
                self.t("Interest", "需求"),
                self.t("the product that the first submission asks about, as posted.", "首次提交所询问的产品。"),
            ),
        ])?;
        self.close()?;
        Ok(())
    }

    fn origins(&mut self) -> Result<()> {
        self.open("origins")?;
        let report = self.report;
        let name = |origin| {
            let name =
                serde_json::to_value(origin).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default();
            self.lang.word(&words::ORIGINS, &name).to_owned()
        };
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
                let amounts: Vec<String> = row
                    .amounts
                    .iter()
                    .map(|amount| format!("{} ({})", money(amount.minor, &amount.currency), percent(amount.share)))
                    .collect();
                let text = if amounts.is_empty() { NONE.to_owned() } else { amounts.join("\n") };
                vec![
                    Cell::Text(name(row.origin)),
                    number(row.leads),
                    number(row.won),
                    rate(row.won_share),
                    Cell::Number(text, row.amounts.first().map(|amount| amount.minor as f64)),
                ]
            })
            .collect();
        let says = self.t("Leads that bought, by who found them", "按来源划分的成交线索").to_owned();
        picture(&mut self.text, &says, &charts::bars(&[String::new()], &rows)?)?;
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
        self.close()?;
        Ok(())
    }

    fn refused(&mut self) -> Result<()> {
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
            self.t("leads that stand refused now, by the rule or person that refused them. A person may still release them.", "目前处于拒绝状态的线索，按作出拒绝的规则或人员；人工仍可放行。"),
        )])?;
        self.close()?;
        Ok(())
    }

    fn rules(&mut self) -> Result<()> {
        self.open("rules")?;
        let report = self.report;
        let shown = report.rules.iter().rev().take(8).rev().collect::<Vec<_>>();
        let months: std::collections::BTreeSet<jiff::civil::Date> =
            shown.iter().flat_map(|row| row.months.iter().map(|month| month.month)).collect();
        let names: Vec<String> = shown.iter().map(|row| self.name(&row.version)).collect();
        let rows: Vec<Row> = months
            .iter()
            .map(|month| Row {
                label: month.strftime("%Y-%m").to_string(),
                values: shown
                    .iter()
                    .map(|row| row.months.iter().find(|of| of.month == *month).map_or(0.0, |of| of.decisions as f64))
                    .collect(),
                shown: Vec::new(),
            })
            .collect();
        let says = self
            .t("Decisions by month and rule set (the latest eight)", "各月各规则版本的分派决定（最近八个版本）")
            .to_owned();
        picture(&mut self.text, &says, &charts::columns(&names, &rows)?)?;
        let cells: Vec<Vec<Cell>> = report
            .rules
            .iter()
            .map(|row| {
                let day = |at: Option<jiff::Timestamp>| {
                    let text = at.map_or_else(|| NONE.to_owned(), |at| moment(at, self.zone));
                    Cell::Number(text, at.map(|at| at.as_second() as f64))
                };
                vec![
                    Cell::Text(self.name(&row.version)),
                    day(row.first),
                    day(row.last),
                    number(row.decisions),
                    number(row.mql),
                    rate(row.mql_rate),
                ]
            })
            .collect();
        let columns = [
            (self.t("Version", "版本"), false),
            (self.t("First decision", "首次决定"), true),
            (self.t("Last decision", "末次决定"), true),
            (self.t("Decisions", "决定"), true),
            ("MQL", true),
            (self.t("MQL rate", "MQL 率"), true),
        ];
        self.table(self.t("Rule sets", "规则版本"), &columns, &cells)?;
        self.means(&[(
            self.t("Decision", "决定"),
            self.t("an assignment of a lead to a queue, also when it was handed on; the version is the hash of the rules that made it.", "线索分派到队列的一次决定，含转派；版本为作出决定的规则哈希。"),
        )])?;
        self.close()?;
        Ok(())
    }

    fn data(&mut self) -> Result<()> {
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
                ("Joined", "a further submission of a person who is a lead already: a touch of that lead, and no lead of its own."),
                ("Erased", "a person asked to be forgotten. Nothing is left but the number: channel, answers and amounts went with the rest, so that all other figures are lower than they were."),
                ("Unreadable, missing", "counted here, and left out of what they would have told; a lead without a state row is in no figure."),
            ],
            Lang::Zh => &[
                ("已合并", "已有线索的同一人再次提交：计为该线索的触点，不单独计为线索。"),
                ("已删除", "应本人要求删除。除数量外不留任何数据：渠道、反馈和金额一并删除，因此其他数字会低于当时的数字。"),
                ("无法读取、缺失", "在此计数，不参与其应提供的数字；没有状态行的线索不计入任何数字。"),
            ],
        })?;
        self.close()?;
        Ok(())
    }
}
