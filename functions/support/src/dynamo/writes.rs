//! What is written: under conditions, in transactions, and what a failed one says.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use leads::id::{ClaimKey, LeadId, Queue};
use leads::lead::Count;
use leads::ports::{Commit, CommitError, DeleteRows, Guard, PortError, TakeTurn, Write, counts};
use leads::row::{Open, Row, RowKey};

use super::{Item, from_item, key_of, number, text, to_item};
use crate::aws::{Aws, Reported, port_error};
use crate::random::sixteen_bytes;

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

impl Aws {
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
