//! What was spent.

use std::collections::BTreeMap;

use crate::report::costs::Cost;
use crate::report::tally::{Amounts, Key, Lens};
use crate::report::words::stored;

/// What was spent in the period, by channel or campaign.
pub(super) type Spent = BTreeMap<Key, Amounts>;

pub(super) fn by_channel(costs: &[Cost], lens: &Lens) -> Spent {
    by(costs, lens, |cost| Key::Named(stored(&cost.channel)))
}

pub(super) fn by_campaign(costs: &[Cost], lens: &Lens) -> Spent {
    by(costs, lens, |cost| cost.campaign.clone().into())
}

fn by(costs: &[Cost], lens: &Lens, key: fn(&Cost) -> Key) -> Spent {
    let mut spent = Spent::new();
    for cost in costs.iter().filter(|cost| cost.is_within(lens.since, lens.until, &lens.zone)) {
        *spent.entry(key(cost)).or_default().entry(cost.currency.clone()).or_default() += u128::from(cost.minor);
    }
    spent
}
