//! What the three decisions answer, and why. Values only; the deciding is in [`crate::clean`], [`crate::score`] and
//! [`crate::route`].

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::Queue;
use crate::lead::Counted;

/// What `clean` made of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// Go on, wait for a person, or stop.
    pub verdict: CleanVerdict,
    /// The values by which duplicates are found, in order of precedence; empty unless accepted.
    pub keys: Vec<DedupeValue>,
}

/// Go on, wait for a person, or stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CleanVerdict {
    /// The lead goes on to `score`.
    Accept,
    /// A person looks first.
    Hold {
        /// A reason code, for example `phone-digit-run`.
        reason: Reason,
        /// Whether the telemarketing queue is told.
        notify: bool,
    },
    /// Not a lead. Kept, and restorable by a person.
    Refuse {
        /// A reason code, for example `test-lead`.
        reason: Reason,
    },
}

/// A reason code and the rule that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// For machines: lower case with dashes.
    pub code: String,
    /// The id of the rule, as `leadctl rules check` names it.
    pub rule: String,
    /// For people: one sentence without personal values.
    pub text: String,
}

/// A normalised value that two submissions of one person share. Not stored: the caller turns it into a
/// [`crate::id::ClaimKey`].
#[derive(Clone, PartialEq, Eq)]
pub struct DedupeValue {
    /// `email`, `phone` or `person` (company and name).
    pub kind: &'static str,
    /// The value.
    pub value: String,
}

impl std::fmt::Debug for DedupeValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:[redacted]", self.kind)
    }
}

/// Points for one thing. Names the rule and the field, never the personal value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contribution {
    /// The id of the rule.
    pub rule: String,
    /// Which score: `intent` or `value`.
    pub score: Axis,
    /// The category whose cap it counts towards.
    pub category: String,
    /// Points, after fading and the cap; may be negative.
    pub points: i32,
    /// The fields that the rule looked at; never what they hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// Which of the two scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// How much they want it.
    Intent,
    /// How much it is worth.
    Value,
}

/// What `score` made of a lead. `intent` and `value` equal the sums of their contributions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scored {
    /// 0 to 100.
    pub intent: i32,
    /// 0 to 100.
    pub value: i32,
    /// Which of the four fields the two scores fall into.
    pub quadrant: Quadrant,
    /// Whether the lead is marketing-qualified: at or above the distribution standard, or qualified by a person.
    pub mql: bool,
    /// What a person decided about that, and who and when.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<GivenVerdict>,
    /// The named points.
    pub contributions: Vec<Contribution>,
    /// The account it matched.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<Account>,
    /// The rule set that scored.
    pub rules_version: String,
}

/// What a person decided about a lead's qualification; beats the distribution standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ManualVerdict {
    /// Marketing-qualified.
    Mql,
    /// Not qualified.
    NotMql,
}

/// A [`ManualVerdict`] as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GivenVerdict {
    /// What was decided.
    pub verdict: ManualVerdict,
    /// Who signed it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The two scores against their thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quadrant {
    /// High intent, high value: sales at once.
    Hot,
    /// High intent, low value: self-service.
    SelfService,
    /// Low intent, high value: a person finds out why.
    Review,
    /// Low intent, low value: nurture.
    Nurture,
}

/// An existing or key account, as imported by `leadctl accounts import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The customer's name in our books.
    pub name: String,
    /// Its registrable domain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub domain: Option<String>,
    /// What it is to us.
    pub kind: AccountKind,
    /// Who looks after it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
}

/// What an account is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// It buys from us.
    Customer,
    /// We want it to, and somebody is set on it.
    Key,
    /// It sells what we sell.
    Competitor,
}

