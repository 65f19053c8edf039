//! The shape of the rule files, said once: the keys of each table, what they hold and what they mean. The JSON Schemas for
//! editors and the reference for people are made from it, and a test holds it to what the readers ask for.

mod around;
mod cases;
mod condition;
mod decisions;
mod json_schema;
mod owners;
mod reference;
#[cfg(test)]
mod tests;

use super::suggest;

pub use json_schema::schemas;
pub use reference::reference;

/// A kind of rule file.
struct File {
    /// The schema is called `NAME.schema.json`.
    name: &'static str,
    /// Where such files lie, below `infra/`.
    path: &'static str,
    /// What it is for, in a line.
    purpose: &'static str,
    /// How it is read: what a person has to know before the keys.
    words: &'static str,
    /// Whether a rule set may do without.
    optional: bool,
    root: &'static Part,
}

/// Every kind of file, in the order in which a lead meets them.
const FILES: [File; 12] = [
    around::FORMS,
    decisions::CLEAN,
    around::LISTS,
    decisions::SCORE,
    decisions::ROUTE,
    around::QUEUES,
    owners::OWNERS,
    around::SLA,
    around::CALENDAR,
    around::PLAYBOOK,
    around::PRINCIPALS,
    cases::CASES,
];

/// A table of a file.
struct Part {
    /// As a file begins it, for example `[[rule]]`; empty for the file itself.
    heading: &'static str,
    keys: &'static [Key],
    /// What further keys hold, if their names are free.
    free: Option<Free>,
    choice: Choice,
}

struct Free {
    /// What stands for the name in the reference.
    name: &'static str,
    /// The names allowed, as a regular expression.
    pattern: &'static str,
    holds: Holds,
    words: &'static str,
    example: &'static str,
}

/// How many of some keys a table gives.
#[derive(Clone, Copy)]
enum Choice {
    Free,
    ExactlyOne(&'static [&'static str]),
    AtLeastOne(&'static [&'static str]),
}

struct Key {
    name: &'static str,
    holds: Holds,
    needed: bool,
    /// What holds if it is left out, if that needs saying.
    default: &'static str,
    words: &'static str,
    /// As it would stand behind the `=`; empty where the tables of the key are shown by themselves.
    example: &'static str,
}

/// Words that a key takes, each with its meaning.
type Words = &'static [(&'static str, &'static str)];

/// What a key holds.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    /// Letters, digits, `-`, `_` and `.`, up to 64.
    Name,
    /// Text that matches the regular expression.
    TextLike(&'static str),
    Texts,
    /// Texts that each match the regular expression.
    TextsLike(&'static str),
    /// Names of queues.
    Names,
    Number(i64, i64),
    Flag,
    Word(Words),
    SomeOf(Words),
    Date,
    /// A time with its offset, as text.
    Time,
    Condition,
    /// Names of fields that a table can look up.
    LookedUp,
    /// Names of fields that a table can compare.
    Columns,
    Table(&'static Part),
    /// A word, or the table that says more.
    TextOrTable(&'static Part),
    Tables(&'static Part),
    /// The rows of a table, which have a cell for each of its fields beside the keys of the part.
    Rows(&'static Part),
    /// A submission as a form posts it.
    Submission,
    Submissions,
}

impl Holds {
    /// In words, as readers call it too.
    fn words(self) -> String {
        match self {
            Self::Text | Self::TextLike(_) | Self::Name => "text".to_owned(),
            Self::Texts | Self::TextsLike(_) | Self::Names | Self::LookedUp | Self::Columns => {
                "list of texts".to_owned()
            }
            Self::Number(low, high) => format!("whole number from {low} to {high}"),
            Self::Flag => "true or false".to_owned(),
            Self::Word(words) => format!("one of {}", suggest::listed(words.iter().map(|(word, _)| *word))),
            Self::SomeOf(words) => format!("list of {}", suggest::listed(words.iter().map(|(word, _)| *word))),
            Self::Date => "date".to_owned(),
            Self::Time => "time".to_owned(),
            Self::Condition => "condition".to_owned(),
            Self::Table(_) => "table".to_owned(),
            Self::TextOrTable(_) => "text or table".to_owned(),
            Self::Tables(_) | Self::Rows(_) => "tables".to_owned(),
            Self::Submission => "submission".to_owned(),
            Self::Submissions => "list of submissions".to_owned(),
        }
    }
}

impl Part {
    const fn new(heading: &'static str, keys: &'static [Key]) -> Self {
        Self { heading, keys, free: None, choice: Choice::Free }
    }

    const fn choosing(self, choice: Choice) -> Self {
        Self { choice, ..self }
    }

    const fn free(self, free: Free) -> Self {
        Self { free: Some(free), ..self }
    }
}

/// A key that has to be given.
const fn need(name: &'static str, holds: Holds, words: &'static str, example: &'static str) -> Key {
    Key { name, holds, needed: true, default: "", words, example }
}

/// A key that may be left out.
const fn may(name: &'static str, holds: Holds, words: &'static str, example: &'static str) -> Key {
    Key { name, holds, needed: false, default: "", words, example }
}

impl Key {
    const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }
}
