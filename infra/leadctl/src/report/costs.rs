//! What leads cost: a CSV file with the columns `date`, `channel`, `campaign`, `amount`, `currency`. `docs/report.md` has it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use iso_currency::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use leads::id::Campaign;
use leads::submission::{Channel, shown};

use crate::csv_lines::{first_line, misfit};

/// The columns, in any order.
const COLUMNS: [&str; 5] = ["date", "channel", "campaign", "amount", "currency"];

/// How many mistakes are told at once.
const TOLD: usize = 20;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The day that it belongs to.
    pub date: Date,
    /// The channel.
    pub channel: Channel,
    /// The campaign, if it was spent on one.
    pub campaign: Option<String>,
    /// Minor units.
    pub minor: u64,
    /// ISO 4217.
    pub currency: String,
}

impl Cost {
    /// Whether its day begins within these moments, `until` excluded.
    pub fn is_within(&self, since: Option<Timestamp>, until: Option<Timestamp>, zone: &TimeZone) -> bool {
        let Ok(begins) = self.date.to_zoned(zone.clone()) else { return false };
        let begins = begins.timestamp();
        since.is_none_or(|since| since <= begins) && until.is_none_or(|until| begins < until)
    }
}

/// Reads a file.
///
/// # Errors
/// It is not there, or has mistakes: all of them, each with its line, its column and what to write instead.
pub fn read(path: &Path) -> Result<Vec<Cost>> {
    let name = path.display();
    let text = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let Ok(text) = str::from_utf8(&text) else {
        bail!("{name} is not UTF-8; save it as “CSV UTF-8”");
    };
    parse(text).map_err(|faults| {
        let more = faults.len().saturating_sub(TOLD);
        let mut told: Vec<String> = faults.iter().take(TOLD).map(|fault| format!("{name}:{fault}")).collect();
        if more > 0 {
            told.push(format!("and {more} more"));
        }
        anyhow::anyhow!("the costs are not usable:\n{}", told.join("\n"))
    })
}

/// Reads a text: the costs, or each mistake as `LINE: COLUMN: what, and what to write`.
fn parse(text: &str) -> Result<Vec<Cost>, Vec<String>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(vec![format!("1: no header: {error}")]),
    };
    let line = first_line(text.as_bytes(), header.position());
    let mut places = BTreeMap::new();
    let mut faults = Vec::new();
    for (at, name) in header.iter().enumerate() {
        if !COLUMNS.contains(&name) {
            let (name, columns) = (shown(name), COLUMNS.join(","));
            faults.push(format!("{line}: `{name}` is no column; write the first line as {columns}"));
        } else if places.insert(name, at).is_some() {
            faults.push(format!("{line}: {name}: the column is there twice; take one out"));
        }
    }
    let missing = COLUMNS.iter().filter(|name| **name != "campaign" && !places.contains_key(*name));
    faults.extend(missing.map(|name| {
        let columns = COLUMNS.join(",");
        format!("{line}: {name}: the column is missing; write the first line as {columns}")
    }));
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut costs = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                faults.push(format!("{}: {error}", first_line(text.as_bytes(), error.position())));
                continue;
            }
        };
        let line = first_line(text.as_bytes(), record.position());
        if record.iter().all(str::is_empty) {
            continue;
        }
        if let Some(wrong) = misfit(&record, &header) {
            faults.push(format!("{line}: {wrong}; put a cell with a comma into quotes"));
            continue;
        }
        let cell = |name: &str| places.get(name).and_then(|at| record.get(*at)).unwrap_or_default();
        match cost(cell) {
            Ok(cost) => costs.push(cost),
            Err(found) => faults.extend(found.into_iter().map(|fault| format!("{line}: {fault}"))),
        }
    }
    if faults.is_empty() { Ok(costs) } else { Err(faults) }
}

