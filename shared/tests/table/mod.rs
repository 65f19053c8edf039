//! The table of bad input, `bad_input.toml`, for the tests that walk it.

use serde::Deserialize;
use serde_json::Value;

/// The table; the file says what each part holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "not every test reads all of it")]
pub(crate) struct Table {
    pub(crate) malformed_json: Vec<String>,
    pub(crate) malformed_json_bytes: Vec<String>,
    pub(crate) malformed_form: Vec<String>,
    pub(crate) field: Vec<Vec<String>>,
    pub(crate) form: Vec<Vec<String>>,
    pub(crate) batch: Vec<Vec<String>>,
    pub(crate) feedback: Vec<Vec<String>>,
    pub(crate) reports: Vec<Vec<String>>,
    pub(crate) tags: Vec<Vec<String>>,
    pub(crate) verdict: Vec<Vec<String>>,
}

pub(crate) fn table() -> Table {
    toml::from_str(include_str!("../bad_input.toml")).map_err(|fault| fault.message().to_owned()).unwrap()
}

pub(crate) fn valid() -> Value {
    serde_json::from_str(include_str!("../valid_submission.json")).unwrap()
}

/// Writes out `{x*101}`; other braces stay.
pub(crate) fn expand(text: &str) -> String {
    let Some(end) = text.find('}') else { return text.to_owned() };
    let (before, after) = (&text[..end], &text[end + 1..]);
    let repeat = before.rfind('{').and_then(|start| {
        let (unit, times) = before[start + 1..].rsplit_once('*')?;
        Some(before[..start].to_owned() + &unit.repeat(times.parse().ok()?))
    });
    repeat.unwrap_or_else(|| format!("{before}}}")) + &expand(after)
}

/// The body of [`valid`] with the value at `at` replaced: by JSON, which arrives as it is written here, or with `-` by
/// nothing.
pub(crate) fn replaced(at: &str, value: &str) -> String {
    if at.is_empty() {
        return serde_json::from_str::<Value>(value).unwrap().to_string();
    }
    let mut body = valid();
    let (parent, name) = at.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    parent.remove(name);
    if value != "-" {
        parent.insert(name.to_owned(), Value::from("\u{1}here\u{1}"));
    }
    body.to_string().replace("\"\\u0001here\\u0001\"", value)
}
