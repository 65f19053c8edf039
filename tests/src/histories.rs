//! Random histories: people post, post again, are answered about, are judged; time passes; calls fail, messages double,
//! rules change. One number decides all of it, so that a history is the same each time it is played.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use leads::feedback::VerdictKind;
use leads::id::LeadId;
use leads::lead::{LeadState, Stage};
use serde_json::{Value, json};

use crate::books::invariants;
use crate::faults::Plan;
use crate::rule_sets::Room;
use crate::runs::Outcome;
use crate::scenarios::{cold, hot};
use crate::stack::clients::Reply;
use crate::stack::{Mode, Stack};
use crate::wrong::Wrong;

/// Under so many faults copies are excluded: SQS recognises them while redelivery stays within five minutes. A tick that is
/// missed is as good as one that fails: five of them in a row are five minutes.
const FAULTS_WITHOUT_COPIES: u32 = 4;

/// A history to be played.
#[derive(Clone, Copy, Debug)]
pub struct History {
    /// What decides all of it.
    pub seed: u64,
    /// The wrong design that it is played over.
    pub wrong: Option<Wrong>,
    /// How many leads sales has room for.
    pub room: Room,
}

/// What somebody posted.
struct Posted {
    who: usize,
    body: Value,
    key: Option<String>,
    /// How often time had leapt: by then the keys of before were forgotten.
    era: usize,
    reply: Reply,
}

/// A history while it is played.
struct Play {
    stack: Stack,
    chance: fastrand::Rng,
    people: usize,
    era: usize,
    /// Whether people answer about several leads at once and correct tags, too.
    more: bool,
    /// How many people answered, judged or corrected.
    actors: u32,
    posted: Vec<Posted>,
    /// People about whose leads a person decided, so that several of one person may live side by side.
    parted: BTreeSet<usize>,
}

impl History {
    /// The history of a seed.
    pub fn of(seed: u64) -> Self {
        let room = [Room::NoFiles, Room::Little, Room::Much][usize::try_from(seed % 3).unwrap()];
        Self { seed, wrong: None, room }
    }

    /// Plays it.
    pub fn play(self) -> Outcome {
        self.play_with(|plan| plan).0
    }

    /// Every call of it, in words, and what went wrong.
    pub fn log(self) -> Vec<String> {
        let (outcome, stack) = self.play_with(Plan::logged);
        let end = outcome.violations.into_iter().map(|what| format!("WRONG: {what}"));
        stack.plan.log().into_iter().chain(end).collect()
    }

    fn play_with(self, plan: impl FnOnce(Plan) -> Plan) -> (Outcome, Stack) {
        let mut chance = fastrand::Rng::with_seed(self.seed);
        let most_faults = *chance.choice(&[0, 1, 2, 4, 8]).unwrap();
        let one_in = *chance.choice(&[5, 15, 40]).unwrap();
        let mode = *chance.choice(&[Mode::Apart, Mode::Batches]).unwrap();
        let plan = plan(Plan::now_and_then(chance.u64(..), one_in, most_faults).with_design(self.wrong));
        let mut stack = Stack::by_chance(mode, plan, chance.u64(..)).with_room(self.room);
        if chance.u8(..4) == 0 {
            stack = stack.with_rules_edited(chance.usize(..6));
        }
        let people = *chance.choice(&[1, 1, 1, 1, 2, 2, 2, 3, 3, 5]).unwrap();
        let people = if chance.u8(..100) == 0 { 20 } else { people };
        // Two of seven histories; all others draw what they drew before there were batches and corrections, the ones that
        // are kept as regressions among them.
        let more = matches!(self.seed % 7, 3 | 4);
        let (posted, parted) = (Vec::new(), BTreeSet::new());
        let mut play = Play { stack, chance, people, era: 0, more, actors: 0, posted, parted };
        let mut steps = people + play.chance.usize(..=people.min(4) + 1);
        if more {
            steps += play.chance.usize(1..=4);
        }
        for _ in 0..steps {
            play.step();
        }
        play.stack.plan.calm_down();
        let settled = play.stack.settle();
        let mut violations = invariants(&play.stack);
        violations.violations.extend(settled.err());
        violations.violations.extend(play.wrong());
        let ticked = play.stack.most_luckless_ticks() <= FAULTS_WITHOUT_COPIES as usize;
        if most_faults <= FAULTS_WITHOUT_COPIES && ticked && violations.copies > 0 {
            violations.violations.push(format!("{} copies after {most_faults} faults", violations.copies));
        }
        let outcome =
            Outcome { calls: play.stack.plan.count(), copies: violations.copies, violations: violations.violations };
        (outcome, play.stack)
    }
}

