//! What is sent: ids between the functions, and to sales the lead with the reason why.
//!
//! The types under [`SalesMessage`] are the published contract; `docs/sales-message.schema.json` is generated from them.

mod contract;
mod told;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{DeliveryId, LeadId, Queue};
use crate::lead::LeadState;
use crate::ports::{Destination, Outgoing, StageQueue};

pub use contract::{
    CompanyView, ContactView, LeadBreached, LeadErased, LeadEscalated, LeadHeld, LeadRecalled, LeadReminder,
    LeadRouted, LeadTouched, LeadView, Missed, NurtureEnter, NurtureExit, NurtureView, ScoreView,
};

/// The contract's major version. Fields may be added within it; consumers ignore the ones they do not know.
pub const VERSION: u8 = 1;

/// A message between two functions. Holds ids only: what it is about is read from the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageMessage {
    /// Major version.
    pub v: u8,
    /// Which lead.
    pub lead_id: LeadId,
    /// The version at which the lead entered the stage that this message follows.
    pub version: u64,
}

/// A body that is not a stage message; it names no lead, so it goes to the dead-letter queue after its attempts.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotAStageMessage {
    /// Not JSON of this shape.
    #[error("the body is not a stage message")]
    Malformed,
    /// A major version of a later deployment.
    #[error("the message has major version {0}, and this function reads {VERSION}")]
    Version(u8),
}

impl StageMessage {
    /// Parses a body; fields of later minor versions are ignored.
    pub fn parse(body: &str) -> Result<Self, NotAStageMessage> {
        #[derive(Deserialize)]
        struct Versioned {
            v: u8,
        }
        let malformed = |_| NotAStageMessage::Malformed;
        let versioned: Versioned = serde_json::from_str(body).map_err(malformed)?;
        if versioned.v != VERSION {
            return Err(NotAStageMessage::Version(versioned.v));
        }
        serde_json::from_str(body).map_err(malformed)
    }

    /// The message to `queue` about a lead that has just entered, or still is in, its stage.
    pub fn about(state: &LeadState, queue: StageQueue) -> Outgoing {
        let message = Self { v: VERSION, lead_id: state.lead_id.clone(), version: state.entered };
        Outgoing { to: Destination::Stage(queue), body: json(&message) }
    }

    /// The message that moves on a lead in this stage; `None` once it is settled.
    pub fn next(state: &LeadState) -> Option<Outgoing> {
        use crate::lead::Stage;
        let queue = match state.stage {
            Stage::Received => StageQueue::Clean,
            Stage::Cleaned => StageQueue::Score,
            Stage::Scored => StageQueue::Route,
            _ => return None,
        };
        Some(Self::about(state, queue))
    }
}

/// A message on a sales queue. Deduplicate on `delivery_id`: SQS does so for five minutes, you do for longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub enum SalesMessage {
    /// A lead is yours.
    #[serde(rename = "lead.routed")]
    Routed(Box<LeadRouted>),
    /// A lead that you have came back: another submission of the same person joined it. Or a person found that one
    /// which had joined it is somebody else's, and took it out.
    #[serde(rename = "lead.touched")]
    Touched(Box<LeadTouched>),
    /// A lead that you had is not yours any more: stop working on it.
    #[serde(rename = "lead.recalled")]
    Recalled(LeadRecalled),
    /// A lead is to be warmed (queues of the kind `nurture`).
    #[serde(rename = "nurture.enter")]
    NurtureEnter(Box<NurtureEnter>),
    /// A lead that was to be warmed went on: send it nothing more.
    #[serde(rename = "nurture.exit")]
    NurtureExit(NurtureExit),
    /// A lead waits for a person's verdict (telemarketing).
    #[serde(rename = "lead.held")]
    Held(Box<LeadHeld>),
    /// A lead that you have waits for your answer, which is due soon.
    #[serde(rename = "lead.reminder")]
    Reminder(LeadReminder),
    /// A lead was not answered in time (`sla-breaches`).
    #[serde(rename = "lead.breached")]
    Breached(LeadBreached),
    /// A lead is still not answered, and its policy says that you hear of it.
    #[serde(rename = "lead.escalated")]
    Escalated(LeadEscalated),
    /// The person asked to be forgotten: delete whatever you hold about the lead.
    #[serde(rename = "lead.erased")]
    Erased(LeadErased),
}

/// What every message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// Major version of the contract: 1.
    #[schemars(extend("const" = VERSION))]
    pub v: u8,
    /// The id of this delivery: a repeated delivery has the same one.
    pub delivery_id: DeliveryId,
    /// The lead.
    pub lead_id: LeadId,
    /// Which assignment of the lead this is about; name it in your answer.
    pub epoch: u32,
    /// The queue that the message was sent to.
    pub queue: Queue,
    /// When the decision behind the message fell.
    pub decided_at: Timestamp,
}

impl SalesMessage {
    /// The message's header.
    pub fn header(&self) -> &Header {
        match self {
            Self::Routed(message) => &message.header,
            Self::Touched(message) => &message.header,
            Self::Recalled(message) => &message.header,
            Self::NurtureEnter(message) => &message.routed.header,
            Self::NurtureExit(message) => &message.header,
            Self::Held(message) => &message.header,
            Self::Reminder(message) => &message.header,
            Self::Breached(message) => &message.header,
            Self::Escalated(message) => &message.header,
            Self::Erased(message) => &message.header,
        }
    }

    /// The message, addressed: in the lead's group, under its delivery id.
    pub fn addressed(&self) -> Outgoing {
        let header = self.header();
        Outgoing {
            to: Destination::Sales {
                queue: header.queue.clone(),
                group: header.lead_id.clone(),
                dedup: header.delivery_id.as_str().to_owned(),
            },
            body: json(self),
        }
    }
}

/// These types serialise without fail: no maps with other than text keys, no floats.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
