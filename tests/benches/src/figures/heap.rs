//! Allocations, counted by dhat in this process.

use std::hint::black_box;

use dhat::{HeapStats, Profiler};
use leads::clean::clean;
use leads::profile::Profile;
use leads::score::score;
use leads::submission::{Encoding, parse};

use super::{Cost, STAGES};
use crate::RULES;
use crate::engines::{Engine, Index};
use crate::workload::{Prepared, Workload};

/// Allocations a lead, by stage. Needs [`dhat::Alloc`] as the global allocator.
pub fn count() -> Vec<Cost> {
    let typical = of(&Workload::typical());
    let grown = RULES.map(|rules| of(&Workload::with_rules(rules)));
    let cost = |(at, what): (usize, &&str)| Cost {
        what: (*what).to_owned(),
        shipped: Some(typical[at]),
        grown: std::array::from_fn(|rules| grown[rules][at]),
    };
    STAGES.iter().enumerate().map(cost).collect()
}

fn of(work: &Workload) -> [f64; STAGES.len()] {
    let (rules, now) = (&work.rules, work.now);
    let index = Index::new(work);
    [
        allocations(work, |lead| _ = black_box(parse(lead.body.as_bytes(), Encoding::Json))),
        allocations(work, |lead| _ = black_box(Profile::of(&lead.submission))),
        allocations(work, |lead| _ = black_box(clean(&lead.submission, &lead.profile, None, false, rules))),
        allocations(work, |lead| _ = black_box(score(&lead.submission, &lead.profile, &[], None, None, rules, now))),
        allocations(work, |lead| _ = black_box(index.decide(&lead))),
        allocations(work, |lead| _ = black_box(work.decide_parsed(&lead.submission))),
        allocations(work, |lead| _ = black_box(work.decide(&lead.body))),
    ]
}

fn allocations(work: &Workload, each: impl Fn(&Prepared)) -> f64 {
    let profiler = Profiler::builder().testing().trim_backtraces(Some(1)).build();
    let before = HeapStats::get().total_blocks;
    work.leads.iter().for_each(each);
    let after = HeapStats::get().total_blocks;
    drop(profiler);
    (after - before) as f64 / work.leads.len() as f64
}
