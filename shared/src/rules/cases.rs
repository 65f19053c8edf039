//! Cases that the rules must pass: files of leads with the decisions expected for them, beside the rules in `tests/`.
//! Each runs through the intake's parser and all three decisions, as a lead would.

use jiff::Timestamp;
use serde::Deserialize;

use crate::decision::{Account, CleanVerdict, GivenVerdict, ManualVerdict, Quadrant, Routed, Scored};
use crate::id::Principal;
use crate::profile::Profile;
use crate::submission::{Encoding, Submission, Visit, parse_for};

use super::RuleSet;
use super::field::quadrant;

/// How one case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// The file, for example `tests/routing.toml`.
    pub file: String,
    /// The case's id; empty if the file could not be read.
    pub id: String,
    /// What the case is there for.
    pub why: String,
    /// What was expected and what came instead; none if the case passed.
    pub failures: Vec<String>,
}

impl CaseResult {
    /// Whether everything came as expected.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    #[serde(default)]
    why: String,
    /// When the lead comes; a Monday morning in China if left out.
    #[serde(default = "monday_morning")]
    at: String,
    /// The submission. Form, channel and consent are filled in if left out.
    lead: toml::Table,
    /// Parts of what is filled in that this lead lacks, for example `consent`.
    #[serde(default)]
    without: Vec<String>,
    /// Who signed it.
    signed_by: Option<Principal>,
    /// Further submissions of the same person.
    #[serde(default)]
    touches: Vec<toml::Table>,
    account: Option<Account>,
    verdict: Option<ManualVerdict>,
    #[serde(default)]
    released: bool,
    expect: Expected,
}

/// What is expected. What is left out is not looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// `accept`, `hold` or `refuse`; `accept` if left out.
    clean: Option<String>,
    /// The rule that held or refused it.
    clean_rule: Option<String>,
    notify: Option<bool>,
    intent: Option<i32>,
    value: Option<i32>,
    quadrant: Option<Quadrant>,
    mql: Option<bool>,
    queue: Option<String>,
    /// The step, or step and row, that found the queue.
    rule: Option<String>,
    owner: Option<String>,
    feedback_due: Option<String>,
}

fn monday_morning() -> String {
    "2026-11-02T10:00:00+08:00".to_owned()
}

/// Whether a source is a file of cases.
pub fn is_case_file(name: &str) -> bool {
    name.starts_with("tests/")
}

