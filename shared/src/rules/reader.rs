//! Reads TOML tables and notes every problem on the way instead of stopping at the first.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Arguments;
use std::ops::{Range, RangeInclusive};

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Code, Diagnostic};
use super::suggest;

/// All problems found so far, over all files.
#[derive(Default)]
pub(crate) struct Problems {
    found: RefCell<Vec<Diagnostic>>,
    /// What readers asked for: table, key and kind of value.
    #[cfg(test)]
    pub(crate) asked: RefCell<BTreeSet<(String, String, String)>>,
}

impl Problems {
    pub(crate) fn add(&self, problem: Diagnostic) {
        self.found.borrow_mut().push(problem);
    }

    /// The problems by file and line, each once.
    pub(crate) fn into_sorted(self) -> Vec<Diagnostic> {
        let mut problems = self.found.into_inner();
        // What was set aside as no TOML is missing, and is not to be blamed again for that.
        let torn: BTreeSet<String> =
            problems.iter().filter(|p| p.code == Code::Syntax).map(|p| p.file.clone()).collect();
        problems.retain(|problem| problem.code == Code::Syntax || !torn.contains(&problem.file));
        problems.sort();
        problems.dedup();
        problems
    }
}

/// A place in a file, for problems that show only once all files are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) file: String,
    pub(crate) line: Option<usize>,
    pub(crate) rule: Option<String>,
}

impl Site {
    /// A file as such.
    pub(crate) fn file(file: &str) -> Self {
        Self { file: file.to_owned(), line: None, rule: None }
    }

    pub(crate) fn report(&self, problems: &Problems, code: Code, problem: impl Into<String>, mend: impl Into<String>) {
        let Self { file, line, rule } = self.clone();
        problems.add(Diagnostic { file, line, rule, code, problem: problem.into(), mend: mend.into() });
    }
}

/// A TOML file.
pub(crate) struct Document<'a> {
    file: &'a str,
    /// Where each line but the first begins.
    lines: Vec<usize>,
    root: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    /// Parses a file; `None` if any of it is no TOML.
    pub(crate) fn parse(file: &'a str, text: &'a str) -> Option<Self> {
        let (root, errors) = DeTable::parse_recoverable(text);
        errors.is_empty().then(|| Self::of(file, text, root))
    }

    /// Parses what is left of a file once what is no TOML has been set aside, see [`super::faults`].
    pub(crate) fn of_readable(file: &'a str, text: &'a str) -> Self {
        Self::of(file, text, DeTable::parse_recoverable(text).0)
    }

    fn of(file: &'a str, text: &str, root: Spanned<DeTable<'a>>) -> Self {
        let lines = text.bytes().zip(1..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next).collect();
        Self { file, lines, root }
    }

    /// The file's table.
    pub(crate) fn root<'d>(&'d self, problems: &'d Problems) -> Table<'d> {
        Table {
            document: self,
            problems,
            fields: self.root.get_ref(),
            span: None,
            id: None,
            asked: RefCell::default(),
            #[cfg(test)]
            path: self.file.to_owned(),
        }
    }

    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset) + 1
    }
}

/// A table that is being read. [`Table::finish`] reports what nobody asked for.
pub(crate) struct Table<'d> {
    document: &'d Document<'d>,
    problems: &'d Problems,
    fields: &'d DeTable<'d>,
    span: Option<Range<usize>>,
    id: Option<String>,
    asked: RefCell<BTreeSet<String>>,
    /// The file and the keys that lead here.
    #[cfg(test)]
    path: String,
}

/// A value and its place.
pub(crate) type Value<'d> = &'d Spanned<DeValue<'d>>;

impl<'d> Table<'d> {
    /// Reads the key `id` (or `name`, `disposition`) and names the table by it in later problems.
    pub(crate) fn identify(&mut self, key: &'static str) -> String {
        let id = self.need_text(key).unwrap_or_default();
        self.id = Some(id.clone()).filter(|id| !id.is_empty());
        id
    }

    /// Where the table begins.
    pub(crate) fn site(&self) -> Site {
        self.site_of(self.span.as_ref())
    }

    /// Where a key's value stands.
    pub(crate) fn site_at(&self, key: &str) -> Site {
        self.site_of(self.fields.get(key).map(Spanned::span).or_else(|| self.span.clone()).as_ref())
    }

    /// Where a value stands.
    pub(crate) fn site_of_value(&self, value: Value<'_>) -> Site {
        self.site_of(Some(&value.span()))
    }

    fn site_of(&self, span: Option<&Range<usize>>) -> Site {
        Site {
            file: self.document.file.to_owned(),
            line: span.map(|span| self.document.line(span.start)),
            rule: self.id.clone(),
        }
    }

