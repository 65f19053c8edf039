//! What is read: by key, by lead, and through the two indexes.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use jiff::Timestamp;
use leads::decision::Account;
use leads::id::LeadId;
use leads::lead::{LeadState, OpenLead, Place, Worklist};
use leads::ports::{
    DueEntry, FindDue, LeadRows, ListNewest, ListOpen, OpenPage, PortError, ReadAccount, ReadDecision, ReadHistory,
    ReadIdempotency, ReadLead, ReadOpen, ReadRequest, ReadRows, ReadStates, ReadTouches, ScanTable, Segment, Stored,
};
use leads::row::{AccountRow, Decision, Idempotency, Request, Row, RowKey, Touch};

use super::{DUE_INDEX, Item, QUEUE_INDEX, due_key, from_item, key_of, text};
use crate::aws::{Aws, Reported, port_error};

impl Aws {
    /// A query over rows of a lead whose sort keys lie between these two.
    fn between(&self, id: &LeadId, from: &str, to: &str) -> QueryFluentBuilder {
        self.dynamodb
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(id.as_str()))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
    }
}

impl ReadLead for Aws {
    async fn lead(&self, id: &LeadId) -> Result<Option<LeadRows>, PortError> {
        let mut state = None;
        let mut submission = Err("the submission is missing".to_owned());
        let mut corrections = Ok(Vec::new());
        let query = self.between(id, "state", "tags");
        let found = query.send().await.map_err(|error| port_error("dynamodb:Query", &error))?;
        for item in found.items.unwrap_or_default() {
            let is = |name: &str| item.get("sk").is_some_and(|sk| sk == &text(name));
            let (is_state, is_tags) = (is("state"), is("tags"));
            match from_item(item) {
                Ok(Row::State(row)) => state = Some(row),
                Ok(Row::Submission(row)) => submission = Ok(row),
                Ok(Row::Tags(row)) => corrections = Ok(row.corrections),
                Ok(_) => {}
                Err(error) if is_state => return Err(error),
                Err(error) if is_tags => corrections = Err(error.to_string()),
                Err(error) => submission = Err(error.to_string()),
            }
        }
        Ok(state.map(|state| LeadRows::of(state, submission, corrections)))
    }
}

impl ReadTouches for Aws {
    async fn touches(&self, id: &LeadId, limit: u8) -> Result<Vec<Touch>, PortError> {
        let mut touches = Vec::new();
        let mut from = None;
        loop {
            let query = self
                .between(id, "touch#", "touch$")
                .scan_index_forward(false)
                .limit(i32::from(limit))
                .set_exclusive_start_key(from);
            let page = query.send().await.map_err(|error| port_error("dynamodb:Query", &error))?;
            for item in page.items.unwrap_or_default() {
                // An undone one counts towards DynamoDB's limit, and not towards ours.
                if let Row::Touch(touch) = from_item(item)? {
                    touches.push(touch);
                }
            }
            touches.truncate(usize::from(limit));
            from = page.last_evaluated_key;
            if from.is_none() || touches.len() == usize::from(limit) {
                return Ok(touches);
            }
        }
    }
}

impl Aws {
    async fn row(&self, key: &RowKey) -> Result<Option<Row>, PortError> {
        let get = self.dynamodb.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key_of(key)));
        let found = get.send().await.map_err(|error| port_error("dynamodb:GetItem", &error))?;
        found.item.map(from_item).transpose()
    }
}

impl ReadDecision for Aws {
    async fn decision(&self, id: &LeadId, epoch: u32) -> Result<Option<Decision>, PortError> {
        match self.row(&RowKey::decision(id, epoch)).await? {
            Some(Row::Decision(decision)) => Ok(Some(decision)),
            _ => Ok(None),
        }
    }
}

impl ReadRequest for Aws {
    async fn request(&self, key: &RowKey) -> Result<Option<Request>, PortError> {
        match self.row(key).await? {
            Some(Row::Request(request)) => Ok(Some(request)),
            _ => Ok(None),
        }
    }
}

