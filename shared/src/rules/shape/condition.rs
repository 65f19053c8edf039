//! What conditions are made of: the operators, the fields and their kinds, and what the rows of a table call the fields.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::field::{Field, Kind};
use crate::rules::table;

/// An operator, what it asks, and an example.
pub(super) struct Operator {
    pub(super) name: &'static str,
    pub(super) words: &'static str,
    pub(super) example: &'static str,
}

pub(super) const OPERATORS: [Operator; 7] = [
    Operator {
        name: "is",
        words: "The field has this value.",
        example: r#"{ field = "interest.horizon", is = "immediate" }"#,
    },
    Operator {
        name: "in",
        words: "The field has one of these values: a list, or the name of a list of `lists.toml`.",
        example: r#"{ field = "company.country", in = ["DE", "AT", "CH"] }"#,
    },
    Operator {
        name: "at_least",
        words: "The number is this or more.",
        example: r#"{ field = "company.size", at_least = 500 }"#,
    },
    Operator {
        name: "at_most",
        words: "The number is this or less.",
        example: r#"{ field = "company.size", at_most = 50 }"#,
    },
    Operator {
        name: "present",
        words: "Whether the field is given at all.",
        example: r#"{ field = "consent.purpose", present = false }"#,
    },
    Operator {
        name: "contains_word_in",
        words: "One of these words stands in the text: a list, or the name of one. Whole words; Chinese anywhere.",
        example: r#"{ field = "contact.title", contains_word_in = "deciding-titles" }"#,
    },
    Operator {
        name: "only_words_in",
        words: "The text is made of these words and nothing else: a list, or the name of one.",
        example: r#"{ field = "contact.name", only_words_in = ["test", "测试"] }"#,
    },
];

/// The words for `all`, `any` and `not`, with an example each.
pub(super) const JOINTS: [Operator; 3] = [
    Operator {
        name: "all",
        words: "All of these conditions hold.",
        example: r#"{ all = [{ field = "account.kind", is = "key" }, { field = "company.size", at_least = 500 }] }"#,
    },
    Operator {
        name: "any",
        words: "At least one of these conditions holds.",
        example: r#"{ any = [{ field = "company.country", is = "CN" }, { field = "company.province", present = true }] }"#,
    },
    Operator {
        name: "not",
        words: "The condition does not hold.",
        example: r#"{ not = { field = "email.domain", in = "free-mail" } }"#,
    },
];

/// The pattern of a further field of a form.
pub(super) const CUSTOM: &str = "^custom\\..+$";

/// Every field but the custom ones.
pub(super) fn fields() -> impl Iterator<Item = Field> {
    Field::NAMES.iter().filter_map(|name| Field::parse(name))
}

/// The fields by kind; text has the custom ones, too.
pub(super) fn by_kind(scored: bool) -> BTreeMap<Kind, Vec<String>> {
    let mut kinds: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
    for field in fields().filter(|field| scored || !field.needs_scores()) {
        kinds.entry(field.kind()).or_default().push(field.to_string());
    }
    kinds
}

/// What a kind is called.
pub(super) fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::CompanyName => "company name",
        Kind::Number => "number",
        Kind::Flag => "true or false",
        Kind::Choice(_) => "one of few words",
        Kind::Domain => "domain",
        Kind::Country => "country",
        Kind::Province => "province",
        Kind::City => "city",
    }
}

/// What rows may call the fields, with the kinds that the name may mean.
pub(super) fn cells() -> BTreeMap<String, BTreeSet<Kind>> {
    let mut cells: BTreeMap<String, BTreeSet<Kind>> = BTreeMap::new();
    for field in fields() {
        for key in table::cell_keys(&field) {
            cells.entry(key).or_default().insert(field.kind());
        }
    }
    cells
}
