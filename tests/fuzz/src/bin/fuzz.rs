//! libFuzzer over one of the targets, which the environment names in `TARGET`. Built and started by `tests/fuzz/run`.
#![no_main]
#![allow(clippy::expect_used, missing_docs)]

use std::sync::LazyLock;

static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("TARGET").unwrap_or_default();
    fuzz::target(&name).expect("TARGET names a target")
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