fn cost<'a>(cell: impl Fn(&str) -> &'a str) -> Result<Cost, Vec<String>> {
    let mut faults = Vec::new();
    let mut wrong = |column: &str, what: &str, mend: &str| {
        let text = cell(column);
        let what = if text.is_empty() { "it is empty".to_owned() } else { format!("`{}` is {what}", shown(text)) };
        faults.push(format!("{column}: {what}; write {mend}"));
    };
    let date = cell("date").parse::<Date>().ok();
    if date.is_none() {
        wrong("date", "no day", "one as 2026-03-31");
    }
    let channel = channel(cell("channel"));
    if channel.is_none() {
        wrong("channel", "no channel", &format!("one of {}", channels().join(", ")));
    }
    let campaign = Some(cell("campaign")).filter(|text| !text.is_empty());
    let known = campaign.map(|text| Campaign::parse(text).ok());
    if known == Some(None) {
        wrong("campaign", "no campaign's id", "it as in the form's `source.campaign`, or nothing");
    }
    let currency = cell("currency");
    let units = Currency::from_code(currency).and_then(|currency| currency.exponent());
    if units.is_none() {
        wrong("currency", "no currency", "its three capital letters of ISO 4217, such as EUR or CNY");
    }
    let minor = units.and_then(|digits| minor_units(cell("amount"), digits.into()));
    if let (Some(digits), None) = (units, minor) {
        let example = if digits == 0 { "1250".to_owned() } else { format!("1250.{}", "0".repeat(digits.into())) };
        wrong(
            "amount",
            &format!("no amount of {currency}"),
            &format!("one as {example}, without sign, blanks or commas"),
        );
    }
    match (date, channel, known, minor) {
        (Some(date), Some(channel), None | Some(Some(_)), Some(minor)) => {
            Ok(Cost { date, channel, campaign: campaign.map(str::to_owned), minor, currency: currency.to_owned() })
        }
        _ => Err(faults),
    }
}

/// `1250.5` as 125050 of a currency with two digits. No more than 10^15 of them, as amounts won have it.
fn minor_units(text: &str, digits: usize) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > digits || text.ends_with('.') {
        return None;
    }
    format!("{whole}{part:0<digits$}").parse().ok().filter(|minor| *minor <= 1_000_000_000_000_000)
}

fn channel(text: &str) -> Option<Channel> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

/// Every channel as it is written.
fn channels() -> Vec<&'static str> {
    super::words::CHANNELS.iter().map(|(name, ..)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_lines() {
        let text = "\u{feff}currency,amount,date,channel,campaign\r\nEUR,1250.5,2026-03-31,paid_search,\r\n\r\n\
                    JPY,90000,2026-04-01,event,fair-2026\nKWD,0.001,2026-04-02,email,\n";
        let costs = parse(text).unwrap();
        let found: Vec<_> = costs.iter().map(|cost| (cost.minor, cost.currency.as_str())).collect();
        assert_eq!(found, [(125_050, "EUR"), (90_000, "JPY"), (1, "KWD")]);
        assert_eq!((costs[0].channel, costs[0].campaign.as_deref()), (Channel::PaidSearch, None));
        assert_eq!((costs[1].channel, costs[1].campaign.as_deref()), (Channel::Event, Some("fair-2026")));
        assert_eq!(parse("date,channel,amount,currency\n").unwrap(), []);
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let text = "date,channel,campaign,amount,currency\n31.3.2026,paid_search,,1,EUR\n2026-03-31,papers,,1,EUR\n\
                    2026-03-31,event,,\"1,250.00\",EUR\n2026-03-31,event,,1.5,JPY\n2026-03-31,event,,-1,EUR\n\
                    2026-03-31,event,,,EUR\n2026-03-31,event,,1,euro\n2026-03-31,event,1,EUR\n\
                    x,event,a b c \u{202e},1,EUR\n";
        let faults = parse(text).unwrap_err();
        let begins = [
            "2: date: `31.3.2026` is no day; write one as 2026-03-31",
            "3: channel: `papers` is no channel; write one of website, organic_search",
            "4: amount: `1,250.00` is no amount of EUR; write one as 1250.00, without",
            "5: amount: `1.5` is no amount of JPY; write one as 1250, without",
            "6: amount: `-1` is no amount of EUR",
            "7: amount: it is empty; write one as 1250.00",
            "8: currency: `euro` is no currency; write its three capital letters",
            "9: it has 4 cells, and the first line 5",
            "10: date: `x` is no day",
            "10: campaign: `a b c \\u{202e}` is no campaign's id",
        ];
        assert_eq!(faults.len(), begins.len(), "{faults:#?}");
        for (fault, begin) in faults.iter().zip(begins) {
            assert!(fault.starts_with(begin), "{fault}\n{begin}");
        }
        let blank_before = parse("date,channel,amount,currency\n\n\r\n2026-03-31,event,1\n").unwrap_err();
        assert!(blank_before[0].starts_with("4: it has 3 cells"), "{blank_before:?}");
        let header = parse("date,kanal,amount,amount\n").unwrap_err();
        assert_eq!(header.len(), 4, "{header:#?}");
        assert!(header[0].starts_with("1: `kanal` is no column; write the first line as date,channel"), "{header:?}");
        assert!(header[2].starts_with("1: channel: the column is missing"), "{header:?}");
    }
}