impl ReadIdempotency for Aws {
    async fn idempotency(&self, key: &RowKey) -> Result<Option<Idempotency>, PortError> {
        match self.row(key).await? {
            Some(Row::Idempotency(row)) => Ok(Some(row)),
            _ => Ok(None),
        }
    }
}

impl ReadAccount for Aws {
    async fn account(&self, keys: &[RowKey]) -> Result<Option<Account>, PortError> {
        let rows = self.account_rows(keys).await?;
        let first = keys.iter().find_map(|key| rows.iter().find(|row| row.pk == key.pk));
        Ok(first.map(|row| row.account.clone()))
    }
}

impl Aws {
    /// The account rows that are stored under these keys, of which there may be 100.
    pub async fn account_rows(&self, keys: &[RowKey]) -> Result<Vec<AccountRow>, PortError> {
        let rows = self.rows_under(keys).await?.into_iter();
        Ok(rows.filter_map(|row| if let Row::Account(row) = row { Some(row) } else { None }).collect())
    }

    /// The rows that are stored under these keys, of which there may be 100.
    async fn rows_under(&self, keys: &[RowKey]) -> Result<Vec<Row>, PortError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = KeysAndAttributes::builder()
            .consistent_read(true)
            .set_keys(Some(keys.iter().map(key_of).collect()))
            .build()
            .map_err(|error| PortError::Unavailable { call: "dynamodb:BatchGetItem", source: Box::new(error) })?;
        let get = self.dynamodb.batch_get_item().request_items(&self.table, wanted);
        let found = get.send().await.map_err(|error| port_error("dynamodb:BatchGetItem", &error))?;
        if found.unprocessed_keys.is_some_and(|keys| !keys.is_empty()) {
            let source = Box::new(Reported("keys were left unprocessed".into()));
            return Err(PortError::Unavailable { call: "dynamodb:BatchGetItem", source });
        }
        found.responses.unwrap_or_default().remove(&self.table).unwrap_or_default().into_iter().map(from_item).collect()
    }
}

impl ReadOpen for Aws {
    async fn open(&self, places: &[Place]) -> Result<BTreeMap<Place, u32>, PortError> {
        let keys: Vec<RowKey> = places.iter().map(RowKey::open).collect();
        let rows = self.rows_under(&keys).await?;
        let open = |key: &RowKey| {
            let mut open = rows.iter().filter_map(|row| if let Row::Open(row) = row { Some(row) } else { None });
            let open = open.find(|row| row.pk == key.pk).map_or(0, |row| row.open);
            u32::try_from(open).unwrap_or(0)
        };
        Ok(places.iter().zip(&keys).map(|(place, key)| (place.clone(), open(key))).collect())
    }
}

impl ReadStates for Aws {
    async fn states_of(&self, ids: &[LeadId]) -> Result<Vec<LeadState>, PortError> {
        let keys: Vec<RowKey> = ids.iter().map(RowKey::state).collect();
        let rows = self.rows_under(&keys).await?.into_iter();
        Ok(rows.filter_map(|row| if let Row::State(state) = row { Some(state) } else { None }).collect())
    }
}

impl ReadHistory for Aws {
    async fn history(&self, id: &LeadId) -> Result<Vec<Row>, PortError> {
        let mut history = Vec::new();
        for stored in self.rows_of(id).await? {
            match stored.row {
                Some(row) => history.push(row),
                // The rest of the story is still worth telling.
                None => tracing::warn!(lead.id = id.as_str(), "a row of the history cannot be read, and is left out"),
            }
        }
        Ok(history)
    }
}

impl ReadRows for Aws {
    async fn rows_of(&self, id: &LeadId) -> Result<Vec<Stored>, PortError> {
        let mut rows = Vec::new();
        let mut from = None;
        loop {
            let query = self
                .dynamodb
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(id.as_str()))
                .set_exclusive_start_key(from);
            let page = query.send().await.map_err(|error| port_error("dynamodb:Query", &error))?;
            rows.extend(page.items.unwrap_or_default().into_iter().map(stored));
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(rows);
            }
        }
    }
}

