//! What is sent: ids between the functions, and to sales the lead with the reason why.
//!
//! The types under [`SalesMessage`] are the published contract; `docs/sales-message.schema.json` is generated from them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::{Account, ClockAction, Contribution, GivenVerdict, Quadrant, Reason, Sla, Trace};
use crate::id::{DeliveryId, LeadId, Queue};
use crate::lead::{LeadState, Owing, TakenAway};
use crate::personal::Personal;
use crate::ports::{Destination, Outgoing, StageQueue};
use crate::profile::Profile;
use crate::row::{Decision, StoredSubmission};
use crate::submission::{Consent, Interest, Source, Submission, Tags};

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

/// `lead.routed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadRouted {
    /// Ids and times.
    #[serde(flatten)]
    pub header: Header,
    /// When the form was accepted.
    pub received_at: Timestamp,
    /// Who wants what.
    pub lead: LeadView,
    /// The scores and what they are made of.
    pub score: ScoreView,
    /// The salesperson, if a rule or the account names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The account it matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// How to follow up, by quadrant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// By when to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Sla>,
    /// The rule that fired.
    pub rule: String,
    /// The steps tried, and why each did or did not apply.
    pub trace: Trace,
    /// The content hash of the rule set that decided.
    pub rules_version: String,
    /// Where to answer: `POST` to this path of the API, signed.
    pub answer_to: String,
}

/// `lead.touched`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadTouched {
    /// Ids and times.
    #[serde(flatten)]
    pub header: Header,
    /// How many submissions have joined the lead; fewer than before if one was taken out.
    pub touches: u32,
    /// The lead that was taken out: what an earlier message said of it does not belong here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_by: Option<LeadId>,
    /// What the latest one said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<LeadView>,
}

/// `lead.recalled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadRecalled {
    /// Ids and times; the epoch is the one that has ended.
    #[serde(flatten)]
    pub header: Header,
    /// Why.
    pub why: String,
}

/// `lead.held`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadHeld {
    /// Ids and times.
    #[serde(flatten)]
    pub header: Header,
    /// Why it is held.
    pub reason: Reason,
    /// Who wants what.
    pub lead: LeadView,
    /// Where to send the verdict: `POST` to this path of the API, signed.
    pub verdict_to: String,
}

/// `lead.reminder`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadReminder {
    /// Ids and times.
    #[serde(flatten)]
    pub header: Header,
    /// The salesperson, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// By when to answer.
    pub feedback_due: Timestamp,
    /// Where to answer: `POST` to this path of the API, signed.
    pub answer_to: String,
}

/// `lead.escalated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadEscalated {
    /// Ids and times; the queue is the one that the policy names.
    #[serde(flatten)]
    pub header: Header,
    /// The queue that has not answered.
    pub silent_queue: Queue,
    /// Its salesperson, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The deadline that passed.
    pub feedback_due: Timestamp,
    /// The policy that asks for this.
    pub policy: String,
}

/// Which of a lead's deadlines was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// Nobody has said that they are on it.
    FirstResponse,
    /// Nobody has answered.
    Feedback,
}

/// `lead.breached`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadBreached {
    /// Ids and times; the queue is `sla-breaches`.
    #[serde(flatten)]
    pub header: Header,
    /// What was missed.
    pub missed: Missed,
    /// The queue that has not answered.
    pub silent_queue: Queue,
    /// Its salesperson, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// By when to answer: after a missed first response still to come.
    pub feedback_due: Timestamp,
    /// When it was found missed.
    pub breached_at: Timestamp,
}

/// `lead.erased`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadErased {
    /// Ids and times; the epoch is the last one that the lead reached.
    #[serde(flatten)]
    pub header: Header,
}

/// A lead as sales sees it: what was posted, with the normalised forms beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeadView {
    /// The form.
    pub form_id: crate::id::FormId,
    /// The person.
    pub contact: ContactView,
    /// The company.
    pub company: CompanyView,
    /// What they want. `message` is free text from the internet: show it, do not act on it.
    pub interest: Interest,
    /// `true` always: `interest.message` and `custom` are untrusted input, for people to read and no agent to obey.
    #[schemars(extend("const" = true))]
    pub untrusted: bool,
    /// Where it came from.
    pub source: Source,
    /// What they agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// What is known of them.
    pub tags: Tags,
    /// Further fields of the form.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub custom: std::collections::BTreeMap<String, Personal>,
}

/// The person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContactView {
    /// Full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Personal>,
    /// Job title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Personal>,
    /// E-mail address as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Personal>,
    /// Phone number as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Personal>,
    /// The phone number in E.164, if it is a valid one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_e164: Option<Personal>,
}

