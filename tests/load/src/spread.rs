//! How times spread: the median, the 99th percentile, the longest.

use anyhow::Result;
use hdrhistogram::Histogram;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Of times in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// How many times there were.
    pub count: u64,
    /// The median.
    pub p50: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

impl Spread {
    /// To three digits. A time below zero is two clocks read within one millisecond.
    pub fn of(times_ms: impl IntoIterator<Item = i64>) -> Result<Self> {
        let mut all = Histogram::<u64>::new(3)?;
        for time in times_ms {
            all.record(u64::try_from(time).unwrap_or_default())?;
        }
        Ok(Self { count: all.len(), p50: all.value_at_quantile(0.5), p99: all.value_at_quantile(0.99), max: all.max() })
    }
}

/// From one moment to another.
pub fn millis(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millisecond() - from.as_millisecond()
}

/// The same in seconds.
pub fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn percentiles_are_of_the_times_given() {
        let spread = Spread::of((1..=200).rev().chain([-1])).unwrap();
        assert_eq!(spread, Spread { count: 201, p50: 100, p99: 198, max: 200 });
        assert_eq!(Spread::of([]).unwrap(), Spread::default());
    }
}
