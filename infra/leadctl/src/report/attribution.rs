//! To which of a person's touches a sale is credited: four usual ways, each of which gives out the whole amount.

use serde::Serialize;

/// A way to share an amount out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// All to the first touch.
    First,
    /// All to the last touch.
    Last,
    /// The same to each.
    Linear,
    /// 40 % to the first, 40 % to the last, 20 % to those between; half and half of two.
    Position,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::First, Self::Last, Self::Linear, Self::Position];

    /// What each touch weighs, of so many.
    fn weight(self, at: usize, touches: usize) -> u64 {
        let ends = usize::from(at == 0) + usize::from(at + 1 == touches);
        let (touches, ends) = (touches as u64, ends as u64);
        match (self, touches) {
            (Self::First, _) => u64::from(at == 0),
            (Self::Last, _) => u64::from(at as u64 + 1 == touches),
            (Self::Linear, _) | (Self::Position, ..=2) => 1,
            // 2 of 5 parts at either end, and 1 of 5 for the rest.
            (Self::Position, _) if ends > 0 => 2 * (touches - 2),
            (Self::Position, _) => 1,
        }
    }

    /// Shares minor units out over touches, oldest first. Whole units first; those that are left over go to the largest
    /// remainders, the earlier touch before the later one. The shares are always the amount.
    pub fn shares(self, amount: u64, touches: usize) -> Vec<u64> {
        let weights: Vec<u128> = (0..touches).map(|at| self.weight(at, touches).into()).collect();
        let whole: u128 = weights.iter().sum::<u128>().max(1);
        let parts: Vec<(u128, u128)> =
            weights.iter().map(|weight| u128::from(amount) * weight).map(|part| (part / whole, part % whole)).collect();
        let given: u128 = parts.iter().map(|(share, _)| share).sum();
        let left = usize::try_from(u128::from(amount) - given).unwrap_or(usize::MAX);
        let mut by_remainder: Vec<usize> = (0..touches).collect();
        by_remainder.sort_by_key(|at| std::cmp::Reverse(parts.get(*at).map(|(_, rest)| *rest)));
        let extra: std::collections::BTreeSet<usize> = by_remainder.into_iter().take(left).collect();
        let share = |(at, (share, _)): (usize, &(u128, u128))| {
            u64::try_from(share + u128::from(extra.contains(&at))).unwrap_or(u64::MAX)
        };
        parts.iter().enumerate().map(share).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_by_hand() {
        use Model::{First, Last, Linear, Position};
        let rows: [(Model, u64, &[u64]); 17] = [
            (First, 100, &[100]),
            (First, 100, &[100, 0, 0]),
            (Last, 100, &[0, 0, 100]),
            (Linear, 100, &[100]),
            (Linear, 100, &[50, 50]),
            (Linear, 101, &[51, 50]),
            (Linear, 100, &[34, 33, 33]),
            (Linear, 101, &[34, 34, 33]),
            (Linear, 2, &[1, 1, 0, 0]),
            (Position, 100, &[100]),
            (Position, 101, &[51, 50]),
            (Position, 100, &[40, 20, 40]),
            (Position, 1000, &[400, 100, 100, 400]),
            (Position, 100, &[40, 7, 7, 6, 40]),
            // 0.4, 0.2, 0.4: the one unit goes to the first of the largest remainders.
            (Position, 1, &[1, 0, 0]),
            // 1.2, 0.6, 1.2
            (Position, 3, &[1, 1, 1]),
            (Position, 0, &[0, 0, 0]),
        ];
        for (model, amount, shares) in rows {
            assert_eq!(model.shares(amount, shares.len()), shares, "{model:?} of {amount} over {}", shares.len());
        }
    }

    #[test]
    fn nothing_is_lost_of_any_amount() {
        for amount in [1, 7, 99, 1_000_003, 10_u64.pow(15)] {
            for touches in 1..40 {
                for model in Model::ALL {
                    let shares = model.shares(amount, touches);
                    assert_eq!((shares.len(), shares.iter().sum::<u64>()), (touches, amount), "{model:?} {touches}");
                }
            }
        }
    }
}