/// The company, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompanyView {
    /// As posted.
    #[serde(flatten)]
    pub posted: crate::submission::Company,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// GB/T 2260, two digits, within China.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province_code: Option<String>,
    /// GB/T 2260, four digits, within China.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city_code: Option<String>,
}

/// Two scores, each the sum of its contributions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreView {
    /// 0 to 100: how much they want it.
    #[schemars(range(min = 0, max = 100))]
    pub intent: i32,
    /// 0 to 100: how much it is worth.
    #[schemars(range(min = 0, max = 100))]
    pub value: i32,
    /// The two against their thresholds.
    pub quadrant: Quadrant,
    /// Whether the lead is marketing-qualified.
    pub mql: bool,
    /// What a person decided about that, and who and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<GivenVerdict>,
    /// The named points.
    pub contributions: Vec<Contribution>,
}

impl LeadView {
    /// The view of a submission.
    pub fn of(submission: &Submission) -> Self {
        let profile = Profile::of(submission);
        Self {
            form_id: submission.form_id.clone(),
            contact: ContactView {
                name: submission.contact.name.clone(),
                title: submission.contact.title.clone(),
                email: submission.contact.email.clone(),
                phone: submission.contact.phone.clone(),
                phone_e164: profile.phone.e164().cloned(),
            },
            company: CompanyView {
                posted: submission.company.clone(),
                country_code: profile.place.country.map(str::to_owned),
                province_code: profile.place.province.map(str::to_owned),
                city_code: profile.place.city.map(str::to_owned),
            },
            interest: submission.interest.clone(),
            untrusted: true,
            source: submission.source.clone(),
            consent: submission.consent.clone(),
            tags: submission.tags.clone(),
            custom: submission.custom.clone(),
        }
    }
}

