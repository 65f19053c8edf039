//! CPU time of each stage and of each engine, for all leads of a workload at once.
// A measurement that cannot go on stops.
#![allow(clippy::unwrap_used, missing_docs)]

mod cpu_time;

use std::hint::black_box;
use std::time::Duration;

use benches::RULES;
use benches::engines::{Cel, DecisionTable, Engine, Index, Scan, assert_same};
use benches::workload::{Prepared, Workload};
use criterion::measurement::Measurement;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use leads::clean::clean;
use leads::profile::Profile;
use leads::score::score;
use leads::submission::{Encoding, parse};
use synthetic::rules::{load, shipped, with_territory};

use cpu_time::{CpuTime, leads};

fn stages(criterion: &mut Criterion<CpuTime>) {
    let typical = ("shipped".to_owned(), Workload::typical());
    let grown = RULES.map(|rules| (rules.to_string(), Workload::with_rules(rules)));
    for (rules, work) in [typical].iter().chain(&grown) {
        let mut stage = |name: &str, each: &dyn Fn(&Prepared)| {
            let mut group = criterion.benchmark_group(name);
            group.throughput(leads(work.leads.len()));
            group.bench_function(BenchmarkId::from_parameter(rules), |bencher| {
                bencher.iter(|| work.leads.iter().for_each(each));
            });
        };
        let (set, now) = (&work.rules, work.now);
        stage("parse", &|lead| _ = black_box(parse(lead.body.as_bytes(), Encoding::Json)));
        stage("profile", &|lead| _ = black_box(Profile::of(&lead.submission)));
        stage("clean", &|lead| _ = black_box(clean(&lead.submission, &lead.profile, None, false, set)));
        stage("score", &|lead| {
            _ = black_box(score(&lead.submission, &lead.profile, &[], None, None, set, now));
        });
        let index = Index::new(work);
        stage("route", &|lead| _ = black_box(index.decide(&lead)));
        stage("decision", &|lead| _ = black_box(work.decide_parsed(&lead.submission)));
        stage("body to queue", &|lead| _ = black_box(work.decide(&lead.body)));
    }
}

fn engines(criterion: &mut Criterion<CpuTime>) {
    for rules in RULES {
        let work = Workload::with_rules(rules);
        assert_same(&work);
        let mut group = criterion.benchmark_group("engines");
        group.sampling_mode(SamplingMode::Flat).throughput(leads(work.leads.len()));
        engine::<Index, _>(&mut group, &work);
        engine::<Scan, _>(&mut group, &work);
        engine::<DecisionTable, _>(&mut group, &work);
        engine::<Cel, _>(&mut group, &work);
    }
}

fn engine<E: Engine, M: Measurement>(group: &mut BenchmarkGroup<'_, M>, work: &Workload) {
    let engine = E::new(work);
    let inputs = engine.inputs(work);
    group.bench_function(BenchmarkId::new(E::NAME, work.rows.len()), |bencher| {
        bencher.iter(|| inputs.iter().for_each(|input| _ = black_box(engine.decide(input))));
    });
}

fn loading(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("load");
    group.sampling_mode(SamplingMode::Flat);
    let shipped = [("shipped".to_owned(), shipped())];
    let grown = RULES.map(|rules| (rules.to_string(), with_territory(&synthetic::territory::rows(rules, 7))));
    for (rules, sources) in shipped.iter().chain(&grown) {
        group.bench_function(BenchmarkId::from_parameter(rules), |bencher| bencher.iter(|| black_box(load(sources))));
    }
}

fn configured() -> Criterion<CpuTime> {
    let criterion = Criterion::default().with_measurement(CpuTime).without_plots();
    criterion.sample_size(30).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2))
}

criterion_group!(name = all; config = configured(); targets = stages, engines, loading);
criterion_main!(all);
