//! Reading an object member by member, so that every problem is found, each at its place.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::json::Node;
use super::report::Report;
use super::text::{Shape, TextFault, tidy};
use super::{Encoding, syntax};

/// The longest part of an unknown name that is told back, in characters.
const MAX_SHOWN: usize = 40;

/// The members of one object, taken one by one. Whatever is left when the object ends is an unknown field.
pub(crate) struct Fields<'r> {
    report: &'r mut Report,
    at: String,
    name: &'static str,
    members: BTreeMap<String, Node>,
    known: Vec<&'static str>,
}

/// Reads the object at `at`; `read` takes its members.
pub(crate) fn object<T>(
    report: &mut Report,
    at: String,
    name: &'static str,
    members: BTreeMap<String, Node>,
    read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
) -> Option<T> {
    let mut fields = Fields { report, at, name, members, known: Vec::new() };
    let value = read(&mut fields);
    fields.refuse_the_rest();
    value
}

impl Fields<'_> {
    /// How the body was written.
    pub(crate) fn encoding(&self) -> Encoding {
        self.report.encoding
    }

    /// Whether a member is there and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|node| *node != Node::Null)
    }

    /// How many problems the body has so far.
    pub(crate) fn problems(&self) -> usize {
        self.report.found
    }

    /// Notes a problem with a member.
    pub(crate) fn refuse(&mut self, name: &str, code: &str, detail: impl Into<String>) {
        let pointer = self.pointer(name);
        self.report.add(pointer, code, detail);
    }

    /// Notes a problem with the object itself.
    pub(crate) fn refuse_all(&mut self, code: &str, detail: impl Into<String>) {
        self.report.add(self.at.clone(), code, detail);
    }

    /// Reads a member that must be there. It is not asked for again where its value is already refused.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Option<T>,
    ) -> Option<T> {
        let before = self.report.found;
        let value = read(self, name);
        if value.is_none() && self.report.found == before {
            self.refuse(name, "required", format!("Give `{name}`; it may not be missing or blank."));
        }
        value
    }

    /// Reads a text.
    pub(crate) fn text(&mut self, name: &'static str, shape: Shape) -> Option<String> {
        let node = self.take(name)?;
        let pointer = self.pointer(name);
        text(self.report, pointer, node, shape)
    }

    /// Reads a text and what it stands for. `parse` answers the code and the mend.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        shape: Shape,
        parse: impl FnOnce(&str) -> Result<T, (&'static str, String)>,
    ) -> Option<T> {
        let text = self.text(name, shape)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err((code, detail)) => {
                self.refuse(name, code, detail);
                None
            }
        }
    }

    /// Reads one of a fixed set of words.
    pub(crate) fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        self.parsed(name, Shape::line(100), |text| {
            choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
                let words: Vec<_> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
                ("not-one-of", format!("Give one of {}.", words.join(", ")))
            })
        })
    }

    /// Reads a whole number from `least` to `most`.
    pub(crate) fn integer(&mut self, name: &'static str, least: u64, most: u64) -> Option<u64> {
        let node = self.take(name)?;
        let detail = format!("Give a whole number from {least} to {most}.");
        let number = match node {
            Node::Integer(number) => Some(number),
            Node::Float(number) if number.fract() == 0.0 && number.abs() >= 1e15 => None,
            Node::Text(text) if self.encoding() == Encoding::Form => {
                let digits = text.trim().strip_prefix('-').unwrap_or(text.trim());
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    self.refuse(name, "wrong-type", detail);
                    return None;
                }
                text.trim().parse().ok()
            }
            node => {
                self.refuse_type(name, &node, &detail);
                return None;
            }
        };
        let within = number.and_then(|number| u64::try_from(number).ok()).filter(|n| (least..=most).contains(n));
        if within.is_none() {
            self.refuse(name, "out-of-range", detail);
        }
        within
    }

    /// Reads a time of RFC 3339, for example `2026-03-01T09:30:00+08:00`.
    pub(crate) fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        self.parsed(name, Shape::line(100), syntax::time)
    }

    /// Reads an object. None if it is absent.
    pub(crate) fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        match self.take(name)? {
            Node::Map(members) => object(self.report, format!("{}/{name}", self.at), name, members, read),
            node => {
                self.refuse_type(name, &node, "Give an object.");
                None
            }
        }
    }

    /// Reads an object as an empty one if it is absent, so that what must be in it is asked for by name.
    pub(crate) fn object_or_empty<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        if !self.has(name) {
            self.members.insert(name.to_owned(), Node::Map(BTreeMap::new()));
        }
        self.object(name, read)
    }

    /// Reads a list of at most `most` texts. Blank items are dropped.
    pub(crate) fn texts(&mut self, name: &'static str, most: usize, shape: Shape) -> Vec<String> {
        let items = self.items(name, most);
        items.into_iter().filter_map(|(pointer, node)| text(self.report, pointer, node, shape)).collect()
    }

    /// Reads a list of at most `most` objects.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        most: usize,
        read: impl Fn(&mut Fields<'_>) -> Option<T>,
    ) -> Vec<T> {
        let mut values = Vec::new();
        for (pointer, node) in self.items(name, most) {
            match node {
                Node::Map(members) => values.extend(object(self.report, pointer, name, members, &read)),
                _ => self.report.add(pointer, "wrong-type", "Give an object."),
            }
        }
        values
    }

    /// Reads an object of at most `most` texts under names of the form's own, of up to `longest` characters.
    pub(crate) fn open_texts(
        &mut self,
        name: &'static str,
        most: usize,
        longest: usize,
        shape: Shape,
    ) -> BTreeMap<String, String> {
        let members = match self.take(name) {
            None => return BTreeMap::new(),
            Some(Node::Map(members)) => members,
            Some(node) => {
                self.refuse_type(name, &node, "Give an object of texts.");
                return BTreeMap::new();
            }
        };
        let mut texts = BTreeMap::new();
        for (raw, node) in members {
            let pointer = self.pointer(&format!("{name}/{}", shown(&raw)));
            let Some(value) = text(self.report, pointer.clone(), node, shape) else { continue };
            match tidy(&raw, Shape::line(longest)) {
                Ok(Some(key)) => {
                    if texts.insert(key, value).is_some() {
                        self.report.add(pointer, "duplicate-field", "Give each field once.");
                    }
                }
                Ok(None) => self.report.add(pointer, "required", "Give the field a name."),
                Err(fault) => self.report.add(pointer, code_of(fault), mend(fault, "the field's name", longest)),
            }
        }
        if texts.len() > most {
            self.refuse(name, "too-many", format!("Give at most {most} fields."));
        }
        texts
    }

    /// Takes the items of a list with their places. In a form, one value is a list of one, and `name.0`, `name.1` count.
    pub(crate) fn items(&mut self, name: &'static str, most: usize) -> Vec<(String, Node)> {
        let form = self.encoding() == Encoding::Form;
        let items: Vec<(String, Node)> = match self.take(name) {
            None => Vec::new(),
            Some(Node::List(items)) => {
                items.into_iter().enumerate().map(|(index, node)| (index.to_string(), node)).collect()
            }
            Some(Node::Map(members)) if form => self.numbered(name, members),
            Some(node) if form => vec![("0".to_owned(), node)],
            Some(node) => {
                self.refuse_type(name, &node, "Give a list.");
                Vec::new()
            }
        };
        if items.len() > most {
            self.refuse(name, "too-many", format!("Give at most {most} items."));
            return Vec::new();
        }
        let at = self.pointer(name);
        items.into_iter().map(|(index, node)| (format!("{at}/{index}"), node)).collect()
    }

    fn numbered(&mut self, name: &str, members: BTreeMap<String, Node>) -> Vec<(String, Node)> {
        let mut items = BTreeMap::new();
        for (index, node) in members {
            match index.parse::<u8>() {
                Ok(number) if number.to_string() == index => {
                    items.insert(number, (index, node));
                }
                _ => {
                    let place = format!("{name}/{}", shown(&index));
                    self.refuse(&place, "unknown-field", format!("Number the items: `{name}.0`, `{name}.1`."));
                }
            }
        }
        items.into_values().collect()
    }

    /// Takes a member, if it is there and not null.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<Node> {
        self.known.push(name);
        self.members.remove(name).filter(|node| *node != Node::Null)
    }

    /// Takes a honeypot, and tells whether anything but blanks stands in it. Nothing in it is refused or explained, so that
    /// it teaches nobody what it is.
    pub(crate) fn is_filled(&mut self, name: &str) -> bool {
        match self.members.remove(name) {
            None | Some(Node::Null) => false,
            Some(Node::Text(text)) => !text.trim().is_empty(),
            Some(_) => true,
        }
    }

    fn pointer(&self, name: &str) -> String {
        format!("{}/{name}", self.at)
    }

    fn refuse_type(&mut self, name: &str, node: &Node, detail: &str) {
        let pointer = self.pointer(name);
        refuse_type(self.report, pointer, node, detail);
    }

    fn refuse_the_rest(&mut self) {
        for name in std::mem::take(&mut self.members).into_keys() {
            // Looking for a likely name costs something, and thousands of unknown names are no typing error.
            let nearest = if self.report.is_full() { None } else { self.nearest(&name) };
            let detail = match nearest {
                Some(known) => format!("This field is not known; did you mean {known}?"),
                None => "This field is not known; take it out, or send it under `custom`.".to_owned(),
            };
            self.refuse(&shown(&name), "unknown-field", detail);
        }
        let Self { report, known, name, .. } = self;
        report.known.extend(known.drain(..).map(|field| (*name, field)));
    }

    /// A known name that the unknown one is likely to mean: the same but for capitals and dashes, one or two letters
    /// off, or the name of a field of another object.
    fn nearest(&self, unknown: &str) -> Option<String> {
        let folded = folded(unknown);
        let near = |known: &&&str| {
            let distance = strsim::osa_distance(&folded, &self::folded(known));
            distance == 0 || (distance <= 2 && known.len() > 4)
        };
        if let Some(known) = self.known.iter().filter(near).min_by_key(|known| strsim::osa_distance(known, unknown)) {
            return Some(format!("`{known}`"));
        }
        let elsewhere = self.report.known.iter().find(|(_, known)| self::folded(known) == folded);
        elsewhere.map(|(object, known)| format!("`{known}` in `{object}`"))
    }
}

