//! What happened to a lead, and what was posted.

use leads::lead::LeadState;
use leads::ports::LeadRows;
use leads::row::Row;
use serde_json::Value;

use super::{Happened, Teller};

/// What happened, first things first. Names nobody: it may be pasted into a ticket.
pub(super) fn told(rows: &[Row], teller: &Teller) -> Vec<Happened> {
    let mut told: Vec<Happened> = rows.iter().filter_map(|row| event(row, teller)).collect();
    told.sort();
    told
}

fn event(row: &Row, teller: &Teller) -> Option<Happened> {
    let (at, what, lead) = match row {
        Row::Submission(row) => {
            let channel = serde_json::to_value(row.submission.source.channel).ok();
            let channel = channel.as_ref().and_then(Value::as_str).unwrap_or_default().replace('_', " ");
            (row.at, format!("received from form {}, channel {channel}", row.submission.form_id), None)
        }
        Row::Touch(row) => (row.at, format!("another submission joined it: same {}", row.matched_on), Some(&row.from)),
        Row::UndoneTouch(row) => {
            (row.at, format!("another submission joined it, until {} undid that", row.by), Some(&row.from))
        }
        Row::Event(row) => (row.at, format!("{} by {}: {}", row.what, row.actor, row.why), None),
        Row::Feedback(row) => {
            (row.at, format!("answered by {} for epoch {}: {}", row.principal, row.epoch, row.disposition), None)
        }
        Row::Decision(row) => {
            let what = format!("given to {} by rule {} (epoch {})", teller.queue(&row.queue), row.rule, row.epoch);
            (row.decided_at, what, None)
        }
        // A correction of tags is told by its row of feedback.
        Row::State(_)
        | Row::Tags(_)
        | Row::Idempotency(_)
        | Row::Claim(_)
        | Row::Account(_)
        | Row::Request(_)
        | Row::Turn(_)
        | Row::Open(_) => return None,
    };
    Some(Happened { at, what, lead: lead.cloned() })
}

const FIRST: [&str; 3] = ["contact.", "company.", "interest."];

/// What was posted, under the names that the API has for it.
pub(super) fn posted(state: &LeadState, rows: &[Row]) -> Vec<(String, String)> {
    let submission = rows.iter().find_map(|row| if let Row::Submission(row) = row { Some(row.clone()) } else { None });
    let tags = rows.iter().find_map(|row| if let Row::Tags(row) = row { Some(row.corrections.clone()) } else { None });
    let Some(submission) = submission else { return Vec::new() };
    let Ok(stored) = LeadRows::of(state.clone(), Ok(submission), Ok(tags.unwrap_or_default())).submission else {
        return Vec::new();
    };
    let mut fields = Vec::new();
    if let Ok(value) = serde_json::to_value(&stored.submission) {
        flatten(String::new(), &value, &mut fields);
    }
    // Who, from where, and what for; the rest behind that.
    let rank = |name: &str| FIRST.iter().position(|first| name.starts_with(first)).unwrap_or(FIRST.len());
    fields.sort_by_key(|(name, _)| rank(name));
    fields
}

fn flatten(path: String, value: &Value, fields: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Null => {}
        Value::Object(all) => all.iter().for_each(|(name, value)| flatten(below(name), value, fields)),
        Value::Array(all) if all.iter().all(Value::is_string) => {
            let texts: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            if !texts.is_empty() {
                fields.push((path, texts.join(", ")));
            }
        }
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(at, value)| flatten(below(&(at + 1).to_string()), value, fields));
        }
        Value::String(text) => fields.push((path, text.clone())),
        other => fields.push((path, other.to_string())),
    }
}
