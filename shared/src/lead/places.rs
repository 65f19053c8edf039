//! Which of the places for open leads a lead takes up. What a transition takes and frees follows from the states before
//! and after it alone, so that nobody who stores one can forget to count.

use std::collections::BTreeSet;

use super::{Counted, LeadState};
use crate::id::Queue;

/// Something that has room for a number of open leads, and a row that counts them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A queue.
    Queue(Queue),
    /// One of its people, by id. Somebody in two queues has one place for both.
    Owner(String),
}

/// A change of a number of open leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Whose.
    pub place: Place,
    /// By how many.
    pub by: i64,
    /// The number before must be below this.
    pub below: Option<u32>,
}

impl LeadState {
    /// The places that it takes up: those of whoever works on it.
    pub fn places(&self) -> BTreeSet<Place> {
        let Some(assignment) = self.open_assignment() else { return BTreeSet::new() };
        let queue = assignment.counted.map(|_| Place::Queue(assignment.queue.clone()));
        let owner = assignment.owner.clone().filter(|_| assignment.counted == Some(Counted::Owner));
        queue.into_iter().chain(owner.map(Place::Owner)).collect()
    }
}

/// What changes in the numbers of open leads when a lead goes from one state to the next.
pub fn counts(before: &LeadState, after: &LeadState) -> Vec<Count> {
    let (before, after) = (before.places(), after.places());
    let change = |place: &Place, by| Count { place: place.clone(), by, below: None };
    let freed = before.difference(&after).map(|place| change(place, -1));
    freed.chain(after.difference(&before).map(|place| change(place, 1))).collect()
}
