//! Named lists of words and domains: those of `lists.toml`, and files `lists/NAME.txt` with an entry a line, which suit
//! the long ones that come from elsewhere. Rules refer to them by name and share what was made of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::condition::legal_value;
use super::diagnostic::Code;
use super::field::{Field, Kind};
use super::reader::{Problems, Site, Table};
use super::texts::Texts;

/// The lists by name.
#[derive(Default)]
pub(crate) struct Lists<'f>(BTreeMap<String, List<'f>>);

/// A list.
pub(crate) struct List<'f> {
    file: String,
    entries: Entries<'f>,
    compared: RefCell<Vec<(Kind, Compared)>>,
}

/// The entries as a kind of field is compared with them; nothing if one of them can't be.
type Compared = Option<Arc<Texts>>;

enum Entries<'f> {
    /// In `lists.toml`, each with its line.
    Written(Vec<(String, Option<usize>)>),
    /// The text of a file.
    File(&'f str),
}

impl Entries<'_> {
    fn iter(&self) -> Box<dyn Iterator<Item = (&str, Option<usize>)> + '_> {
        match self {
            Self::Written(entries) => Box::new(entries.iter().map(|(text, line)| (text.as_str(), *line))),
            Self::File(text) => {
                let lines = text.lines().zip(1..).map(|(line, number)| (line.trim(), Some(number)));
                Box::new(lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#')))
            }
        }
    }
}

/// The list's name if `file` is a file of entries.
pub(super) fn name_of(file: &str) -> Option<&str> {
    file.strip_prefix("lists/")?.strip_suffix(".txt").filter(|name| !name.is_empty())
}

impl<'f> Lists<'f> {
    /// Reads the lists of `lists.toml`, and those that are files of their own, given as (name, text).
    pub(super) fn read(root: &Table<'_>, files: impl Iterator<Item = (&'f str, &'f str)>) -> Self {
        let mut lists = Self::default();
        for (name, value) in root.entries() {
            let site = root.site_of_value(value);
            let entry = |(text, site): (String, Site)| (text, site.line);
            let entries = root.texts_of(name, value).into_iter().map(entry).collect();
            lists.add(name, site, Entries::Written(entries), root.problems());
        }
        for (file, text) in files {
            let Some(name) = name_of(file) else { continue };
            lists.add(name, Site::file(file), Entries::File(text), root.problems());
        }
        lists
    }

    fn add(&mut self, name: &str, site: Site, entries: Entries<'f>, problems: &Problems) {
        if entries.iter().next().is_none() {
            site.report(problems, Code::Empty, format!("list `{name}` is empty"), "add entries or take it out");
        }
        if let Some(other) = self.0.get(name) {
            let problem = format!("list `{name}` also stands in {}", other.file);
            site.report(problems, Code::Twice, problem, "give one of them another name");
        }
        self.0.insert(name.to_owned(), List { file: site.file, entries, compared: RefCell::default() });
    }

    pub(super) fn get(&self, name: &str) -> Option<&List<'f>> {
        self.0.get(name)
    }

    /// The names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }
}

impl List<'_> {
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(text, _)| text)
    }

    /// The entries as `field` is compared with them: made once, however many rules name the list. Reports each entry that
    /// the field can never have.
    pub(super) fn compared_with(&self, field: &Field, problems: &Problems) -> Compared {
        let kind = field.kind();
        if let Some((_, values)) = self.compared.borrow().iter().find(|(known, _)| *known == kind) {
            return values.clone();
        }
        let (mut values, mut possible) = (Vec::new(), true);
        for (text, line) in self.entries.iter() {
            match legal_value(kind, text) {
                Ok(value) => values.push(value),
                Err(mend) => {
                    possible = false;
                    let site = Site { file: self.file.clone(), line, rule: None };
                    let problem = format!("`{field}` can never be `{text}`");
                    site.report(problems, Code::ImpossibleValue, problem, mend);
                }
            }
        }
        let values = possible.then(|| Arc::new(values.into_iter().collect()));
        self.compared.borrow_mut().push((kind, values.clone()));
        values
    }
}
