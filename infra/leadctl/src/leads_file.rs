//! Files of leads: JSON, JSON lines, or CSV, each lead with its place in the file.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use leads::id::{LeadId, Principal, fingerprint};
use serde::Deserialize;
use serde_json::Value;

use crate::csv_lines::{first_line, misfit};

/// A lead to post, as it stands in a file.
#[derive(Clone, Debug)]
pub struct FileLead {
    /// A name for people: the sample's, or the file and line.
    pub name: String,
    /// The body, ready to post.
    pub body: String,
    /// Its media type.
    pub content_type: &'static str,
    /// The same for the same lead at the same place: posting a file twice makes no second lead.
    pub key: String,
    /// Who signs it, if somebody does.
    pub signed_by: Option<Principal>,
    /// Leads of a later wave are posted when those of the earlier ones have settled.
    pub wave: u32,
    /// Where it is expected to end.
    pub expect: Option<Expect>,
    /// Where it is expected to end after the last wave, if elsewhere.
    pub expect_after: Option<Expect>,
}

/// Where a sample is expected to end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The stage.
    pub stage: String,
    /// The queue, for routed and nurtured leads.
    pub queue: Option<String>,
    /// The reason code, for held and rejected ones.
    pub reason: Option<String>,
    /// The name of the sample it is joined to.
    pub into: Option<String>,
}

impl FileLead {
    /// A lead as a form with these fields posts it; the key makes it the same lead when it is sent again.
    pub fn of_form(name: String, body: String, key: Option<String>) -> Self {
        let lead = plain(name, body, FORM);
        Self { key: key.unwrap_or(lead.key), ..lead }
    }
}

/// A sample: a lead with its expected end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    name: String,
    #[serde(rename = "about")]
    _about: String,
    #[serde(default = "first")]
    wave: u32,
    signed_by: Option<Principal>,
    encoding: Option<String>,
    lead: Value,
    expect: Option<Expect>,
    expect_after: Option<Expect>,
}

fn first() -> u32 {
    1
}

pub(crate) const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Reads a file, or standard input for `-`. The ending decides: `.json` is an array of leads (or one lead), `.jsonl` has
/// one a line, `.csv` has the form's field names (`contact.email`, `source.channel`, …) in its first line.
pub fn read(path: &Path) -> Result<Vec<FileLead>> {
    let name = path.display().to_string();
    let mut text = String::new();
    if name == "-" {
        std::io::stdin().read_to_string(&mut text).context("standard input is not UTF-8 text")?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    }
    let text = text.trim_start_matches('\u{feff}');
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let leads = match ending {
        "json" => json(&name, text),
        "jsonl" | "ndjson" => lines(&name, text),
        "csv" => table(&name, text),
        _ if text.trim_start().starts_with('[') => json(&name, text),
        _ if text.trim_start().starts_with('{') => lines(&name, text).or_else(|_| json(&name, text)),
        _ => bail!("{name}: name it .json, .jsonl or .csv, so that it is clear how to read it"),
    }?;
    if leads.is_empty() {
        bail!("{name} holds no leads");
    }
    Ok(leads)
}

fn json(name: &str, text: &str) -> Result<Vec<FileLead>> {
    let value: Value = serde_json::from_str(text).map_err(|error| at(name, error.line(), &error))?;
    let items = match value {
        Value::Array(items) => items,
        Value::Object(mut object) if object.contains_key("leads") => match object.remove("leads") {
            Some(Value::Array(items)) => items,
            _ => bail!("{name}: `leads` is not an array"),
        },
        one @ Value::Object(_) => vec![one],
        _ => bail!("{name}: expected an array of leads"),
    };
    items.into_iter().enumerate().map(|(index, item)| of_value(format!("{name}[{index}]"), item)).collect()
}

fn lines(name: &str, text: &str) -> Result<Vec<FileLead>> {
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    filled
        .map(|(index, line)| {
            let value = serde_json::from_str(line).map_err(|error| at(name, index + 1, &error))?;
            of_value(format!("{name}:{}", index + 1), value)
        })
        .collect()
}

