//! JSON Schemas (2020-12), generated from the types: of what may be posted, and of what is sent and answered.
//!
//! Both sides are true of the same types, read two ways. What may be posted has no unknown fields, and `null` stands for
//! an absent one. What is sent has no `null` at all, and may get further fields within its major version.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::feedback::{Feedback, FeedbackEntry, Verdict};
use crate::message::SalesMessage;
use crate::submission::Posted;
use crate::tags::TagsCorrected;

/// The body of `POST /v1/leads` in JSON.
pub fn posted() -> Value {
    of_input::<Posted>("One submission")
}

/// The body of `POST /v1/leads/{id}/feedback`.
pub fn feedback() -> Value {
    of_input::<Feedback>("What came of a lead")
}

/// An entry of the body of `POST /v1/feedback`.
pub fn feedback_entry() -> Value {
    of_input::<FeedbackEntry>("What came of one of several leads")
}

/// The body of `POST /v1/leads/{id}/verdict`.
pub fn verdict() -> Value {
    of_input::<Verdict>("A person's decision about a lead")
}

/// The body of `POST /v1/leads/{id}/tags`.
pub fn tags() -> Value {
    of_input::<TagsCorrected>("A correction of a lead's tags")
}

/// A message on a sales queue: the published contract.
pub fn sales_message() -> Value {
    let mut schema = outputs("/$defs").into_root_schema_for::<SalesMessage>();
    schema.insert("title".into(), "A message on a sales queue".into());
    schema.to_value()
}

/// A schema without references, so that it can be shown, and taken apart, by itself.
fn of_input<T: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| settings.inline_subschemas = true);
    let settings = settings.with_transform(RecursiveTransform(null_is_absent));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".into(), title.into());
    schema.to_value()
}

/// A generator for what is sent. Its definitions stand under `definitions`, for example `/$defs`.
pub(crate) fn outputs(definitions: &'static str) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let settings = settings.with(|settings| settings.definitions_path = definitions.into());
    settings
        .with_transform(RecursiveTransform(never_null))
        .with_transform(RecursiveTransform(open_to_additions))
        .into_generator()
}

/// Lets every field that may be missing be `null`.
fn null_is_absent(schema: &mut Schema) {
    let required = required(schema);
    for (_, property) in properties(schema).into_iter().flatten().filter(|(name, _)| !required.contains(name)) {
        if let Some(one @ Value::String(_)) = property.get_mut("type") {
            *one = json!([one.take(), "null"]);
        }
    }
}

/// Takes `null` back from every field that is left out when it has no value.
fn never_null(schema: &mut Schema) {
    for (_, property) in properties(schema).into_iter().flatten() {
        let Value::Object(property) = property else { continue };
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|one| one != "null");
            if let [one] = types.as_mut_slice() {
                let one = one.take();
                property.insert("type".into(), one);
            }
        }
        let Some(Value::Array(choices)) = property.get_mut("anyOf") else { continue };
        choices.retain(|choice| *choice != json!({"type": "null"}));
        if let [Value::Object(one)] = choices.as_mut_slice() {
            let one = std::mem::take(one);
            property.remove("anyOf");
            // What the field says of itself goes before what its type says.
            for (key, value) in one {
                property.entry(key).or_insert(value);
            }
        }
    }
}

/// Readers ignore what they do not know, so that fields can be added.
fn open_to_additions(schema: &mut Schema) {
    for closed in ["additionalProperties", "unevaluatedProperties"] {
        if schema.get(closed) == Some(&Value::Bool(false)) {
            schema.remove(closed);
        }
    }
}

fn properties(schema: &mut Schema) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties")?.as_object_mut()
}

fn required(schema: &Schema) -> Vec<String> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}
