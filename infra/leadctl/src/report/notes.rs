//! What the report takes from one row: ids, times, words of the rules and where a lead came from. Names, addresses and free
//! text of people stay behind, so that the temporary files hold none.

use jiff::Timestamp;
use leads::decision::Quadrant;
use leads::geo;
use leads::lead::Stage;
use leads::ports::Stored;
use leads::row::{Row, RowKey};
use leads::submission::{Channel, ChannelKind, Money, Submission, shown};
use serde::{Deserialize, Serialize};

/// A row of a lead, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// Where it stands.
    State(Standing),
    /// What was posted.
    Posted(Posted),
    /// It was given to a queue.
    Given(Given),
    /// Another submission of the same person.
    Touched(Touched),
    /// Sales answered.
    Said(Said),
    /// A row that cannot be read.
    Unreadable,
}

/// Where a lead stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Of several notes of one lead the newest counts.
    pub version: u64,
    /// The stage.
    pub stage: Stage,
    /// Since when.
    pub stage_at: Timestamp,
    /// When the lead was accepted.
    pub received_at: Timestamp,
    /// Code and rule, of a lead that was refused.
    pub refused: Option<(String, String)>,
    /// Whether it qualified, of a lead that is scored and not routed yet.
    pub mql: bool,
}

/// Where a lead came from, and what it asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub source: Source,
    /// Who found it.
    pub origin: Origin,
    /// The industry as posted.
    pub industry: Option<String>,
    /// ISO 3166-1 alpha-2; of mainland China with the province: `CN-32`.
    pub region: Option<String>,
    /// The product asked about.
    pub interest: Option<String>,
}

/// Channel and campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The channel.
    pub channel: Channel,
    /// The campaign.
    pub campaign: Option<String>,
}

/// Who found a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It came through a free or paid channel, and names no salesperson.
    Marketing,
    /// It came through a partner's channel, and names no salesperson.
    Partner,
    /// It names the salesperson that it belongs to.
    Sales,
    /// What was posted is not there, or cannot be read.
    Unknown,
}

/// An assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Which.
    pub epoch: u32,
    /// When.
    pub at: Timestamp,
    /// To which queue.
    pub queue: String,
    /// To whom.
    pub owner: Option<String>,
    /// Its scores against their thresholds.
    pub quadrant: Quadrant,
    /// Whether it was marketing-qualified.
    pub mql: bool,
    /// The rule set that decided.
    pub rules_version: String,
    /// By when to answer.
    pub feedback_due: Option<Timestamp>,
}

/// Another submission of the same person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// When.
    pub at: Timestamp,
    /// The lead it would have been.
    pub from: String,
    /// From where.
    pub source: Source,
}

/// An answer from sales.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The version that it led to: the order of the answers.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// The assignment it answers.
    pub epoch: u32,
    /// What.
    pub disposition: String,
    /// Whether the playbook knows it.
    pub mapped: bool,
    /// The amount won.
    pub amount: Option<Money>,
}

impl Note {
    /// What a row says, and of which lead; nothing of rows that are no lead's, or that the report does not read.
    pub fn of(stored: Stored) -> Option<(String, Self)> {
        let Stored { key, row } = stored;
        if !is_read(&key) {
            return None;
        }
        let note = match row {
            None => Self::Unreadable,
            Some(Row::State(state)) => Self::State(Standing {
                version: state.version,
                stage: state.stage,
                stage_at: state.stage_at,
                received_at: state.received_at,
                refused: state.reason.filter(|_| state.stage == Stage::Rejected).map(|why| (why.code, why.rule)),
                mql: state.scored.is_some_and(|scored| scored.mql),
            }),
            Some(Row::Submission(row)) => Self::Posted(posted(row.at, &row.submission)),
            Some(Row::Decision(row)) => Self::Given(Given {
                epoch: row.epoch,
                at: row.decided_at,
                queue: row.queue.into(),
                owner: row.owner,
                quadrant: row.scored.quadrant,
                mql: row.scored.mql,
                rules_version: row.rules_version,
                feedback_due: row.sla.map(|sla| sla.feedback_due),
            }),
            Some(Row::Touch(row)) => {
                Self::Touched(Touched { at: row.at, from: row.from.into(), source: source(&row.submission) })
            }
            Some(Row::Feedback(row)) if row.is_answer() => Self::Said(Said {
                version: row.version,
                at: row.at,
                epoch: row.epoch,
                disposition: row.disposition,
                mapped: row.mapped,
                amount: row.amount.map(|of| Money { currency: shown(&of.currency).into_owned(), ..of }),
            }),
            Some(_) => return None,
        };
        Some((key.pk, note))
    }

    /// The newest time that it names.
    pub fn latest(&self) -> Option<Timestamp> {
        match self {
            Self::State(state) => Some(state.stage_at.max(state.received_at)),
            Self::Posted(posted) => Some(posted.at),
            Self::Given(given) => Some(given.at),
            Self::Touched(touched) => Some(touched.at),
            Self::Said(said) => Some(said.at),
            Self::Unreadable => None,
        }
    }
}

/// Whether the report reads rows under such a key.
pub fn is_read(key: &RowKey) -> bool {
    let RowKey { pk, sk } = key;
    let of_lead = pk.starts_with("ld_");
    let read = ["state", "submission", "decision#", "touch#", "feedback#"];
    of_lead && read.iter().any(|begin| sk.starts_with(begin))
}

fn source(submission: &Submission) -> Source {
    let source = &submission.source;
    Source { channel: source.channel, campaign: source.campaign.as_ref().map(ToString::to_string) }
}

fn posted(at: Timestamp, submission: &Submission) -> Posted {
    let (company, interest) = (&submission.company, &submission.interest);
    let place = geo::place(company.country.as_deref(), company.province.as_deref(), company.city.as_deref());
    let region = geo::phone_region(&place).map(|country| match place.province.filter(|_| country == "CN") {
        Some(province) => format!("{country}-{province}"),
        None => country.to_owned(),
    });
    let origin = match (submission.source.owner.is_some(), submission.source.channel.kind()) {
        (true, _) => Origin::Sales,
        (false, ChannelKind::Partner) => Origin::Partner,
        (false, ChannelKind::Free | ChannelKind::Paid) => Origin::Marketing,
    };
    Posted {
        at,
        source: source(submission),
        origin,
        industry: company.industry.clone(),
        region,
        interest: interest.product.clone(),
    }
}
