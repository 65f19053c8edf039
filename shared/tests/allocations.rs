//! A guard that does not depend on the machine: how often a decision about the sample leads asks for memory, stage by
//! stage. Each figure is written down; what takes more is to be seen, and so is what takes less.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

use std::hint::black_box;

use dhat::{HeapStats, Profiler};
use jiff::Timestamp;
use leads::clean::clean;
use leads::decision::Scored;
use leads::profile::Profile;
use leads::route::route;
use leads::rules::RuleSet;
use leads::score::score;
use leads::submission::{Encoding, Submission, parse};
use serde_json::Value;

mod shipped;

#[global_allocator]
static HEAP: dhat::Alloc = dhat::Alloc;

/// Allocations a lead, on average over the samples.
const WRITTEN_DOWN: [(&str, u64); 5] = [("parse", 189), ("profile", 32), ("clean", 40), ("score", 48), ("route", 46)];

/// By how many percent a figure may be off before somebody has to look: new samples, a dependency's new release.
const TOLERANCE: u64 = 5;

struct Lead {
    body: String,
    submission: Submission,
    profile: Profile,
    scored: Scored,
}

fn leads(rules: &RuleSet, now: Timestamp) -> Vec<Lead> {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/samples/leads.json");
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

#[test]
fn a_decision_asks_for_memory_as_often_as_is_written_down() {
    let rules = RuleSet::from_sources(&shipped::sources()).unwrap();
    let now = "2026-11-02T10:00:00+08:00".parse().unwrap();
    let leads = leads(&rules, now);
    let count = |stage: &dyn Fn(&Lead)| {
        leads.iter().for_each(stage); // what is made once is made before
        let profiler = Profiler::builder().testing().trim_backtraces(Some(1)).build();
        leads.iter().for_each(stage);
        let blocks = HeapStats::get().total_blocks;
        drop(profiler);
        blocks.div_ceil(leads.len() as u64)
    };
    let found = [
        count(&|lead| _ = black_box(parse(lead.body.as_bytes(), Encoding::Json))),
        count(&|lead| _ = black_box(Profile::of(&lead.submission))),
        count(&|lead| _ = black_box(clean(&lead.submission, &lead.profile, None, false, &rules))),
        count(&|lead| _ = black_box(score(&lead.submission, &lead.profile, &[], None, None, &rules, now))),
        count(&|lead| _ = black_box(route(&lead.submission, &lead.profile, &lead.scored, &rules, now))),
    ];
    let wrong: Vec<String> = WRITTEN_DOWN
        .iter()
        .zip(found)
        .filter(|((_, written), found)| written.abs_diff(*found) * 100 > written * TOLERANCE)
        .map(|((stage, written), found)| format!("{stage}: {found}, where {written} is written down"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