impl Play {
    fn step(&mut self) {
        match self.chance.u8(..20) {
            // Somebody sends a form again, or another one under its key.
            0..=3 if !self.posted.is_empty() => {
                let earlier = &self.posted[self.chance.usize(..self.posted.len())];
                let (who, mut body, key) = (earlier.who, earlier.body.clone(), earlier.key.clone());
                if self.chance.u8(..4) == 0 {
                    body["interest"]["product"] = json!("something else");
                }
                self.post(who, body, key);
            }
            4..=6 if !self.posted.is_empty() => self.answer(),
            7..=8 if !self.posted.is_empty() => self.judge(),
            9 => {
                drop(self.stack.settle());
                self.era += 1;
                let days = self.chance.i64(3..=16);
                self.stack.pass(SignedDuration::from_hours(24 * days));
            }
            10..=12 if self.more && !self.posted.is_empty() => self.answer_several(),
            13..=14 if self.more && !self.posted.is_empty() => self.correct(),
            _ => {
                let who = self.chance.usize(..self.people);
                let key = (self.chance.u8(..5) > 0).then(|| format!("k-{}", self.posted.len()));
                let mut body = if self.chance.bool() { hot() } else { cold() };
                // Of four people one has an address that lasts for minutes: held.
                let domain = if who % 4 == 3 { "mailinator.com" } else { "weida-presses.example" };
                body["contact"] = json!({
                    "name": format!("Chen {}", (b'a' + u8::try_from(who).unwrap()) as char),
                    "email": format!("person{who}@{domain}"),
                });
                if self.chance.bool() {
                    body["contact"]["phone"] = json!(format!("+86 136 0251 22{:02}", 13 + 3 * who));
                }
                self.post(who, body, key);
            }
        }
        // Mostly the next one does not wait until all is quiet.
        match self.chance.u8(..4) {
            0 => {}
            1 => drop(self.stack.settle()),
            _ => {
                let seconds = self.chance.i64(0..200);
                self.stack.run_for(SignedDuration::from_secs(seconds));
            }
        }
    }

    fn post(&mut self, who: usize, body: Value, key: Option<String>) {
        let reply = self.stack.post(&body, key.as_deref());
        self.posted.push(Posted { who, body, key, era: self.era, reply });
    }

    /// Any lead that was accepted, as it stands.
    fn any_lead(&mut self) -> Option<(usize, LeadState)> {
        let posted = &self.posted[self.chance.usize(..self.posted.len())];
        let id = posted.reply.lead_id()?;
        let state = self.stack.world.states().into_iter().find(|state| state.lead_id == id)?;
        Some((posted.who, state))
    }

    fn actor(&mut self) -> u32 {
        self.actors += 1;
        self.actors
    }

    fn answer(&mut self) {
        if let Some((lead, body)) = self.feedback() {
            self.stack.answer("crm-china", &lead, &body);
        }
    }

    /// What somebody has to say about any lead that they were given.
    fn feedback(&mut self) -> Option<(LeadId, Value)> {
        let (_, lead) = self.any_lead()?;
        // Who has not been given a lead has nothing to say about it.
        let assignment = lead.assignment.as_ref()?;
        let delivered = self.stack.world.delivered(&assignment.queue);
        if !delivered.iter().any(|message| message.dedup == assignment.delivery_id.as_str()) {
            return None;
        }
        const DISPOSITIONS: [&str; 10] = [
            "accepted",
            "contacted",
            "unreachable",
            "won",
            "not_a_fit",
            "dance",
            "not_ready",
            "too_small",
            "needs_a_call",
            "do_not_contact",
        ];
        let disposition = *self.chance.choice(&DISPOSITIONS).unwrap();
        // Each answer has an actor of its own, by whom the checker knows it.
        let actor = format!("rep-{}", self.actor());
        let body = json!({"epoch": lead.epoch, "disposition": disposition, "actor": actor});
        Some((lead.lead_id, body))
    }

    /// A batch of answers, some about one lead, and sometimes one of them twice.
    fn answer_several(&mut self) {
        let mut entries = Vec::new();
        for _ in 0..self.chance.u8(2..=5) {
            if let Some((lead, mut body)) = self.feedback() {
                body["lead_id"] = json!(lead);
                entries.push(body);
            }
        }
        if entries.is_empty() {
            return;
        }
        if self.chance.u8(..3) == 0 {
            let twice = entries[self.chance.usize(..entries.len())].clone();
            entries.insert(self.chance.usize(..=entries.len()), twice);
        }
        self.stack.answer_all("crm-china", &entries.into());
        self.perhaps_again();
    }

