//! JSON Schemas (2020-12) of the rule files, for editors. They say what can be said without knowing the other files.

use serde_json::{Map, Value, json};

use crate::rules::condition::operators;
use crate::rules::field::{Field, Kind};
use crate::schema;

use super::condition::{self, CUSTOM};
use super::{Choice, FILES, File, Free, Holds, Key, Part, Words};

/// The name and the schema of each kind of file.
pub fn schemas() -> Vec<(&'static str, Value)> {
    FILES.iter().map(|file| (file.name, of_file(file))).collect()
}

fn of_file(file: &File) -> Value {
    let mut schema = of_part(file.root);
    let further = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": file.path,
        "description": format!("{}. {}", capital(file.purpose), file.words),
        "$defs": definitions(file),
    });
    extend(&mut schema, further);
    schema
}

/// What several keys of a file refer to.
fn definitions(file: &File) -> Value {
    match file.name {
        "clean" | "score" => conditions(false),
        "route" | "sla" | "playbook" => conditions(true),
        "tests" => json!({ "submission": submission() }),
        _ => json!({}),
    }
}

fn of_part(part: &Part) -> Value {
    let properties: Map<String, Value> = part.keys.iter().map(|key| (key.name.to_owned(), of_key(key))).collect();
    let needed: Vec<&str> = part.keys.iter().filter(|key| key.needed).map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !needed.is_empty() {
        // What Taplo fills in when it completes the table.
        extend(&mut schema, json!({ "required": needed, "x-taplo": { "initKeys": needed } }));
    }
    if let Some(Free { pattern, holds, words, .. }) = &part.free {
        let mut value = of(*holds);
        extend(&mut value, json!({ "description": words }));
        extend(&mut schema, json!({ "patternProperties": { *pattern: value } }));
    }
    let each = |keys: &[&str]| keys.iter().map(|key| json!({ "required": [key] })).collect::<Vec<_>>();
    match part.choice {
        Choice::Free => {}
        Choice::ExactlyOne(keys) => extend(&mut schema, json!({ "oneOf": each(keys) })),
        Choice::AtLeastOne(keys) => extend(&mut schema, json!({ "anyOf": each(keys) })),
    }
    if part.keys.iter().any(|key| matches!(key.holds, Holds::Rows(_))) {
        extend(&mut schema, known_cells_unless_custom());
    }
    schema
}

fn of_key(key: &Key) -> Value {
    let mut schema = of(key.holds);
    let default = if key.default.is_empty() { String::new() } else { format!(" Left out: {}.", key.default) };
    extend(&mut schema, json!({ "description": format!("{}{default}", key.words) }));
    if let Some(example) = parsed(key.example) {
        extend(&mut schema, json!({ "examples": [example] }));
    }
    schema
}

/// The value of an example; nothing if there is none.
pub(super) fn parsed(example: &str) -> Option<Value> {
    let table: toml::Table = toml::from_str(&format!("example = {example}")).ok()?;
    table.get("example").map(plain)
}

/// TOML as editors show it to a schema: dates are texts.
pub(super) fn plain(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.iter().map(plain).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
    }
}

fn of(holds: Holds) -> Value {
    match holds {
        Holds::Text => text(),
        Holds::Name => name(),
        Holds::TextLike(pattern) => json!({ "type": "string", "pattern": pattern }),
        Holds::Texts => json!({ "type": "array", "items": text(), "minItems": 1 }),
        Holds::TextsLike(pattern) => json!({ "type": "array", "items": { "type": "string", "pattern": pattern } }),
        Holds::Names => json!({ "type": "array", "items": name() }),
        Holds::Number(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Holds::Flag => json!({ "type": "boolean" }),
        Holds::Word(words) => one_of(words),
        Holds::SomeOf(words) => json!({ "type": "array", "items": one_of(words), "uniqueItems": true }),
        Holds::Date => json!({ "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        Holds::Time => {
            json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].+([Zz]|[+-][0-9]{2}:?[0-9]{2})$" })
        }
        Holds::Condition => json!({ "$ref": "#/$defs/condition" }),
        Holds::LookedUp => some_fields(condition::fields().filter(Field::can_be_looked_up)),
        Holds::Columns => some_fields(condition::fields()),
        Holds::Table(part) => of_part(part),
        Holds::TextOrTable(part) => json!({ "anyOf": [text(), of_part(part)] }),
        Holds::Tables(part) => json!({ "type": "array", "items": of_part(part) }),
        Holds::Rows(part) => json!({ "type": "array", "minItems": 1, "items": row(part) }),
        Holds::Submission => json!({ "$ref": "#/$defs/submission" }),
        Holds::Submissions => json!({ "type": "array", "items": { "$ref": "#/$defs/submission" } }),
    }
}

fn text() -> Value {
    json!({ "type": "string", "pattern": "\\S" })
}

fn name() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" })
}

fn one_of(words: Words) -> Value {
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let mut schema = json!({ "enum": names });
    if words.iter().any(|(_, meaning)| !meaning.is_empty()) {
        let meanings: Vec<String> = words.iter().map(|(_, meaning)| capital(meaning)).collect();
        extend(&mut schema, json!({ "x-taplo": { "docs": { "enumValues": meanings } } }));
    }
    schema
}

/// A field's name, each with what it is.
fn a_field(fields: impl Iterator<Item = Field>) -> Value {
    let (names, words): (Vec<_>, Vec<_>) = fields.map(|field| (field.to_string(), capital(&field.words()))).unzip();
    json!({ "anyOf": [
        { "enum": names, "x-taplo": { "docs": { "enumValues": words } } },
        { "type": "string", "pattern": CUSTOM, "description": "A further field of the form: custom.NAME." },
    ] })
}

