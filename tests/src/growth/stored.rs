//! A full table: the functions take one lead through, and its rows are stored again and again under the names of others.
//! `tests/growth.rs` holds some of them against rows that the functions make.

use std::collections::BTreeMap;

use leads::decision::{Account, AccountKind};
use leads::id::{ClaimKey, DeliveryId, LeadId};
use leads::lead::{LeadState, Stage};
use leads::memory::World;
use leads::profile::Profile;
use leads::row::{AccountRow, Event, Row, RowKey};
use leads::submission::{Encoding, Submission, parse};
use serde_json::Value;

use super::people::{DOMAIN, Person, Works};
use crate::faults::Plan;
use crate::rule_sets::RULES;
use crate::stack::{Mode, PEPPER, Stack};

/// The company of which all post, as we know it.
pub fn account() -> Row {
    let pk = RowKey::account_by_domain(DOMAIN).pk;
    let account = Account { name: "Weida".into(), domain: Some(DOMAIN.into()), kind: AccountKind::Key, owner: None };
    Row::Account(AccountRow { pk, account })
}

/// A lead with all its rows, to be stored under other names.
pub struct Original {
    person: Person,
    lead_id: LeadId,
    rows: Vec<Row>,
    /// What was posted, before the intake dates it.
    posted: Submission,
    /// By which values it is known again, and their keys.
    known_by: BTreeMap<ClaimKey, (&'static str, String)>,
}

impl Original {
    /// Takes a lead through the functions.
    pub fn of(lead: &Value, works: Works) -> Self {
        let person = Person::of(0, works);
        let mut stack = Stack::new(Mode::Apart, Plan::default());
        stack.world.put(account());
        let body = person.lead(lead);
        let reply = stack.post(&body, Some(&person.key()));
        stack.settle().unwrap();
        Self::made(person, &body, reply.lead_id().unwrap(), stack.world.rows())
    }

    /// Of a table with leads of this person, the last of them.
    fn made(person: Person, body: &Value, lead_id: LeadId, rows: Vec<Row>) -> Self {
        let posted = parse(body.to_string().as_bytes(), Encoding::Json).unwrap().submission;
        let cleaned = leads::clean::clean(&posted, &Profile::of(&posted), None, false, &RULES);
        let known_by =
            cleaned.keys.into_iter().map(|key| (ClaimKey::of(PEPPER, key.kind, &key.value), (key.kind, key.value)));
        Self { person, lead_id, rows, posted, known_by: known_by.collect() }
    }

    /// Its rows, had this person posted it.
    pub fn by(&self, person: &Person) -> impl Iterator<Item = Row> {
        let (submission, posted) = (self.posted_at(person), self.person.posted_by(person, &self.posted));
        let lead_id = LeadId::of_key(&posted.form_id, &person.key());
        let fingerprint = posted.fingerprint();
        let keys: BTreeMap<&ClaimKey, ClaimKey> = self
            .known_by
            .iter()
            .map(|(key, (kind, value))| (key, ClaimKey::of(PEPPER, kind, &self.person.said_of(person, value))))
            .collect();
        let idempotency = RowKey::idempotency(&posted.form_id, &person.key()).pk;
        let delivery = move |lead: &LeadId, epoch| DeliveryId::of(lead, epoch, "routed");
        self.rows.iter().filter(|row| self.is_of_the_lead(row)).cloned().map(move |mut row| {
            match &mut row {
                Row::State(state) => {
                    state.lead_id = lead_id.clone();
                    state.claims.iter_mut().for_each(|claim| *claim = keys[&*claim].clone());
                    if let Some(assignment) = &mut state.assignment {
                        assignment.delivery_id = delivery(&lead_id, assignment.epoch);
                    }
                }
                Row::Submission(row) => {
                    row.lead_id = lead_id.clone();
                    row.submission = submission.clone();
                }
                Row::Decision(row) => {
                    row.lead_id = lead_id.clone();
                    row.delivery_id = delivery(&lead_id, row.epoch);
                }
                Row::Touch(row) => {
                    row.from = lead_id.clone();
                    row.submission = submission.clone();
                }
                Row::Event(row) => row.lead_id = lead_id.clone(),
                Row::Idempotency(row) => {
                    row.pk.clone_from(&idempotency);
                    row.fingerprint.clone_from(&fingerprint);
                    row.lead_id = lead_id.clone();
                }
                Row::Claim(row) => {
                    row.key = keys[&row.key].clone();
                    row.owner = lead_id.clone();
                }
                other => panic!("no lead has {other:?}"),
            }
            row
        })
    }

