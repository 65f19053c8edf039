//! The table ports over DynamoDB. A row is an item whose attributes are the row's fields, beside the keys `pk` and `sk`
//! and, on a state with timed work, the index keys `due_shard` and `due_key`; on that of an open lead `queue_pk` and
//! `queue_sk`, and `queue_entry`, which its list shows.

mod reads;
mod writes;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use leads::id::LeadId;
use leads::lead::Listed;
use leads::ports::PortError;
use leads::row::{Row, RowKey};

/// The index of timed work.
pub const DUE_INDEX: &str = "due";

/// The index of open leads.
pub const QUEUE_INDEX: &str = "queue";

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// The item of a row.
pub fn to_item(row: &Row) -> Result<Item, PortError> {
    let key = row.key();
    let mut item: Item = serde_dynamo::to_item(row)
        .map_err(|error| PortError::Corrupt { row: key.sk.clone(), why: format!("it does not serialise: {error}") })?;
    if let Row::State(state) = row
        && let Some(at) = state.due_at()
    {
        item.insert("due_shard".into(), text(state.due_shard().to_string()));
        item.insert("due_key".into(), text(due_key(at, &state.lead_id)));
    }
    if let Row::State(state) = row
        && let Some(Listed { list, key: place, entry }) = state.listed()
    {
        let entry = serde_dynamo::to_attribute_value(entry).map_err(|error| PortError::Corrupt {
            row: key.sk.clone(),
            why: format!("it does not serialise: {error}"),
        })?;
        item.insert("queue_pk".into(), text(list.partition()));
        item.insert("queue_sk".into(), text(place));
        item.insert("queue_entry".into(), entry);
    }
    item.insert("pk".into(), text(key.pk));
    item.insert("sk".into(), text(key.sk));
    Ok(item)
}

/// The row of an item.
pub fn from_item(item: Item) -> Result<Row, PortError> {
    let sk = item.get("sk").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
    // serde's message can quote a value, and a row can hold personal ones.
    serde_dynamo::from_item(item).map_err(|_| PortError::Corrupt { row: sk, why: "it does not parse".into() })
}

/// Thirteen digits of milliseconds sort as time does until the year 2286.
fn due_key(at: Timestamp, lead: &LeadId) -> String {
    format!("{:013}#{lead}", at.as_millisecond())
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: &impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn key_of(key: &RowKey) -> Item {
    HashMap::from([("pk".to_owned(), text(&*key.pk)), ("sk".to_owned(), text(&*key.sk))])
}
