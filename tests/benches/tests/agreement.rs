//! The engines that are compared answer the same, row by row.

use benches::engines::{Scan, answers, assert_same};
use benches::workload::Workload;

#[test]
fn all_engines_find_the_same_row_for_every_lead() {
    for rules in [10, 100, 1_000] {
        let workload = Workload::with_rules(rules);
        assert_same(&workload);
        let rows = answers::<Scan>(&workload);
        assert!(rows.iter().any(Option::is_none), "no lead of {rules} rules is left over");
        let thirds: Vec<_> = (0..3)
            .map(|third| {
                let within = |row: &&String| row[1..].parse::<usize>().is_ok_and(|at| at * 3 / rules == third);
                rows.iter().flatten().filter(within).count()
            })
            .collect();
        assert!(thirds.iter().all(|leads| *leads > 10), "leads fall on {thirds:?} of {rules} rows");
    }
}
