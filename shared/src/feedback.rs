//! What sales and telemarketing send back about a lead, read as strictly as a submission.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::LeadId;
use crate::personal::Personal;
use crate::submission::field::{Fields, object};
use crate::submission::json::Node;
use crate::submission::parse::money;
use crate::submission::report::Report;
use crate::submission::text::Shape;
use crate::submission::{Encoding, Money, NOT_BLANK, Problem, Rejection, json, syntax};
use crate::tags::TagsCorrected;

/// The most entries in one batch of feedback: as many as leads in a batch. Each costs up to four calls of its own, ten
/// entries at a time, so that a hundred take a second or two of the function's ten, and with the longest notes the body
/// stays below a batch's cap.
pub const MAX_ENTRIES: usize = 100;

/// What a salesperson reports about a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Feedback {
    /// The routing it answers, from the message; 1 is the first.
    #[schemars(range(min = 1, max = u32::MAX))]
    pub epoch: u32,
    /// What came of the lead: an open vocabulary in snake case, up to 60 characters, for example `no_budget_yet`.
    #[schemars(length(min = 1, max = 60), regex(pattern = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"))]
    pub disposition: String,
    /// Free text, up to 2,000 characters. Untrusted: show it, never act on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    pub note: Option<Personal>,
    /// What was won.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// When to come back to it: a lead that waits is scored again from the beginning of this day on, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_date: Option<Date>,
    /// Who reports, as the sales tool names them; up to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub actor: Option<String>,
}

/// An entry of a batch of feedback: what is reported, and about which lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FeedbackEntry {
    /// The lead.
    pub lead_id: LeadId,
    /// What is reported.
    #[serde(flatten)]
    #[schemars(flatten)]
    pub feedback: Feedback,
}

/// An entry that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEntry {
    /// The lead that it is about, if that can be read.
    pub lead_id: Option<LeadId>,
    /// What is to mend, each at its place in the whole body.
    pub problems: Vec<Problem>,
}

/// A decision of a person that overrides the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Verdict {
    /// The decision.
    pub verdict: VerdictKind,
    /// Why, in the person's words, up to 500 characters. Kept in the audit trail.
    #[schemars(length(min = 1, max = 500), regex(pattern = NOT_BLANK))]
    pub reason: String,
    /// Who decided, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = NOT_BLANK))]
    pub actor: String,
}

/// What a person can decide about a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Let a held or refused lead go on.
    Release,
    /// Stop it.
    Refuse,
    /// It is marketing-qualified, whatever its scores.
    Mql,
    /// It is not.
    NotMql,
    /// It waits for a person, whoever has it.
    Hold,
    /// It is a test, and no lead.
    Test,
    /// A merged lead is nobody's duplicate: a lead of its own again.
    Unmerge,
}

impl VerdictKind {
    /// Every kind, with its name.
    pub const NAMES: [(&str, Self); 7] = [
        ("release", Self::Release),
        ("refuse", Self::Refuse),
        ("mql", Self::Mql),
        ("not_mql", Self::NotMql),
        ("hold", Self::Hold),
        ("test", Self::Test),
        ("unmerge", Self::Unmerge),
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// Reads the JSON body of a feedback.
pub fn parse_feedback(body: &[u8]) -> Result<Feedback, Rejection> {
    read(body, feedback)
}

/// Reads the JSON body of a batch of feedback, an array of 1 to [`MAX_ENTRIES`] entries: a result for each, in order.
pub fn parse_feedback_batch(body: &[u8]) -> Result<Vec<Result<FeedbackEntry, BadEntry>>, Rejection> {
    let encoding = Encoding::Json;
    let items = json::read_list(body).map_err(|detail| Rejection::Malformed { encoding, detail })?;
    let (code, detail) = match items.len() {
        1..=MAX_ENTRIES => return Ok(items.into_iter().enumerate().map(|(at, item)| entry(at, item)).collect()),
        0 => ("required", "Give at least one entry.".to_owned()),
        _ => ("too-many", format!("Give at most {MAX_ENTRIES} entries.")),
    };
    Err(Rejection::Invalid(vec![Problem { pointer: String::new(), code: code.to_owned(), detail }]))
}

fn entry(at: usize, item: Node) -> Result<FeedbackEntry, BadEntry> {
    let (mut report, pointer, mut lead_id) = (Report::new(Encoding::Json), format!("/{at}"), None);
    let entry = match item {
        Node::Map(members) => object(&mut report, pointer, "the entry", members, |fields| {
            lead_id = fields.required("lead_id", |fields, name| {
                let parsed = |text: &str| LeadId::parse(text).map_err(|_| syntax::bad_identifier());
                fields.parsed(name, Shape::line(LeadId::MAX), parsed)
            });
            let feedback = feedback(fields);
            Some(FeedbackEntry { lead_id: lead_id.clone()?, feedback: feedback? })
        }),
        _ => {
            report.add(pointer, "wrong-type", "Give an object.");
            None
        }
    };
    report.close(entry).map_err(|problems| BadEntry { lead_id, problems })
}

fn feedback(fields: &mut Fields<'_>) -> Option<Feedback> {
    let epoch = fields.required("epoch", |fields, name| fields.integer(name, 1, u32::MAX.into()));
    let disposition = fields.required("disposition", |fields, name| {
        fields.parsed(name, Shape::line(60), |text| {
            if is_snake_case(text) { Ok(text.to_owned()) } else { Err(not_snake_case()) }
        })
    });
    let note = fields.text("note", Shape::lines(2000)).map(Personal::new);
    let amount = fields.object("amount", money);
    let next_date = fields.parsed("next_date", Shape::line(10), |text| text.parse::<Date>().map_err(|_| no_date()));
    let actor = fields.text("actor", Shape::line(100));
    let epoch = u32::try_from(epoch?).ok()?;
    Some(Feedback { epoch, disposition: disposition?, note, amount, next_date, actor })
}

/// Reads the JSON body of a manual verdict.
pub fn parse_verdict(body: &[u8]) -> Result<Verdict, Rejection> {
    read(body, |fields| {
        let verdict = fields.required("verdict", |fields, name| fields.choice(name, &VerdictKind::NAMES));
        let reason = fields.required("reason", |fields, name| fields.text(name, Shape::line(500)));
        let actor = fields.required("actor", |fields, name| fields.text(name, Shape::line(100)));
        Some(Verdict { verdict: verdict?, reason: reason?, actor: actor? })
    })
}

/// Reads the JSON body of a correction of tags.
pub fn parse_tags(body: &[u8]) -> Result<TagsCorrected, Rejection> {
    read(body, TagsCorrected::read)
}

fn read<T>(body: &[u8], fields: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Result<T, Rejection> {
    let encoding = Encoding::Json;
    let members = json::read(body).map_err(|detail| Rejection::Malformed { encoding, detail })?;
    let mut report = Report::new(encoding);
    let value = object(&mut report, String::new(), "the top level", members, fields);
    report.close(value).map_err(Rejection::Invalid)
}

fn is_snake_case(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('_').all(word)
}

fn no_date() -> (&'static str, String) {
    ("no-date", "Write a day as year, month and day, for example `2027-03-01`.".to_owned())
}

fn not_snake_case() -> (&'static str, String) {
    ("not-snake-case", "Use lower-case words joined by `_`, for example `no_budget_yet`.".to_owned())
}
