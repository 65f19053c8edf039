//! Recipes: how the records of somebody else's export, such as Typeform's or an event list, become leads. A recipe is a TOML
//! file; `docs/forms/README.md` says what may stand in it.

mod record;

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use leads::submission::{Encoding, HONEYPOT, Key, Rejection, parse_for};
use serde::Deserialize;

use crate::leads_file::FileLead;
use record::Record;

/// A mapping, as its file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    format: Format,
    /// Of JSON: a pointer to the list of records; the whole if left out.
    #[serde(default)]
    records: String,
    /// Of CSV.
    #[serde(default = "comma")]
    delimiter: char,
    /// The column that tells records apart: sent again, a record is the same lead.
    submission_id: Option<String>,
    /// What every lead says, by our names.
    #[serde(default)]
    constants: BTreeMap<String, String>,
    #[serde(default, rename = "field")]
    fields: Vec<Field>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Csv,
    Json,
    Jsonl,
}

/// One of our fields, and where its value comes from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    /// Our name: `contact.email`.
    to: String,
    /// A column, or a JSON pointer; of several, what is there is joined.
    from: OneOrMore,
    #[serde(default = "blank")]
    join: String,
    /// Of JSON: a list in the record, of which the one item counts in which every pointer of `where` has its text.
    within: Option<String>,
    #[serde(default, rename = "where")]
    wanted: BTreeMap<String, String>,
    /// Our words for theirs; another word is a mistake, unless `otherwise` says what stands for it. An empty one leaves the
    /// field out.
    #[serde(default)]
    values: BTreeMap<String, String>,
    otherwise: Option<String>,
    /// What separates the items of a list.
    split: Option<String>,
    /// How a time is written that is not as we want it.
    time: Option<Time>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    /// As `strptime` has it; or `milliseconds`, since 1970.
    format: String,
    /// An IANA name: `Asia/Shanghai`.
    #[serde(default = "utc")]
    zone: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

fn comma() -> char {
    ','
}

fn utc() -> String {
    "UTC".to_owned()
}

fn blank() -> String {
    " ".to_owned()
}

/// Something to mend in an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// File and row.
    pub place: String,
    /// The column, or what else it is about.
    pub column: String,
    /// What is wrong, and what to do.
    pub mend: String,
}

impl Display for Mistake {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.place, self.column, self.mend)
    }
}

/// What an export holds: leads that can be posted, and records that cannot.
#[derive(Debug, Default)]
pub struct Export {
    /// In the order of the file.
    pub leads: Vec<FileLead>,
    /// Every one of them.
    pub mistakes: Vec<Mistake>,
}

impl Recipe {
    /// Reads a recipe.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let recipe: Self = toml::from_str(&text).with_context(|| format!("{} is no recipe", path.display()))?;
        if recipe.fields.is_empty() {
            bail!("{}: it maps nothing; add a [[field]] with `to` and `from`", path.display());
        }
        for field in &recipe.fields {
            if let Some(time) = &field.time {
                TimeZone::get(&time.zone).with_context(|| {
                    format!("{}: `{}` is no time zone; write one as Asia/Shanghai", path.display(), time.zone)
                })?;
            }
        }
        Ok(recipe)
    }

    /// Makes leads of an export.
    pub fn apply(&self, file: &Path) -> Result<Export> {
        let name = file.display().to_string();
        let bytes = std::fs::read(file).with_context(|| format!("cannot read {name}"))?;
        let text = String::from_utf8(bytes).ok().with_context(|| {
            format!("{name} is not UTF-8; save it as “CSV UTF-8”, or convert it: iconv -f GB18030 -t UTF-8")
        })?;
        let records = self.records_of(&name, text.trim_start_matches('\u{feff}'))?;
        if records.is_empty() {
            bail!("{name} holds no records");
        }
        let mut export = Export::default();
        for record in &records {
            match self.lead(record) {
                Ok(lead) => export.leads.push(lead),
                Err(mistakes) => export.mistakes.extend(mistakes),
            }
        }
        Ok(export)
    }

    fn records_of(&self, name: &str, text: &str) -> Result<Vec<Record>> {
        match self.format {
            Format::Csv => record::table(name, text, self.delimiter, &self.columns()),
            Format::Json => record::list(name, text, &self.records),
            Format::Jsonl => record::lines(name, text),
        }
    }

    /// Every column that a table has to have.
    fn columns(&self) -> Vec<&str> {
        let fields = self.fields.iter().flat_map(|field| field.from.names());
        fields.chain(self.submission_id.as_deref()).collect()
    }

    /// The lead of one record, read as the intake will read it.
    fn lead(&self, record: &Record) -> Result<FileLead, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (to, value) in &self.constants {
            body.append_pair(to, value);
        }
        for field in &self.fields {
            match field.values_in(record) {
                Ok(values) => values.iter().for_each(|value| _ = body.append_pair(&field.to, value)),
                Err(mend) => mistakes.push(record.mistake(&field.column(), mend)),
            }
        }
        let key = self.key(record).unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            None
        });
        let body = body.finish();
        match parse_for(body.as_bytes(), Encoding::Form, |_| HONEYPOT) {
            Ok(_) => {}
            Err(Rejection::Malformed { detail, .. }) => mistakes.push(record.mistake("the record", detail)),
            Err(Rejection::Invalid(problems)) => {
                let of = |pointer: &str| self.column_of(&pointer.trim_start_matches('/').replace('/', "."));
                mistakes
                    .extend(problems.into_iter().map(|problem| record.mistake(&of(&problem.pointer), problem.detail)));
            }
        }
        if mistakes.is_empty() { Ok(FileLead::of_form(record.place.clone(), body, key)) } else { Err(mistakes) }
    }

    fn key(&self, record: &Record) -> Result<Option<String>, Mistake> {
        let Some(column) = &self.submission_id else { return Ok(None) };
        let id = record.texts(column).into_iter().next().unwrap_or_default();
        match Key::parse(&id) {
            Ok(key) => Ok(Some(key.as_str().to_owned())),
            Err(_) => Err(record.mistake(
                &format!("column “{column}”"),
                "It tells records apart, and has to be 1 to 255 visible ASCII characters.".to_owned(),
            )),
        }
    }

    /// What fills one of our fields, or a part of it.
    fn column_of(&self, name: &str) -> String {
        let within = |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        let is = |to: &str| to == name || within(to, name) || within(name, to);
        if let Some(field) = self.fields.iter().find(|field| is(&field.to)) {
            return field.column();
        }
        match self.constants.keys().find(|to| is(to)) {
            Some(constant) => format!("constant `{constant}` of the recipe"),
            None => format!("`{name}`, which the recipe does not fill"),
        }
    }
}

