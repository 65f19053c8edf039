//! The records of an export: rows of a table, or JSON objects, each with its place.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::Mistake;
use crate::csv_lines::{first_line, misfit};

/// One record.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// File and row.
    pub(super) place: String,
    value: Value,
}

impl Record {
    /// The texts at a column or a pointer; numbers and truths as they are written. None if nothing is there.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let found = if name.starts_with('/') { self.value.pointer(name) } else { self.value.get(name) };
        match found {
            Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
            Some(value) => text(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The item of a list in which every pointer has its text.
    pub(super) fn item(&self, list: &str, wanted: &BTreeMap<String, String>) -> Option<Self> {
        let items = self.value.pointer(list)?.as_array()?;
        let fits = |item: &&Value| wanted.iter().all(|(at, is)| item.pointer(at).and_then(text).as_ref() == Some(is));
        items.iter().find(fits).map(|item| Self { place: self.place.clone(), value: item.clone() })
    }

    pub(super) fn mistake(&self, column: &str, mend: String) -> Mistake {
        Mistake { place: self.place.clone(), column: column.to_owned(), mend }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The rows below the first line, which names the columns.
pub(super) fn table(name: &str, text: &str, delimiter: char, columns: &[&str]) -> Result<Vec<Record>> {
    let Ok(delimiter) = u8::try_from(delimiter) else {
        bail!("`delimiter` has to be an ASCII character, not `{delimiter}`")
    };
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    let missing: Vec<String> = columns
        .iter()
        .filter(|wanted| !header.iter().any(|there| there == **wanted))
        .map(|name| format!("“{name}”"))
        .collect();
    if !missing.is_empty() {
        let there: Vec<String> = header.iter().map(|name| format!("“{name}”")).collect();
        bail!(
            "{name}:1: no column {}; the columns are {}. Mend the recipe, or the file's `delimiter`",
            missing.join(", "),
            there.join(", ")
        );
    }
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row?;
        let line = first_line(text.as_bytes(), row.position());
        if let Some(wrong) = misfit(&row, &header) {
            bail!("{name}:{line}: {wrong}; mend that row");
        }
        if row.iter().all(str::is_empty) {
            continue;
        }
        let cells = header.iter().zip(&row).map(|(column, cell)| (column.to_owned(), cell.into()));
        records.push(Record { place: format!("{name}:{line}"), value: Value::Object(Map::from_iter(cells)) });
    }
    Ok(records)
}

/// The items of the list at `pointer`.
pub(super) fn list(name: &str, text: &str, pointer: &str) -> Result<Vec<Record>> {
    let whole: Value = match serde_json::from_str(text) {
        Ok(whole) => whole,
        Err(error) => bail!("{name}:{}: not JSON: {error}", error.line()),
    };
    let Some(Value::Array(items)) = whole.pointer(pointer) else {
        bail!("{name} has no list at “{pointer}”; set `records` in the recipe to its JSON pointer");
    };
    let record =
        |(index, item): (usize, &Value)| Record { place: format!("{name}, {pointer}/{index}"), value: item.clone() };
    Ok(items.iter().enumerate().map(record).collect())
}

/// A record a line.
pub(super) fn lines(name: &str, text: &str) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{name}:{}", index + 1);
        match serde_json::from_str(line) {
            Ok(value) => records.push(Record { place, value }),
            Err(error) => bail!("{place}: not JSON: {error}"),
        }
    }
    Ok(records)
}
