//! Named lists of words and domains: those of `lists.toml`, and files `lists/NAME.txt` with an entry a line, which suit
//! the long ones that come from elsewhere. Rules refer to them by name and share what was made of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::condition::legal_value;
use super::diagnostic::Code;
use super::field::{Field, Kind};
use super::reader::{Problems, Site, Table};

/// The lists by name.
#[derive(Default)]
pub(crate) struct Lists(BTreeMap<String, List>);

/// A list.
pub(crate) struct List {
    file: String,
    entries: Vec<Entry>,
    compared: RefCell<Vec<(Kind, Compared)>>,
}

/// The entries as a kind of field is compared with them; nothing if one of them can't be.
type Compared = Option<Arc<BTreeSet<String>>>;

struct Entry {
    text: String,
    line: Option<usize>,
}

/// The list's name if `file` is a file of entries.
pub(super) fn name_of(file: &str) -> Option<&str> {
    file.strip_prefix("lists/")?.strip_suffix(".txt").filter(|name| !name.is_empty())
}

impl Lists {
    /// Reads the lists of `lists.toml`, and those that are files of their own, given as (name, text).
    pub(super) fn read<'f>(root: &Table<'_>, files: impl Iterator<Item = (&'f str, &'f str)>) -> Self {
        let mut lists = Self::default();
        for (name, value) in root.entries() {
            let site = root.site_of_value(value);
            let entry = |(text, site): (String, Site)| Entry { text, line: site.line };
            let entries = root.texts_of(name, value).into_iter().map(entry).collect();
            lists.add(name, site, entries, root.problems());
        }
        for (file, text) in files {
            let Some(name) = name_of(file) else { continue };
            let lines = text.lines().zip(1..).map(|(line, number)| (line.trim(), number));
            let entries = lines
                .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
                .map(|(line, number)| Entry { text: line.to_owned(), line: Some(number) })
                .collect();
            lists.add(name, Site::file(file), entries, root.problems());
        }
        lists
    }

    fn add(&mut self, name: &str, site: Site, entries: Vec<Entry>, problems: &Problems) {
        if entries.is_empty() {
            site.report(problems, Code::Empty, format!("list `{name}` is empty"), "add entries or take it out");
        }
        if let Some(other) = self.0.get(name) {
            let problem = format!("list `{name}` also stands in {}", other.file);
            site.report(problems, Code::Twice, problem, "give one of them another name");
        }
        self.0.insert(name.to_owned(), List { file: site.file, entries, compared: RefCell::default() });
    }

    pub(super) fn get(&self, name: &str) -> Option<&List> {
        self.0.get(name)
    }

    /// The names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }
}

impl List {
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.text.as_str())
    }

    /// The entries as `field` is compared with them: made once, however many rules name the list. Reports each entry that
    /// the field can never have.
    pub(super) fn compared_with(&self, field: &Field, problems: &Problems) -> Compared {
        let kind = field.kind();
        if let Some((_, values)) = self.compared.borrow().iter().find(|(known, _)| *known == kind) {
            return values.clone();
        }
        let legal = |entry: &Entry| match legal_value(kind, &entry.text) {
            Ok(value) => Some(value),
            Err(mend) => {
                let site = Site { file: self.file.clone(), line: entry.line, rule: None };
                let problem = format!("`{field}` can never be `{}`", entry.text);
                site.report(problems, Code::ImpossibleValue, problem, mend);
                None
            }
        };
        // All are looked at before any is missed, so that each wrong one is reported.
        let values: Vec<_> = self.entries.iter().map(legal).collect();
        let values: Option<BTreeSet<_>> = values.into_iter().collect();
        let values = values.map(Arc::new);
        self.compared.borrow_mut().push((kind, values.clone()));
        values
    }
}
