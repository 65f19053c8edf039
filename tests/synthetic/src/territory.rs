//! Made-up routing rules: a table whose rows go from the particular to the general and overlap as those of a sales
//! organisation do, and the plain reading of it, row by row.

use fastrand::Rng;

use crate::lead::Facts;
use crate::words::{CHANNELS, COUNTRIES, IDENTITIES, INDUSTRIES, PRODUCTS, PROVINCES, QUEUES, SIZES};

/// One routing rule. What it leaves empty it does not ask about.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Its id in the table.
    pub id: String,
    /// Where it sends.
    pub queue: &'static str,
    /// ISO 3166-1 alpha-2.
    pub countries: Vec<&'static str>,
    /// Chinese provinces by their short name.
    pub provinces: Vec<&'static str>,
    /// In lower case.
    pub industries: Vec<&'static str>,
    /// In lower case.
    pub products: Vec<&'static str>,
    /// `free`, `paid`, `partner`.
    pub channel_kinds: Vec<&'static str>,
    /// One of these tags is enough.
    pub identities: Vec<&'static str>,
    /// The smallest size.
    pub at_least: Option<u32>,
    /// The largest size.
    pub at_most: Option<u32>,
    /// Whether a budget must be stated, or must not.
    pub budget_stated: Option<bool>,
}

impl Row {
    /// Whether every cell that the row fills in fits.
    pub fn fits(&self, lead: &Facts) -> bool {
        listed(&self.countries, lead.country)
            && listed(&self.industries, lead.industry)
            && (self.at_least.is_none_or(|least| lead.size.is_some_and(|size| size >= least)))
            && (self.at_most.is_none_or(|most| lead.size.is_some_and(|size| size <= most)))
            && listed(&self.products, lead.product)
            && listed(&self.provinces, lead.province)
            && listed(&self.channel_kinds, Some(lead.channel_kind))
            && (self.identities.is_empty() || lead.identities.iter().any(|tag| self.identities.contains(tag)))
            && self.budget_stated.is_none_or(|stated| stated == lead.budget_stated)
    }

    /// Whether it takes every lead that `other` takes, so that `other` behind it would never decide.
    fn covers(&self, other: &Self) -> bool {
        let wider = |mine: &[&str], theirs: &[&str]| {
            mine.is_empty() || (!theirs.is_empty() && theirs.iter().all(|value| mine.contains(value)))
        };
        wider(&self.countries, &other.countries)
            && wider(&self.industries, &other.industries)
            && wider(&self.products, &other.products)
            && wider(&self.provinces, &other.provinces)
            && wider(&self.channel_kinds, &other.channel_kinds)
            && wider(&self.identities, &other.identities)
            && self.at_least.is_none_or(|mine| other.at_least.is_some_and(|theirs| theirs >= mine))
            && self.at_most.is_none_or(|mine| other.at_most.is_some_and(|theirs| theirs <= mine))
            && (self.budget_stated.is_none() || self.budget_stated == other.budget_stated)
    }
}

fn listed(values: &[&str], answer: Option<&str>) -> bool {
    values.is_empty() || answer.is_some_and(|answer| values.contains(&answer))
}

/// The first row that fits, found by trying one after the other.
pub fn scan(rows: &[Row], lead: &Facts) -> Option<usize> {
    rows.iter().position(|row| row.fits(lead))
}

/// `count` rows, at least 10. The most particular come first: of 100 rows 55 name place, industry, size and product, 25
/// place, industry and size, 12 place and size, the rest a product with an industry, a channel or a tag; the last two take
/// what comes from partners and what is very large. No row is covered by one before it.
pub fn rows(count: usize, seed: u64) -> Vec<Row> {
    let mut rng = Rng::with_seed(seed);
    let mut rows: Vec<Row> = Vec::with_capacity(count);
    while rows.len() < count - 2 {
        let mut row = candidate(rows.len() * 100 / count, &mut rng);
        if rows.iter().any(|earlier| earlier.covers(&row)) {
            continue;
        }
        row.id = format!("r{:05}", rows.len());
        row.queue = QUEUES[rng.usize(..QUEUES.len())];
        rows.push(row);
    }
    let last = [
        Row { channel_kinds: vec!["partner"], queue: "sales-desk", ..Row::default() },
        Row { at_least: Some(5_000), queue: "key-accounts", ..Row::default() },
    ];
    for row in last {
        rows.push(Row { id: format!("r{:05}", rows.len()), ..row });
    }
    rows
}

fn candidate(percent: usize, rng: &mut Rng) -> Row {
    let mut row = Row::default();
    if percent < 92 {
        if rng.u8(..5) < 2 {
            row.provinces = some(PROVINCES.iter().map(|province| province.0), 4, rng);
        } else {
            row.countries = some(COUNTRIES.iter().map(|country| country.0), 3, rng);
        }
        (row.at_least, row.at_most) = band(rng);
    }
    if percent < 80 {
        row.industries = some(INDUSTRIES.iter().copied(), 3, rng);
    }
    if !(55..92).contains(&percent) {
        row.products = some(PRODUCTS.iter().copied(), 2, rng);
    }
    if percent >= 92 && rng.bool() {
        row.industries = some(INDUSTRIES.iter().copied(), 1, rng);
    }
    if rng.u8(..4) == 0 {
        row.channel_kinds = some(CHANNELS.iter().map(|kind| kind.0), 2, rng);
    }
    if rng.u8(..8) == 0 {
        row.identities = some(IDENTITIES.iter().copied(), 2, rng);
    }
    if rng.u8(..10) == 0 {
        row.budget_stated = Some(rng.bool());
    }
    row
}

/// One to `most` different values.
fn some(values: impl Iterator<Item = &'static str>, most: usize, rng: &mut Rng) -> Vec<&'static str> {
    let values: Vec<_> = values.collect();
    let mut chosen = Vec::new();
    for _ in 0..=rng.usize(..most) {
        let value = values[rng.usize(..values.len())];
        if !chosen.contains(&value) {
            chosen.push(value);
        }
    }
    chosen
}

/// From one of [`SIZES`] to just below a later one; now and then open at one end.
fn band(rng: &mut Rng) -> (Option<u32>, Option<u32>) {
    let low = rng.usize(..SIZES.len() - 1);
    let high = low + 1 + rng.usize(..(SIZES.len() - low - 1).min(4));
    match rng.u8(..8) {
        0 => (None, Some(SIZES[high] - 1)),
        1 => (Some(SIZES[low]), None),
        _ => (Some(SIZES[low]), Some(SIZES[high] - 1)),
    }
}