impl ScanTable for Aws {
    async fn scan(&self, segment: Segment, after: Option<RowKey>) -> Result<(Vec<Stored>, Option<RowKey>), PortError> {
        let scan = self
            .dynamodb
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .segment(segment.number.into())
            .total_segments(segment.of.into());
        let scan = scan.set_exclusive_start_key(after.as_ref().map(key_of));
        let page = scan.send().await.map_err(|error| port_error("dynamodb:Scan", &error))?;
        let rows = page.items.unwrap_or_default().into_iter().map(stored).collect();
        Ok((rows, page.last_evaluated_key.as_ref().map(read_key)))
    }
}

fn read_key(item: &Item) -> RowKey {
    let part = |name: &str| item.get(name).and_then(|part| part.as_s().ok()).cloned().unwrap_or_default();
    RowKey { pk: part("pk"), sk: part("sk") }
}

fn stored(item: Item) -> Stored {
    Stored { key: read_key(&item), row: from_item(item).ok() }
}

fn due_entry(item: &Item) -> Option<DueEntry> {
    let (at, lead) = item.get("due_key")?.as_s().ok()?.split_once('#')?;
    let at = Timestamp::from_millisecond(at.parse().ok()?).ok()?;
    Some(DueEntry { at, lead_id: LeadId::parse(lead).ok()? })
}

impl FindDue for Aws {
    async fn due(
        &self,
        shard: u8,
        after: Option<&DueEntry>,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<DueEntry>, PortError> {
        // A space sorts before every character of an id, so this is the next possible key.
        let from = after.map_or_else(String::new, |entry| format!("{} ", due_key(entry.at, &entry.lead_id)));
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression("due_shard = :shard AND due_key BETWEEN :from AND :now")
            .expression_attribute_values(":shard", text(shard.to_string()))
            .expression_attribute_values(":from", text(if from.is_empty() { "0".to_owned() } else { from }))
            // `~` sorts after every character of a lead id, so leads due in this very millisecond are found.
            .expression_attribute_values(":now", text(format!("{:013}#~", now.as_millisecond())))
            .limit(i32::from(limit));
        let found = query.send().await.map_err(|error| port_error("dynamodb:Query", &error))?;
        Ok(found.items.unwrap_or_default().iter().filter_map(due_entry).collect())
    }
}

impl ListOpen for Aws {
    async fn list(&self, list: &Worklist, after: Option<&str>, limit: u16) -> Result<OpenPage, PortError> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(QUEUE_INDEX)
            .key_condition_expression("queue_pk = :list AND queue_sk > :after")
            .expression_attribute_values(":list", text(list.partition()))
            // Every sort key comes behind a space.
            .expression_attribute_values(":after", text(after.unwrap_or(" ")))
            .limit(i32::from(limit));
        let found = query.send().await.map_err(|error| port_error("dynamodb:Query", &error))?;
        let items = found.items.unwrap_or_default();
        let last = items.last().filter(|_| items.len() == usize::from(limit));
        let last = last.and_then(|item| item.get("queue_sk")?.as_s().ok()).cloned();
        Ok(OpenPage { leads: items.into_iter().filter_map(open_lead).collect(), last })
    }
}

fn open_lead(mut item: Item) -> Option<OpenLead> {
    serde_dynamo::from_attribute_value(item.remove("queue_entry")?).ok()
}

impl ListNewest for Aws {
    async fn newest(&self, list: &Worklist, dated: bool, limit: u16) -> Result<Vec<OpenLead>, PortError> {
        // What has no deadline any more stands behind a `~`.
        let half = if dated { "queue_sk < :half" } else { "queue_sk >= :half" };
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(QUEUE_INDEX)
            .key_condition_expression(format!("queue_pk = :list AND {half}"))
            .expression_attribute_values(":list", text(list.partition()))
            .expression_attribute_values(":half", text("~"))
            .scan_index_forward(false)
            .limit(i32::from(limit));
        let found = query.send().await.map_err(|error| port_error("dynamodb:Query", &error))?;
        Ok(found.items.unwrap_or_default().into_iter().filter_map(open_lead).collect())
    }
}
