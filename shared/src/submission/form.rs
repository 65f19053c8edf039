//! The form half of reading a body: `application/x-www-form-urlencoded` with dotted names, as one tree.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::json::Node;

/// The longest path, `tags.interaction.0.kind`. It bounds the depth of the tree; a longer name keeps its further dots
/// in the last segment, where it is an unknown field.
const MAX_SEGMENTS: usize = 4;

/// Reads a form body. A blank value is the same as an absent one; a name that comes twice makes a list, which only some
/// fields take. Names below `custom.` are taken whole, dots included.
///
/// The error is a sentence; it holds nothing of the body.
pub(crate) fn read(body: &[u8]) -> Result<BTreeMap<String, Node>, String> {
    if body.is_empty() {
        return Err("The body is empty; send at least one field.".to_owned());
    }
    check_escapes(body)?;
    let mut top = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        if value.trim().is_empty() {
            continue;
        }
        let limit = if name.starts_with("custom.") { 2 } else { MAX_SEGMENTS };
        let path: Vec<&str> = name.splitn(limit, '.').collect();
        insert(&mut top, &path, value.into_owned());
    }
    Ok(top)
}

/// The reader of the platform's URL library repairs what it cannot decode. A repaired name or address would be somebody
/// else's, so that half an escape and bytes that are not UTF-8 are refused first.
fn check_escapes(body: &[u8]) -> Result<(), String> {
    for part in body.split(|byte| matches!(byte, b'&' | b'=')) {
        let mut decoded = Vec::with_capacity(part.len());
        let mut bytes = part.iter();
        while let Some(&byte) = bytes.next() {
            if byte != b'%' {
                decoded.push(byte);
                continue;
            }
            let mut digit = || bytes.next().and_then(|byte| char::from(*byte).to_digit(16));
            match (digit(), digit()) {
                (Some(high), Some(low)) => decoded.push((high * 16 + low) as u8),
                _ => return Err("A percent sign is not followed by two hexadecimal digits; write `%25`.".to_owned()),
            }
        }
        if str::from_utf8(&decoded).is_err() {
            return Err("A name or value is not UTF-8; declare the page as UTF-8 (`accept-charset`).".to_owned());
        }
    }
    Ok(())
}

fn insert(map: &mut BTreeMap<String, Node>, path: &[&str], value: String) {
    let Some((name, rest)) = path.split_first() else { return };
    match map.entry((*name).to_owned()) {
        Entry::Vacant(free) => {
            free.insert(branch(rest, value));
        }
        Entry::Occupied(mut taken) => match taken.get_mut() {
            Node::Map(child) if !rest.is_empty() => insert(child, rest, value),
            Node::List(items) => items.push(branch(rest, value)),
            // A second value, or a value beside `name.something`.
            first => {
                let first_value = std::mem::replace(first, Node::Null);
                *first = Node::List(vec![first_value, branch(rest, value)]);
            }
        },
    }
}

fn branch(path: &[&str], value: String) -> Node {
    if path.is_empty() {
        return Node::Text(value);
    }
    let mut child = BTreeMap::new();
    insert(&mut child, path, value);
    Node::Map(child)
}
