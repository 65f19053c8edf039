//! The report: figures worked out from the counts in whole numbers, in a fixed order. `docs/report.md` defines each.

mod attribution;
mod deadlines;
mod funnel;
mod group;
mod origins;
mod places;
mod ratio;
mod reasons;
mod refused;
mod rules;
mod speed;
mod spent;

use std::collections::BTreeSet;

use jiff::Timestamp;
use leads::submission::shown;
use serde::{Serialize, Serializer};

pub use attribution::{Attribution, Credit};
pub use deadlines::{Amount, DeadlineRow, Unanswered};
pub use funnel::{MonthRow, Step};
pub use group::{Group, Grouped, Money};
pub use origins::{OriginRow, SharedAmount};
pub use places::PlaceRow;
pub use reasons::ReasonRow;
pub use refused::RefusedRow;
pub use rules::{RulesMonth, RulesRow};
pub use speed::{Percentiles, QueueSpeed, Speed};

use super::costs::Cost;
use super::tally::{Dimension, Key, Lens, Tally};
use spent::Spent;

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            // Somebody may have typed it into a form.
            Self::Named(name) => serializer.serialize_str(&shown(name)),
            Self::Unknown => serializer.serialize_none(),
            Self::Rest => serializer.serialize_str("(all others)"),
        }
    }
}

/// What `--out report.json` holds. Ratios are rounded half up to four places; money is in minor units.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Leads of which time.
    pub period: Period,
    /// The rows behind it.
    pub rows: Rows,
    /// Leads accepted in the period.
    pub accepted: u64,
    /// By where they stand.
    pub stages: Vec<StageRow>,
    /// Leads of the funnel whose submission is missing or cannot be read.
    pub without_submission: u64,
    /// From lead to won.
    pub funnel: Vec<Step>,
    /// By the month in which leads came.
    pub months: Vec<MonthRow>,
    /// Whether costs were given.
    pub has_costs: bool,
    /// By the channel that leads first came through.
    pub channels: Vec<Group>,
    /// By what else was asked for.
    pub by: Option<Grouped>,
    /// To which touches sales are credited.
    pub attribution: Vec<Attribution>,
    /// How long things took.
    pub speed: Speed,
    /// Deadlines by queue and owner.
    pub deadlines: Vec<DeadlineRow>,
    /// Leads that nobody answered.
    pub unanswered: Unanswered,
    /// What sales said last, by channel.
    pub reasons: Vec<ReasonRow>,
    /// By region and interest.
    pub places: Vec<PlaceRow>,
    /// By who found them.
    pub origins: Vec<OriginRow>,
    /// What was refused.
    pub refused: Vec<RefusedRow>,
    /// By rule set.
    pub rules: Vec<RulesRow>,
}

/// Leads of which time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// Accepted from then on.
    pub since: Option<Timestamp>,
    /// Accepted before then.
    pub until: Option<Timestamp>,
    /// The moment that the rows are of.
    pub as_of: Timestamp,
    /// In which months and days are told.
    pub time_zone: String,
}

/// The rows behind a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// All of them, those included that are no lead's.
    pub read: u64,
    /// Those of leads that cannot be read.
    pub unreadable: u64,
    /// Leads whose state row is missing or cannot be read.
    pub leads_without_state: u64,
}

/// Leads in a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StageRow {
    /// Which.
    pub stage: leads::lead::Stage,
    /// How many.
    pub leads: u64,
}

impl Report {
    /// Works the figures out.
    pub fn of(tally: &Tally, costs: Option<&[Cost]>, lens: &Lens, rows: u64) -> Self {
        let given = costs.unwrap_or_default();
        let (by_channel, by_campaign) = (spent::by_channel(given, lens), spent::by_campaign(given, lens));
        let accepted = tally.stages.values().sum();
        let by = (lens.by != Dimension::Channel).then(|| {
            let spent = if lens.by == Dimension::Campaign { by_campaign } else { Spent::new() };
            Grouped { dimension: lens.by, groups: group::groups(&tally.groups, &spent) }
        });
        Self {
            period: Period {
                since: lens.since,
                until: lens.until,
                as_of: lens.as_of,
                time_zone: lens.zone.iana_name().unwrap_or("UTC").to_owned(),
            },
            rows: Rows { read: rows, unreadable: tally.unreadable, leads_without_state: tally.without_state },
            accepted,
            stages: tally.stages.iter().map(|(stage, leads)| StageRow { stage: *stage, leads: *leads }).collect(),
            without_submission: tally.without_submission,
            funnel: funnel::steps(&tally.all),
            months: funnel::months(tally),
            has_costs: costs.is_some(),
            channels: group::groups(&tally.channels, &by_channel),
            by,
            attribution: attribution::by_currency(tally),
            speed: Speed::of(tally),
            deadlines: deadlines::rows(tally, &by_channel),
            unanswered: Unanswered::of(tally, &by_channel),
            reasons: reasons::rows(tally),
            places: places::rows(tally),
            origins: origins::rows(tally),
            refused: refused::rows(tally, accepted),
            rules: rules::rows(tally),
        }
    }

    /// The currencies of what was spent and won, by their codes.
    pub fn currencies(&self) -> Vec<&str> {
        let all = self.channels.iter().flat_map(|group| &group.money).map(|money| money.currency.as_str());
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }
}
