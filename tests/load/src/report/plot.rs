//! The hops as bars, a panel a rate: dark up to the median, light up to the 99th percentile.

use anyhow::Result;
use figures::bars::{self, Bar, Panel};
use figures::thousands;

use crate::round::{Hop, Round};

/// An SVG with the panels side by side.
pub(super) fn svg(rounds: &[Round]) -> Result<String> {
    let bar = |Hop { name, ms }: &Hop| Bar {
        name: name.clone(),
        dark: ms.p50 as f64,
        all: ms.p99 as f64,
        label: format!("{} / {}", thousands(ms.p50), thousands(ms.p99)),
    };
    let panel = |round: &Round| Panel {
        title: format!("ms at {} leads a second: median (dark) / p99", round.asked),
        bars: round.hops.iter().map(bar).collect(),
    };
    bars::svg(&rounds.iter().map(panel).collect::<Vec<_>>())
}
