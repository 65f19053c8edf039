//! The least that a program can do: typed comparisons, row by row, until one fits.

use synthetic::lead::Facts;
use synthetic::territory::{Row, scan};

use super::Engine;
use crate::workload::Workload;

/// The rows in order.
pub struct Scan {
    rows: Vec<Row>,
}

impl Engine for Scan {
    const NAME: &'static str = "ordered scan";
    type Input<'w> = &'w Facts;
    type Answer = Option<usize>;

    fn new(workload: &Workload) -> Self {
        Self { rows: workload.rows.clone() }
    }

    fn inputs<'w>(&self, workload: &'w Workload) -> Vec<&'w Facts> {
        workload.leads.iter().map(|lead| &lead.facts).collect()
    }

    fn decide(&self, facts: &&Facts) -> Option<usize> {
        scan(&self.rows, facts)
    }

    fn row(&self, answer: &Option<usize>) -> Option<String> {
        answer.map(|at| self.rows[at].id.clone())
    }
}