/// Where `route` sends a lead. Total: every lead gets one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// The queue.
    pub queue: Queue,
    /// The salesperson, where a rule or the account names one.
    pub owner: Option<String>,
    /// The places that it takes up there.
    pub counted: Option<Counted>,
    /// The id of the rule that fired.
    pub rule: String,
    /// The follow-up strategy of the quadrant.
    pub strategy: Option<String>,
    /// How it is to be warmed, where the queue is one of nurture.
    pub nurture: Option<Nurture>,
    /// The deadline for an answer, where the queue has a policy.
    pub sla: Option<Sla>,
    /// The steps tried.
    pub trace: Trace,
}

/// How a lead is to be warmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Nurture {
    /// Its scores against their thresholds.
    pub quadrant: Quadrant,
    /// The suggested track, if the rules name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<String>,
}

/// The clock of an assignment: by when to answer, and what happens on the way there and after. Fixed when the lead is given
/// to the queue; rules that change later leave it alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sla {
    /// The id of the policy.
    pub policy: String,
    /// By when to say that somebody is on it, if that is asked for; any answer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response_due: Option<Timestamp>,
    /// By when to answer.
    pub feedback_due: Timestamp,
    /// What happens as long as nobody answers, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<ClockStep>,
    /// For how long the lead stays with whoever has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
}

impl Sla {
    /// The queues that hear of it if nobody answers, beside that of breaches.
    pub fn notified(&self) -> impl Iterator<Item = &Queue> {
        self.steps.iter().filter_map(|step| match &step.action {
            ClockAction::Notify { queue } => Some(queue),
            _ => None,
        })
    }
}

/// One step of a clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClockStep {
    /// When it is taken, unless the lead is answered by then.
    pub at: Timestamp,
    /// What is done.
    #[serde(flatten)]
    pub action: ClockAction,
}

/// What is done when a time has passed without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum ClockAction {
    /// The queue is reminded.
    Remind,
    /// Nobody has said that they are on it: the queue of breaches is told.
    FirstResponse,
    /// The deadline: the queue of breaches is told.
    Deadline,
    /// Somebody above is told.
    Notify {
        /// Whose queue.
        queue: Queue,
    },
    /// The lead goes to another queue, and the one that kept silent is told that it is gone.
    Reroute {
        /// The other one.
        queue: Queue,
    },
    /// The lead goes back to the pool, and the queue that kept silent is told that it is gone.
    Recycle {
        /// In how many days it is scored again; never by itself if there are none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reactivate_after_days: Option<u32>,
    },
}

/// For how long a lead stays with whoever has it: each answer that keeps it extends the time, up to an end. After that it
/// goes back to the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Protection {
    /// The calendar in whose time zone days are counted.
    pub calendar: String,
    /// Until when, as long as nobody answers.
    pub until: Timestamp,
    /// By how many days from then on an answer extends it.
    pub extension_days: u16,
    /// The end, whatever is answered; none if answers may extend it for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Timestamp>,
    /// In how many days after that the lead is scored again; never by itself if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactivate_after_days: Option<u32>,
}

/// Why a decision fell so: every step tried, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Trace(pub Vec<Step>);

/// One step of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The id of the rule or step.
    pub step: String,
    /// Whether it decided.
    pub fired: bool,
    /// Why, or why not, in plain words without personal values.
    pub why: String,
    /// The fields that it looked at; never what they hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
}

impl Trace {
    /// Adds a step that did not apply.
    pub fn passed(&mut self, step: impl Into<String>, why: impl Into<String>, inputs: Vec<String>) {
        self.0.push(Step { step: step.into(), fired: false, why: why.into(), inputs });
    }

    /// Adds the step that decided.
    pub fn fired(&mut self, step: impl Into<String>, why: impl Into<String>, inputs: Vec<String>) {
        self.0.push(Step { step: step.into(), fired: true, why: why.into(), inputs });
    }

    /// The step that decided. Those behind it tell to whom of its queue the lead was given, and why.
    pub fn decisive(&self) -> Option<&Step> {
        self.0.iter().find(|step| step.fired)
    }
}
