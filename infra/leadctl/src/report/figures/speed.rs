//! How long things took.

use serde::Serialize;

use crate::report::durations::Durations;
use crate::report::tally::{Key, Tally};

/// How long things took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// From the form to the first queue.
    pub form_to_queue: Percentiles,
    /// From a queue to its first answer.
    pub queue_to_answer: Percentiles,
    /// The same by queue.
    pub by_queue: Vec<QueueSpeed>,
}

/// The first answers of a queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueSpeed {
    /// Which.
    pub queue: Key,
    /// How long they took.
    #[serde(flatten)]
    pub seconds: Percentiles,
}

/// Seconds, nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    /// Of how many.
    pub count: u64,
    /// The median.
    pub p50: Option<u64>,
    /// Nine of ten.
    pub p90: Option<u64>,
    /// 95 of a hundred.
    pub p95: Option<u64>,
    /// 99 of a hundred.
    pub p99: Option<u64>,
    /// The longest.
    pub longest: Option<u64>,
}

impl Speed {
    pub(super) fn of(tally: &Tally) -> Self {
        let queue = |(queue, of): (&Key, &Durations)| QueueSpeed { queue: queue.clone(), seconds: Percentiles::of(of) };
        Self {
            form_to_queue: Percentiles::of(&tally.form_to_queue),
            queue_to_answer: Percentiles::of(&tally.queue_to_answer),
            by_queue: tally.by_queue.iter().map(queue).collect(),
        }
    }
}

impl Percentiles {
    fn of(durations: &Durations) -> Self {
        let [p50, p90, p95, p99] = [50, 90, 95, 99].map(|percent| durations.percentile(percent));
        Self { count: durations.count(), p50, p90, p95, p99, longest: durations.longest() }
    }
}