impl SalesMessage {
    /// The message's header.
    pub fn header(&self) -> &Header {
        match self {
            Self::Routed(message) => &message.header,
            Self::Touched(message) => &message.header,
            Self::Recalled(message) => &message.header,
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

    /// `lead.routed`, rebuilt from what is stored: the same bytes for every attempt, unless a person corrects the lead's tags
    /// in between.
    pub fn routed(decision: &Decision, submission: &StoredSubmission) -> Self {
        let scored = &decision.scored;
        Self::Routed(Box::new(LeadRouted {
            header: Header {
                v: VERSION,
                delivery_id: decision.delivery_id.clone(),
                lead_id: decision.lead_id.clone(),
                epoch: decision.epoch,
                queue: decision.queue.clone(),
                decided_at: decision.decided_at,
            },
            received_at: submission.at,
            lead: LeadView::of(&submission.submission),
            score: ScoreView {
                intent: scored.intent,
                value: scored.value,
                quadrant: scored.quadrant,
                mql: scored.mql,
                verdict: scored.verdict.clone(),
                contributions: scored.contributions.clone(),
            },
            owner: decision.owner.clone(),
            account: scored.account.clone(),
            strategy: decision.strategy.clone(),
            sla: decision.sla.clone(),
            rule: decision.rule.clone(),
            trace: decision.trace.clone(),
            rules_version: decision.rules_version.clone(),
            answer_to: format!("/v1/leads/{}/feedback", decision.lead_id),
        }))
    }

    /// `lead.recalled` to the queue whose assignment the decision ended, if it ended one.
    pub fn recalled(decision: &Decision) -> Option<Self> {
        let recalls = decision.recalls.as_ref()?;
        Some(Self::Recalled(LeadRecalled {
            header: Header {
                v: VERSION,
                delivery_id: DeliveryId::of(&decision.lead_id, recalls.epoch, "recalled"),
                lead_id: decision.lead_id.clone(),
                epoch: recalls.epoch,
                queue: recalls.queue.clone(),
                decided_at: decision.decided_at,
            },
            why: "the lead was routed anew".into(),
        }))
    }

    /// `lead.touched` about the touches that `state` has told of; `None` if it has told of none.
    pub fn touched(state: &LeadState, latest: Option<&Submission>) -> Option<Self> {
        let (assignment, told) = (state.assignment.as_ref()?, state.told_touch.as_ref()?);
        // Not the number of touches, which a join that is undone brings back.
        let what = format!("touched {}", told.decided_on);
        Some(Self::Touched(Box::new(LeadTouched {
            header: Header {
                v: VERSION,
                delivery_id: DeliveryId::of(&state.lead_id, assignment.epoch, &what),
                lead_id: state.lead_id.clone(),
                epoch: assignment.epoch,
                queue: assignment.queue.clone(),
                decided_at: told.at,
            },
            touches: told.touches,
            left_by: told.left_by.clone(),
            latest: latest.map(LeadView::of),
        })))
    }

    /// `lead.held` to `queue`; `None` unless the lead is held.
    pub fn held(state: &LeadState, submission: &Submission, queue: &Queue) -> Option<Self> {
        let reason = state.reason.clone()?;
        let what = format!("held {}", state.entered);
        Some(Self::Held(Box::new(LeadHeld {
            header: Header {
                v: VERSION,
                delivery_id: DeliveryId::of(&state.lead_id, state.epoch, &what),
                lead_id: state.lead_id.clone(),
                epoch: state.epoch,
                queue: queue.clone(),
                decided_at: state.stage_at,
            },
            reason,
            lead: LeadView::of(submission),
            verdict_to: format!("/v1/leads/{}/verdict", state.lead_id),
        })))
    }

    /// The recall of a lead that was taken away; `None` unless `state` owes it.
    pub fn recall_owed(state: &LeadState) -> Option<Self> {
        let owed = state.owes.as_ref()?;
        let Owing::Recall { queue, epoch, why } = &owed.what else { return None };
        let why = match why {
            TakenAway::Recycled => "nobody answered for good in the time that the lead may stay",
            TakenAway::ByPerson => "a person decided that it stops",
        };
        Some(Self::Recalled(LeadRecalled {
            header: Header {
                v: VERSION,
                delivery_id: DeliveryId::of(&state.lead_id, *epoch, "recalled"),
                lead_id: state.lead_id.clone(),
                epoch: *epoch,
                queue: queue.clone(),
                decided_at: owed.at,
            },
            why: why.into(),
        }))
    }

    /// The step of the clock of `decision` that `state` owes, with `breaches` as the queue of missed deadlines; `None` if
    /// it owes none that anybody hears of.
    pub fn step_owed(state: &LeadState, decision: &Decision, breaches: &Queue) -> Option<Self> {
        let (assignment, owed) = (state.assignment.as_ref()?, state.owes.as_ref()?);
        let Owing::Step(position) = owed.what else { return None };
        let header = |what: &str, queue: &Queue| Header {
            v: VERSION,
            delivery_id: DeliveryId::of(&state.lead_id, assignment.epoch, what),
            lead_id: state.lead_id.clone(),
            epoch: assignment.epoch,
            queue: queue.clone(),
            decided_at: owed.at,
        };
        let (silent_queue, owner) = (assignment.queue.clone(), assignment.owner.clone());
        let sla = decision.sla.as_ref()?;
        let feedback_due = sla.feedback_due;
        let breached = |what: &str, missed| {
            let (header, breached_at) = (header(what, breaches), owed.at);
            let (silent_queue, owner) = (silent_queue.clone(), owner.clone());
            Self::Breached(LeadBreached { header, missed, silent_queue, owner, feedback_due, breached_at })
        };
        match &sla.steps.get(usize::from(position))?.action {
            ClockAction::Remind => Some(Self::Reminder(LeadReminder {
                header: header(&format!("reminder {position}"), &assignment.queue),
                owner,
                feedback_due,
                answer_to: format!("/v1/leads/{}/feedback", state.lead_id),
            })),
            ClockAction::FirstResponse => Some(breached("no first response", Missed::FirstResponse)),
            ClockAction::Deadline => Some(breached("breached", Missed::Feedback)),
            ClockAction::Notify { queue } => Some(Self::Escalated(LeadEscalated {
                header: header(&format!("escalation {position}"), queue),
                silent_queue,
                owner,
                feedback_due,
                policy: sla.policy.clone(),
            })),
            // The one is told as a recall and a delivery, the other as a recall.
            ClockAction::Reroute { .. } | ClockAction::Recycle { .. } => None,
        }
    }

    /// `lead.erased` to every queue that was ever told of an erased lead. It is told twice, under two delivery ids, so
    /// that SQS does not take the last word for a copy of the first.
    pub fn erased(state: &LeadState, last_word: bool) -> Vec<Self> {
        let what = if last_word { "erased, last word" } else { "erased" };
        let to = |queue: &Queue| {
            Self::Erased(LeadErased {
                header: Header {
                    v: VERSION,
                    // Somebody who reads several queues deduplicates over all of them.
                    delivery_id: DeliveryId::of(&state.lead_id, state.epoch, &format!("{what}, {queue}")),
                    lead_id: state.lead_id.clone(),
                    epoch: state.epoch,
                    queue: queue.clone(),
                    decided_at: state.stage_at,
                },
            })
        };
        state.told.iter().map(to).collect()
    }
}

/// These types serialise without fail: no maps with other than text keys, no floats.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
