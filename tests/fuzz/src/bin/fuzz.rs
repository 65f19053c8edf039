//! libFuzzer over one of the targets, which the environment names in `TARGET`. Built and started by `tests/fuzz/run`.
#![no_main]
#![allow(clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::LazyLock;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// The processor time that no input may take beyond an almost empty one.
const LONGEST: Duration = Duration::from_millis(50);

static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("TARGET").unwrap_or_default();
    fuzz::target(&name).expect("TARGET names a target")
});

/// What an almost empty input took at first: what is spent whatever comes, such as on reading the rule files that an
/// input leaves alone.
static ALWAYS: LazyLock<Duration> = LazyLock::new(|| spent_on(&[0]));

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // What an input meets first is paid for once (a table that is built, a page that is not in memory yet), and the
    // same work takes longer on a machine that does more beside. So a suspect is held against an almost empty input of
    // the same moment, and has to be slow every time.
    if spent_on(data) > *ALWAYS + LONGEST {
        let slow = || spent_on(data).checked_sub(spent_on(&[0])).filter(|beyond| *beyond > LONGEST);
        let beyond: Option<Vec<Duration>> = (0..5).map(|_| slow()).collect();
        assert!(beyond.is_none(), "took {beyond:?} longer than an almost empty input, where {LONGEST:?} are allowed");
    }
});

/// Of this thread alone, so that whatever else the machine does is not counted.
fn spent_on(data: &[u8]) -> Duration {
    let now = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("threads have a clock"));
    let begun = now();
    TARGET(data);
    now() - begun
}
