//! Joins and their end: a duplicate becomes a touch on its master, and a person may take it out again.

use jiff::Timestamp;

use super::{LeadState, Stage};
use crate::id::{ClaimKey, LeadId};

impl LeadState {
    /// It is a touch on `master`, and gives it the keys among `claimed` and its own that the master did not have.
    pub fn merged(&self, master: &LeadState, claimed: &[ClaimKey], now: Timestamp) -> Self {
        let mut next = self.enter(Stage::Merged, now);
        next.merged_into = Some(master.lead_id.clone());
        next.claims.extend(claimed.iter().filter(|key| !self.claims.contains(key)).cloned());
        next.claims.retain(|key| !master.claims.contains(key));
        next
    }

    /// Another lead joined it. A lead that is settled, or scored already, is scored again.
    pub fn touched(&self, claims: Vec<ClaimKey>, now: Timestamp) -> Self {
        let mut next = match self.stage {
            Stage::Cleaned | Stage::Scored | Stage::Routed | Stage::Nurtured | Stage::Pooled => self.reopened(now),
            _ => self.next(),
        };
        next.touches += 1;
        next.claims = claims;
        next
    }

    /// A person found that it is no touch on `masters`, the leads that its pointers lead through: it is a lead of its
    /// own again, cleaned anew, and stays apart from them.
    pub fn unmerged(&self, masters: &[LeadId], now: Timestamp) -> Self {
        let mut next = self.started_again(now);
        next.merged_into = None;
        next.apart.extend(masters.iter().filter(|master| !self.apart.contains(master)).cloned());
        next
    }

    /// A person took `touch` out of it, with the keys that this one had given it. Scored again as after a join; but a
    /// lead that is kept for later waits for its date, when it is scored again in any case.
    pub fn without(&self, touch: &LeadState, now: Timestamp) -> Self {
        let mut next = match self.stage {
            Stage::Cleaned | Stage::Scored | Stage::Routed | Stage::Nurtured => {
                Self { left_by: Some(touch.lead_id.clone()), ..self.reopened(now) }
            }
            _ => self.next(),
        };
        next.touches = self.touches.saturating_sub(1);
        next.claims.retain(|key| !touch.claims.contains(key));
        next
    }

    /// Whether a person took one of the two out of the other.
    pub fn is_apart_from(&self, other: &LeadState) -> bool {
        self.apart.contains(&other.lead_id) || other.apart.contains(&self.lead_id)
    }
}