fn some_fields(fields: impl Iterator<Item = Field>) -> Value {
    json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": a_field(fields) })
}

/// A list of values, or the name of one.
fn values(items: &Value) -> Value {
    json!({ "anyOf": [
        { "type": "array", "minItems": 1, "items": items },
        { "type": "string", "pattern": "\\S", "description": "The name of a list of lists.toml." },
    ] })
}

fn row(part: &Part) -> Value {
    let mut schema = of_part(part);
    let mut cells = Map::new();
    for (key, kinds) in condition::cells() {
        let mut shapes: Vec<Value> = kinds.into_iter().map(cell).collect();
        shapes.dedup();
        let mut shape = match shapes.as_slice() {
            [one] => one.clone(),
            _ => json!({ "anyOf": shapes }),
        };
        extend(&mut shape, json!({ "description": format!("What the row asks of the table's field `{key}`.") }));
        cells.insert(key, shape);
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.extend(cells);
    }
    extend(&mut schema, json!({ "additionalProperties": cell(Kind::Text) }));
    schema
}

/// What a row may ask of a field.
fn cell(kind: Kind) -> Value {
    match kind {
        Kind::Number => json!({
            "type": "object",
            "properties": { "at_least": bound(), "at_most": bound() },
            "additionalProperties": false,
            "minProperties": 1,
        }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Choice(choices) => values(&json!({ "enum": choices })),
        Kind::Text | Kind::CompanyName | Kind::Domain | Kind::Country | Kind::Province | Kind::City => values(&text()),
    }
}

/// Only a table over a custom field may have cells of any name.
fn known_cells_unless_custom() -> Value {
    let row = super::decisions::ROW.keys.iter().map(|key| key.name.to_owned());
    let known: Vec<String> = row.chain(condition::cells().into_keys()).collect();
    let custom = |key: &str| json!({ "required": [key], "properties": { key: { "contains": { "pattern": CUSTOM } } } });
    json!({
        "if": { "not": { "anyOf": [custom("by"), custom("columns")] } },
        "then": { "properties": { "row": { "items": { "propertyNames": { "enum": known } } } } },
    })
}

fn bound() -> Value {
    json!({ "type": "integer", "minimum": -1_000_000_000_000_i64, "maximum": 1_000_000_000_000_i64 })
}

/// A condition: a test of one field, or `all`, `any` or `not` of conditions. Said without alternatives of whole conditions,
/// so that an editor marks the part that is wrong.
fn conditions(scored: bool) -> Value {
    let mut properties = Map::new();
    let mut field = a_field(condition::fields().filter(|field| scored || !field.needs_scores()));
    extend(&mut field, json!({ "description": "The field that is looked at." }));
    properties.insert("field".to_owned(), field);
    for part in condition::JOINTS.iter().chain(&condition::OPERATORS) {
        let inner = json!({ "$ref": "#/$defs/condition" });
        let mut shape = match part.name {
            "not" => inner,
            "all" | "any" => json!({ "type": "array", "minItems": 1, "items": inner }),
            "is" => json!({ "type": ["string", "boolean"] }),
            "present" => json!({ "type": "boolean" }),
            "at_least" | "at_most" => bound(),
            _ => values(&text()),
        };
        extend(&mut shape, json!({ "description": format!("{} Example: {}", part.words, part.example) }));
        properties.insert(part.name.to_owned(), shape);
    }
    let alone = |key: &str, keys: u32| {
        json!({
            "if": { "required": [key] },
            "then": { "minProperties": keys, "maxProperties": keys },
        })
    };
    let mut consistent = vec![alone("all", 1), alone("any", 1), alone("not", 1), alone("field", 2)];
    consistent.extend(condition::by_kind(scored).into_iter().map(|(kind, fields)| suits(kind, &fields)));
    json!({
        "condition": {
            "description": "A test of one field, or `all`, `any` or `not` of such conditions.",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
            "anyOf": [{ "required": ["field"] }, { "required": ["all"] }, { "required": ["any"] }, { "required": ["not"] }],
            "allOf": consistent,
        },
    })
}

/// The operators that suit fields of a kind, and the values that these may have.
fn suits(kind: Kind, fields: &[String]) -> Value {
    let named = match kind {
        Kind::Text => json!({ "anyOf": [{ "enum": fields }, { "pattern": CUSTOM }] }),
        _ => json!({ "enum": fields }),
    };
    let mut known = vec!["field"];
    known.extend(operators(kind));
    let values = match kind {
        Kind::Flag => json!({ "is": { "type": "boolean" } }),
        Kind::Choice(choices) => json!({ "is": { "enum": choices }, "in": values(&json!({ "enum": choices })) }),
        _ => json!({ "is": { "type": "string" } }),
    };
    json!({
        "if": { "properties": { "field": named }, "required": ["field"] },
        "then": { "propertyNames": { "enum": known }, "properties": values },
    })
}

/// What a form posts, less what a case fills in.
fn submission() -> Value {
    let mut schema = schema::posted();
    for at in ["", "/properties/source", "/properties/consent"] {
        if let Some(Value::Object(object)) = schema.pointer_mut(at) {
            object.remove("required");
        }
    }
    if let Value::Object(root) = &mut schema {
        root.remove("$schema");
    }
    schema
}

fn extend(schema: &mut Value, further: Value) {
    if let (Value::Object(schema), Value::Object(further)) = (schema, further) {
        schema.extend(further);
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
