//! Finds out who takes a lead that was routed: reads how many leads are open, takes a turn if somebody can take it, and
//! follows the overflow of queues where nobody can. Everything decided here is decided by [`leads::owners`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use leads::decision::{Routed, Scored};
use leads::id::Queue;
use leads::lead::Place;
use leads::owners::{Assigned, Assignee, Eligible, Next, OpenLeads, Overflow, Team, eligible};
use leads::ports::{PortError, ReadOpen, TakeTurn};
use leads::route::{given_to, overflowed};
use leads::rules::RuleSet;
use leads::submission::Submission;

/// DynamoDB reads so many rows in one call.
const MOST_PLACES: usize = 100;

/// Where a routed lead is to be given.
#[derive(Clone, Debug)]
pub enum Placed {
    /// To somebody.
    To {
        /// With its owner, and the steps that led to them.
        routed: Box<Routed>,
        /// What must still hold when it is stored.
        caps: BTreeMap<Place, u32>,
    },
    /// To the queue that has it.
    Stays,
    /// To nobody for now.
    Held {
        /// When it goes on whatever happens.
        until: Timestamp,
    },
}

/// A lead that is to be placed.
#[derive(Clone, Copy, Debug)]
pub struct Placing<'a> {
    /// What was posted.
    pub submission: &'a Submission,
    /// The scores that it was routed on.
    pub scored: &'a Scored,
    /// The queue that has it, if one does.
    pub with: Option<&'a Queue>,
    /// Whether it may be held no longer.
    pub time_is_up: bool,
    /// The rules.
    pub rules: &'a RuleSet,
    /// When.
    pub now: Timestamp,
}

/// The turns that one message has taken, by queue. A second look at the same lead uses them again: a turn that is taken
/// and not used is lost to whoever it was.
pub type Turns = BTreeMap<Queue, u64>;

/// Finds out who takes a lead. A queue without a file takes it, and costs no call; so does an owner whom a rule names.
pub async fn place<P: ReadOpen + TakeTurn>(
    routed: Routed,
    lead: Placing<'_>,
    turns: &mut Turns,
    ports: &P,
) -> Result<Placed, PortError> {
    let (rules, now, mut routed) = (lead.rules, lead.now, routed);
    let mut goes_anywhere = false;
    loop {
        if lead.with == Some(&routed.queue) {
            return Ok(Placed::Stays);
        }
        let team = rules.team(&routed.queue).filter(|_| routed.owner.is_none() && !goes_anywhere);
        let Some(team) = team else { return Ok(Placed::To { routed: Box::new(routed), caps: BTreeMap::new() }) };
        let mut eligible = ask(team, rules, now, ports).await?;
        if lead.time_is_up && matches!(team.overflow, Overflow::Hold(_)) {
            eligible = eligible.going_on_to(rules.after_hold(&team.queue));
            goes_anywhere = true;
        }
        let turn = match turns.get(&team.queue) {
            Some(turn) => *turn,
            None if eligible.takes_turns() => {
                *turns.entry(team.queue.clone()).or_insert(ports.turn(&team.queue).await?)
            }
            None => 0,
        };
        let Assigned { to, why } = eligible.assign(turn);
        let owner = match to {
            Assignee::Overflow { to: Next::Hold { until }, .. } => return Ok(Placed::Held { until }),
            Assignee::Overflow { to: Next::Queue(next), .. } => {
                routed = overflowed(routed, next, why, (lead.submission, lead.scored), rules, now);
                continue;
            }
            Assignee::Owner(owner) => Some(owner),
            Assignee::Queue => None,
        };
        return Ok(Placed::To { routed: Box::new(given_to(routed, owner, why)), caps: team.caps() });
    }
}

/// Finds out who takes a lead that an answer or a clock gives to another queue, and what must still hold when it is stored.
/// It has been with somebody: it is not held on top of that, and where it overflows to whoever has it, it goes where it was
/// sent, whatever caps say.
pub async fn place_onward<P: ReadOpen + TakeTurn>(
    routed: Routed,
    lead: Placing<'_>,
    turns: &mut Turns,
    ports: &P,
) -> Result<(Routed, BTreeMap<Place, u32>), PortError> {
    let lead = Placing { time_is_up: true, ..lead };
    Ok(match place(routed.clone(), lead, turns, ports).await? {
        Placed::To { routed, caps } => (*routed, caps),
        Placed::Stays | Placed::Held { .. } => (routed, BTreeMap::new()),
    })
}

/// Whether somebody can take a lead of this queue, or of those that it overflows to.
pub async fn has_room(
    queue: &Queue,
    rules: &RuleSet,
    now: Timestamp,
    ports: &impl ReadOpen,
) -> Result<bool, PortError> {
    let mut queue = queue;
    while let Some(team) = rules.team(queue) {
        if ask(team, rules, now, ports).await?.has_room() {
            return Ok(true);
        }
        match &team.overflow {
            Overflow::Queue(next) => queue = next,
            Overflow::Hold(_) => return Ok(false),
        }
    }
    Ok(true)
}

async fn ask<'t>(
    team: &'t Team,
    rules: &RuleSet,
    now: Timestamp,
    ports: &impl ReadOpen,
) -> Result<Eligible<'t>, PortError> {
    let places: Vec<Place> = team.caps().into_keys().collect();
    let mut open = OpenLeads::default();
    for places in places.chunks(MOST_PLACES) {
        open.extend(ports.open(places).await?);
    }
    Ok(eligible(team, &open, rules.calendars(), now))
}
