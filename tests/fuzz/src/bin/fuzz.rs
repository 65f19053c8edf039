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

/// What is spent whatever comes, such as on reading the rule files that an input leaves alone.
static ALWAYS: LazyLock<Duration> = LazyLock::new(|| least_of(3, &[0]));

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let allowed = *ALWAYS + LONGEST;
    // What an input meets first is paid for once: a table that is built, a page that is not in memory yet.
    if spent_on(data) > allowed {
        let spent = least_of(3, data);
        assert!(spent <= allowed, "took {spent:?} where {allowed:?} are allowed");
    }
});

fn least_of(times: usize, data: &[u8]) -> Duration {
    (0..times).map(|_| spent_on(data)).min().unwrap_or_default()
}

/// Of this thread alone, so that whatever else the machine does is not counted.
fn spent_on(data: &[u8]) -> Duration {
    let now = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("threads have a clock"));
    let begun = now();
    TARGET(data);
    now() - begun
}
