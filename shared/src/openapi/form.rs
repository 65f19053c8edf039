//! The body of a plain HTML form, as a schema: the JSON body's, with every field under its dotted name.

use serde_json::{Map, Value, json};

use crate::schema;

/// The body of `POST /v1/leads` as `application/x-www-form-urlencoded`.
pub(super) fn posted() -> Value {
    let mut form = Form::default();
    form.object("", &schema::posted(), true);
    json!({
        "title": "One submission, as a plain HTML form sends it",
        "description": "The fields of NewLead under dotted names. A blank value is the same as an absent field.",
        "type": "object",
        "required": form.required,
        "anyOf": form.any_of,
        "dependentRequired": form.dependent,
        "properties": form.properties,
        "patternProperties": form.patterns,
        "additionalProperties": false,
    })
}

#[derive(Default)]
struct Form {
    properties: Map<String, Value>,
    /// By regular expression: numbered items, and names of the form's own.
    patterns: Map<String, Value>,
    required: Vec<String>,
    any_of: Vec<Value>,
    dependent: Map<String, Value>,
}

impl Form {
    /// Adds the fields of an object; `must` says whether the object has to be there.
    fn object(&mut self, prefix: &str, schema: &Value, must: bool) {
        let required = names(schema.get("required"), prefix);
        let below = |name: &str| format!("{prefix}{name}");
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = below(name);
            let must = must && required.contains(&path);
            match shape(field) {
                "object" if field.get("properties").is_some() => self.object(&format!("{path}."), field, must),
                "object" => self.open(&path, field),
                "array" => self.list(&path, field),
                _ => {
                    self.properties.insert(path.clone(), without_null(field));
                    if must {
                        self.required.push(path);
                    }
                }
            }
        }
        if must {
            let ways = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
            self.any_of.extend(ways.map(|way| json!({"required": names(way.get("required"), prefix)})));
        } else if let Some((first, rest)) = required.split_first() {
            // The form's hidden fields are always sent; the first required field says whether the object is meant.
            self.dependent.insert(first.clone(), json!(rest));
        }
    }

    /// An object under names of the form's own.
    fn open(&mut self, path: &str, field: &Value) {
        let value = field.get("additionalProperties").cloned().unwrap_or(Value::Bool(true));
        self.patterns.insert(format!("^{}[.].", dots(path)), value);
    }

    /// A list: a name given again or numbered; objects are numbered.
    fn list(&mut self, path: &str, field: &Value) {
        let Some(items) = field.get("items") else { return };
        let numbered = format!("^{}[.][0-9]+", dots(path));
        match items.get("properties").and_then(Value::as_object) {
            Some(members) => {
                for (name, member) in members {
                    self.patterns.insert(format!("{numbered}[.]{name}$"), without_null(member));
                }
            }
            None => {
                self.patterns.insert(format!("{numbered}$"), items.clone());
                self.properties.insert(path.to_owned(), without_null(field));
            }
        }
    }
}

fn names(list: Option<&Value>, prefix: &str) -> Vec<String> {
    let names = list.and_then(Value::as_array).into_iter().flatten();
    names.filter_map(|name| Some(format!("{prefix}{}", name.as_str()?))).collect()
}

fn dots(path: &str) -> String {
    path.replace('.', "[.]")
}

/// The type that a field has when it is there.
fn shape(field: &Value) -> &str {
    match field.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).find(|one| *one != "null").unwrap_or(""),
        Some(Value::String(one)) => one,
        _ => "",
    }
}

/// The field as a form has it: a form knows no `null` and no default.
fn without_null(field: &Value) -> Value {
    let mut field = field.clone();
    let shape = shape(&field).to_owned();
    if let Some(members) = field.as_object_mut() {
        members.remove("default");
        if !shape.is_empty() {
            members.insert("type".into(), shape.into());
        }
        if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
            choices.retain(|choice| *choice != json!({"type": "null"}));
        }
    }
    field
}
