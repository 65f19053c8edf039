//! Whose turn is it? A schedule in which everybody gets their share of any stretch of turns, known for each turn by
//! itself: it follows from the number of the turn and the weights alone, so that whoever joins or returns has nothing to
//! catch up on, and a turn that is asked for twice is answered the same.
//!
//! # The schedule
//! People of the same weight make a group and take the group's turns in order. With `W` for the sum of all weights, a
//! group has a share `λ` of the turns: its people's weights over `W`. Shares are fractions of the period `P`, which is
//! `W` over the greatest common divisor of the groups' sums; after `P` turns the schedule begins anew. Within a period the
//! `j`-th turn of a group may come from turn `⌈(j−1+β)/λ⌉` on and must come by turn `⌊(j−β)/λ⌋+1`, where
//! `β = 1/(2m−2)` and `m` is the number of groups; of those that may, the one goes that must first. This is Tijdeman's
//! bound for the chairman assignment problem (Discrete Mathematics 32, 1980), reached by earliest deadlines.
//!
//! # The bound
//! Any `n` consecutive turns give somebody of weight `w`, with `s` people of that weight and `m` different weights,
//! `n·w/W` turns to within
//!
//! - `1 − 1/s` if all weights are equal,
//! - `1 + (1 − 1/(m−1))/s` else: at most 1 with two different weights, less than 2 with any.
//!
//! From the beginning of a period on it is less than 1. No schedule keeps every run within 1 for all weights: 1, 2 and 8 is
//! a smallest example, and the tests try all schedules of it.
//!
//! *Proof.* The window of a group's `j`-th turn begins with the first `n` for which `j ≤ nλ+1−β`, and ends with the first
//! for which `j < nλ+β`. If all windows are kept, then after `n` turns of a period a group has had `nλ` turns to within
//! `1−β`; a run of turns is the difference of two such stretches, so it is within `2−2β = 2−1/(m−1)`. Of `C` turns of a
//! group each of its `s` people gets `C/s` to within `1−1/s`. Together that is the bound.
//!
//! The windows of a period end within it. By Hall's theorem, whoever goes by earliest end keeps them all if no stretch of
//! `N` turns behind turn `a` holds more than `N` whole windows. A group has as many in it as there are integers strictly
//! between `aλ+1−β` and `(a+N)λ+β`; with `x = Nλ` these are at most `⌈x+2β⌉−1`, which is `⌈x⌉` if the fraction of `x` is
//! over `1−2β`, and else `⌊x⌋`. All `x` add up to `N`, so the windows exceed `N` by an integer, and each group that rounds
//! up adds less than `2β = 1/(m−1)` to that. If not all groups round up, the integer is less than 1. If all do, it is less
//! than `m/(m−1) ≤ 2`. Say it is 1: then every group has `⌈x⌉` windows, and all `⌈x⌉−x` add up to 1. So many fit only if
//! `⌈x⌉−x < ψ+β`, where `ψ`, between `−β` and `β`, tells how far `aλ` is above the nearest integer. Added up over all groups,
//! `1 < Σψ+mβ`; but all `aλ` add up to `a`, so `Σψ` is an integer, less than `mβ = m/(2m−2) ≤ 1` and thus at most 0, and
//! `1 < mβ` is false. ∎
//!
//! # The cost
//! At most `P` steps, each by the logarithm of the number of groups, and no memory beyond the groups. `P` is 1 if all weights
//! are equal, a few dozen for the usual teams, and never over 100 for each person.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::num::NonZeroU8;

/// People of one weight, as one.
struct Group {
    weight: NonZeroU8,
    people: u64,
    /// Its turns in a period.
    share: u64,
    /// Its turns so far in this period.
    taken: u64,
}

/// Whose turn `turn` is: a position in `weights`; `None` if there is nobody. The order of people of the same weight
/// decides who of them begins.
pub(crate) fn whose(turn: u64, weights: &[NonZeroU8]) -> Option<usize> {
    let mut groups = grouped(weights);
    let period: u64 = groups.iter().map(|group| group.share).sum();
    let (periods, last) = (turn.checked_div(period)?, turn.checked_rem(period)? + 1);
    let parts = parts(groups.len());
    // Groups by the beginning of their next window; those within it, by its end.
    let mut waiting: BinaryHeap<_> =
        groups.iter().enumerate().map(|(at, group)| Reverse((group.opens(period, parts), at))).collect();
    let mut ready = BinaryHeap::new();
    for now in 1..=last {
        while let Some(Reverse((_, at))) = waiting.peek().filter(|Reverse((opens, _))| *opens <= now).copied() {
            waiting.pop();
            ready.push(Reverse((groups.get(at)?.due(period, parts), at)));
        }
        // That one is always ready is proven above.
        let Reverse((_, at)) = ready.pop().or_else(|| waiting.pop())?;
        let next = groups.get_mut(at)?;
        if now == last {
            // Over all periods, so that a group with fewer turns in one than people gives each of them some.
            let before = periods * next.share + next.taken;
            return nth(weights, next.weight, before % next.people);
        }
        next.taken += 1;
        waiting.push(Reverse((next.opens(period, parts), at)));
    }
    None
}

/// `1/β` as the proof has it. A single group has every turn, whatever stands here.
fn parts(groups: usize) -> u64 {
    (2 * groups as u64).saturating_sub(2).max(1)
}

impl Group {
    /// The turn of the period, from 1, from which on its next one may come.
    fn opens(&self, period: u64, parts: u64) -> u64 {
        ((self.taken * parts + 1) * period).div_ceil(self.share * parts)
    }

    /// The turn of the period by which its next one must come.
    fn due(&self, period: u64, parts: u64) -> u64 {
        ((self.taken + 1) * parts - 1) * period / (self.share * parts) + 1
    }
}

/// By weight, the largest first, with shares in lowest terms.
fn grouped(weights: &[NonZeroU8]) -> Vec<Group> {
    let mut people: BTreeMap<NonZeroU8, u64> = BTreeMap::new();
    for weight in weights {
        *people.entry(*weight).or_default() += 1;
    }
    let sum = |(weight, people): (&NonZeroU8, &u64)| u64::from(weight.get()) * people;
    let divisor = people.iter().map(sum).fold(0, common_divisor).max(1);
    let group = |(weight, people): (&NonZeroU8, &u64)| Group {
        weight: *weight,
        people: *people,
        share: sum((weight, people)) / divisor,
        taken: 0,
    };
    people.iter().rev().map(group).collect()
}

fn common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

fn nth(weights: &[NonZeroU8], weight: NonZeroU8, nth: u64) -> Option<usize> {
    let mut of_weight = weights.iter().enumerate().filter(|(_, other)| **other == weight).map(|(at, _)| at);
    of_weight.nth(usize::try_from(nth).ok()?)
}
