//! One invocation: its clock and its time.

use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::Context;

/// Start no record with less time left than this: enough for a read, a write and a send at their time-outs' medians.
pub const LEAST_TIME_LEFT: Duration = Duration::from_secs(3);

/// Begin no call with less time left than this where the answer must be given in any case: one ends within four seconds.
const ONE_CALL: Duration = Duration::from_millis(4_500);

/// What an invocation tells its handler of time.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The moment of the invocation; a handler has no other clock.
    pub now: Timestamp,
    /// When Lambda ends it.
    pub deadline: Timestamp,
}

impl Call {
    /// From Lambda's context.
    pub fn starting(context: &Context) -> Self {
        let deadline = i64::try_from(context.deadline).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        Self { now: Timestamp::now(), deadline: deadline.unwrap_or(Timestamp::MAX) }
    }

    /// Whether a record may still be started at `moment`.
    pub fn has_time_at(&self, moment: Timestamp) -> bool {
        self.left_at(moment) >= LEAST_TIME_LEFT
    }

    /// Whether a call that is begun at `moment` leaves time for the answer.
    pub fn has_time_for_a_call_at(&self, moment: Timestamp) -> bool {
        self.left_at(moment) >= ONE_CALL
    }

    fn left_at(&self, moment: Timestamp) -> Duration {
        Duration::try_from(self.deadline.duration_since(moment)).unwrap_or_default()
    }
}
