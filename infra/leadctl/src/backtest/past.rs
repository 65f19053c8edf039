//! A past lead: one line of a file, either a submission as it was posted or an envelope around one. `docs/backtest.md`
//! describes both.

use std::fmt;

use jiff::Timestamp;
use leads::decision::{Account, GivenVerdict, ManualVerdict};
use leads::id::Principal;
use leads::submission::{Encoding, Posted, Problem, Rejection, Submission, Visit, parse};
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A lead as it came, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastLead {
    /// What was posted.
    pub submission: Submission,
    /// When it came.
    pub at: Option<Timestamp>,
    /// Its account.
    pub account: Option<Account>,
    /// Further submissions of the same person.
    pub touches: Vec<Submission>,
    /// What a person decided.
    pub verdict: Option<Verdict>,
    /// The disposition that sales reported.
    pub outcome: Option<String>,
}

/// What a person decided about a lead; a qualification lets a held lead pass, as it does in the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on, and maybe it is qualified, or is not.
    Pass(Option<ManualVerdict>),
    /// It stops.
    Refuse,
}

/// A qualification as `score` takes it; files of past leads do not say who gave it.
pub fn given(verdict: ManualVerdict, at: Timestamp) -> GivenVerdict {
    GivenVerdict { verdict, by: "a person".to_owned(), at }
}

/// Why a lead cannot be read: one line without its values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no lead at all.
    #[error("{0}")]
    Malformed(String),
    /// Its submission, or one of its touches, has fields to be mended.
    #[error("{}", in_one_line(.0))]
    Invalid(Vec<Problem>),
}

impl From<String> for Unreadable {
    fn from(why: String) -> Self {
        Self::Malformed(why)
    }
}

impl PastLead {
    /// Reads a line.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(line: &[u8]) -> Result<Self, Unreadable> {
        let text = str::from_utf8(line).map_err(|fault| format!("not UTF-8 (byte {})", fault.valid_up_to()))?;
        let members = Members::read(text)?;
        let Some(submission) = members.submission else {
            return Ok(Self {
                submission: submission(line)?,
                at: None,
                account: None,
                touches: Vec::new(),
                verdict: None,
                outcome: None,
            });
        };
        if members.others {
            return Err(format!("unknown member beside `submission`; use {}", ENVELOPE.join(", ")).into());
        }
        let mut submission = self::submission(submission.get().as_bytes())?;
        submission.source.signed_by = value::<Principal>(members.signed_by, "signed_by", "the id of a principal")?;
        if submission.source.signed_by.is_some() {
            submission.visit = Visit::default();
        }
        let touches: Vec<&RawValue> = value(members.touches, "touches", "a list of submissions")?.unwrap_or_default();
        let touches = touches.iter().map(|touch| self::submission(touch.get().as_bytes()));
        Ok(Self {
            submission,
            at: value(members.at, "at", "a time such as 2026-11-02T10:00:00+08:00")?,
            account: value(members.account, "account", "{name, domain, kind: customer | key | competitor, owner}")?,
            touches: touches.collect::<Result<_, _>>()?,
            verdict: value::<String>(members.verdict, "verdict", VERDICTS)?.as_deref().map(verdict).transpose()?,
            outcome: value(members.outcome, "outcome", "a disposition such as won")?,
        })
    }
}

const VERDICTS: &str = "release, refuse, mql or not_mql";

fn verdict(text: &str) -> Result<Verdict, String> {
    match text {
        "release" => Ok(Verdict::Pass(None)),
        "mql" => Ok(Verdict::Pass(Some(ManualVerdict::Mql))),
        "not_mql" => Ok(Verdict::Pass(Some(ManualVerdict::NotMql))),
        "refuse" => Ok(Verdict::Refuse),
        _ => Err(format!("`verdict` is not {VERDICTS}")),
    }
}

fn submission(body: &[u8]) -> Result<Submission, Unreadable> {
    parse(body, Encoding::Json).map(Posted::into_submission).map_err(|rejection| match rejection {
        Rejection::Malformed { detail, .. } => Unreadable::Malformed(detail),
        Rejection::Invalid(problems) => Unreadable::Invalid(problems),
    })
}

fn in_one_line(problems: &[Problem]) -> String {
    let told = problems.iter().take(3).map(|problem| format!("{}: {}", problem.pointer, problem.detail));
    let more = if problems.len() > 3 { format!(" (and {} more)", problems.len() - 3) } else { String::new() };
    told.collect::<Vec<_>>().join(" ") + &more
}

/// A member of the envelope; absent and `null` are the same. The error tells what is wanted, never what was given.
fn value<'a, T: serde::Deserialize<'a>>(
    given: Option<&'a RawValue>,
    name: &str,
    wanted: &str,
) -> Result<Option<T>, String> {
    given.map_or(Ok(None), |raw| serde_json::from_str(raw.get()).map_err(|_| format!("`{name}` is not {wanted}")))
}

const ENVELOPE: [&str; 8] = ["lead_id", "at", "signed_by", "submission", "account", "touches", "verdict", "outcome"];

/// The members of a line, not yet read.
#[derive(Default)]
struct Members<'a> {
    at: Option<&'a RawValue>,
    signed_by: Option<&'a RawValue>,
    submission: Option<&'a RawValue>,
    account: Option<&'a RawValue>,
    touches: Option<&'a RawValue>,
    verdict: Option<&'a RawValue>,
    outcome: Option<&'a RawValue>,
    /// Whether it has members that no envelope has, as a bare submission does.
    others: bool,
}

impl<'a> Members<'a> {
    fn read(text: &'a str) -> Result<Self, String> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let members = deserializer.deserialize_map(MembersVisitor);
        members.and_then(|members| deserializer.end().map(|()| members)).map_err(|fault| match fault.classify() {
            serde_json::error::Category::Data => format!("{} (column {})", DATA, fault.column()),
            _ => format!("not JSON (column {})", fault.column()),
        })
    }
}

const DATA: &str = "not a JSON object with each member once";

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        let mut lead_id = None;
        while let Some(name) = entries.next_key::<Name>()? {
            let slot = match name {
                Name::LeadId => &mut lead_id,
                Name::At => &mut members.at,
                Name::SignedBy => &mut members.signed_by,
                Name::Submission => &mut members.submission,
                Name::Account => &mut members.account,
                Name::Touches => &mut members.touches,
                Name::Verdict => &mut members.verdict,
                Name::Outcome => &mut members.outcome,
                Name::Other => {
                    entries.next_value::<IgnoredAny>()?;
                    members.others = true;
                    continue;
                }
            };
            if slot.replace(entries.next_value()?).is_some() {
                return Err(A::Error::custom("a member is given twice"));
            }
        }
        Ok(members)
    }
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Name {
    LeadId,
    At,
    SignedBy,
    Submission,
    Account,
    Touches,
    Verdict,
    Outcome,
    #[serde(other)]
    Other,
}
