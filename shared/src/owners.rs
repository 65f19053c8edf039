//! Who of a queue's people gets a lead. Those who are at work and have room take [turns](pick); when nobody can take a
//! lead, or the queue as a whole is full, it overflows. Pure: the turn and the numbers of open leads come as arguments.
//!
//! The share that somebody gets of any run of turns in which the same people take part is exact to within a turn or two;
//! see [`pick`].

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZeroU8;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::calendar::{Calendar, Within};
use crate::id::Queue;
use crate::lead::Place;
use crate::rotation;

/// Calendars by name.
pub type Calendars = BTreeMap<String, Calendar>;

/// How many people a reason names; it travels on every message. The others are counted.
const MOST_NAMED: usize = 4;

/// The people of a queue, and how much they can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Whose people.
    pub queue: Queue,
    /// How many open leads the queue may have.
    pub cap: Option<u32>,
    /// What becomes of a lead that nobody can take.
    pub overflow: Overflow,
    /// The calendar by which the queue answers; dates without a calendar of their own are its.
    pub calendar: Option<String>,
    /// The people, by id; nobody if the queue only has a cap.
    pub owners: Vec<Owner>,
}

/// Somebody who takes leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The name by which the sales tool knows them.
    pub id: String,
    /// How many leads they get for each that somebody of weight 1 gets.
    pub weight: NonZeroU8,
    /// How many open leads they may have.
    pub cap: Option<u32>,
    /// The calendar in whose working time they get leads; without one they get them at any time.
    pub calendar: Option<String>,
    /// When they are away.
    pub leave: Vec<Leave>,
}

/// Days on which somebody gets no leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leave {
    /// The first.
    pub from: Date,
    /// The last.
    pub until: Date,
}

/// What becomes of a lead that nobody of the queue can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// It goes to another queue.
    Queue(Queue),
    /// It is held until somebody can take it, for so long at most.
    Hold(Within),
}

/// How many open leads there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenLeads {
    /// In the whole queue.
    pub queue: u32,
    /// Of each owner; none of whoever is not listed.
    pub owners: BTreeMap<String, u32>,
}

/// Why somebody gets no lead now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    /// On leave.
    OnLeave {
        /// The last day of it.
        until: Date,
    },
    /// Not in working time.
    OffHours,
    /// With as many open leads as allowed.
    Full {
        /// How many.
        open: u32,
        /// How many are allowed.
        cap: u32,
    },
}

/// Where a lead goes that came to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned<'t> {
    /// To whom.
    pub to: Assignee<'t>,
    /// Why, in plain words, for the trace of the decision.
    pub why: String,
}

/// Who takes a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignee<'t> {
    /// One of the queue's people.
    Owner(&'t Owner),
    /// The queue, which has room and names nobody.
    Queue,
    /// Nobody there.
    Overflow {
        /// What becomes of it.
        to: Next<'t>,
        /// Why nobody takes it.
        because: Because,
    },
}

/// What becomes of a lead that overflows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<'t> {
    /// It comes to this queue, which may overflow in turn.
    Queue(&'t Queue),
    /// It is held.
    Hold {
        /// When it goes on even if nobody has room.
        until: Timestamp,
    },
}

/// Why nobody takes a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The queue has as many open leads as allowed.
    QueueFull {
        /// How many.
        open: u32,
        /// How many are allowed.
        cap: u32,
    },
    /// All its people are away or full.
    NobodyAvailable,
}

impl Extend<(Place, u32)> for OpenLeads {
    fn extend<T: IntoIterator<Item = (Place, u32)>>(&mut self, open: T) {
        for (place, open) in open {
            match place {
                Place::Queue(_) => self.queue = open,
                Place::Owner(id) => _ = self.owners.insert(id, open),
            }
        }
    }
}

impl Team {
    /// How many leads may be open, of all that have a cap.
    pub fn caps(&self) -> BTreeMap<Place, u32> {
        let queue = self.cap.map(|cap| (Place::Queue(self.queue.clone()), cap));
        let owners = self.owners.iter().filter_map(|owner| Some((Place::Owner(owner.id.clone()), owner.cap?)));
        queue.into_iter().chain(owners).collect()
    }

    /// The longest reason that is ever given for whom of this team a lead goes to, or for going on to `next`.
    pub fn longest_why(&self, next: &Queue) -> String {
        let full = Away::Full { open: u32::MAX, cap: u32::MAX };
        let mut away: Vec<_> = self.owners.iter().map(|owner| (owner, full)).collect();
        away.sort_by_key(|(owner, _)| std::cmp::Reverse(owner.id.len()));
        let owners = away.iter().map(|(owner, _)| *owner).take(1).collect();
        let assigned = Eligible { owners, away, team: self, because: None, next: Next::Queue(next) };
        let queue_full = Because::QueueFull { open: u32::MAX, cap: u32::MAX };
        let reasons = [None, Some(Because::NobodyAvailable), Some(queue_full)];
        let reasons = reasons.map(|because| Eligible { because, ..assigned.clone() }.assign(u64::MAX).why);
        reasons.into_iter().max_by_key(String::len).unwrap_or_default()
    }
}

/// Who of a queue can take a lead at a moment. Known before a turn is taken: a lead that overflows must not use one up.
#[derive(Clone, Debug)]
pub struct Eligible<'t> {
    /// Those who can.
    pub owners: Vec<&'t Owner>,
    /// Those who can't, and why.
    pub away: Vec<(&'t Owner, Away)>,
    team: &'t Team,
    because: Option<Because>,
    next: Next<'t>,
}

