//! The report as one long table: a figure a line, for spreadsheets and for programs that pivot.

use std::borrow::Cow;

use anyhow::Result;
use serde_json::Value;

use super::figures::Report;
use crate::spreadsheet::{harmless, line};

/// The columns: which part of the report, up to two names, the figure, its currency, its value.
const COLUMNS: [&str; 6] = ["section", "group", "detail", "figure", "currency", "value"];

/// Members of the JSON that name a row rather than tell a figure of it.
const NAMES: [&str; 15] = [
    "key",
    "channel",
    "queue",
    "region",
    "code",
    "version",
    "step",
    "month",
    "stage",
    "origin",
    "dimension",
    "disposition",
    "interest",
    "owner",
    "rule",
];

/// All figures as CSV. It follows from the JSON, so that neither has what the other lacks.
///
/// # Errors
/// Never, of figures in memory.
pub fn table(report: &Report) -> Result<Vec<u8>> {
    let mut out = line(COLUMNS.map(Cow::from))?;
    if let Value::Object(sections) = serde_json::to_value(report)? {
        for (section, value) in &sections {
            tell(
                &mut out,
                &Place { section, names: Vec::new(), figure: String::new(), currency: String::new() },
                value,
            )?;
        }
    }
    Ok(out)
}

#[derive(Clone)]
struct Place<'a> {
    section: &'a str,
    names: Vec<String>,
    figure: String,
    currency: String,
}

fn tell(out: &mut Vec<u8>, place: &Place<'_>, value: &Value) -> Result<()> {
    match value {
        Value::Array(rows) => {
            for row in rows {
                tell(out, place, row)?;
            }
        }
        Value::Object(members) => {
            let mut here = place.clone();
            for name in NAMES {
                if let Some(value) = members.get(name) {
                    here.names.push(value.as_str().unwrap_or("(unknown)").to_owned());
                }
            }
            if let Some(Value::String(currency)) = members.get("currency") {
                here.currency.clone_from(currency);
            }
            for (name, value) in members {
                if NAMES.contains(&name.as_str()) || name == "currency" {
                    continue;
                }
                let figure = if here.figure.is_empty() { name.clone() } else { format!("{}.{name}", here.figure) };
                tell(out, &Place { figure, ..here.clone() }, value)?;
            }
        }
        Value::Null => {}
        value => {
            let number = |value: &Value| {
                value
                    .as_str()
                    .map_or_else(|| Cow::from(value.to_string()), |text| Cow::from(harmless(text).into_owned()))
            };
            let (group, detail) = match place.names.as_slice() {
                [] => (String::new(), String::new()),
                [group] => (group.clone(), String::new()),
                [group, more @ ..] => (group.clone(), more.join(" / ")),
            };
            let cells = [place.section, &group, &detail, &place.figure, &place.currency];
            out.extend(line(cells.into_iter().map(harmless).chain([number(value)]))?);
        }
    }
    Ok(())
}
