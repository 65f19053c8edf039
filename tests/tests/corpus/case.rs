//! A case as it stands in its file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

const BASE: &str = include_str!("../../corpus/base.json");

pub(crate) struct Family {
    pub(crate) cases: Vec<Case>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// Why this is expected, where that is not plain.
    #[serde(default, rename = "why")]
    _why: String,
    #[serde(flatten)]
    pub(crate) request: Request,
    pub(crate) expect: Expect,
}

#[derive(Clone, Default, Deserialize)]
pub(crate) struct Request {
    /// Requests that came before.
    #[serde(default)]
    pub(crate) before: Vec<Request>,
    /// The route that API Gateway matched.
    pub(crate) route: Option<String>,
    pub(crate) path: Option<String>,
    #[serde(default)]
    pub(crate) query: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Option<Value>>,
    /// Seconds after the usual time of the request.
    #[serde(default)]
    pub(crate) later: i64,
    /// Changes to `base.json`.
    pub(crate) set: Option<BTreeMap<String, Value>>,
    /// A whole body, as JSON or as a form.
    pub(crate) text: Option<Value>,
    pub(crate) form: Option<Value>,
    /// A body that is no text, or that API Gateway took for none.
    pub(crate) base64: Option<Value>,
    /// Tokens that the verifier of captchas knows: what it says of each.
    #[serde(default)]
    pub(crate) tokens: BTreeMap<String, Token>,
    #[serde(default)]
    pub(crate) verifier_down: bool,
    /// Calls that fail, by number from the first request on.
    #[serde(default)]
    pub(crate) unavailable: Vec<usize>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) success: bool,
    pub(crate) hostname: Option<String>,
    pub(crate) action: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// Not one of ours: API Gateway answers, and no function runs.
    #[serde(default)]
    pub(crate) gateway: bool,
    pub(crate) status: i64,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// As `pointer code`, sorted by nobody: their order does not count.
    #[serde(default)]
    pub(crate) errors: Vec<String>,
    /// The calls to AWS and to the verifier. None of either if left out and the request is refused; `commit` and `send` if
    /// it is taken.
    pub(crate) calls: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) replayed: bool,
    /// What each entry of a batch is answered: its status, `replayed` if it is one, and its errors as `pointer code`.
    pub(crate) results: Option<Vec<String>>,
    /// Where the lead ends: `goes on`, or a stage and the code of its reason.
    pub(crate) then: Option<String>,
    /// What the stored submission holds: by pointer.
    #[serde(default)]
    pub(crate) kept: BTreeMap<String, Value>,
    pub(crate) location: Option<String>,
    /// A page for a person instead of JSON: its language, and what it says.
    pub(crate) page: Option<ExpectedPage>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedPage {
    pub(crate) language: String,
    pub(crate) says: Vec<String>,
}

impl Family {
    fn folder() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))
    }

    /// The families that have a file.
    pub(crate) fn files() -> Vec<String> {
        let names = std::fs::read_dir(Self::folder()).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.filter_map(|name| Some(name.to_str()?.strip_suffix(".jsonl")?.to_owned()));
        names.collect()
    }

    pub(crate) fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(Self::folder().join(format!("{name}.jsonl"))).unwrap();
        Self { cases: text.lines().filter(|line| !line.is_empty()).map(Case::parse).collect() }
    }
}

impl Case {
    pub(crate) fn parse(line: &str) -> Self {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
    }
}

/// A body's bytes and its usual content type.
pub(crate) struct Body {
    pub(crate) content_type: Option<&'static str>,
    pub(crate) text: String,
    pub(crate) is_base64: bool,
}

impl Request {
    pub(crate) fn body(&self) -> Body {
        let json = Some("application/json");
        if let Some(base64) = &self.base64 {
            return Body { content_type: json, text: written(base64), is_base64: true };
        }
        if let Some(form) = &self.form {
            let content_type = Some("application/x-www-form-urlencoded");
            return Body { content_type, text: written(form), is_base64: false };
        }
        if let Some(text) = &self.text {
            return Body { content_type: json, text: written(text), is_base64: false };
        }
        let Some(set) = &self.set else { return Body { content_type: None, text: String::new(), is_base64: false } };
        let mut body: Value = serde_json::from_str(BASE).unwrap();
        for (pointer, value) in set {
            place(&mut body, pointer, expanded(value));
        }
        Body { content_type: json, text: body.to_string(), is_base64: false }
    }

    /// Every text that was sent as a value, and is long enough not to stand in an answer by chance.
    pub(crate) fn sent(&self) -> Vec<String> {
        let mut sent: Vec<String> = self.set.iter().flatten().flat_map(|(_, value)| texts(&expanded(value))).collect();
        let whole = [self.text.as_ref(), self.form.as_ref()].into_iter().flatten().map(written);
        sent.extend(
            whole.flat_map(|text| serde_json::from_str::<Value>(&text).map_or_else(|_| vec![text], |v| texts(&v))),
        );
        sent.extend(self.headers.values().flatten().map(written));
        if let Some(bytes) = self.base64.as_ref().and_then(|text| STANDARD.decode(written(text)).ok()) {
            sent.extend(String::from_utf8(bytes));
        }
        sent.retain(|text| text.chars().count() >= 10);
        sent
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// A text as written in a case.
pub(crate) fn written(value: &Value) -> String {
    match expanded(value) {
        Value::String(text) => text,
        other => panic!("{other} is no text"),
    }
}

/// The value with its generators replaced by what they make: `{"repeat": ["x", 3]}` is `xxx`, and
/// `{"join": ["a", {"repeat": ["x", 3]}]}` is `axxx`.
fn expanded(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(expanded).collect(),
        Value::Object(members) if members.len() == 1 => match members.iter().next().unwrap() {
            (name, Value::Array(of)) if name == "repeat" => {
                of[0].as_str().unwrap().repeat(of[1].as_u64().unwrap() as usize).into()
            }
            (name, Value::Array(parts)) if name == "join" => parts.iter().map(written).collect::<String>().into(),
            (name, value) => Value::from(serde_json::Map::from_iter([(name.clone(), expanded(value))])),
        },
        Value::Object(members) => Value::from_iter(members.iter().map(|(name, value)| (name.clone(), expanded(value)))),
        other => other.clone(),
    }
}

/// Puts a value where the pointer says; objects on the way are made. `{"out": true}` takes it out.
fn place(body: &mut Value, pointer: &str, value: Value) {
    let mut names: Vec<String> =
        pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
    let Some(last) = names.pop() else {
        *body = value;
        return;
    };
    let mut at = body;
    for name in names {
        at = match at {
            Value::Array(items) => &mut items[name.parse::<usize>().unwrap()],
            Value::Object(members) => members.entry(name).or_insert_with(|| Value::Object(Default::default())),
            other => panic!("nothing stands below {other}"),
        };
    }
    let members = at.as_object_mut().unwrap();
    if value == serde_json::json!({"out": true}) {
        members.remove(&last);
    } else {
        members.insert(last, value);
    }
}