impl Field {
    fn column(&self) -> String {
        let names: Vec<&str> = self.from.names().collect();
        let place = match (&self.within, self.wanted.values().next()) {
            (Some(within), Some(wanted)) => format!(" of “{wanted}” in {within}"),
            (Some(within), None) => format!(" in {within}"),
            _ => String::new(),
        };
        format!("column “{}”{place} → `{}`", names.join("” + “"), self.to)
    }

    /// The values; none if the field is left out. The error is what to mend.
    fn values_in(&self, record: &Record) -> Result<Vec<String>, String> {
        let found = match &self.within {
            Some(within) => record.item(within, &self.wanted),
            None => Some(record.clone()),
        };
        let Some(found) = found else { return Ok(Vec::new()) };
        let texts: Vec<String> = match &self.from {
            OneOrMore::One(name) => found.texts(name),
            OneOrMore::More(names) => {
                let parts: Vec<String> = names.iter().flat_map(|name| found.texts(name)).collect();
                vec![parts.join(&self.join)]
            }
        };
        let split = |text: String| match &self.split {
            Some(mark) => text.split(mark.as_str()).map(str::to_owned).collect(),
            None => vec![text],
        };
        let texts =
            texts.into_iter().flat_map(split).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let values: Result<Vec<String>, String> = texts.map(|text| self.value(text)).collect();
        Ok(values?.into_iter().filter(|value| !value.is_empty()).collect())
    }

    fn value(&self, text: String) -> Result<String, String> {
        let text = match (&self.time, self.values.get(&text), &self.otherwise) {
            (Some(time), ..) => return time.read(&text),
            (None, Some(ours), _) => ours.clone(),
            (None, None, Some(otherwise)) => otherwise.clone(),
            (None, None, None) if self.values.is_empty() => text,
            (None, None, None) => {
                let known: Vec<String> = self.values.keys().map(|word| format!("“{word}”")).collect();
                return Err(format!(
                    "It is none of {}; add it to `values` of the recipe, or set `otherwise`.",
                    known.join(", ")
                ));
            }
        };
        Ok(text)
    }
}

impl Time {
    fn read(&self, text: &str) -> Result<String, String> {
        let read = match self.format.as_str() {
            "milliseconds" => text.parse().ok().and_then(|since| Timestamp::from_millisecond(since).ok()),
            format => TimeZone::get(&self.zone)
                .and_then(|zone| DateTime::strptime(format, text)?.to_zoned(zone))
                .map(|time| time.timestamp())
                .ok(),
        };
        read.map(|time| time.to_string())
            .ok_or_else(|| format!("It is not written as {} says; mend it, or `time` in the recipe.", self.format))
    }
}

impl OneOrMore {
    fn names(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::More(names) => names.as_slice(),
        };
        names.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