    pub(crate) fn problems(&self) -> &'d Problems {
        self.problems
    }

    /// Reports a problem with the value of `key`, or with the table if it has none.
    pub(crate) fn report(&self, key: &str, code: Code, problem: impl Into<String>, mend: impl Into<String>) {
        self.site_at(key).report(self.problems, code, problem, mend);
    }

    pub(crate) fn get(&self, key: &str) -> Option<Value<'d>> {
        self.note(key, format_args!("any value"));
        self.ask(key)
    }

    fn ask(&self, key: &str) -> Option<Value<'d>> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.fields.get(key)
    }

    /// Tells the test that holds schemas and reference to the readers what is asked for.
    #[cfg(test)]
    fn note(&self, key: &str, what: Arguments<'_>) {
        self.problems.asked.borrow_mut().insert((self.path.clone(), key.to_owned(), what.to_string()));
    }

    #[cfg(not(test))]
    fn note(&self, _: &str, _: Arguments<'_>) {}

    pub(crate) fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// The keys of a table whose keys are free, with their values.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'d str, Value<'d>)> {
        self.fields.iter().map(|(key, value)| (key.get_ref().as_ref(), value))
    }

    pub(crate) fn text(&self, key: &'static str) -> Option<String> {
        self.note(key, format_args!("text"));
        self.text_at(key)
    }

    fn text_at(&self, key: &'static str) -> Option<String> {
        let value = self.ask(key)?;
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.as_deref().is_none_or(|text| text.trim().is_empty()) {
            let mend = match value.get_ref() {
                DeValue::Integer(number) => format!("put it in quotes: {key} = \"{}\"", number.as_str()),
                DeValue::Array(_) => format!("write one text, {key} = \"…\", without [ ]"),
                _ => format!("write {key} = \"…\""),
            };
            self.report(key, Code::WrongType, format!("`{key}` is no text"), mend);
            return None;
        }
        text
    }

    /// One of a few words, each with what it stands for.
    pub(crate) fn choice<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        self.note(key, format_args!("one of {}", suggest::listed(words.iter().map(|(word, _)| *word))));
        let text = self.text_at(key)?;
        self.word(key, &text, &self.site_at(key), words)
    }

    pub(crate) fn need_choice<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let first = words.first().map_or("…", |(word, _)| word);
        self.need(key, &format!("\"{first}\""));
        self.choice(key, words)
    }

    /// A list of such words, with what each stands for; empty if there is none.
    pub(crate) fn choices<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)]) -> Vec<(T, Site)> {
        self.note(key, format_args!("list of {}", suggest::listed(words.iter().map(|(word, _)| *word))));
        let Some(value) = self.ask(key) else { return Vec::new() };
        let texts = self.texts_of(key, value).into_iter();
        texts.filter_map(|(text, site)| Some((self.word(key, &text, &site, words)?, site))).collect()
    }

    fn word<T: Copy>(&self, key: &str, text: &str, site: &Site, words: &[(&'static str, T)]) -> Option<T> {
        let known = words.iter().find(|(word, _)| *word == text);
        if known.is_none() {
            let mend = suggest::mend(text, words.iter().map(|(word, _)| *word));
            site.report(self.problems, Code::UnknownWord, format!("`{key}` can't be `{text}`"), mend);
        }
        known.map(|(_, meaning)| *meaning)
    }

    pub(crate) fn need_text(&self, key: &'static str) -> Option<String> {
        self.need(key, "\"…\"");
        self.text(key)
    }

    pub(crate) fn integer(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let (low, high) = (range.start(), range.end());
        self.note(key, format_args!("whole number from {low} to {high}"));
        let value = self.ask(key)?;
        let number = as_integer(value).filter(|number| range.contains(number));
        if number.is_none() {
            let (code, problem, quotes) = match value.get_ref() {
                DeValue::Integer(_) => (Code::OutOfRange, "is out of range", ""),
                _ => (Code::WrongType, "is no whole number", ", without quotes"),
            };
            let mend = format!("write a whole number from {low} to {high}{quotes}");
            self.report(key, code, format!("`{key}` {problem}"), mend);
        }
        number
    }

    pub(crate) fn need_integer(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        self.need(key, &format!("… (a whole number from {} to {})", range.start(), range.end()));
        self.integer(key, range)
    }

    pub(crate) fn flag(&self, key: &'static str) -> Option<bool> {
        self.note(key, format_args!("true or false"));
        let value = self.ask(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.report(
                key,
                Code::WrongType,
                format!("`{key}` is neither true nor false"),
                format!("write {key} = true or {key} = false, without quotes"),
            );
        }
        flag
    }

    /// A day, with or without quotes.
    pub(crate) fn date(&self, key: &'static str) -> Option<Date> {
        self.note(key, format_args!("date"));
        let value = self.ask(key)?;
        let date = as_date(value);
        if date.is_none() {
            let mend = format!("write {key} = 2026-10-01, without quotes");
            self.report(key, Code::Malformed, format!("`{key}` is no date"), mend);
        }
        date
    }

    /// A list of texts; empty if there is none.
    pub(crate) fn texts(&self, key: &str) -> Vec<(String, Site)> {
        self.note(key, format_args!("list of texts"));
        self.ask(key).map(|value| self.texts_of(key, value)).unwrap_or_default()
    }

    pub(crate) fn texts_of(&self, key: &str, value: Value<'d>) -> Vec<(String, Site)> {
        let Some(array) = value.get_ref().as_array() else {
            self.site_of_value(value).report(
                self.problems,
                Code::WrongType,
                format!("`{key}` is no list"),
                format!("write {key} = [\"…\", \"…\"]"),
            );
            return Vec::new();
        };
        let text = |item: Value<'d>| {
            let site = self.site_of_value(item);
            let text = item.get_ref().as_str().map(str::trim).filter(|text| !text.is_empty());
            if text.is_none() {
                site.report(
                    self.problems,
                    Code::WrongType,
                    format!("`{key}` holds something that is no text"),
                    "put each entry in quotes",
                );
            }
            text.map(|text| (text.to_owned(), site))
        };
        array.iter().filter_map(text).collect()
    }

    /// The tables of `[[key]]`; none if there are none.
    pub(crate) fn tables(&self, key: &'static str) -> Vec<Table<'d>> {
        self.note(key, format_args!("tables"));
        let Some(value) = self.ask(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            let mend = format!("write [[{key}]] with two brackets on each side");
            self.report(key, Code::WrongType, format!("`{key}` is no list of tables"), mend);
            return Vec::new();
        };
        let table = |item: Value<'d>| {
            let table = self.of(key, item);
            if table.is_none() {
                let problem = format!("`{key}` holds something that is no table");
                let mend = "write each entry as { … } with its keys";
                self.site_of_value(item).report(self.problems, Code::WrongType, problem, mend);
            }
            table
        };
        array.iter().filter_map(table).collect()
    }

    pub(crate) fn table(&self, key: &'static str) -> Option<Table<'d>> {
        self.note(key, format_args!("table"));
        let value = self.ask(key)?;
        let table = self.of(key, value);
        if table.is_none() {
            self.report(
                key,
                Code::WrongType,
                format!("`{key}` is no table"),
                format!("write {key} = {{ … }} or [{key}]"),
            );
        }
        table
    }

    /// A table that stands under `key`. `mend` says what to add if it is missing.
    pub(crate) fn need_table(&self, key: &'static str, mend: &str) -> Option<Table<'d>> {
        self.note(key, format_args!("needed"));
        if !self.has(key) {
            self.report(key, Code::MissingKey, format!("`{key}` is missing"), mend);
        }
        self.table(key)
    }

    /// A value that was asked for under `key`, as a table.
    pub(crate) fn of(&self, _key: &str, value: Value<'d>) -> Option<Table<'d>> {
        Some(Table {
            document: self.document,
            problems: self.problems,
            fields: value.get_ref().as_table()?,
            span: Some(value.span()),
            id: self.id.clone(),
            asked: RefCell::default(),
            #[cfg(test)]
            path: format!("{}/{_key}", self.path),
        })
    }

    pub(crate) fn need(&self, key: &'static str, shape: &str) {
        self.note(key, format_args!("needed"));
        if !self.has(key) {
            self.report(key, Code::MissingKey, format!("`{key}` is missing"), format!("add {key} = {shape}"));
        }
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.fields.iter().filter(|(key, _)| !asked.contains(key.get_ref().as_ref())) {
            self.site_of(Some(&key.span())).report(
                self.problems,
                Code::UnknownKey,
                format!("unknown key `{}`", key.get_ref()),
                suggest::mend(key.get_ref(), asked.iter().map(String::as_str)),
            );
        }
    }
}

pub(crate) fn as_integer(value: Value<'_>) -> Option<i64> {
    let integer = value.get_ref().as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn as_date(value: Value<'_>) -> Option<Date> {
    if let Some(text) = value.get_ref().as_str() {
        // Jiff would take a time with it.
        return text.parse().ok().filter(|_| text.len() == "2026-10-01".len());
    }
    let date = value.get_ref().as_datetime()?.date?;
    Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
}
