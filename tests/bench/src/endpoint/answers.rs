//! What each call is answered. No condition is looked at: every write succeeds.

use anyhow::{Context as _, Result, bail};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use super::table::Table;

/// Serves as the pepper of `clean` too.
const SECRET: &str = r#"{"current": "a secret of this measurement", "previous": ""}"#;

pub(super) fn answer(action: &str, body: &[u8], table: &Table) -> Result<Value> {
    let asked: Value = serde_json::from_slice(body)?;
    Ok(match action {
        "GetItem" => match found(&asked["Key"], table)? {
            Some(item) => json!({ "Item": item }),
            None => json!({}),
        },
        "Query" => {
            let value = |name: &str| asked["ExpressionAttributeValues"][name]["S"].as_str();
            let items = match (value(":pk"), value(":from"), value(":to")) {
                (Some(pk), Some(from), Some(to)) => table.between(pk, from, to),
                _ => bail!("only a lead's rows between two sort keys are known"),
            };
            json!({ "Count": items.len(), "ScannedCount": items.len(), "Items": items })
        }
        "BatchGetItem" => {
            let wanted = asked["RequestItems"].as_object().and_then(|tables| tables.iter().next());
            let (name, wanted) = wanted.context("a table is missing")?;
            let keys = wanted["Keys"].as_array().context("keys are missing")?;
            let items = keys.iter().map(|key| found(key, table)).collect::<Result<Vec<_>>>()?;
            let items: Vec<_> = items.into_iter().flatten().collect();
            json!({ "Responses": { name: items }, "UnprocessedKeys": {} })
        }
        "PutItem" | "TransactWriteItems" => json!({}),
        "UpdateItem" => json!({ "Attributes": { "taken": { "N": "1" } } }),
        "SendMessageBatch" => {
            let entries = asked["Entries"].as_array().context("entries are missing")?;
            json!({ "Successful": entries.iter().map(taken).collect::<Result<Vec<_>>>()?, "Failed": [] })
        }
        "GetSecretValue" => json!({ "Name": asked["SecretId"], "SecretString": SECRET }),
        other => bail!("{other} is not known here"),
    })
}

fn found<'t>(key: &Value, table: &'t Table) -> Result<Option<&'t Value>> {
    let part = |name: &str| key[name]["S"].as_str().with_context(|| format!("{name} is missing"));
    Ok(table.get(part("pk")?, part("sk")?))
}

/// Some SDKs compare the digest with their own.
fn taken(entry: &Value) -> Result<Value> {
    let body = entry["MessageBody"].as_str().context("a body is missing")?;
    let digest: String = Md5::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(json!({ "Id": entry["Id"], "MessageId": format!("m-{digest}"), "MD5OfMessageBody": digest }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_succeed_and_a_batch_is_answered_entry_by_entry() {
        let table = Table::default();
        let ask = |action: &str, body: Value| answer(action, body.to_string().as_bytes(), &table);
        assert_eq!(ask("PutItem", json!({})).unwrap(), json!({}));
        let sent = ask("SendMessageBatch", json!({ "Entries": [{ "Id": "0", "MessageBody": "a" }] })).unwrap();
        assert_eq!(sent["Successful"][0]["MD5OfMessageBody"], "0cc175b9c0f1b6a831c399e269772661");
        assert!(ask("DeleteTable", json!({})).is_err());
    }
}