/// Who of the team can take a lead: those who are not on leave, in their working time, and below their cap, if the queue
/// as a whole has room.
pub fn eligible<'t>(team: &'t Team, open: &OpenLeads, calendars: &Calendars, now: Timestamp) -> Eligible<'t> {
    let (mut owners, mut away) = (Vec::new(), Vec::new());
    for owner in &team.owners {
        match owner.away(team, open, calendars, now) {
            None => owners.push(owner),
            Some(why) => away.push((owner, why)),
        }
    }
    let full = team.cap.filter(|cap| open.queue >= *cap).map(|cap| Because::QueueFull { open: open.queue, cap });
    let nobody = (owners.is_empty() && !team.owners.is_empty()).then_some(Because::NobodyAvailable);
    let next = match &team.overflow {
        Overflow::Queue(queue) => Next::Queue(queue),
        Overflow::Hold(within) => {
            let calendar = team.calendar.as_ref().and_then(|name| calendars.get(name));
            Next::Hold { until: calendar.map_or(now, |calendar| calendar.deadline(now, *within).at) }
        }
    };
    Eligible { owners, away, team, because: full.or(nobody), next }
}

impl Owner {
    fn away(&self, team: &Team, open: &OpenLeads, calendars: &Calendars, now: Timestamp) -> Option<Away> {
        let named = |name: &Option<String>| name.as_ref().and_then(|name| calendars.get(name));
        let own = named(&self.calendar);
        let zone = own.or_else(|| named(&team.calendar)).map_or(TimeZone::UTC, |calendar| calendar.zone().clone());
        let today = now.to_zoned(zone).date();
        if let Some(leave) = self.leave.iter().find(|leave| leave.from <= today && today <= leave.until) {
            return Some(Away::OnLeave { until: leave.until });
        }
        if own.is_some_and(|calendar| !calendar.is_open(now)) {
            return Some(Away::OffHours);
        }
        let open = open.owners.get(&self.id).copied().unwrap_or_default();
        self.cap.filter(|cap| open >= *cap).map(|cap| Away::Full { open, cap })
    }
}

impl<'t> Eligible<'t> {
    /// Whether the queue, or somebody of it, can take the lead.
    pub fn has_room(&self) -> bool {
        self.because.is_none()
    }

    /// The same, and if nobody can the lead comes to this queue.
    #[must_use]
    pub fn going_on_to(self, queue: &'t Queue) -> Self {
        Self { next: Next::Queue(queue), ..self }
    }

    /// Whether a turn of the queue is to be taken for the lead.
    pub fn takes_turns(&self) -> bool {
        self.because.is_none() && !self.owners.is_empty()
    }

    /// Whose lead it is in this turn.
    pub fn assign(&self, turn: u64) -> Assigned<'t> {
        let queue = &self.team.queue;
        if let Some(because) = self.because {
            let why = match because {
                Because::QueueFull { open, cap } => format!("{queue} has {open} of {cap} open leads"),
                Because::NobodyAvailable => format!("nobody of {queue} can take it{}", self.listed(": ")),
            };
            let onward = match self.next {
                Next::Queue(next) => format!("it goes on to {next}"),
                Next::Hold { until } => format!("it is held until somebody can, at most until {until}"),
            };
            let to = Assignee::Overflow { to: self.next.clone(), because };
            return Assigned { to, why: format!("{why}; {onward}") };
        }
        match pick(turn, &self.owners) {
            Some(owner) => {
                let available = self.owners.len();
                let away = self.listed("; ");
                let why = format!("turn {turn} of {queue}: {}, of {available} available{away}", owner.id);
                Assigned { to: Assignee::Owner(owner), why }
            }
            None => Assigned { to: Assignee::Queue, why: format!("{queue} has room, and its file names nobody") },
        }
    }

    /// Those who can't take it and why, behind `before`; nothing if there is nobody.
    fn listed(&self, before: &str) -> String {
        let mut text = String::new();
        for (at, (owner, away)) in self.away.iter().take(MOST_NAMED).enumerate() {
            // Writing to a text does not fail.
            _ = write!(text, "{}{} {away}", if at == 0 { before } else { "; " }, owner.id);
        }
        if let Some(more) = self.away.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
            _ = write!(text, "; {more} more can't either");
        }
        text
    }
}

impl std::fmt::Display for Away {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OnLeave { until } => write!(f, "is on leave until {until}"),
            Self::OffHours => f.write_str("is not at work now"),
            Self::Full { open, cap } => write!(f, "has {open} of {cap} open leads"),
        }
    }
}

/// Whose turn it is among those who can take a lead; `None` if nobody can. Follows from the number of the turn and the
/// ids and weights given, in whatever order, and from nothing else: asked again it answers the same, and whoever comes
/// back has nothing to catch up on.
///
/// In any `n` turns in a row in which the same people can take one, somebody of weight `w` of all weights `W` gets `n·w/W`
/// of them to within
///
/// - less than 1 if all weights are equal,
/// - 1 if there are two different weights,
/// - less than 2 in any case.
///
/// The module `rotation` has the exact bound, its proof, and why no schedule could do with 1 in every case.
pub fn pick<'t>(turn: u64, eligible: &[&'t Owner]) -> Option<&'t Owner> {
    let mut by_id = eligible.to_vec();
    by_id.sort_by(|one, other| one.id.cmp(&other.id));
    let weights: Vec<NonZeroU8> = by_id.iter().map(|owner| owner.weight).collect();
    by_id.get(rotation::whose(turn, &weights)?).copied()
}

/// Decides the whole: whose lead it is in this turn, by who can take it now.
pub fn assign<'t>(team: &'t Team, open: &OpenLeads, turn: u64, calendars: &Calendars, now: Timestamp) -> Assigned<'t> {
    eligible(team, open, calendars, now).assign(turn)
}
