//! What became of generated leads: the rows that the pipeline would have stored. The decisions, transitions and answers are
//! the product's own; invented is only what people did, and when.

use jiff::{SignedDuration, Timestamp};
use leads::decision::{CleanVerdict, Reason};
use leads::feedback::Feedback;
use leads::id::{Campaign, ClaimKey, LeadId, Principal, Queue};
use leads::lead::{LeadState, Verdict};
use leads::personal::Personal;
use leads::playbook::{self, Followed};
use leads::profile::Profile;
use leads::row::{
    Claim, Decision, Event, Idempotency, Row, RowKey, StoredFeedback, StoredSubmission, Touch, UndoneTouch,
};
use leads::rules::RuleSet;
use leads::submission::{Channel, Money, Submission};
use leads::{clean, route, score};

use super::Generator;
use super::random::Random;
use super::words::OWNERS;
use crate::backtest::past::PastLead;

/// A year or so at least, however few leads there are: so that months and rule sets differ.
const SHORTEST: i64 = 360 * 86_400;

/// Between two leads, on average.
const APART: i64 = 121;

/// The rows of one generated lead after the other, and of what joined it.
pub struct Lives<'r> {
    leads: Generator,
    random: Random,
    rules: &'r [RuleSet],
    count: u64,
    number: u64,
    seed: u64,
    stretch: i64,
    start: Timestamp,
}

impl<'r> Lives<'r> {
    /// So many leads over a year or more, under one rule set after the other.
    pub fn new(count: u64, seed: u64, rules: &'r [RuleSet]) -> Self {
        let lasts = i64::try_from(count).unwrap_or(i64::MAX / APART).saturating_mul(APART).max(1);
        Self {
            leads: Generator::new(seed),
            random: Random::new(seed.wrapping_add(1)),
            rules,
            count,
            number: 0,
            seed,
            stretch: (SHORTEST / lasts).max(1),
            start: Timestamp::from_second(1_756_684_800).unwrap_or_default(),
        }
    }

    /// The moment that the rows are of.
    pub fn end(&self) -> Timestamp {
        let lasts = i64::try_from(self.count).unwrap_or(0).saturating_mul(APART + 2).saturating_mul(self.stretch);
        self.start + SignedDuration::from_secs(lasts)
    }

