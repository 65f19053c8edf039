//! One lead, as its rows tell it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::notes::{Given, Note, Posted, Said, Source, Standing, Touched};

/// The answer that says no more than that somebody is on it: the deadline still stands. Named by the playbook that is
/// shipped.
pub const ON_IT: &str = "contacted";

/// Answers that say that sales took the lead on, or got further.
const TAKEN_ON: [&str; 3] = ["accepted", "opportunity", "won"];

/// The rows of one lead, in any order.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// Where it stands.
    pub standing: Option<Standing>,
    /// What was posted.
    pub posted: Option<Posted>,
    /// Its assignments.
    pub given: BTreeMap<u32, Given>,
    /// What joined it, oldest first.
    pub touched: BTreeMap<(Timestamp, String), Source>,
    /// What sales said, in that order.
    pub said: BTreeMap<u64, Said>,
    /// Rows that cannot be read.
    pub unreadable: u64,
}

/// Something was sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// When sales said so.
    pub at: Timestamp,
    /// Minor units and currency, if sales told them.
    pub amount: Option<(u64, String)>,
}

/// What became of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Answered in time.
    InTime,
    /// Answered afterwards.
    Late,
    /// It has passed, and nobody has answered.
    Unanswered,
    /// It has not come yet.
    Open,
    /// The lead was taken away before it came.
    Ended,
}

impl Story {
    /// Adds a row.
    pub fn add(&mut self, note: Note) {
        match note {
            Note::State(standing) => {
                if self.standing.as_ref().is_none_or(|known| known.version <= standing.version) {
                    self.standing = Some(standing);
                }
            }
            Note::Posted(posted) => self.posted = Some(posted),
            Note::Given(given) => _ = self.given.insert(given.epoch, given),
            Note::Touched(Touched { at, from, source }) => _ = self.touched.insert((at, from), source),
            Note::Said(said) => _ = self.said.insert(said.version, said),
            Note::Unreadable => self.unreadable += 1,
        }
    }

    /// Whether it was ever marketing-qualified.
    pub fn was_mql(&self) -> bool {
        self.given.values().any(|given| given.mql) || self.standing.as_ref().is_some_and(|standing| standing.mql)
    }

    /// Whether sales ever took it on.
    pub fn was_sql(&self) -> bool {
        self.said.values().any(|said| TAKEN_ON.contains(&said.disposition.as_str()))
    }

    /// Whether there ever was a deal to be won.
    pub fn was_opportunity(&self) -> bool {
        self.said.values().any(|said| matches!(said.disposition.as_str(), "opportunity" | "won"))
    }

    /// What was sold: each assignment counts by what sales said of it last.
    pub fn deals(&self) -> Vec<Deal> {
        let last: BTreeMap<u32, &Said> = self.said.values().map(|said| (said.epoch, said)).collect();
        let won = last.into_values().filter(|said| said.disposition == "won");
        won.map(|said| Deal {
            at: said.at,
            amount: said.amount.as_ref().map(|money| (money.minor, money.currency.clone())),
        })
        .collect()
    }

    /// What sales said of an assignment first.
    pub fn first_answer(&self, epoch: u32) -> Option<&Said> {
        self.said.values().find(|said| said.epoch == epoch)
    }

    /// Where the person came from until then, oldest first; `None` where what was posted cannot be read.
    pub fn touchpoints(&self, until: Timestamp) -> Vec<Option<&Source>> {
        let received = self.standing.as_ref().map(|standing| standing.received_at);
        let at = self.posted.as_ref().map(|posted| posted.at).or(received).unwrap_or(Timestamp::MIN);
        // The lead's own id is no longer known here, and sorts before those that joined it at the same moment.
        let own = (at, "", self.posted.as_ref().map(|posted| &posted.source));
        let joined = self.touched.iter().filter(|((at, _), _)| *at <= until);
        let mut points: Vec<_> = joined.map(|((at, from), source)| (*at, from.as_str(), Some(source))).collect();
        points.push(own);
        points.sort_by_key(|(at, from, _)| (*at, *from));
        points.into_iter().map(|(_, _, source)| source).collect()
    }

    /// What became of an assignment's deadline by then; nothing if it has none.
    pub fn kept(&self, given: &Given, by: Timestamp) -> Option<Kept> {
        let due = given.feedback_due?;
        let answers = self.said.values().filter(|said| said.epoch == given.epoch);
        let answer = answers.into_iter().find(|said| said.disposition != ON_IT);
        Some(match (answer, self.left_at(given)) {
            (Some(answer), _) if answer.at <= due => Kept::InTime,
            (Some(_), _) => Kept::Late,
            (None, Some(left)) if left <= due => Kept::Ended,
            (None, _) if due <= by => Kept::Unanswered,
            (None, _) => Kept::Open,
        })
    }

    /// When the lead left an assignment, if it did.
    fn left_at(&self, given: &Given) -> Option<Timestamp> {
        if let Some((_, next)) = self.given.range(given.epoch + 1..).next() {
            return Some(next.at);
        }
        use leads::lead::Stage::{Held, Parked, Pooled, Rejected};
        let standing = self.standing.as_ref()?;
        matches!(standing.stage, Held | Parked | Pooled | Rejected).then_some(standing.stage_at)
    }
}
