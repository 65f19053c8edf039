//! What stands around the parts: title, period, the figures at a glance, and the list of the parts.

use std::fmt::{self, Write};

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use leads::submission::shown as harmless;
use sha2::{Digest, Sha256};

use super::{PARTS, Page};
use crate::markup::escaped;
use crate::report::shown::{grouped, moment, plain};
use crate::report::tables::{SCRIPT, STYLE};
use crate::report::tally::Dimension;
use crate::report::words::{self, Lang};

impl Page<'_> {
    pub(super) fn head(&mut self) -> Result<()> {
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
            self.lang.tag()
        )?;
        self.about()?;
        self.facts()?;
        self.contents()?;
        self.text.write_str("</header>\n<main>\n")?;
        Ok(())
    }

    /// Which leads the page tells of.
    fn about(&mut self) -> fmt::Result {
        let period = &self.report.period;
        let [from, to] = [period.since, period.until].map(|at| at.map(|at| moment(at, self.zone)));
        let (as_of, zone) = (moment(period.as_of, self.zone), harmless(&period.time_zone));
        let which = match (self.lang, from, to) {
            (Lang::En, None, None) => "All leads".to_owned(),
            (Lang::En, Some(from), None) => format!("Leads that came from {from} on"),
            (Lang::En, None, Some(to)) => format!("Leads that came before {to}"),
            (Lang::En, Some(from), Some(to)) => format!("Leads that came from {from} to {to}"),
            (Lang::Zh, None, None) => "全部线索".to_owned(),
            (Lang::Zh, Some(from), None) => format!("{from} 起收到的线索"),
            (Lang::Zh, None, Some(to)) => format!("{to} 前收到的线索"),
            (Lang::Zh, Some(from), Some(to)) => format!("{from} 至 {to} 收到的线索"),
        };
        match self.lang {
            Lang::En => writeln!(
                self.text,
                "<p class=\"about\">{which}, and what became of them by {as_of}. Times in {zone}.</p>"
            ),
            Lang::Zh => writeln!(self.text, "<p class=\"about\">{which}，结果截至 {as_of}。时区：{zone}。</p>"),
        }
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

    fn contents(&mut self) -> fmt::Result {
        let label = self.t("Parts of the report", "报告目录");
        writeln!(self.text, "<nav aria-label=\"{label}\"><ul>")?;
        for (id, english, chinese) in PARTS {
            writeln!(self.text, "<li><a href=\"#{id}\">{}</a></li>", self.t(english, chinese))?;
        }
        self.text.write_str("</ul></nav>\n")
    }

    pub(super) fn end(&mut self) -> fmt::Result {
        write!(self.text, "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")
    }
}