    fn rules(&self) -> Option<&'r RuleSet> {
        let at = (self.number * self.rules.len() as u64) / self.count.max(1);
        self.rules.get(usize::try_from(at).ok()?).or(self.rules.last())
    }

    fn seconds(&mut self, least: u64, most: u64) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(least + self.random.below(most - least)).unwrap_or_default())
    }

    fn life(&mut self, line: &str) -> Option<Vec<Row>> {
        let lead = PastLead::read(line.as_bytes()).ok()?;
        let rules = self.rules()?;
        let posted = lead.at.unwrap_or(self.start).duration_since(self.start);
        let at = self.start + SignedDuration::from_secs(posted.as_secs().saturating_mul(self.stretch));
        let id = LeadId::of_key(&lead.submission.form_id, &format!("{}-{}", self.seed, self.number));
        let mut life = Life { state: LeadState::received(id.clone(), at), rows: Vec::new(), end: self.end(), rules };
        let profile = Profile::of(&lead.submission);
        let stored = StoredSubmission { lead_id: id.clone(), at, submission: lead.submission };
        life.rows.push(Row::Submission(stored.clone()));
        let key = RowKey::idempotency(&stored.submission.form_id, &self.number.to_string());
        let expires_at = at.as_second() + 172_800;
        let fingerprint = stored.submission.fingerprint();
        life.rows.push(Row::Idempotency(Idempotency { pk: key.pk, fingerprint, lead_id: id, expires_at }));
        self.live(&mut life, &stored, &profile, lead.account.as_ref(), lead.outcome.as_deref());
        let mut joined = if life.state.assignment.is_some() { self.joined(&mut life, &stored) } else { Vec::new() };
        if self.random.in_thousand(3) {
            life.erase();
        }
        life.rows.push(Row::State(life.state));
        life.rows.append(&mut joined);
        Some(life.rows)
    }

    fn live(
        &mut self,
        life: &mut Life<'_>,
        stored: &StoredSubmission,
        profile: &Profile,
        account: Option<&leads::decision::Account>,
        outcome: Option<&str>,
    ) {
        let (submission, rules) = (&stored.submission, life.rules);
        let mut now = stored.at + self.seconds(1, 9);
        let cleaned = clean::clean(submission, profile, account, false, rules);
        match cleaned.verdict {
            CleanVerdict::Accept => {}
            CleanVerdict::Refuse { reason } => {
                life.event("clean", "rejected", &reason.text, now);
                life.state = life.state.rejected(reason, now);
                return;
            }
            CleanVerdict::Hold { reason, notify } => {
                life.state = life.state.held(reason, notify, now);
                life.event("clean", "held", "a rule holds it", now);
                now += self.seconds(1_800, 400_000);
                match self.random.below(10) {
                    _ if now > life.end => return,
                    0..=3 => return,
                    4 => {
                        let text = "a person found that it is no lead".to_owned();
                        let reason = Reason { code: "by-a-person".into(), rule: "verdict".into(), text };
                        life.state = life.state.found_to_be_none(reason, now);
                        return;
                    }
                    _ => {
                        let by = "telemarketing-desk".to_owned();
                        life.state = life.state.released(Verdict { released: true, mql: None, by, at: now }, now);
                        life.said("verdict:release", 0, None, now);
                    }
                }
            }
        }
        let claims: Vec<ClaimKey> =
            cleaned.keys.iter().map(|key| ClaimKey::of(b"samples", key.kind, &key.value)).collect();
        for key in &claims {
            let (owner, expires_at) = (life.state.lead_id.clone(), now.as_second() + 30 * 86_400);
            life.rows.push(Row::Claim(Claim { key: key.clone(), owner, expires_at }));
        }
        life.state = life.state.cleaned(&claims, now);
        now += self.seconds(1, 4);
        let scored = score::score(submission, profile, &[], account, None, rules, now);
        life.state = life.state.scored(scored.clone(), now);
        if self.random.in_thousand(1) {
            let reason =
                Reason { code: "row-unreadable".into(), rule: "route".into(), text: "a row cannot be read".into() };
            life.state = life.state.parked(reason, now);
            return;
        }
        now += self.seconds(1, 4);
        if now > life.end {
            return;
        }
        let mut routed = route::route(submission, profile, &scored, rules, now);
        if routed.sla.is_some() && routed.owner.is_none() && self.random.in_thousand(700) {
            routed.owner = Some(self.random.pick(&OWNERS).to_owned());
        }
        life.state = life.state.routed(&routed, now);
        let Some(assignment) = &life.state.assignment else { return };
        let decision = Decision::of(assignment, &stored.lead_id, scored, routed, rules.version());
        life.rows.push(Row::Decision(decision.clone()));
        self.sales(life, stored, &decision, outcome, now);
    }

    /// What sales did with it.
    fn sales(
        &mut self,
        life: &mut Life<'_>,
        stored: &StoredSubmission,
        decision: &Decision,
        outcome: Option<&str>,
        given: Timestamp,
    ) {
        // Hardly anybody of sales looks at what is in nurture.
        if decision.nurture.is_some() && !self.random.in_thousand(60) {
            return;
        }
        let due = decision.sla.as_ref().map(|sla| sla.feedback_due);
        if let Some(outcome) = outcome {
            let most = if self.random.in_thousand(750) { 250_000 } else { 1_100_000 };
            let wait = self.seconds(300, most);
            if self.random.in_thousand(400) {
                life.answer("contacted", None, stored, given + SignedDuration::from_secs(wait.as_secs() / 3));
            }
            self.outcome(life, outcome, stored, given + wait);
            return;
        }
        let Some(due) = due.filter(|due| *due < life.end && life.state.takes_feedback()) else { return };
        let missed = due + SignedDuration::from_secs(30);
        life.event("sla", "breached", "no answer by the deadline", missed);
        life.state.breached_at = Some(missed);
        let then = missed + self.seconds(3_600, 90_000);
        if then > life.end {
            return;
        }
        match self.random.below(10) {
            0..=2 => {
                let Ok(desk) = Queue::parse("sales-desk") else { return };
                let (policy, why) = ("default", format!("Nobody in {} answered.", decision.queue));
                let routed =
                    route::handed_on(decision, (&desk, None), (policy, &why), &stored.submission, life.rules, then);
                life.state = life.state.handed_on(&routed, then);
                let Some(assignment) = &life.state.assignment else { return };
                let version = life.rules.version();
                let next = Decision::of(assignment, &stored.lead_id, decision.scored.clone(), routed, version);
                life.rows.push(Row::Decision(next));
                if self.random.in_thousand(600) {
                    let outcome = self.random.pick(&["accepted", "unreachable", "not_a_fit", "won", "opportunity"]);
                    let wait = self.seconds(600, 700_000);
                    self.outcome(life, outcome, stored, then + wait);
                }
            }
            3 | 4 => {
                life.state = life.state.recycled(Some(90), then);
                life.event("sla", "recycled", "nobody answered", then);
            }
            _ => {}
        }
    }

    /// The answers up to an outcome.
    fn outcome(&mut self, life: &mut Life<'_>, outcome: &str, stored: &StoredSubmission, first: Timestamp) {
        if !matches!(outcome, "opportunity" | "won") {
            life.answer(outcome, None, stored, first);
            return;
        }
        life.answer("accepted", None, stored, first);
        let then = first + self.seconds(80_000, 20 * 86_400);
        life.answer("opportunity", None, stored, then);
        if outcome == "won" {
            let then = then + self.seconds(86_400, 50 * 86_400);
            let amount = (!self.random.in_thousand(30)).then(|| self.amount(stored));
            life.answer("won", amount, stored, then);
            // Somebody corrects what was reported.
            match self.random.below(100) {
                0..=2 => life.answer("won", Some(self.amount(stored)), stored, then + self.seconds(60, 9_000)),
                3 => life.answer("lost_to_competitor", None, stored, then + self.seconds(60, 90_000)),
                _ => {}
            }
        }
    }

    fn amount(&mut self, stored: &StoredSubmission) -> Money {
        let company = &stored.submission.company;
        let (currency, minor) = match company.country.as_deref() {
            Some("CN") => ("CNY", 8_000_000),
            Some("US") => ("USD", 1_200_000),
            Some("Japan") => ("JPY", 1_900_000),
            _ => ("EUR", 1_000_000),
        };
        Money { minor: minor / 5 + self.random.below(minor * 3), currency: currency.into() }
    }

    /// Further submissions of the same person, which joined it.
    fn joined(&mut self, life: &mut Life<'_>, stored: &StoredSubmission) -> Vec<Row> {
        let mut rows = Vec::new();
        let touches = if self.random.in_thousand(150) { 1 + self.random.below(5) } else { 0 };
        for number in 0..touches {
            let at = stored.at + self.seconds(3_600, 40 * 86_400);
            if at > life.end {
                continue;
            }
            let mut submission: Submission = stored.submission.clone();
            submission.source.channel = self
                .random
                .pick(&[
                    Some(Channel::Email),
                    Some(Channel::Webinar),
                    Some(Channel::PaidSearch),
                    Some(Channel::Event),
                    Some(Channel::Website),
                ])
                .unwrap_or(Channel::Website);
            submission.source.campaign = Campaign::parse("autumn-webinars-2026").ok().filter(|_| number % 2 == 0);
            let from = LeadId::of_key(&submission.form_id, &format!("{}-{}-{number}", self.seed, self.number));
            let master = life.state.lead_id.clone();
            let merged =
                LeadState::received(from.clone(), at).merged(&life.state, &[], at + SignedDuration::from_secs(3));
            let touch = Touch {
                master: master.clone(),
                from: from.clone(),
                at,
                matched_on: "email".into(),
                submission: submission.clone(),
            };
            if self.random.in_thousand(30) {
                // A person undid the join: it waits to be cleaned again.
                let undone_at = at + SignedDuration::from_secs(900);
                let Ok(by) = Principal::parse("telemarketing-desk") else { continue };
                rows.push(Row::State(merged.unmerged(std::slice::from_ref(&master), undone_at)));
                rows.push(Row::UndoneTouch(UndoneTouch { master, from: from.clone(), at, undone_at, by }));
            } else {
                life.state.touches += 1;
                life.state.version += 1;
                rows.push(Row::State(merged));
                rows.push(Row::Touch(touch));
            }
            rows.push(Row::Submission(StoredSubmission { lead_id: from, at, submission }));
        }
        rows
    }
}