    /// What the table holds of what was posted, as this person's.
    fn posted_at(&self, person: &Person) -> Submission {
        let stored = self.rows.iter().find_map(|row| match row {
            Row::Submission(row) if row.lead_id == self.lead_id => Some(&row.submission),
            _ => None,
        });
        self.person.posted_by(person, stored.unwrap())
    }

    fn is_of_the_lead(&self, row: &Row) -> bool {
        match row {
            Row::State(row) => row.lead_id == self.lead_id,
            Row::Submission(row) => row.lead_id == self.lead_id,
            Row::Decision(row) => row.lead_id == self.lead_id,
            Row::Event(row) => row.lead_id == self.lead_id,
            Row::Touch(row) => row.from == self.lead_id,
            Row::Idempotency(row) => row.lead_id == self.lead_id,
            Row::Claim(row) => row.owner == self.lead_id,
            _ => false,
        }
    }
}

/// Stores the leads of so many people, each as one of the originals in turn.
pub fn fill(world: &World, originals: &[Original], people: usize, works: Works) {
    for number in 0..people {
        for row in originals[number % originals.len()].by(&Person::of(number, works)) {
            world.put(row);
        }
    }
}

/// How many duplicates the functions join before theirs are stored again.
const JOINED: usize = 3;

/// Stores a lead of person 0 with so many duplicates, as if that person had posted it again and again. Answers the lead.
pub fn fill_touches(world: &World, lead: &Value, touches: usize) -> LeadId {
    let person = Person::of(0, Works::Alone);
    let body = person.lead(lead);
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    let mut masters: Vec<LeadState> = Vec::new();
    let mut last = None;
    for number in 0..=JOINED {
        let reply = stack.post(&body, Some(&person.under_key_of(number).key()));
        stack.settle().unwrap();
        last = reply.lead_id();
        masters.extend(stack.world.states().into_iter().find(|state| state.stage != Stage::Merged));
    }
    let [.., before, master] = masters.as_slice() else { panic!("nothing joined") };
    let step = master.version - before.version;
    let rows = stack.world.rows();
    let told = rows.iter().find_map(|row| match row {
        Row::Event(event) if event.lead_id == master.lead_id && event.version == master.version => Some(event.clone()),
        _ => None,
    });
    let (duplicate, told) = (Original::made(person.clone(), &body, last.unwrap(), rows.clone()), told.unwrap());
    rows.into_iter().for_each(|row| world.put(row));
    for joined in JOINED + 1..=touches {
        duplicate.by(&person.under_key_of(joined)).for_each(|row| world.put(row));
        let version = master.version + step * (joined - JOINED) as u64;
        let why = told.why.replacen(&JOINED.to_string(), &joined.to_string(), 1);
        world.put(Row::Event(Event { version, why, ..told.clone() }));
    }
    let later = step * (touches - JOINED) as u64;
    let mut state = LeadState {
        version: master.version + later,
        entered: master.entered + later,
        touches: u32::try_from(touches).unwrap(),
        ..master.clone()
    };
    if let Some(told) = &mut state.told_touch {
        told.decided_on += later;
        told.touches = state.touches;
    }
    world.put(Row::State(state));
    master.lead_id.clone()
}
