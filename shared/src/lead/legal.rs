//! What people may report and decide about a lead, by where it stands. Whatever else they ask for is refused, with these
//! as the answer.

use jiff::Timestamp;

use super::{LeadState, Stage, Verdict};
use crate::decision::{ManualVerdict, Reason};
use crate::feedback::VerdictKind;

impl LeadState {
    /// Whether sales may report on it: it has the lead, or gave it back and nobody else has it since.
    pub fn takes_feedback(&self) -> bool {
        match self.stage {
            Stage::Routed => true,
            // Sales gave it back and may take it up again; what was taken from it is gone.
            Stage::Pooled => self.assignment.as_ref().is_some_and(|assignment| !assignment.ended),
            // On its way again because of a touch, while sales still works on it.
            Stage::Cleaned | Stage::Scored => self.reopened_from == Some(Stage::Routed),
            _ => false,
        }
    }

    /// What a person may decide about it.
    pub fn verdicts(&self) -> &'static [VerdictKind] {
        use VerdictKind::{Hold, Mql, NotMql, Refuse, Release, Test, Unmerge};
        match self.stage {
            Stage::Held | Stage::Parked => &[Release, Mql, NotMql, Refuse, Test],
            Stage::Rejected => &[Release, Mql, NotMql],
            Stage::Nurtured | Stage::Pooled => &[Mql, Hold, Test],
            Stage::Routed => &[Hold, Test],
            Stage::Merged => &[Unmerge],
            // The pipeline has it, for seconds; or nobody has it any more.
            Stage::Received | Stage::Cleaned | Stage::Scored | Stage::Erased => &[],
        }
    }

    /// What a verdict of `by` makes of it; `None` if it does not fit where the lead stands. An unmerge takes more than the
    /// lead alone, see [`LeadState::unmerged`].
    pub fn decided(&self, kind: VerdictKind, by: &str, now: Timestamp) -> Option<Self> {
        if !self.verdicts().contains(&kind) {
            return None;
        }
        let told = |mql| Verdict { released: true, mql, by: by.to_owned(), at: now };
        let reason = |code: &str, text: &str| Reason { code: code.into(), rule: "verdict".into(), text: text.into() };
        let waits = matches!(self.stage, Stage::Held | Stage::Rejected | Stage::Parked);
        Some(match kind {
            VerdictKind::Release => self.released(told(None), now),
            VerdictKind::Mql if waits => self.released(told(Some(ManualVerdict::Mql)), now),
            VerdictKind::Mql => self.promoted(told(Some(ManualVerdict::Mql)), now),
            VerdictKind::NotMql => self.released(told(Some(ManualVerdict::NotMql)), now),
            VerdictKind::Refuse => self.found_to_be_none(reason("refused-by-person", "a person refused it"), now),
            VerdictKind::Test => {
                self.found_to_be_none(reason("test-by-person", "a person found that it is a test"), now)
            }
            VerdictKind::Hold => self.put_on_hold(reason("held-by-person", "a person wants it to wait"), now),
            VerdictKind::Unmerge => return None,
        })
    }
}