fn at(name: &str, line: usize, error: &serde_json::Error) -> anyhow::Error {
    anyhow::anyhow!("{name}:{line}: not JSON: {error}")
}

fn of_value(place: String, value: Value) -> Result<FileLead> {
    let sample = value.get("lead").is_some() && value.get("name").is_some();
    if !sample {
        return Ok(plain(place, value.to_string(), JSON));
    }
    let sample: Sample = serde_json::from_value(value).with_context(|| format!("{place} is not a sample"))?;
    let (body, content_type) = match sample.encoding.as_deref() {
        None | Some("json") => (sample.lead.to_string(), JSON),
        Some("form") => (form(&sample.lead), FORM),
        Some(other) => bail!("{place}: unknown encoding `{other}`; use json or form"),
    };
    Ok(FileLead {
        signed_by: sample.signed_by,
        wave: sample.wave,
        expect: sample.expect,
        expect_after: sample.expect_after,
        ..plain(sample.name, body, content_type)
    })
}

fn plain(name: String, body: String, content_type: &'static str) -> FileLead {
    let key = fingerprint(&["leadctl send", &name, &body]);
    FileLead { name, body, content_type, key, signed_by: None, wave: 1, expect: None, expect_after: None }
}

/// Every row becomes what an HTML form with these field names would post.
fn table(name: &str, text: &str) -> Result<Vec<FileLead>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().with_context(|| format!("{name}:1: no header"))?.clone();
    let line = first_line(text.as_bytes(), header.position());
    if !header.iter().any(|field| field.starts_with("contact.")) {
        bail!(
            "{name}:{line}: the first line names no field such as `contact.email`; see docs/http-api.md for the names"
        );
    }
    let mut leads = Vec::new();
    for row in reader.records() {
        let row = row.with_context(|| format!("cannot read {name}"))?;
        let line = first_line(text.as_bytes(), row.position());
        if let Some(wrong) = misfit(&row, &header) {
            bail!("{name}:{line}: {wrong}; put a cell with a comma into quotes");
        }
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (field, value) in header.iter().zip(&row).filter(|(_, value)| !value.is_empty()) {
            body.append_pair(field, value);
        }
        leads.push(plain(format!("{name}:{line}"), body.finish(), FORM));
    }
    Ok(leads)
}

/// A lead as a plain HTML form posts it: dotted names, numbered list items.
fn form(lead: &Value) -> String {
    fn walk(prefix: &str, value: &Value, out: &mut form_urlencoded::Serializer<'_, String>) {
        let below = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| walk(&below(name), value, out)),
            Value::Array(items) if items.iter().all(Value::is_object) => {
                items.iter().enumerate().for_each(|(index, value)| walk(&below(&index.to_string()), value, out));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(prefix, value, out)),
            Value::String(text) => _ = out.append_pair(prefix, text),
            Value::Null => {}
            other => _ = out.append_pair(prefix, &other.to_string()),
        }
    }
    let mut out = form_urlencoded::Serializer::new(String::new());
    walk("", lead, &mut out);
    out.finish()
}

/// What became of a posted lead.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Its place among the posted ones.
    pub index: usize,
    /// The lead, or why the intake did not take it.
    pub answer: Result<LeadId, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blank lines are rows to whoever looks for one in an editor.
    #[test]
    fn a_row_is_named_by_its_own_line() {
        let places = |text: &str| {
            let leads = table("a.csv", text).map_err(|error| error.to_string())?;
            Ok::<Vec<String>, String>(leads.into_iter().map(|lead| lead.name).collect())
        };
        let text = "contact.name,contact.email\r\n\r\n\nA,a@b.example\n\"B\nB\",b@b.example\n\nC,c@b.example\n";
        assert_eq!(places(text).unwrap(), ["a.csv:4", "a.csv:5", "a.csv:8"]);
        assert_eq!(
            places("contact.name,contact.email\n\n\nA,B,a@b.example\n").unwrap_err(),
            "a.csv:4: it has 3 cells, and the first line 2; put a cell with a comma into quotes"
        );
        assert!(places("\n\nname,email\n").unwrap_err().starts_with("a.csv:3: the first line names no field"));
    }
}
