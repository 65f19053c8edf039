//! The engines compared. Each gets the rows of one territory table in its own form and the leads as it likes them best;
//! making either is not measured. Leads are given as facts, so that only ours looks at a submission.

mod cel;
mod decision_table;
mod index;
mod scan;

pub use cel::Cel;
pub use decision_table::DecisionTable;
pub use index::Index;
pub use scan::Scan;

use crate::workload::Workload;

/// A way to find the row of a lead.
pub trait Engine {
    /// What it is called in figures.
    const NAME: &'static str;
    /// A lead as it takes it.
    type Input<'w>;
    /// What it answers.
    type Answer;

    /// With the rows of `workload`.
    fn new(workload: &Workload) -> Self;

    /// The leads of `workload`.
    fn inputs<'w>(&self, workload: &'w Workload) -> Vec<Self::Input<'w>>;

    /// The decision: this is measured.
    fn decide(&self, input: &Self::Input<'_>) -> Self::Answer;

    /// The id of the row that an answer tells, if it tells one.
    fn row(&self, answer: &Self::Answer) -> Option<String>;
}

/// The row for each lead of the workload.
pub fn answers<E: Engine>(workload: &Workload) -> Vec<Option<String>> {
    let engine = E::new(workload);
    engine.inputs(workload).iter().map(|input| engine.row(&engine.decide(input))).collect()
}

/// Panics unless all engines answer the same for every lead.
pub fn assert_same(workload: &Workload) {
    let expected = answers::<Scan>(workload);
    for (name, found) in [
        (Index::NAME, answers::<Index>(workload)),
        (DecisionTable::NAME, answers::<DecisionTable>(workload)),
        (Cel::NAME, answers::<Cel>(workload)),
    ] {
        for ((lead, found), expected) in workload.leads.iter().zip(found).zip(&expected) {
            assert_eq!(found, *expected, "{name} with {} rows, for {:?}", workload.rows.len(), lead.facts);
        }
    }
}
