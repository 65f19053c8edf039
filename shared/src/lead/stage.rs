//! The stages of a lead's life.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a lead stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Stored; `clean` is next.
    Received,
    /// Accepted by `clean`; `score` is next.
    Cleaned,
    /// Scored; `route` is next.
    Scored,
    /// With sales, self-service or review, in the queue of its assignment.
    Routed,
    /// With marketing, in the nurture queue.
    Nurtured,
    /// Kept for later, after an answer from sales.
    Pooled,
    /// Not a lead, for a recorded reason; a person may release it.
    Rejected,
    /// A touch on an earlier lead.
    Merged,
    /// Waits for a person.
    Held,
    /// Failed for good, for a recorded reason; a person may release it.
    Parked,
    /// Erased on request; the tombstone that late messages find.
    Erased,
}

impl Stage {
    /// Every stage, in the order a lead meets them.
    pub const ALL: [Self; 11] = [
        Self::Received,
        Self::Cleaned,
        Self::Scored,
        Self::Routed,
        Self::Nurtured,
        Self::Pooled,
        Self::Rejected,
        Self::Merged,
        Self::Held,
        Self::Parked,
        Self::Erased,
    ];

    /// Whether a function has still to act. The other stages are the terms of the conservation law.
    pub fn in_flight(self) -> bool {
        matches!(self, Self::Received | Self::Cleaned | Self::Scored)
    }

    /// The stage's name as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Cleaned => "cleaned",
            Self::Scored => "scored",
            Self::Routed => "routed",
            Self::Nurtured => "nurtured",
            Self::Pooled => "pooled",
            Self::Rejected => "rejected",
            Self::Merged => "merged",
            Self::Held => "held",
            Self::Parked => "parked",
            Self::Erased => "erased",
        }
    }
}
