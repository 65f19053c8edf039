//! The open leads of a queue: where a lead stands in the index that they are listed by. Follows from the state alone, so
//! that nobody who stores one can forget to list it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LeadState, Stage};
use crate::id::{LeadId, Queue};

/// Whose open leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worklist {
    /// Those that a queue was given.
    Queue(Queue),
    /// Those that wait for a person's verdict.
    Desk,
}

impl Worklist {
    /// The partition of the index. No other list has it: a queue's name holds no `#`.
    pub fn partition(&self) -> String {
        match self {
            Self::Queue(queue) => format!("queue#{queue}"),
            Self::Desk => "desk".to_owned(),
        }
    }
}

/// A lead in such a list. No personal data: ids, times, and the salesperson as the rules name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenLead {
    /// The lead.
    pub lead_id: LeadId,
    /// The routing to answer; 0 if it was never given to a queue.
    pub epoch: u32,
    /// The salesperson, if one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Where it stands.
    pub stage: Stage,
    /// When it was given to the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed_at: Option<Timestamp>,
    /// Since when it waits for a verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_since: Option<Timestamp>,
    /// By when its queue answers, or was to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback_due: Option<Timestamp>,
    /// When somebody first said that they are on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<Timestamp>,
    /// When sales last answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
}

/// The place of a lead in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// In which list.
    pub list: Worklist,
    /// Its sort key there: what is due first comes first; behind it what has no deadline or has been answered, longest
    /// there first.
    pub key: String,
    /// What the list shows.
    pub entry: OpenLead,
}

impl LeadState {
    /// Its place in the list of whoever works on it; or in that of the desk, while it waits for a verdict. What waits for room
    /// waits for nobody's verdict.
    pub fn listed(&self) -> Option<Listed> {
        let entry = OpenLead {
            lead_id: self.lead_id.clone(),
            epoch: self.epoch,
            owner: None,
            stage: self.stage,
            routed_at: None,
            waits_since: None,
            feedback_due: None,
            acknowledged_at: None,
            answered_at: None,
        };
        if matches!(self.stage, Stage::Held | Stage::Parked) && self.waits.is_none() {
            let entry = OpenLead { waits_since: Some(self.stage_at), ..entry };
            return Some(Listed { list: Worklist::Desk, key: undated(self.stage_at, &self.lead_id), entry });
        }
        let assignment = self.open_assignment()?;
        let entry = OpenLead {
            owner: assignment.owner.clone(),
            routed_at: Some(assignment.decided_at),
            feedback_due: assignment.feedback_due,
            acknowledged_at: assignment.responded_at,
            answered_at: self.answer.as_ref().map(|answer| answer.at),
            ..entry
        };
        let key = match assignment.feedback_due.filter(|_| self.answer.is_none()) {
            Some(due) => dated(due, &self.lead_id),
            None => undated(assignment.decided_at, &self.lead_id),
        };
        Some(Listed { list: Worklist::Queue(assignment.queue.clone()), key, entry })
    }
}

/// Thirteen digits of milliseconds sort as time does until the year 2286.
fn dated(at: Timestamp, lead: &LeadId) -> String {
    format!("{:013}#{lead}", at.as_millisecond())
}

/// Behind everything that has a deadline: `~` sorts after the digits.
fn undated(since: Timestamp, lead: &LeadId) -> String {
    format!("~{}", dated(since, lead))
}

/// Whether a text is such a sort key.
pub fn is_list_key(text: &str) -> bool {
    let Some((time, lead)) = text.strip_prefix('~').unwrap_or(text).split_once('#') else { return false };
    time.len() == 13 && time.bytes().all(|byte| byte.is_ascii_digit()) && LeadId::parse(lead).is_ok()
}
