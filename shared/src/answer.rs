//! What the HTTP side answers when it does what was asked. The handlers write these types, and [`crate::openapi`]
//! describes them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::Reason;
use crate::feedback::VerdictKind;
use crate::id::{LeadId, Queue};
use crate::lead::{LeadState, OpenLead, Stage};
use crate::problem::ProblemDocument;
use crate::row::{Decision, Event, StoredFeedback};
use crate::submission::Submission;
use crate::tags::Correction;

/// 202 of `POST /v1/leads`: the submission is stored and will not be lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadAccepted {
    /// The lead it made.
    pub lead_id: LeadId,
    /// `accepted`, always.
    pub status: AcceptedStatus,
}

/// The one status of a stored submission; what became of the lead since is read at `GET /v1/leads/{id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AcceptedStatus {
    /// Stored.
    Accepted,
}

/// 200 of `POST /v1/leads/batch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchAnswer {
    /// One result for each submission, in order.
    #[schemars(length(min = 1, max = 100))]
    pub results: Vec<BatchResult>,
}

/// One submission's result: the lead, or the problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = [{"required": ["lead_id"]}, {"required": ["problem"]}]))]
pub struct BatchResult {
    /// The status that the submission would have been answered by itself.
    pub status: u16,
    /// The lead it made, with status 202.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<LeadId>,
    /// Whether an earlier request had stored it. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
    /// Why it was not taken, with every other status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemDocument>,
}

/// 200 of `POST /v1/leads/{id}/feedback`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackAnswer {
    /// The lead.
    pub lead_id: LeadId,
    /// The routing that was answered.
    pub epoch: u32,
    /// The disposition as reported.
    pub disposition: String,
    /// Whether the playbook knows the disposition. An unknown one is kept, and changes nothing else.
    pub mapped: bool,
    /// Where the lead stands now.
    pub stage: Stage,
    /// When a pooled lead comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactivate_at: Option<Timestamp>,
}

/// 200 of `POST /v1/feedback`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackBatchAnswer {
    /// One result for each entry, in order.
    #[schemars(length(min = 1, max = 100))]
    pub results: Vec<FeedbackResult>,
}

/// One entry's result: the answer, or the problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = [{"required": ["lead_id", "answer"]}, {"required": ["problem"]}]))]
pub struct FeedbackResult {
    /// The status that the entry would have been answered by itself.
    pub status: u16,
    /// The lead that the entry is about. Absent if the entry does not say so readably.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<LeadId>,
    /// Whether an earlier request under the same id had reported it. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
    /// What it was answered, with status 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<FeedbackAnswer>,
    /// Why it was not taken, with every other status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemDocument>,
}

/// 200 of `POST /v1/leads/{id}/verdict`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictAnswer {
    /// The lead.
    pub lead_id: LeadId,
    /// The verdict as given.
    pub verdict: VerdictKind,
    /// Where the lead stands now.
    pub stage: Stage,
}

/// 200 of `POST /v1/leads/{id}/tags`. Holds no value: the answer of a request is kept for a day, whatever is erased
/// meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagsAnswer {
    /// The lead.
    pub lead_id: LeadId,
    /// Where it stands; a correction moves no lead.
    pub stage: Stage,
    /// How many of its values stand corrected now.
    pub corrected: u32,
    /// What was set, and no rule of `score.toml` asks for, by its place in the request: kept, and without effect on the
    /// scores. Absent if nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unscored: Vec<String>,
}

/// 200 of `GET /v1/queues/{queue}/leads`: a page of the open leads of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueuePage {
    /// The leads: by deadline those whose answer is due, behind them the others, longest in the list first.
    #[schemars(length(max = 100))]
    pub leads: Vec<OpenLead>,
    /// What to ask for the next page with, if there may be one. Opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 200 of `GET /v1/leads/{id}`: where a lead stands, why, and what happened. Lists are in order, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadPage {
    /// The lead.
    pub lead_id: LeadId,
    /// Where it stands.
    pub stage: Stage,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// How often it was given to a queue; 0 before the first time.
    pub epoch: u32,
    /// The queue it was last given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
    /// Why it is held, rejected or parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The lead that it joined, while it is merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<LeadId>,
    /// By when its queue answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback_due: Option<Timestamp>,
    /// What was posted.
    pub submission: Submission,
    /// Where it was sent in each epoch, and why.
    pub decisions: Vec<Decision>,
    /// What happened to it.
    pub events: Vec<Event>,
    /// What was reported about it.
    pub feedback: Vec<StoredFeedback>,
    /// What people corrected of its tags. Absent if nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
}

impl LeadPage {
    /// The page of a lead of which only its state and its submission are known.
    pub fn of(state: &LeadState, submission: Submission) -> Self {
        let assignment = state.assignment.as_ref();
        Self {
            lead_id: state.lead_id.clone(),
            stage: state.stage,
            received_at: state.received_at,
            epoch: state.epoch,
            queue: assignment.map(|assignment| assignment.queue.clone()),
            reason: state.reason.clone(),
            merged_into: state.merged_into.clone(),
            feedback_due: assignment.and_then(|assignment| assignment.feedback_due),
            submission,
            decisions: Vec::new(),
            events: Vec::new(),
            feedback: Vec::new(),
            corrections: Vec::new(),
        }
    }
}
