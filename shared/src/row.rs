//! What the table holds. `docs/table.md` lists the access patterns behind these keys.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::{Account, Nurture, Routed, Scored, Sla, Trace};
use crate::id::{ClaimKey, DeliveryId, FormId, LeadId, Principal, Queue, fingerprint};
use crate::lead::{Assignment, LeadState, Place};
use crate::personal::Personal;
use crate::submission::{Money, Submission};
use crate::tags::Correction;

/// How long an idempotency key is remembered: longer than any client retries.
pub const KEY_RETENTION_HOURS: i64 = 48;

/// A row's key: partition and sort key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl RowKey {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The state of a lead.
    pub fn state(lead: &LeadId) -> Self {
        Self::new(lead.as_str(), "state")
    }

    /// What the form posted.
    pub fn submission(lead: &LeadId) -> Self {
        Self::new(lead.as_str(), "submission")
    }

    /// What people corrected of a lead's tags. Sorts behind the submission, so that one query reads the three.
    pub fn tags(lead: &LeadId) -> Self {
        Self::new(lead.as_str(), "tags")
    }

    /// The decision of one epoch.
    pub fn decision(lead: &LeadId, epoch: u32) -> Self {
        Self::new(lead.as_str(), format!("decision#{epoch:06}"))
    }

    /// The touches on a lead; newest last.
    pub fn touch(master: &LeadId, at: Timestamp, from: &LeadId) -> Self {
        Self::new(master.as_str(), format!("touch#{:013}#{from}", at.as_millisecond()))
    }

    /// An event in the life of a lead.
    pub fn event(lead: &LeadId, version: u64) -> Self {
        Self::new(lead.as_str(), format!("event#{version:09}"))
    }

    /// An answer from sales.
    pub fn feedback(lead: &LeadId, version: u64) -> Self {
        Self::new(lead.as_str(), format!("feedback#{version:09}"))
    }

    /// An idempotency key on a form. The key itself is not stored: it may be anything, an e-mail address included.
    pub fn idempotency(form: &FormId, key: &str) -> Self {
        Self::new(format!("idempotency#{}", fingerprint(&[form.as_str(), key])), "-")
    }

    /// A duplicate key.
    pub fn claim(key: &ClaimKey) -> Self {
        Self::new(format!("claim#{}", key.as_str()), "-")
    }

    /// An account by its registrable domain.
    pub fn account_by_domain(domain: &str) -> Self {
        Self::new(format!("account#domain#{domain}"), "-")
    }

    /// An account by its normalised name.
    pub fn account_by_name(name: &str) -> Self {
        Self::new(format!("account#name#{name}"), "-")
    }

    /// The turns of a queue's people.
    pub fn turn(queue: &Queue) -> Self {
        Self::new(format!("turn#{queue}"), "-")
    }

    /// The number of open leads of a queue or an owner.
    pub fn open(place: &Place) -> Self {
        match place {
            Place::Queue(queue) => Self::new(format!("queue#{queue}"), "open"),
            Place::Owner(id) => Self::new(format!("owner#{id}"), "open"),
        }
    }

    /// A signed request that has acted.
    pub fn request(principal: &Principal, id: &str) -> Self {
        Self::new(format!("request#{}", fingerprint(&[principal.as_str(), id])), "-")
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// Where a lead stands.
    State(LeadState),
    /// What the form posted; never changes.
    Submission(StoredSubmission),
    /// What people corrected of its tags; there once they did.
    Tags(CorrectedTags),
    /// Where a lead was sent and why; never changes.
    Decision(Decision),
    /// A duplicate that joined a lead; never changes, unless the join is undone.
    Touch(Touch),
    /// What is left of a touch once a person has undone the join; stands in its place.
    UndoneTouch(UndoneTouch),
    /// Something that happened; never changes, no personal data.
    Event(Event),
    /// An answer from sales; never changes.
    Feedback(StoredFeedback),
    /// An idempotency key that has made a lead.
    Idempotency(Idempotency),
    /// A duplicate key and its owner.
    Claim(Claim),
    /// An account.
    Account(AccountRow),
    /// A signed request that has acted.
    Request(Request),
    /// How many turns a queue's people have taken.
    Turn(Turn),
    /// How many leads are open.
    Open(Open),
}

impl Row {
    /// The row's key.
    pub fn key(&self) -> RowKey {
        match self {
            Self::State(row) => RowKey::state(&row.lead_id),
            Self::Submission(row) => RowKey::submission(&row.lead_id),
            Self::Tags(row) => RowKey::tags(&row.lead_id),
            Self::Decision(row) => RowKey::decision(&row.lead_id, row.epoch),
            Self::Touch(row) => RowKey::touch(&row.master, row.at, &row.from),
            Self::UndoneTouch(row) => RowKey::touch(&row.master, row.at, &row.from),
            Self::Event(row) => RowKey::event(&row.lead_id, row.version),
            Self::Feedback(row) => RowKey::feedback(&row.lead_id, row.version),
            Self::Idempotency(row) => RowKey { pk: row.pk.clone(), sk: "-".into() },
            Self::Claim(row) => RowKey::claim(&row.key),
            Self::Account(row) => RowKey { pk: row.pk.clone(), sk: "-".into() },
            Self::Request(row) => RowKey { pk: row.pk.clone(), sk: "-".into() },
            Self::Turn(row) => RowKey { pk: row.pk.clone(), sk: "-".into() },
            Self::Open(row) => RowKey { pk: row.pk.clone(), sk: "open".into() },
        }
    }

