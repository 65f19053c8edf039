//! No level logs personal data. Each child below is this program once more, under the functions' own telemetry with
//! everything turned on; the parent searches all that it printed, its panics' words included, for canaries.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod memory;
mod server;

use std::process::Command;

use tests::canaries::found_in;

/// All that a child printed under these levels, one after the other.
fn logged_by(child: &str, levels: &[&str]) -> String {
    let mut logged = String::new();
    for level in levels {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([child, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env("LOG_LEVEL", level)
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        let panics: Vec<&str> = printed.lines().filter(|line| line.contains("\"place\"")).collect();
        assert!(output.status.success(), "the child failed; its last panic: {:?}", panics.last());
        assert!(printed.contains("1 passed"), "the child did not run");
        logged.push_str(&printed);
    }
    logged
}

/// Fails if a canary is in what a child logged, or if it did not log what its paths lead to.
#[track_caller]
fn check(child: &str, levels: &[&str], expected: &[&str]) {
    let logged = logged_by(child, levels);
    for line in expected {
        assert!(logged.contains(line), "nothing logged `{line}`, so that its path was not looked at");
    }
    let found = found_in(&logged);
    let first = || logged.lines().find(|line| !found_in(line).is_empty()).unwrap_or_default();
    assert!(found.is_empty(), "logged: {found:#?}\nfirst in: {}", first());
}

#[test]
fn the_functions_log_no_person() {
    check(
        "memory::every_path",
        &["trace"],
        &[
            "lead received",
            "lead routed",
            "lead held",
            "lead merged",
            "lead parked",
            "lead stale",
            "lead sent_again",
            "lead answered",
            "a request was refused",
            "a signature was refused",
            "a record failed and will be delivered again",
            "the next attempt was not postponed",
            "a lead could not be stored",
            "leads are stored, and the sweep will send them on",
            "a request could not be served",
            "due leads could not be listed",
            "a due lead failed and stays due",
            "the function panicked",
        ],
    );
}

#[test]
fn what_aws_answers_is_not_logged() {
    check(
        "server::every_answer",
        // An operator who looks for the SDK's own words gets none of them.
        &["trace", "trace,aws_smithy_runtime=trace,aws_sdk_dynamodb=trace,hyper_util=trace", "nonsense"],
        &[
            "ConditionalCheckFailedException",
            "ValidationException",
            "it does not parse",
            "a row of the history cannot be read, and is left out",
            "dynamodb:Query is unavailable: service error",
            "InvalidMessageContents",
        ],
    );
}
