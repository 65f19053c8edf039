//! What a lead costs in a table that is full already: calls, rows and bytes of further leads, beside a thousand stored ones
//! and beside a million. All of it is counted; nothing depends on the machine.

mod audit;
mod people;
mod stored;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use jiff::SignedDuration;
use leads::id::LeadId;
use serde_json::json;

use crate::clocks;
use crate::faults::{Billed, Faulty, Life, Plan};
use crate::functions;
use crate::requests::Signer;
use crate::rule_sets::RULES;
use crate::scenarios::{cold, hot};
use crate::stack::clients::{KEYS, Reply};
use crate::stack::{Mode, Stack};

pub use audit::{Audited, audit};
pub use people::{Person, Works};
pub use stored::{Original, account, fill, fill_touches};

/// How many leads come of each kind.
const LEADS: usize = 10;

/// How many clocks come due in one minute.
const DUE: usize = 500;

/// By how many bytes a row or message may be longer, for its numbers have more digits.
const DIGITS: usize = 16;

/// Of what there is more and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// Leads of other people, routed and nurtured. Strangers to all of them come, who are answered, and people who are among
    /// them already.
    Stored,
    /// Clocks that run. Some hundred of them come to their deadline.
    Clocks,
    /// Leads of other people of one company, a key account. More of its people come.
    Company,
    /// Submissions of one person, joined to one lead. The same person comes again.
    Duplicates,
    /// The same; their queue reads the lead.
    DuplicatesRead,
}

impl Axis {
    /// Those along which nothing may grow.
    pub const FLAT: [Self; 4] = [Self::Stored, Self::Clocks, Self::Company, Self::Duplicates];
    /// All.
    pub const ALL: [Self; 5] = [Self::Stored, Self::Clocks, Self::Company, Self::Duplicates, Self::DuplicatesRead];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stored => "leads stored",
            Self::Clocks => "open clocks",
            Self::Company => "leads of one company",
            Self::Duplicates => "duplicates of one lead",
            Self::DuplicatesRead => "duplicates of a lead that is read",
        }
    }

    /// Counts what leads take where there are so many already.
    ///
    /// # Errors
    /// A lead that does not end where it should.
    pub fn count(self, size: usize) -> Result<Counted, String> {
        let (bill, leads) = match self {
            Self::Stored => strangers(size)?,
            Self::Clocks => (clocks::drain(size, DUE)?.bill, DUE),
            Self::Company => colleagues(size)?,
            Self::Duplicates => again(size)?,
            Self::DuplicatesRead => (read(size)?, 1),
        };
        Ok(Counted::of(&bill, leads))
    }
}

/// Sums over all leads that came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Calls.
    pub calls: usize,
    /// Rows in their answers.
    pub rows_read: usize,
    /// Bytes of these.
    pub bytes_read: usize,
    /// Rows written, or messages sent.
    pub written: usize,
    /// Bytes of these.
    pub bytes_written: usize,
    /// Write units of the table.
    pub units: usize,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.rows_read += other.rows_read;
        self.bytes_read += other.bytes_read;
        self.written += other.written;
        self.bytes_written += other.bytes_written;
        self.units += other.units;
    }

    fn of(billed: &Billed) -> Self {
        let writes = matches!(billed.call, "commit" | "turn" | "send" | "tell");
        Self {
            calls: 1,
            rows_read: billed.rows_read,
            bytes_read: billed.bytes_read,
            written: if writes { billed.count } else { 0 },
            bytes_written: billed.bytes_written,
            units: billed.units,
        }
    }
}

/// What leads took, call by call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    calls: BTreeMap<(&'static str, &'static str), Sums>,
    leads: usize,
}

impl Counted {
    fn of(bill: &[Billed], leads: usize) -> Self {
        let mut calls: BTreeMap<_, Sums> = BTreeMap::new();
        for billed in bill {
            calls.entry((billed.function, billed.call)).or_default().add(Sums::of(billed));
        }
        Self { calls, leads }
    }

    /// What is more than in `less`, where there was less of everything.
    pub fn grown_since(&self, less: &Self) -> Vec<String> {
        let mut grown = Vec::new();
        for (call, now) in &self.calls {
            let before = less.calls.get(call).copied().unwrap_or_default();
            let mut compare = |what: &str, before: usize, now: usize, allowed: usize| {
                if now > allowed {
                    grown.push(format!("{} {}: {before} {what}, then {now}", call.0, call.1));
                }
            };
            compare("calls", before.calls, now.calls, before.calls);
            compare("rows read", before.rows_read, now.rows_read, before.rows_read);
            compare("bytes read", before.bytes_read, now.bytes_read, before.bytes_read + DIGITS * before.rows_read);
            compare("rows or messages written", before.written, now.written, before.written);
            compare(
                "bytes written",
                before.bytes_written,
                now.bytes_written,
                before.bytes_written + DIGITS * before.written,
            );
            compare("write units", before.units, now.units, before.units);
        }
        grown
    }
}