    /// When the row may go, in seconds since 1970; DynamoDB's TTL removes it within days of that.
    pub fn expires_at(&self) -> Option<i64> {
        match self {
            Self::Idempotency(row) => Some(row.expires_at),
            Self::Claim(row) => Some(row.expires_at),
            Self::Request(row) => Some(row.expires_at),
            _ => None,
        }
    }
}

/// A submission as accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSubmission {
    /// The lead it made.
    pub lead_id: LeadId,
    /// When.
    pub at: Timestamp,
    /// What was posted.
    pub submission: Submission,
}

/// What people corrected of a lead's tags. Written together with its state, whose version guards it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectedTags {
    /// Which lead.
    pub lead_id: LeadId,
    /// Of each value, what was said last; at least one.
    pub corrections: Vec<Correction>,
}

/// Where a lead was sent in one epoch, and everything that a message about it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Which lead.
    pub lead_id: LeadId,
    /// Which assignment of it.
    pub epoch: u32,
    /// When.
    pub decided_at: Timestamp,
    /// To where.
    pub queue: Queue,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The rule that fired.
    pub rule: String,
    /// The id of the delivery.
    pub delivery_id: DeliveryId,
    /// The rule set that decided.
    pub rules_version: String,
    /// The scores that it was decided on.
    pub scored: Scored,
    /// The follow-up strategy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// How it is to be warmed, of a lead that went to nurture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nurture: Option<Nurture>,
    /// The deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Sla>,
    /// The steps tried.
    pub trace: Trace,
}

impl Decision {
    /// The decision that led to an assignment.
    pub fn of(assignment: &Assignment, lead_id: &LeadId, scored: Scored, routed: Routed, rules_version: &str) -> Self {
        Self {
            lead_id: lead_id.clone(),
            epoch: assignment.epoch,
            decided_at: assignment.decided_at,
            queue: assignment.queue.clone(),
            owner: assignment.owner.clone(),
            rule: routed.rule,
            delivery_id: assignment.delivery_id.clone(),
            rules_version: rules_version.to_owned(),
            scored,
            strategy: routed.strategy,
            nurture: routed.nurture,
            sla: routed.sla,
            trace: routed.trace,
        }
    }
}

/// A submission that joined an earlier lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// The lead it joined.
    pub master: LeadId,
    /// The lead it would have been.
    pub from: LeadId,
    /// When it was received.
    pub at: Timestamp,
    /// Which kind of key they share: `email`, `phone` or `person`.
    pub matched_on: String,
    /// What was posted.
    pub submission: Submission,
}

/// A touch that was none. Holds no longer what was posted: that is another lead's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoneTouch {
    /// The lead it had joined.
    pub master: LeadId,
    /// The lead that it is again.
    pub from: LeadId,
    /// When it was received.
    pub at: Timestamp,
    /// When the join was undone.
    pub undone_at: Timestamp,
    /// By whom.
    pub by: Principal,
}

/// Something that happened to a lead. Together with its decisions, touches and answers this is its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Which lead.
    pub lead_id: LeadId,
    /// The version it led to.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// A function's name, or the principal and actor who asked for it.
    pub actor: String,
    /// What, as a past participle: `held`, `rejected`, `merged`, `unmerged`, `breached`.
    pub what: String,
    /// Why, or what exactly, in plain words without personal values.
    pub why: String,
}

/// An answer from sales.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoredFeedback {
    /// Which lead.
    pub lead_id: LeadId,
    /// The version it led to.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// The assignment it answers.
    pub epoch: u32,
    /// Who signed.
    pub principal: Principal,
    /// Who reported, in the sales tool's own terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The disposition as reported.
    pub disposition: String,
    /// Whether the playbook knows it.
    pub mapped: bool,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal>,
    /// The amount won.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// When to come back to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_date: Option<Date>,
}

impl StoredFeedback {
    /// Whether sales said it. Verdicts and corrections of tags are stored beside the answers, and are none.
    pub fn is_answer(&self) -> bool {
        !self.disposition.contains(':')
    }
}

/// An idempotency key that has made a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    /// The partition key.
    pub pk: String,
    /// What the key was used for.
    pub fingerprint: String,
    /// The lead it made.
    pub lead_id: LeadId,
    /// Seconds since 1970 after which the key may be used anew.
    pub expires_at: i64,
}

/// A duplicate key and its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The key.
    pub key: ClaimKey,
    /// The lead that later submissions join.
    pub owner: LeadId,
    /// Seconds since 1970 after which the key is free.
    pub expires_at: i64,
}

/// An account under one of its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// The partition key.
    pub pk: String,
    /// The account.
    pub account: Account,
}

/// A signed request that has acted, and what it was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The partition key.
    pub pk: String,
    /// What was asked.
    pub fingerprint: String,
    /// The answer's body.
    pub answer: String,
    /// Seconds since 1970 after which the row may go; signatures are refused long before.
    pub expires_at: i64,
}

/// How many turns a queue's people have taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The partition key.
    pub pk: String,
    /// How many; the number of the last one.
    pub taken: u64,
}

/// How many leads of a queue or an owner are open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The partition key.
    pub pk: String,
    /// How many.
    pub open: i64,
}
