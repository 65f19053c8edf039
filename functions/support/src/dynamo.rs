//! The table ports over DynamoDB. A row is an item whose attributes are the row's fields, beside the keys `pk` and `sk`
//! and, on a state with timed work, the index keys `due_shard` and `due_key`; on that of an open lead `queue_pk` and
//! `queue_sk`, and `queue_entry`, which its list shows.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, KeysAndAttributes, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use jiff::Timestamp;
use leads::decision::Account;
use leads::id::{ClaimKey, LeadId, Queue};
use leads::lead::{Count, Listed, Place, Worklist};
use leads::ports::{
    Commit, CommitError, DeleteRows, DueEntry, FindDue, Guard, LeadRows, ListOpen, OpenPage, PortError, ReadAccount,
    ReadDecision, ReadHistory, ReadIdempotency, ReadLead, ReadOpen, ReadRequest, ReadRows, ReadTouches, ScanTable,
    Stored, TakeTurn, Write, counts,
};
use leads::row::{AccountRow, Decision, Idempotency, Open, Request, Row, RowKey, Touch};

use crate::aws::{Aws, Reported, port_error};
use crate::random::sixteen_bytes;

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

fn due_entry(item: &Item) -> Option<DueEntry> {
    let (at, lead) = item.get("due_key")?.as_s().ok()?.split_once('#')?;
    let at = Timestamp::from_millisecond(at.parse().ok()?).ok()?;
    Some(DueEntry { at, lead_id: LeadId::parse(lead).ok()? })
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

fn read_key(item: &Item) -> RowKey {
    let part = |name: &str| item.get(name).and_then(|part| part.as_s().ok()).cloned().unwrap_or_default();
    RowKey { pk: part("pk"), sk: part("sk") }
}

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

    /// Writes an account row, whatever stood there, for `leadctl accounts import`; no function calls it.
    pub async fn put_account(&self, row: &Row) -> Result<(), PortError> {
        let put = self.dynamodb.put_item().table_name(&self.table).set_item(Some(to_item(row)?));
        put.send().await.map(drop).map_err(|error| port_error("dynamodb:PutItem", &error))
    }

    /// Sets a number of open leads that still says so, for `leadctl reconcile`; no function calls it. Whether it did.
    pub async fn set_open(&self, counter: &str, says: i64, open: i64) -> Result<bool, PortError> {
        let row = |open| Row::Open(Open { pk: counter.to_owned(), open });
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(&row(open))?))
            .condition_expression(if says == 0 { "attribute_not_exists(pk) OR #open = :says" } else { "#open = :says" })
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":says", number(&says));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(port_error("dynamodb:PutItem", &error)),
        }
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

impl TakeTurn for Aws {
    async fn turn(&self, queue: &Queue) -> Result<u64, PortError> {
        let call = "dynamodb:UpdateItem";
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_of(&RowKey::turn(queue))))
            .update_expression("SET #row = :row ADD taken :one")
            .expression_attribute_names("#row", "row")
            .expression_attribute_values(":row", text("turn"))
            .expression_attribute_values(":one", number(&1))
            .return_values(ReturnValue::UpdatedNew);
        let updated = update.send().await.map_err(|error| port_error(call, &error))?.attributes;
        let taken = updated.as_ref().and_then(|row| row.get("taken")?.as_n().ok()?.parse().ok());
        taken.ok_or_else(|| PortError::Corrupt { row: "-".into(), why: "a turn without a number".into() })
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
    async fn scan(&self, after: Option<RowKey>) -> Result<(Vec<Stored>, Option<RowKey>), PortError> {
        let scan = self.dynamodb.scan().table_name(&self.table).consistent_read(true);
        let scan = scan.set_exclusive_start_key(after.as_ref().map(key_of));
        let page = scan.send().await.map_err(|error| port_error("dynamodb:Scan", &error))?;
        let rows = page.items.unwrap_or_default().into_iter().map(stored).collect();
        Ok((rows, page.last_evaluated_key.as_ref().map(read_key)))
    }
}

