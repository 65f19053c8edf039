//! What was measured, as numbers a lead.

pub mod callgrind;
pub mod cpu;
pub mod heap;
pub mod plot;
pub mod text;

use crate::RULES;

/// The stages in the order of a lead's walk, and what takes several of them together.
pub const STAGES: [&str; 7] = ["parse", "profile", "clean", "score", "route", "decision", "body to queue"];

/// The engines that only find a row, beside [`crate::engines::Index`], which is the stage `route`.
pub const OTHERS: [&str; 3] = ["ordered scan", "zen-engine", "CEL"];

/// One thing's cost a lead.
#[derive(Clone, Debug)]
pub struct Cost {
    /// A stage or an engine.
    pub what: String,
    /// With the shipped rules and the sample leads.
    pub shipped: Option<f64>,
    /// With each number of [`RULES`].
    pub grown: [f64; RULES.len()],
}

impl Cost {
    /// How the cost grows with the rules: the slope of the line fitted through the logarithms. 1 is in proportion.
    pub fn exponent(&self) -> f64 {
        let points: Vec<(f64, f64)> =
            RULES.iter().zip(self.grown).map(|(rules, cost)| ((*rules as f64).ln(), cost.ln())).collect();
        let count = points.len() as f64;
        let (mean_x, mean_y) =
            points.iter().fold((0.0, 0.0), |(sum_x, sum_y), (x, y)| (sum_x + x / count, sum_y + y / count));
        let along: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
        along / points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>()
    }

    /// The cost at 10,000 rules over that at 100.
    pub fn ratio(&self) -> f64 {
        self.grown[3] / self.grown[1]
    }
}

#[cfg(test)]
mod tests {
    use super::Cost;

    #[test]
    fn exponents_of_known_curves() {
        for (grown, exponent, ratio) in [
            ([3.0, 3.0, 3.0, 3.0], 0.0, 1.0),
            ([1.0, 10.0, 100.0, 1_000.0], 1.0, 100.0),
            ([2.0, 20.0, 2.0, 20.0], 0.2, 1.0),
        ] {
            let cost = Cost { what: String::new(), shipped: None, grown };
            assert!((cost.exponent() - exponent).abs() < 1e-9, "{}", cost.exponent());
            assert!((cost.ratio() - ratio).abs() < 1e-9);
        }
    }
}
