//! The simulator's shortest forms, and the histories that once went wrong. `.ci/run` has longer ones, `docs/testing.md`
//! the longest.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic)]

use tests::clocks;
use tests::experiments::{self, Report};
use tests::histories::History;
use tests::rule_sets::Room;
use tests::wrong::Wrong;

fn nothing_is_wrong(report: &Report) {
    let shown: Vec<String> =
        report.wrong.iter().take(20).map(|(run, what)| format!("{run}:\n    {}", what.join("\n    "))).collect();
    assert!(report.wrong.is_empty(), "{} of {} went wrong:\n{}", report.wrong.len(), report.runs, shown.join("\n"));
    eprintln!("{} runs, {} copies", report.runs, report.copies);
}

#[test]
fn random_histories() {
    nothing_is_wrong(&experiments::histories(0, 2_000));
}

#[test]
fn single_faults_when_nothing_goes_in_turn() {
    nothing_is_wrong(&experiments::single_faults(1));
}

#[test]
fn some_double_faults() {
    nothing_is_wrong(&experiments::double_faults(1, 4_000));
}

#[test]
fn deadlines_among_missed_and_doubled_ticks() {
    nothing_is_wrong(&experiments::deadlines(1_000));
}

#[test]
fn an_hour_without_a_dependency() {
    nothing_is_wrong(&experiments::outages(10));
}

#[test]
fn every_wrong_design_is_found_out() {
    for design in Wrong::ALL {
        let (runs, what) = experiments::caught(design).unwrap_or_else(|| panic!("{design:?} was not caught"));
        eprintln!("{design:?}: caught in run {runs}: {what}");
    }
}

/// What is not due costs nothing, and no partition bears much more than its share.
#[test]
fn a_thousand_clocks_in_one_minute() {
    let drained = |open| clocks::drain(open, 1_000).unwrap();
    let (alone, among_others) = (drained(1_000), drained(20_000));
    assert_eq!(alone.calls, among_others.calls, "calls, with and without other open clocks");
    for (call, of_a_lead) in [("lead", 1), ("decision", 1), ("commit", 2), ("send", 1)] {
        assert_eq!(alone.calls[call], 1_000 * of_a_lead, "{call}");
    }
    let fullest = *alone.by_shard.values().max().unwrap();
    assert!(fullest < 1_000 / 8 * 3 / 2, "a partition of eight has {fullest}");
}

/// Histories in which something was wrong once, each with what it was.
const REGRESSIONS: [(u64, &str); 18] = [
    (258, "clean told route of a master that score had moved on, which is not its to tell, and which it may not"),
    (481, "the same as 258"),
    (49_664, "a lead that sales gave back, held and released, was with its queue again and counted nowhere"),
    (
        51_939,
        "clean could not read a lead that it had told the desk of, and told it again when SQS knew no copy any more",
    ),
    (
        77_032,
        "a lead reached its next queue, which answered before the one that lost it was told, and that was not told",
    ),
    (128_002, "a lead that waited for room was refused, and whoever had it was not told"),
    (182_192, "the same as 77,032"),
    (201_270, "an answer brought back what was recalled, and the second recall had the delivery id of the first"),
    (211_846, "the scores stayed in the state of a lead that sales gave back, which made it too long"),
    (246_332, "route could not read a lead that it had sent, and tried again when SQS knew no copy any more"),
    (259_089, "the same as 246,332"),
    (259_653, "the same as 246,332"),
    (283_864, "the same as 246,332"),
    (298_517, "the same as 77,032"),
    (306_341, "the same as 246,332"),
    (337_545, "the same as 246,332"),
    (835_475, "the same as 77,032"),
    (935_146, "one attempt was still storing a decision; another found nothing stored, and waited too long"),
];

#[test]
fn what_went_wrong_once() {
    for (seed, what) in REGRESSIONS {
        // Some are older than the files of a queue's people.
        for room in [Room::NoFiles, History::of(seed).room] {
            let history = History { room, ..History::of(seed) };
            assert_eq!(history.play().violations, Vec::<String>::new(), "history {seed}, {room:?}: {what}");
        }
    }
}

/// A history is the same to the byte each time it is played.
#[test]
fn a_history_repeats_itself() {
    for seed in 0..50 {
        let log = History::of(seed).log();
        assert!(!log.is_empty());
        assert_eq!(log, History::of(seed).log(), "history {seed}");
    }
}
