//! The rows that a run finds, as DynamoDB writes them in JSON.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use aws_sdk_dynamodb::types::AttributeValue;
use leads::row::Row;
use serde_json::{Value, json};
use support::dynamo::{Item, to_item};

/// Items by partition and sort key.
#[derive(Default)]
pub(super) struct Table(BTreeMap<(String, String), Value>);

impl Table {
    pub(super) fn of(rows: &[Row]) -> Result<Self> {
        let item = |row: &Row| {
            let key = row.key();
            Ok(((key.pk, key.sk), attributes(&to_item(row)?)?))
        };
        Ok(Self(rows.iter().map(item).collect::<Result<_>>()?))
    }

    pub(super) fn get(&self, pk: &str, sk: &str) -> Option<&Value> {
        self.0.get(&(pk.to_owned(), sk.to_owned()))
    }

    /// The items of one partition with sort keys between these two, both included.
    pub(super) fn between(&self, pk: &str, from: &str, to: &str) -> Vec<&Value> {
        let key = |sk: &str| (pk.to_owned(), sk.to_owned());
        self.0.range(key(from)..=key(to)).map(|(_, item)| item).collect()
    }
}

fn attributes(item: &Item) -> Result<Value> {
    item.iter().map(|(name, value)| Ok((name.clone(), attribute(value)?))).collect()
}

fn attribute(value: &AttributeValue) -> Result<Value> {
    Ok(match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(truth) => json!({ "BOOL": truth }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::M(item) => json!({ "M": attributes(item)? }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(attribute).collect::<Result<Vec<_>>>()? }),
        other => bail!("rows have no attributes such as {other:?}"),
    })
}