fn text(report: &mut Report, pointer: String, node: Node, shape: Shape) -> Option<String> {
    let Node::Text(raw) = node else {
        refuse_type(report, pointer, &node, "Give a text.");
        return None;
    };
    match tidy(&raw, shape) {
        Ok(text) => text,
        Err(fault) => {
            report.add(pointer, code_of(fault), mend(fault, "this field", shape.max));
            None
        }
    }
}

fn refuse_type(report: &mut Report, pointer: String, node: &Node, detail: &str) {
    match (report.encoding, node) {
        (Encoding::Form, Node::List(_)) => report.add(pointer, "duplicate-field", "Give this field once."),
        _ => report.add(pointer, "wrong-type", detail),
    }
}

fn code_of(fault: TextFault) -> &'static str {
    match fault {
        TextFault::Illegal => "illegal-character",
        TextFault::TooLong => "too-long",
    }
}

fn mend(fault: TextFault, what: &str, max: usize) -> String {
    match fault {
        TextFault::Illegal => format!("Take control, invisible and text-direction characters out of {what}."),
        TextFault::TooLong => format!("Shorten {what} to {max} characters."),
    }
}

/// An unknown name as it may be told back: letters and digits of any script, `_`, `-` and `.`; the rest as `?`.
pub(crate) fn shown(name: &str) -> String {
    let legal = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '?' };
    name.chars().take(MAX_SHOWN).map(legal).collect()
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).take(MAX_SHOWN).flat_map(char::to_lowercase).collect()
}
