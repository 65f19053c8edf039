//! How long things took: percentiles that are exact, of any number of values, in little memory.
//!
//! Values are rounded down: to the second below an hour, to the minute below two days, to the hour beyond, and ten years at
//! most. So there are some 95,000 different ones, however many there are. Rounding keeps their order: a percentile of
//! rounded values is the rounded percentile.

use std::collections::BTreeMap;

use jiff::Timestamp;

const HOUR: u64 = 3600;
const TWO_DAYS: u64 = 48 * HOUR;
const MOST: u64 = 10 * 365 * 24 * HOUR;

/// How often each duration came, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations(BTreeMap<u64, u64>);

impl Durations {
    /// Counts the time between two moments; none if the second comes first.
    pub fn add(&mut self, from: Timestamp, to: Timestamp) {
        let seconds = u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0);
        *self.0.entry(rounded(seconds)).or_default() += 1;
    }

    /// Adds those of another part.
    pub fn merge(&mut self, other: Self) {
        for (seconds, count) in other.0 {
            *self.0.entry(seconds).or_default() += count;
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The smallest value that so many percent of all do not exceed (nearest rank); nothing of none.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (u128::from(self.count()) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        self.0.iter().find_map(|(seconds, count)| {
            seen += u128::from(*count);
            (seen >= rank).then_some(*seconds)
        })
    }

    /// The longest.
    pub fn longest(&self) -> Option<u64> {
        self.0.last_key_value().map(|(seconds, _)| *seconds)
    }
}

fn rounded(seconds: u64) -> u64 {
    match seconds {
        ..HOUR => seconds,
        HOUR..TWO_DAYS => seconds / 60 * 60,
        _ => (seconds / HOUR * HOUR).min(MOST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: impl IntoIterator<Item = i64>) -> Durations {
        let mut durations = Durations::default();
        let start = Timestamp::from_second(1_000_000).unwrap();
        for seconds in seconds {
            durations.add(start, Timestamp::from_second(1_000_000 + seconds).unwrap());
        }
        durations
    }

    #[test]
    fn percentiles_by_hand() {
        let none = Durations::default();
        assert_eq!((none.count(), none.percentile(50), none.longest()), (0, None, None));
        let one = of([7]);
        assert_eq!([1, 50, 100].map(|percent| one.percentile(percent)), [Some(7); 3]);
        // Of ten the 5th is the median, the 9th the 90th percentile, and the 10th what 91 percent and more need.
        let ten = of([100, 20, 30, 40, 50, 60, 70, 80, 90, 10]);
        let found = [1, 10, 11, 50, 51, 90, 91, 100].map(|percent| ten.percentile(percent).unwrap());
        assert_eq!(found, [10, 10, 20, 50, 60, 90, 100, 100]);
        let four = of([1, 1, 1, 9]);
        assert_eq!([50, 75, 76].map(|percent| four.percentile(percent).unwrap()), [1, 1, 9]);
        assert_eq!((four.count(), four.longest()), (4, Some(9)));
    }

    #[test]
    fn rounded_down() {
        let hours = 3600;
        for (seconds, expected) in [
            (-5, 0),
            (0, 0),
            (3599, 3599),
            (3601, 3600),
            (48 * hours - 1, 48 * 3600 - 60),
            (48 * hours + 3599, 48 * 3600),
            (i64::from(u32::MAX), 10 * 365 * 24 * 3600),
        ] {
            assert_eq!(of([seconds]).longest(), Some(expected), "{seconds}");
        }
    }
}