fn stored(item: Item) -> Stored {
    Stored { key: read_key(&item), row: from_item(item).ok() }
}

impl DeleteRows for Aws {
    async fn delete(&self, key: &RowKey) -> Result<(), PortError> {
        let delete = self.dynamodb.delete_item().table_name(&self.table).set_key(Some(key_of(key)));
        delete.send().await.map(drop).map_err(|error| port_error("dynamodb:DeleteItem", &error))
    }

    async fn release(&self, claim: &ClaimKey, owner: &LeadId) -> Result<Option<LeadId>, PortError> {
        let call = "dynamodb:DeleteItem";
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key_of(&RowKey::claim(claim))))
            .condition_expression("attribute_not_exists(pk) OR #owner = :owner")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(owner.as_str()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match delete.send().await {
            Ok(_) => Ok(None),
            Err(SdkError::ServiceError(error)) => match error.into_err() {
                DeleteItemError::ConditionalCheckFailedException(failed) => {
                    match failed.item.map(from_item).transpose()? {
                        Some(Row::Claim(claim)) => Ok(Some(claim.owner)),
                        _ => Err(PortError::Corrupt { row: "-".into(), why: "a claim without an owner".into() }),
                    }
                }
                other => Err(port_error(call, &service_error(other))),
            },
            Err(error) => Err(port_error(call, &error)),
        }
    }
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
        let entry = |mut item: Item| serde_dynamo::from_attribute_value(item.remove("queue_entry")?).ok();
        Ok(OpenPage { leads: items.into_iter().filter_map(entry).collect(), last })
    }
}

/// A guard as DynamoDB's condition expression and its values.
fn condition(guard: &Guard) -> (&'static str, Option<Item>) {
    match guard {
        Guard::Absent => ("attribute_not_exists(pk)", None),
        Guard::Present => ("attribute_exists(pk)", None),
        Guard::Version(version) => ("version = :version", Some(Item::from([(":version".into(), number(version))]))),
        Guard::AbsentOrExpired { now } => {
            ("attribute_not_exists(pk) OR expires_at <= :now", Some(Item::from([(":now".into(), number(now))])))
        }
        Guard::FreeFor { owner, now } => (
            "attribute_not_exists(pk) OR expires_at <= :now OR #owner = :owner",
            Some(Item::from([(":now".into(), number(now)), (":owner".into(), text(owner.as_str()))])),
        ),
    }
}

fn names(guard: &Guard) -> Option<HashMap<String, String>> {
    matches!(guard, Guard::FreeFor { .. }).then(|| HashMap::from([("#owner".into(), "owner".into())]))
}

impl Commit for Aws {
    async fn commit(&self, writes: &[Write]) -> Result<(), CommitError> {
        let mut attempt = 1;
        loop {
            let written = match writes {
                [] => Ok(()),
                [write] if write.counts.is_empty() => self.put(write).await,
                writes => self.transact(writes).await,
            };
            match written {
                Err(CommitError::Port(error)) if attempt < ATTEMPTS_IN_CONTENTION && met_another(&error) => {
                    tokio::time::sleep(pause(attempt)).await;
                    attempt += 1;
                }
                written => return written,
            }
        }
    }
}

/// How often a write is tried that met another transaction over one of its rows. Such a meeting is over in
/// milliseconds; it is no outage, and no condition failed.
///
/// All leads that a queue is given count in one row, so that those of a batch meet each other.
const ATTEMPTS_IN_CONTENTION: u32 = 8;

/// DynamoDB's codes for such a meeting, within a transaction and for a single write.
fn met_another(error: &PortError) -> bool {
    let PortError::Unavailable { source, .. } = error else { return false };
    matches!(source.to_string().as_str(), "TransactionConflict" | "TransactionConflictException")
}

