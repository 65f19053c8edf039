//! A guard that does not depend on the machine: how many instructions a decision about the sample leads takes, stage by
//! stage, as callgrind counts them. Each figure is written down; what takes more is to be seen, and so is what takes less.
//!
//! The figures are those of the profile `simulate`, in which `leads` is compiled for speed and some of what it uses is not. They
//! are smaller or larger elsewhere; what a change does to them is not.

// A measurement that cannot go on stops, and it is a command.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::process::{Command, ExitCode};

use jiff::Timestamp;
use leads::decision::Scored;
use leads::profile::Profile;
use leads::rules::RuleSet;
use leads::score::score;
use leads::submission::{Encoding, Submission, parse};
use serde_json::Value;
use synthetic::rules::{load, shipped};

/// Instructions a lead, on average over the samples.
const WRITTEN_DOWN: [(&str, u64); 5] =
    [("parse", 186_166), ("profile", 123_480), ("clean", 51_084), ("score", 43_164), ("route", 65_210)];

/// By how many percent a figure may be off before somebody has to look. Two runs differ by less than a thousandth.
const TOLERANCE: u64 = 3;

/// What the program is told when it runs under callgrind.
const MEASURED: &str = "measured";

struct Lead {
    body: String,
    submission: Submission,
    profile: Profile,
    scored: Scored,
}

fn leads(rules: &RuleSet, now: Timestamp) -> Vec<Lead> {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/samples/leads.json");
    let samples: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(samples).unwrap()).unwrap();
    let lead = |sample: &Value| {
        let body = sample["lead"].to_string();
        let submission = parse(body.as_bytes(), Encoding::Json).unwrap().submission;
        let profile = Profile::of(&submission);
        let scored = score(&submission, &profile, &[], None, None, rules, now);
        Lead { body, submission, profile, scored }
    };
    samples.iter().map(lead).collect()
}

/// One function a figure; callgrind knows them by name. They run once, in the order in which their figures are written down.
mod measured {
    use std::hint::black_box;

    use jiff::Timestamp;
    use leads::profile::Profile;
    use leads::rules::RuleSet;
    use leads::submission::Encoding;

    use super::Lead;

    /// Its figure holds all that comes before the others.
    #[inline(never)]
    pub(super) fn nothing() {
        black_box(());
    }

    #[inline(never)]
    pub(super) fn parse(leads: &[Lead]) {
        for lead in leads {
            _ = black_box(leads::submission::parse(lead.body.as_bytes(), Encoding::Json));
        }
    }

    #[inline(never)]
    pub(super) fn profile(leads: &[Lead]) {
        for lead in leads {
            _ = black_box(Profile::of(&lead.submission));
        }
    }

    #[inline(never)]
    pub(super) fn clean(leads: &[Lead], rules: &RuleSet) {
        for lead in leads {
            _ = black_box(leads::clean::clean(&lead.submission, &lead.profile, None, false, rules));
        }
    }

    #[inline(never)]
    pub(super) fn score(leads: &[Lead], rules: &RuleSet, now: Timestamp) {
        for lead in leads {
            _ = black_box(leads::score::score(&lead.submission, &lead.profile, &[], None, None, rules, now));
        }
    }

    #[inline(never)]
    pub(super) fn route(leads: &[Lead], rules: &RuleSet, now: Timestamp) {
        for lead in leads {
            _ = black_box(leads::route::route(&lead.submission, &lead.profile, &lead.scored, rules, now));
        }
    }
}

/// Every stage once, for callgrind. Making the leads has made what is made once.
fn measure(leads: &[Lead], rules: &RuleSet, now: Timestamp) {
    measured::nothing();
    measured::parse(leads);
    measured::profile(leads);
    measured::clean(leads, rules);
    measured::score(leads, rules, now);
    measured::route(leads, rules, now);
}

/// Runs itself under callgrind, which writes down at the end of each function what it has counted since the last. Answers the
/// instructions of each.
fn counted() -> Result<Vec<u64>, String> {
    let program = std::env::current_exe().unwrap();
    let out = program.with_extension("callgrind");
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--dump-after=instructions::measured::*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .arg(MEASURED)
        .status()
        .map_err(|error| format!("valgrind does not start ({error}); install the package valgrind"))?;
    if !status.success() {
        return Err("the program failed under valgrind".into());
    }
    let of_stage = |(at, (stage, _)): (usize, &(&str, u64))| {
        // They are numbered from 1 on, and the first is of nothing.
        let dump = fs::read_to_string(format!("{}.{}", out.display(), at + 2)).unwrap_or_default();
        let told = dump.contains(&format!("--dump-after=instructions::measured::{stage}"));
        let totals = dump.lines().find_map(|line| line.strip_prefix("totals: ")).filter(|_| told);
        let totals = totals.and_then(|totals| totals.trim().parse().ok());
        totals.ok_or_else(|| format!("callgrind saw no `{stage}`; was it built with symbols?"))
    };
    WRITTEN_DOWN.iter().enumerate().map(of_stage).collect()
}

/// What differs from what is written down.
fn compare(leads: u64) -> Result<(), Vec<String>> {
    let mut wrong = Vec::new();
    for ((stage, written), found) in WRITTEN_DOWN.iter().zip(counted().map_err(|why| vec![why])?) {
        let found = found / leads;
        println!("{stage:>8} {found:>8} instructions a lead, {written} written down");
        if written.abs_diff(found) * 100 > written * TOLERANCE {
            wrong.push(format!("{stage}: {found}, where {written} is written down"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn main() -> ExitCode {
    let now = "2026-11-02T10:00:00+08:00".parse().unwrap();
    let rules = load(&shipped());
    let leads = leads(&rules, now);
    if std::env::args().nth(1).as_deref() == Some(MEASURED) {
        measure(&leads, &rules, now);
        return ExitCode::SUCCESS;
    }
    match compare(leads.len() as u64) {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            wrong.iter().for_each(|line| println!("WRONG: {line}"));
            ExitCode::FAILURE
        }
    }
}
