//! Takes every lead through every stage and engine once, in functions of a known name, for callgrind to count what is
//! inside them: `valgrind --tool=callgrind target/release/count RULES`. The binary `report` runs it.

use anyhow::{Context as _, Result};
use benches::engines::{Cel, DecisionTable, Engine, Index, Scan, assert_same};
use benches::workload::Workload;

fn main() -> Result<()> {
    let rules = std::env::args().nth(1).context("write the number of routing rules")?;
    let work = if rules == "shipped" { Workload::typical() } else { Workload::with_rules(rules.parse()?) };
    // Also takes everybody's first use of tables and caches out of the count.
    assert_same(&work);
    measured::parse(&work);
    measured::profile(&work);
    measured::clean(&work);
    measured::score(&work);
    measured::route(&Index::new(&work), &work);
    measured::decision(&work);
    measured::body_to_queue(&work);
    let scan = Scan::new(&work);
    measured::ordered_scan(&scan, &scan.inputs(&work));
    let table = DecisionTable::new(&work);
    measured::zen_engine(&table, &table.inputs(&work));
    let cel = Cel::new(&work);
    measured::cel(&cel, &cel.inputs(&work));
    Ok(())
}

/// One function a figure; callgrind knows them by name.
mod measured {
    use std::hint::black_box;

    use benches::engines::{Cel, DecisionTable, Engine, Index, Scan};
    use benches::workload::Workload;
    use leads::profile::Profile;
    use leads::submission::Encoding;

    #[inline(never)]
    pub(super) fn parse(work: &Workload) {
        for lead in &work.leads {
            _ = black_box(leads::submission::parse(lead.body.as_bytes(), Encoding::Json));
        }
    }

    #[inline(never)]
    pub(super) fn profile(work: &Workload) {
        for lead in &work.leads {
            _ = black_box(Profile::of(&lead.submission));
        }
    }

    #[inline(never)]
    pub(super) fn clean(work: &Workload) {
        for lead in &work.leads {
            _ = black_box(leads::clean::clean(&lead.submission, &lead.profile, None, false, &work.rules));
        }
    }

    #[inline(never)]
    pub(super) fn score(work: &Workload) {
        for lead in &work.leads {
            let (submission, profile) = (&lead.submission, &lead.profile);
            _ = black_box(leads::score::score(submission, profile, &[], None, None, &work.rules, work.now));
        }
    }

    #[inline(never)]
    pub(super) fn route(index: &Index, work: &Workload) {
        for lead in &work.leads {
            _ = black_box(index.decide(&lead));
        }
    }

    #[inline(never)]
    pub(super) fn decision(work: &Workload) {
        for lead in &work.leads {
            _ = black_box(work.decide_parsed(&lead.submission));
        }
    }

    #[inline(never)]
    pub(super) fn body_to_queue(work: &Workload) {
        for lead in &work.leads {
            _ = black_box(work.decide(&lead.body));
        }
    }

    #[inline(never)]
    pub(super) fn ordered_scan(engine: &Scan, inputs: &[<Scan as Engine>::Input<'_>]) {
        for input in inputs {
            _ = black_box(engine.decide(input));
        }
    }

    #[inline(never)]
    pub(super) fn zen_engine(engine: &DecisionTable, inputs: &[<DecisionTable as Engine>::Input<'_>]) {
        for input in inputs {
            _ = black_box(engine.decide(input));
        }
    }

    #[inline(never)]
    pub(super) fn cel(engine: &Cel, inputs: &[<Cel as Engine>::Input<'_>]) {
        for input in inputs {
            _ = black_box(engine.decide(input));
        }
    }
}