/// Longer each time, and of random length, so that those who met do not meet again in step.
fn pause(attempt: u32) -> Duration {
    let [random, ..] = sixteen_bytes();
    Duration::from_millis(u64::from(10 * attempt + u32::from(random) / 4))
}

impl Aws {
    async fn put(&self, write: &Write) -> Result<(), CommitError> {
        let (condition, values) = condition(&write.guard);
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(&write.row)?))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .set_expression_attribute_names(names(&write.guard))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) => match error.into_err() {
                PutItemError::ConditionalCheckFailedException(failed) => {
                    let stored = failed.item.map(from_item).transpose()?;
                    Err(CommitError::Conflict(vec![(0, stored)]))
                }
                other => Err(port_error("dynamodb:PutItem", &service_error(other)).into()),
            },
            Err(error) => Err(port_error("dynamodb:PutItem", &error).into()),
        }
    }

    /// The change of a number of open leads.
    fn count(&self, count: &Count) -> Result<Update, PortError> {
        let below = count.below.map(|below| (":below".to_owned(), number(&below)));
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(&RowKey::open(&count.place))))
            .update_expression("SET #row = :row ADD #open :by")
            .set_condition_expression(below.is_some().then(|| "attribute_not_exists(#open) OR #open < :below".into()))
            .expression_attribute_names("#row", "row")
            .expression_attribute_names("#open", "open")
            .set_expression_attribute_values(Some(
                [(":row".to_owned(), text("open")), (":by".to_owned(), number(&count.by))]
                    .into_iter()
                    .chain(below)
                    .collect(),
            ))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| PortError::Unavailable { call: "dynamodb:UpdateItem", source: Box::new(error) })
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), CommitError> {
        let mut items = Vec::with_capacity(writes.len());
        for write in writes {
            let (condition, values) = condition(&write.guard);
            let put = Put::builder()
                .table_name(&self.table)
                .set_item(Some(to_item(&write.row)?))
                .condition_expression(condition)
                .set_expression_attribute_values(values)
                .set_expression_attribute_names(names(&write.guard))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .build()
                .map_err(|error| PortError::Unavailable { call: "dynamodb:PutItem", source: Box::new(error) })?;
            items.push(TransactWriteItem::builder().put(put).build());
        }
        for count in counts(writes) {
            items.push(TransactWriteItem::builder().update(self.count(&count)?).build());
        }
        match self.dynamodb.transact_write_items().set_transact_items(Some(items)).send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) => match error.into_err() {
                TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                    Err(conflict(cancelled.cancellation_reasons.unwrap_or_default())?)
                }
                other => Err(port_error("dynamodb:TransactWriteItems", &service_error(other)).into()),
            },
            Err(error) => Err(port_error("dynamodb:TransactWriteItems", &error).into()),
        }
    }
}

/// Gives an operation's error back the shape that [`port_error`] reads.
fn service_error<E>(error: E) -> SdkError<E, ()> {
    SdkError::service_error(error, ())
}

/// Only `ConditionalCheckFailed` speaks about the rows. A transaction that met another one, or a throttle, says nothing
/// of them, and a validation error never passes.
fn conflict(reasons: Vec<CancellationReason>) -> Result<CommitError, PortError> {
    let mut failed = Vec::new();
    let mut other = None;
    for (position, reason) in reasons.into_iter().enumerate() {
        match reason.code.as_deref() {
            None | Some("None") => {}
            Some("ConditionalCheckFailed") => {
                failed.push((position, reason.item.map(from_item).transpose()?));
            }
            Some(code) => other = Some(code.to_owned()),
        }
    }
    let call = "dynamodb:TransactWriteItems";
    match other {
        Some(why) if why == "ValidationError" => Err(PortError::Refused { call, why }),
        None if !failed.is_empty() => Ok(CommitError::Conflict(failed)),
        other => {
            let why = other.unwrap_or_else(|| "cancelled without a reason".into());
            Err(PortError::Unavailable { call, source: Box::new(Reported(why)) })
        }
    }
}