impl Iterator for Lives<'_> {
    type Item = Vec<Row>;

    fn next(&mut self) -> Option<Vec<Row>> {
        while self.number < self.count {
            let line = self.leads.next()?;
            let life = self.life(&line);
            self.number += 1;
            // What the intake would have refused was never a lead.
            if life.is_some() {
                return life;
            }
        }
        None
    }
}

/// A lead that lives.
struct Life<'r> {
    state: LeadState,
    rows: Vec<Row>,
    end: Timestamp,
    rules: &'r RuleSet,
}

impl Life<'_> {
    fn event(&mut self, actor: &str, what: &str, why: &str, at: Timestamp) {
        self.state.version += 1;
        let (lead_id, version) = (self.state.lead_id.clone(), self.state.version);
        let (actor, what, why) = (actor.to_owned(), what.to_owned(), why.to_owned());
        self.rows.push(Row::Event(Event { lead_id, version, at, actor, what, why }));
    }

    fn said(&mut self, disposition: &str, epoch: u32, amount: Option<Money>, at: Timestamp) {
        let Ok(principal) = Principal::parse("crm-china") else { return };
        self.rows.push(Row::Feedback(StoredFeedback {
            lead_id: self.state.lead_id.clone(),
            version: self.state.version,
            at,
            epoch,
            principal,
            actor: Some("wang.fang".into()),
            disposition: disposition.to_owned(),
            mapped: disposition.contains(':') || !self.rules.plays(disposition).is_empty(),
            note: Some(Personal::new("Spoke to them on the phone.")),
            amount,
            next_date: None,
        }));
    }

    /// Sales answers, if that was before the end and the lead takes an answer; what follows is the playbook's.
    fn answer(&mut self, disposition: &str, amount: Option<Money>, stored: &StoredSubmission, at: Timestamp) {
        let Some(assignment) = self.state.assignment.clone() else { return };
        if at > self.end || !self.state.takes_feedback() {
            return;
        }
        let feedback = Feedback {
            epoch: assignment.epoch,
            disposition: disposition.to_owned(),
            note: None,
            amount: amount.clone(),
            next_date: None,
            actor: None,
        };
        let decision =
            self.rows.iter().rev().find_map(|row| if let Row::Decision(row) = row { Some(row.clone()) } else { None });
        let Some(decision) = decision else { return };
        let routed = match playbook::follow(&feedback, &self.state, Some((stored, &decision)), self.rules, at) {
            Followed::Becomes(next) => {
                self.state = *next;
                None
            }
            Followed::GoesOn(routed) => {
                self.state = self.state.handed_on(&routed, at);
                Some(*routed)
            }
        };
        self.said(disposition, assignment.epoch, amount, at);
        if let Some((routed, assignment)) = routed.zip(self.state.assignment.as_ref()) {
            let (id, version) = (&self.state.lead_id, self.rules.version());
            self.rows.push(Row::Decision(Decision::of(assignment, id, decision.scored, routed, version)));
        }
    }

    /// The person asked to be forgotten.
    fn erase(&mut self) {
        let at = self.end - SignedDuration::from_hours(1);
        let told = self.state.assignment.iter().map(|assignment| assignment.queue.clone()).collect();
        self.state = self.state.erased(told, at);
        self.rows.retain(|row| matches!(row, Row::Event(_) | Row::Idempotency(_)));
        self.event("leadctl", "erased", "on request", at);
    }
}