    /// Somebody knows better who a person is, what they bought or did; others may say the contrary.
    fn correct(&mut self) {
        let Some((_, lead)) = self.any_lead() else { return };
        const TAGS: [(&str, &str); 5] = [
            ("identity", "decision_maker"),
            ("identity", "student"),
            ("purchase", "bought_2024"),
            ("interaction", "demo_request"),
            ("interaction", "call"),
        ];
        let mut body = json!({"actor": format!("wang-{}", self.actor())});
        let count = self.chance.usize(1..=3);
        for (list, value) in self.chance.choose_multiple(TAGS, count) {
            let said = &mut body[if self.chance.bool() { "set" } else { "remove" }][list];
            match said.as_array_mut() {
                Some(values) => values.push(json!(value)),
                None => *said = json!([value]),
            }
        }
        let waits = matches!(lead.stage, Stage::Held | Stage::Rejected | Stage::Parked | Stage::Merged);
        let nurtured = lead.assignment.is_some_and(|assignment| assignment.queue.as_str() == "nurture");
        let principal = if waits || nurtured { "telemarketing-desk" } else { "crm-china" };
        self.stack.correct(principal, &lead.lead_id, &body);
        self.perhaps_again();
    }

    /// The last request comes again under its id, as from a client that has heard nothing: at once, or a while later.
    fn perhaps_again(&mut self) {
        let again = self.chance.u8(..4);
        if again == 1 {
            let seconds = self.chance.i64(0..200);
            self.stack.run_for(SignedDuration::from_secs(seconds));
        }
        if again <= 1 {
            self.stack.repeat();
        }
    }

    fn judge(&mut self) {
        let Some((who, lead)) = self.any_lead() else { return };
        // One in eight does not fit.
        let legal = self.chance.choice(lead.verdicts()).filter(|_| self.chance.u8(..8) > 0);
        let verdict =
            legal.unwrap_or_else(|| self.chance.choice(&VerdictKind::NAMES).map(|(_, kind)| kind).unwrap()).name();
        let principal = if lead.stage == Stage::Routed { "crm-china" } else { "telemarketing-desk" };
        self.parted.insert(who);
        let actor = format!("lin-{}", self.actor());
        let body = json!({"verdict": verdict, "reason": "I called.", "actor": actor});
        self.stack.verdict(principal, &lead.lead_id, &body);
    }

    /// What is wrong by what clients know: what they posted, and what they were answered.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let states: BTreeMap<LeadId, LeadState> =
            self.stack.world.states().into_iter().map(|state| (state.lead_id.clone(), state)).collect();
        // What a key made, and of what.
        let mut made: BTreeMap<(usize, &str), (LeadId, &Value)> = BTreeMap::new();
        let mut accepted: BTreeSet<LeadId> = BTreeSet::new();
        let mut unanswered = 0;
        for posted in &self.posted {
            match (posted.reply.status(), posted.reply.lead_id()) {
                (202, Some(lead)) => {
                    if let Some(key) = &posted.key {
                        let (first, body) = made.entry((posted.era, key)).or_insert((lead.clone(), &posted.body));
                        if (&*first, *body) != (&lead, &posted.body) {
                            wrong.push(format!("key {key} made {first}, and {lead} of another submission or anew"));
                        }
                    } else if accepted.contains(&lead) {
                        wrong.push(format!("{lead} was given to two submissions without a key"));
                    }
                    if !states.contains_key(&lead) {
                        wrong.push(format!("{lead} was accepted and is not there"));
                    }
                    accepted.insert(lead);
                }
                (422, None) if posted.key.is_some() => {}
                (0 | 503, None) => unanswered += 1,
                other => wrong.push(format!("a client was answered {other:?}")),
            }
        }
        // Whoever was not answered may have been stored.
        let more = states.keys().filter(|lead| !accepted.contains(*lead)).count();
        if more > unanswered {
            wrong.push(format!("{more} leads that nobody was told of, and {unanswered} clients without an answer"));
        }
        // Nobody is with sales twice.
        let mut live: BTreeMap<usize, BTreeSet<LeadId>> = BTreeMap::new();
        for posted in self.posted.iter().filter(|posted| !self.parted.contains(&posted.who)) {
            let lead = posted.reply.lead_id().and_then(|id| states.get(&id));
            if let Some(lead) =
                lead.filter(|lead| matches!(lead.stage, Stage::Routed | Stage::Nurtured | Stage::Pooled))
            {
                live.entry(posted.who).or_default().insert(lead.lead_id.clone());
            }
        }
        for (who, leads) in live.into_iter().filter(|(_, leads)| leads.len() > 1) {
            wrong.push(format!("person {who} lives as {leads:?}"));
        }
        // Strangers are never joined.
        let who = |lead: &LeadId| {
            self.posted.iter().find(|posted| posted.reply.lead_id().as_ref() == Some(lead)).map(|posted| posted.who)
        };
        for state in states.values() {
            let Some(master) = &state.merged_into else { continue };
            if let (Some(one), Some(other)) = (who(&state.lead_id), who(master))
                && one != other
            {
                wrong.push(format!("person {one} was joined to person {other}"));
            }
        }
        wrong
    }
}
