//! A file of rows as `leadctl explain --json` prints them: one array of rows behind the other, or one row behind the other.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use leads::ports::Stored;
use leads::row::{Row, RowKey};
use serde_json::{Deserializer, Value};

/// Hands every row on; `read` hears how many bytes. Answers how many there were.
///
/// # Errors
/// It cannot be read, is no JSON, or `each` fails.
pub fn each_row(path: &Path, read: impl Fn(u64), mut each: impl FnMut(Stored) -> Result<()>) -> Result<u64> {
    let name = path.display();
    let input: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(File::open(path).with_context(|| format!("cannot read {name}"))?),
    };
    let mut values = Deserializer::from_reader(BufReader::with_capacity(1 << 16, input)).into_iter::<Value>();
    let (mut rows, mut done) = (0, 0);
    while let Some(value) = values.next() {
        // serde's message names the place, and no value.
        let value = value
            .map_err(|error| anyhow!("{name}: no JSON: {error}; write rows as `leadctl explain LEAD --json` does"))?;
        let of_lead = match value {
            Value::Array(rows) => rows,
            row => vec![row],
        };
        for row in of_lead {
            rows += 1;
            each(stored(row).ok_or_else(|| {
                anyhow!("{name}: value {rows} is no row: it has no `row` and `lead_id`; write rows as `leadctl explain LEAD --json` does")
            })?)?;
        }
        let at = values.byte_offset() as u64;
        read(at - done);
        done = at;
    }
    Ok(rows)
}

/// A row, with its key if it cannot be read; `None` of what is none.
fn stored(value: Value) -> Option<Stored> {
    let name = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let kind = name("row")?;
    let lead = name("lead_id").or_else(|| name("master")).or_else(|| name("pk")).or_else(|| name("key"))?;
    match serde_json::from_value::<Row>(value) {
        Ok(row) => Some(Stored { key: row.key(), row: Some(row) }),
        Err(_) => Some(Stored {
            key: RowKey { pk: lead, sk: if kind == "state" || kind == "submission" { kind } else { kind + "#" } },
            row: None,
        }),
    }
}
