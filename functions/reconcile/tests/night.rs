//! A night over the ports in memory: books that balance, books that do not, and too little time.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::Cell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use leads::id::{LeadId, Queue};
use leads::lead::{LeadState, Stage};
use leads::memory::World;
use leads::ports::{AnyQueue, CountMessages, PortError, ReadHistory, ScanTable, Segment, StageQueue, Stored};
use leads::row::{Open, Row, RowKey};
use leads::rules::RuleSet;
use reconcile::Audit;
use support::Call;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn rules() -> RuleSet {
    let infra = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra");
    let mut sources = support::config::rule_sources(format!("{infra}/rules").as_ref()).unwrap();
    let queues = std::fs::read_to_string(format!("{infra}/queues.toml")).unwrap();
    sources.push(("queues.toml".into(), queues));
    RuleSet::from_sources(&sources).unwrap()
}

/// Parked leads, which need no other row, and lie at rest.
fn world(leads: usize) -> World {
    let world = World::new(NOW, [Queue::parse("sales-desk").unwrap()]);
    for number in 0..leads {
        let received = LeadState::received(LeadId::parse(format!("ld_{number:06}")).unwrap(), NOW);
        world.put(Row::State(LeadState { stage: Stage::Parked, watch_at: None, ..received }));
    }
    world
}

/// Nothing in memory makes anybody wait.
fn done<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    (0..100_000)
        .find_map(|_| match work.as_mut().poll(&mut context) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        })
        .unwrap()
}

fn night(ports: &impl reconcile::Ports) -> Audit {
    let call = Call { now: NOW, deadline: NOW + SignedDuration::from_mins(15) };
    done(reconcile::handle(ports, &rules(), call, || NOW)).unwrap()
}

#[test]
fn books_that_balance() {
    let world = world(2_500);
    world.enqueue(StageQueue::Score, "{}");
    let expected = Audit { accepted: 2_500, waiting: 1, finished: true, ..Audit::default() };
    assert_eq!(night(&world), expected);
}

#[test]
fn what_does_not_add_up_is_counted() {
    let world = world(10);
    let lost = LeadState::received(LeadId::parse("ld_lost").unwrap(), NOW);
    world.put(Row::State(LeadState { stage: Stage::Routed, ..lost }));
    world.put(Row::Open(Open { pk: "queue#sales-desk".into(), open: 3 }));
    // Without a submission, without a decision; and three leads that nobody has.
    let expected = Audit { accepted: 11, differences: 3, finished: true, ..Audit::default() };
    assert_eq!(night(&world), expected);
}

/// A lead whose rows are written between two pages looks torn to a scan.
struct Moving {
    world: World,
    scans: Cell<u32>,
    unreadable: bool,
}

impl ScanTable for Moving {
    async fn scan(&self, segment: Segment, after: Option<RowKey>) -> Result<(Vec<Stored>, Option<RowKey>), PortError> {
        let (mut rows, next) = self.world.scan(segment, after).await?;
        if self.scans.replace(self.scans.get() + 1) == 0 {
            let late = LeadState::received(LeadId::parse("ld_000000").unwrap(), NOW);
            let late = LeadState { stage: Stage::Routed, ..late };
            rows.first_mut().unwrap().row = (!self.unreadable).then_some(Row::State(late));
        }
        Ok((rows, next))
    }
}

impl ReadHistory for Moving {
    async fn history(&self, id: &LeadId) -> Result<Vec<Row>, PortError> {
        self.world.history(id).await
    }
}

impl CountMessages for Moving {
    async fn count_waiting(&self, queue: StageQueue) -> Result<u64, PortError> {
        self.world.count_waiting(queue).await
    }

    async fn count_dead(&self, _: &AnyQueue) -> Result<u64, PortError> {
        Ok(1)
    }
}

#[test]
fn a_lead_that_moves_on_meanwhile_is_looked_at_again() {
    let moving = Moving { world: world(3), scans: Cell::new(0), unreadable: false };
    let audit = night(&moving);
    assert_eq!((audit.accepted, audit.differences, audit.finished), (3, 0, true));
    // Each queue of the rules has one, and so has each of the three between the functions.
    assert_eq!(audit.dead, rules().queues().len() as u64 + 3);
}

#[test]
fn a_row_that_cannot_be_read_is_a_difference() {
    let moving = Moving { world: world(3), scans: Cell::new(0), unreadable: true };
    assert_eq!(night(&moving).differences, 1);
}

#[test]
fn half_a_table_proves_nothing() {
    let world = world(2_500);
    let lost = LeadState::received(LeadId::parse("ld_lost").unwrap(), NOW);
    world.put(Row::State(LeadState { stage: Stage::Routed, ..lost }));
    let call = Call { now: NOW, deadline: NOW + SignedDuration::from_secs(10) };
    // Four seconds a look at the clock: time for two of its pages.
    let looks = Cell::new(0);
    let clock = || NOW + SignedDuration::from_secs(4) * looks.replace(looks.get() + 1);
    let audit = done(reconcile::handle(&world, &rules(), call, clock)).unwrap();
    assert_eq!(audit, Audit::default());
    assert_eq!(looks.get(), 3);
}
