//! A body as a tree, whatever its encoding, and the strict JSON half of that.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// One value of a body. Member names are unique.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// `null`: the same as an absent member.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer(i128),
    /// Any other number, whole ones beyond 64 bits included.
    Float(f64),
    /// Text, not checked yet.
    Text(String),
    /// A list; in a form, what one repeated name carried.
    List(Vec<Node>),
    /// An object.
    Map(BTreeMap<String, Node>),
}

/// Reads a JSON text whose top level is an object. Refuses what two parsers could read in two ways: a name given twice,
/// anything after the value, a byte order mark, lone surrogates, invalid UTF-8; and nesting beyond 127 levels.
///
/// The error is a sentence with line and column. It holds nothing of the text.
pub(crate) fn read(body: &[u8]) -> Result<BTreeMap<String, Node>, String> {
    match value(body, "a JSON object")? {
        Node::Map(members) => Ok(members),
        _ => Err("The body is not a JSON object; send one, in braces.".to_owned()),
    }
}

/// The same for a text whose top level is an array.
pub(crate) fn read_list(body: &[u8]) -> Result<Vec<Node>, String> {
    match value(body, "a JSON array")? {
        Node::List(items) => Ok(items),
        _ => Err("The body is not a JSON array; send one, in brackets.".to_owned()),
    }
}

fn value(body: &[u8], wanted: &str) -> Result<Node, String> {
    if body.is_empty() {
        return Err(format!("The body is empty; send {wanted}."));
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err("The body starts with a byte order mark; send UTF-8 without one.".to_owned());
    }
    let text = str::from_utf8(body)
        .map_err(|fault| format!("The body is not UTF-8 (byte {}); send UTF-8.", fault.valid_up_to()))?;
    serde_json::from_str(text).map_err(|fault| format!("The body is not strict JSON: {fault}."))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Bool)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Integer(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Integer(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Node, E> {
        Ok(Node::Float(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value()?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("an object gives one name twice"));
            }
        }
        Ok(Node::Map(members))
    }
}