/// Cells of a table: what a lead took, on average.
impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Who starts a function is not its call.
        let calls = self.calls.iter().filter(|((_, call), _)| *call != "invoke");
        let sum = calls.fold(Sums::default(), |mut sum, (_, sums)| {
            sum.add(*sums);
            sum
        });
        let a_lead = |count: usize| count as f64 / self.leads as f64;
        let [calls, read, written, units] = [sum.calls, sum.rows_read, sum.written, sum.units].map(a_lead);
        let (bytes_read, bytes_written) = (a_lead(sum.bytes_read), a_lead(sum.bytes_written));
        write!(f, "{calls:.1} | {read:.1} | {bytes_read:.0} | {written:.1} | {bytes_written:.0} | {units:.1}")
    }
}

fn stack() -> Stack {
    let stack = Stack::new(Mode::Apart, Plan::default().billed());
    stack.world.put(account());
    stack
}

/// Lets everything happen that needs no time, and a tick after that.
fn minute(stack: &mut Stack) {
    stack.run_for(SignedDuration::from_secs(61));
}

/// All were answered so.
fn told(replies: &[Reply], status: i64) -> Result<(), String> {
    let other: Vec<_> = replies.iter().filter(|reply| reply.status() != status).map(Reply::get).collect();
    if other.is_empty() { Ok(()) } else { Err(format!("not answered {status}: {other:?}")) }
}

/// So many messages reached the sales queues.
fn delivered(stack: &Stack, expected: usize) -> Result<(), String> {
    let told: usize = RULES.queues().iter().map(|queue| stack.world.delivered(&queue.name).len()).sum();
    if told == expected { Ok(()) } else { Err(format!("{told} messages reached sales, not {expected}")) }
}

fn strangers(size: usize) -> Result<(Vec<Billed>, usize), String> {
    let (works, originals) = (Works::Alone, [Original::of(&hot(), Works::Alone), Original::of(&cold(), Works::Alone)]);
    let mut stack = stack();
    fill(&stack.world, &originals, size, works);
    let (hot, cold) = (hot(), cold());
    let newcomer = |number: usize| Person::of(people::NEWCOMERS + number, works);
    let new_hot = (0..LEADS).map(|number| (newcomer(number), &hot));
    let new_cold = (LEADS..2 * LEADS).map(|number| (newcomer(number), &cold));
    // Every second one is nurtured; these were routed.
    let known = (0..LEADS).map(|number| (Person::of(2 * number, works), &hot));
    let posted: Vec<Reply> = new_hot
        .chain(new_cold)
        .chain(known)
        .enumerate()
        .map(|(post, (person, lead))| {
            stack.post(&person.lead(lead), Some(&person.under_key_of(people::NEWCOMERS + post).key()))
        })
        .collect();
    minute(&mut stack);
    told(&posted, 202)?;
    delivered(&stack, posted.len())?;
    let leads: Vec<LeadId> = posted.iter().take(LEADS).filter_map(Reply::lead_id).collect();
    let accepted = json!({"epoch": 1, "disposition": "accepted"});
    let answered: Vec<Reply> = leads.iter().map(|lead| stack.answer("crm-china", lead, &accepted)).collect();
    minute(&mut stack);
    told(&answered, 200)?;
    Ok((stack.plan.bill(), posted.len()))
}

fn colleagues(size: usize) -> Result<(Vec<Billed>, usize), String> {
    let works = Works::Together;
    let mut stack = stack();
    fill(&stack.world, &[Original::of(&hot(), works)], size, works);
    let people = (0..LEADS).map(|number| Person::of(people::NEWCOMERS + number, works));
    let posted: Vec<Reply> = people.map(|person| stack.post(&person.lead(&hot()), Some(&person.key()))).collect();
    minute(&mut stack);
    told(&posted, 202)?;
    delivered(&stack, posted.len())?;
    Ok((stack.plan.bill(), posted.len()))
}

fn again(size: usize) -> Result<(Vec<Billed>, usize), String> {
    let mut stack = stack();
    fill_touches(&stack.world, &hot(), size);
    let person = Person::of(0, Works::Alone);
    let mut posted = Vec::new();
    for post in 0..LEADS {
        let key = person.under_key_of(people::NEWCOMERS + post).key();
        posted.push(stack.post(&person.lead(&hot()), Some(&key)));
        minute(&mut stack);
    }
    told(&posted, 202)?;
    delivered(&stack, posted.len())?;
    Ok((stack.plan.bill(), posted.len()))
}

/// `GET /v1/leads/{id}`.
fn read(size: usize) -> Result<Vec<Billed>, String> {
    let stack = stack();
    let lead = fill_touches(&stack.world, &hot(), size);
    let (path, now) = (format!("/v1/leads/{lead}"), stack.world.now());
    let signer = Signer { keys: &KEYS, principal: "crm-china", id: "msg_1", at: now };
    let mut event: ApiGatewayV2httpRequest = signer.request("GET /v1/leads/{id}", &path, "");
    event.path_parameters.insert("id".into(), lead.to_string());
    let ports = Faulty::new(Rc::clone(&stack.world), Rc::clone(&stack.plan), Rc::new(Life::of("feedback")));
    let settings = feedback::Settings { rules: &RULES, keys: &KEYS };
    let moment = feedback::Moment { now, has_time: &|| true };
    let mut answered = pin!(functions::feedback(&event, &ports, settings, moment));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match answered.as_mut().poll(&mut context) {
            Poll::Ready(answer) if answer.status_code == 200 => return Ok(stack.plan.bill()),
            Poll::Ready(answer) => return Err(format!("the lead is answered {}", answer.status_code)),
            Poll::Pending => {}
        }
    }
}