/// Runs every case of the sources' `tests/…` files, in order.
pub fn run_cases(rules: &RuleSet, sources: &[(String, String)]) -> Vec<CaseResult> {
    let mut results = Vec::new();
    for (file, text) in sources.iter().filter(|(name, _)| is_case_file(name)) {
        match toml::from_str::<CaseFile>(text) {
            Ok(cases) => results.extend(cases.case.into_iter().map(|case| run(file, case, rules))),
            Err(error) => {
                let line =
                    error.span().map(|span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
                let line = line.map_or_else(String::new, |line| format!("line {line}: "));
                let failures = vec![format!("{line}{}", error.message())];
                results.push(CaseResult { file: file.clone(), id: String::new(), why: String::new(), failures });
            }
        }
    }
    results
}

fn run(file: &str, case: Case, rules: &RuleSet) -> CaseResult {
    let (id, why) = (case.id.clone(), case.why.clone());
    let failures = decide(case, rules).unwrap_or_else(|problem| vec![problem]);
    CaseResult { file: file.to_owned(), id, why, failures }
}

/// Takes the lead through the decisions; answers where they differ from what is expected.
fn decide(case: Case, rules: &RuleSet) -> Result<Vec<String>, String> {
    let now: Timestamp = case.at.parse().map_err(|_| "`at` is no time such as 2026-11-02T10:00:00+08:00".to_owned())?;
    let mut submission = submission(case.lead, &case.without, rules)?;
    submission.source.signed_by = case.signed_by;
    if submission.source.signed_by.is_some() {
        submission.visit = Visit::default();
    }
    if !rules.admits(&submission) {
        return Err("the intake would refuse it: an open form names an owner or a qualification".to_owned());
    }
    let touches: Result<Vec<_>, _> =
        case.touches.into_iter().map(|touch| self::submission(touch, &[], rules)).collect();
    let touches = touches?;

    let profile = Profile::of(&submission);
    let cleaned = crate::clean::clean(&submission, &profile, case.account.as_ref(), case.released, rules);
    let mut check = Check(Vec::new());
    let expected = &case.expect;
    let (verdict, rule, notify) = match &cleaned.verdict {
        CleanVerdict::Accept => ("accept", None, None),
        CleanVerdict::Hold { reason, notify } => ("hold", Some(reason.rule.as_str()), Some(*notify)),
        CleanVerdict::Refuse { reason } => ("refuse", Some(reason.rule.as_str()), None),
    };
    check.same("clean", Some(expected.clean.as_deref().unwrap_or("accept")), Some(verdict));
    check.same("clean_rule", expected.clean_rule.as_deref(), rule);
    check.same("notify", expected.notify, notify);
    if verdict != "accept" {
        if expected.queue.is_some() || expected.quadrant.is_some() {
            check.0.push("the lead is not scored or routed: clean stops it".to_owned());
        }
        return Ok(check.0);
    }
    let verdict = case.verdict.map(|verdict| GivenVerdict { verdict, by: "telemarketing".into(), at: now });
    let scored =
        crate::score::score(&submission, &profile, &touches, case.account.as_ref(), verdict.as_ref(), rules, now);
    let routed = crate::route::route(&submission, &profile, &scored, rules, now);
    check.scores(expected, &scored);
    check.route(expected, &routed)?;
    Ok(check.0)
}

/// A submission as a form would post it, with what every form sends filled in.
fn submission(lead: toml::Table, without: &[String], rules: &RuleSet) -> Result<Submission, String> {
    let mut whole = toml::Table::new();
    whole.insert("form_id".into(), "contact".into());
    whole.insert("source".into(), toml::Table::from_iter([("channel".to_owned(), "website".into())]).into());
    let consent = [("purpose", "sales_contact"), ("text_version", "2026-01")];
    let consent = consent.map(|(key, value)| (key.to_owned(), value.into()));
    whole.insert("consent".into(), toml::Table::from_iter(consent).into());
    for part in without {
        whole.remove(part).ok_or_else(|| format!("`without` names `{part}`, which is not filled in"))?;
    }
    for (key, value) in lead {
        match (whole.get_mut(&key).and_then(toml::Value::as_table_mut), value) {
            (Some(filled), toml::Value::Table(given)) => filled.extend(given),
            (_, value) => _ = whole.insert(key, value),
        }
    }
    let body = serde_json::to_vec(&whole).map_err(|error| error.to_string())?;
    let posted = parse_for(&body, Encoding::Json, |form| rules.form(form).honeypot())
        .map_err(|rejection| format!("the intake would refuse it: {rejection:?}"))?;
    Ok(posted.into_submission())
}

struct Check(Vec<String>);

impl Check {
    fn same<T: Copy + PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: Option<T>, found: Option<T>) {
        if expected.is_some() && expected != found {
            let text = |value: Option<T>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:?}"));
            self.0.push(format!("{what}: expected {}, found {}", text(expected), text(found)));
        }
    }

    fn scores(&mut self, expected: &Expected, scored: &Scored) {
        let before = self.0.len();
        self.same("intent", expected.intent, Some(scored.intent));
        self.same("value", expected.value, Some(scored.value));
        self.same("quadrant", expected.quadrant.map(quadrant), Some(quadrant(scored.quadrant)));
        self.same("mql", expected.mql, Some(scored.mql));
        if self.0.len() > before {
            let points: Vec<_> = scored.contributions.iter().map(|c| format!("{} {:+}", c.rule, c.points)).collect();
            self.0.push(format!("intent {}, value {}: {}", scored.intent, scored.value, points.join(", ")));
        }
    }

    fn route(&mut self, expected: &Expected, routed: &Routed) -> Result<(), String> {
        let before = self.0.len();
        self.same("queue", expected.queue.as_deref(), Some(routed.queue.as_str()));
        self.same("rule", expected.rule.as_deref(), Some(routed.rule.as_str()));
        self.same("owner", expected.owner.as_deref(), routed.owner.as_deref());
        let due = expected.feedback_due.as_deref().map(str::parse::<Timestamp>).transpose();
        let due = due.map_err(|_| "`feedback_due` is no time such as 2026-11-09T10:00:00+08:00".to_owned())?;
        self.same("feedback_due", due, routed.sla.as_ref().map(|sla| sla.feedback_due));
        if self.0.len() > before {
            self.0.extend(routed.trace.0.iter().map(|step| format!("step {}: {}", step.step, step.why)));
        }
        Ok(())
    }
}
