//! Made-up leads: what is true of one, and the submission that says so in one of many spellings.

use fastrand::Rng;
use leads::submission::{Encoding, Submission, parse};
use serde_json::{Map, Value, json};

use crate::territory::Row;
use crate::words::{
    CHANNELS, COUNTRIES, IDENTITIES, INDUSTRIES, NO_COUNTRIES, NO_PROVINCES, PRODUCTS, PROVINCES, SIZES, UNKNOWN,
};

/// What is true of a lead, in the words that rules use.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// ISO 3166-1 alpha-2.
    pub country: Option<&'static str>,
    /// A Chinese province by its short name.
    pub province: Option<&'static str>,
    /// In lower case.
    pub industry: Option<&'static str>,
    /// In lower case.
    pub product: Option<&'static str>,
    /// People at the company.
    pub size: Option<u32>,
    /// `free`, `paid` or `partner`.
    pub channel_kind: &'static str,
    /// The person's tags.
    pub identities: Vec<&'static str>,
    /// Whether a budget is named.
    pub budget_stated: bool,
    /// The salesperson that the source names.
    pub owner: Option<&'static str>,
}

/// A lead.
#[derive(Clone, Debug)]
pub struct Lead {
    /// What is true of it.
    pub facts: Facts,
    /// The JSON that a form would post.
    pub body: String,
}

impl Lead {
    /// The submission as `intake` reads it.
    pub fn submission(&self) -> Submission {
        let posted = parse(self.body.as_bytes(), Encoding::Json);
        posted.unwrap_or_else(|problems| panic!("{problems:?} in {}", self.body)).submission
    }
}

/// A lead with random answers, bounds of size bands and unknown words among them. Of ten leads seven are aimed at a row,
/// each row as likely as any other; an earlier row may still take them.
pub fn lead(rows: &[Row], rng: &mut Rng) -> Lead {
    let mut facts = Facts {
        industry: sometimes(INDUSTRIES, rng),
        product: sometimes(PRODUCTS, rng),
        size: size(rng),
        channel_kind: CHANNELS[rng.usize(..CHANNELS.len())].0,
        identities: IDENTITIES.iter().copied().filter(|_| rng.u8(..4) == 0).collect(),
        budget_stated: rng.bool(),
        owner: (rng.u8(..20) == 0).then_some("wang.fang"),
        ..Facts::default()
    };
    let mut company = Map::new();
    let aim = (rng.u8(..10) < 7).then(|| &rows[rng.usize(..rows.len())]);
    let (mut country, mut province) = (None, None);
    if let Some(row) = aim {
        facts.industry = pick(&row.industries, rng).or(facts.industry);
        facts.product = pick(&row.products, rng).or(facts.product);
        facts.channel_kind = pick(&row.channel_kinds, rng).unwrap_or(facts.channel_kind);
        facts.identities.extend(pick(&row.identities, rng));
        facts.budget_stated = row.budget_stated.unwrap_or(facts.budget_stated);
        facts.size = match (row.at_least, row.at_most) {
            (None, None) => facts.size,
            (low, high) => Some(within(low.unwrap_or(1), high.unwrap_or(10_000_000), rng)),
        };
        (country, province) = (pick(&row.countries, rng), pick(&row.provinces, rng));
    }
    (facts.country, facts.province) = place(country, province, &mut company, rng);
    facts.identities.dedup();
    let body = body(&facts, company, rng);
    Lead { facts, body }
}

fn pick<T: Copy>(values: &[T], rng: &mut Rng) -> Option<T> {
    (!values.is_empty()).then(|| values[rng.usize(..values.len())])
}

fn sometimes(values: &[&'static str], rng: &mut Rng) -> Option<&'static str> {
    match rng.u8(..10) {
        0 => None,
        1 => pick(UNKNOWN, rng),
        _ => pick(values, rng),
    }
}

/// None, a bound, one beside a bound, an extreme, or anything.
fn size(rng: &mut Rng) -> Option<u32> {
    let (bound, anything) = (SIZES[rng.usize(..SIZES.len())], 1 << rng.u8(1..18));
    match rng.u8(..10) {
        0 => None,
        1 => Some(10_000_000),
        2 | 3 => Some(bound),
        4 => Some(bound + 1),
        5 => Some((bound - 1).max(1)),
        _ => Some(1 + rng.u32(..anything)),
    }
}

/// Mostly between two bounds, or one of them; sometimes one beside.
fn within(low: u32, high: u32, rng: &mut Rng) -> u32 {
    match rng.u8(..16) {
        0 => (low - 1).max(1),
        1 => (high + 1).min(10_000_000),
        2..=4 => low,
        5..=7 => high,
        _ => rng.u32(low..=high),
    }
}

/// Writes a place into `company` and answers what it is: country and province. A stated country other than China keeps
/// Chinese names out, a province or city alone implies China.
fn place(
    country: Option<&'static str>,
    province: Option<&'static str>,
    company: &mut Map<String, Value>,
    rng: &mut Rng,
) -> (Option<&'static str>, Option<&'static str>) {
    let mut write = |key: &str, text: Option<&str>| {
        if let Some(text) = text {
            company.insert(key.to_owned(), json!(text));
        }
    };
    let wants_province = province.is_some() || (country.is_none_or(|code| code == "CN") && rng.bool());
    if wants_province {
        let (name, spellings, cities) = match province {
            Some(wanted) => *PROVINCES.iter().find(|province| province.0 == wanted).unwrap(),
            None => PROVINCES[rng.usize(..PROVINCES.len())],
        };
        if country.is_some() || rng.bool() {
            write("country", pick(COUNTRIES[0].1, rng));
        }
        let by_city_alone = rng.u8(..3) == 0;
        write("province", (!by_city_alone).then(|| pick(spellings, rng)).flatten());
        write("city", if by_city_alone || rng.bool() { pick(cities, rng) } else { None });
        return (Some("CN"), Some(name));
    }
    let (code, spellings) = match country {
        Some(wanted) => *COUNTRIES.iter().find(|country| country.0 == wanted).unwrap(),
        None if rng.u8(..6) == 0 => {
            write("country", if rng.bool() { pick(NO_COUNTRIES, rng) } else { None });
            write("province", if rng.bool() { pick(NO_PROVINCES, rng) } else { None });
            return (None, None);
        }
        None => COUNTRIES[rng.usize(..COUNTRIES.len())],
    };
    write("country", pick(spellings, rng));
    if code != "CN" && rng.u8(..8) == 0 {
        write("province", Some("江苏"));
        write("city", Some("苏州"));
    } else if rng.u8(..4) == 0 {
        write("province", pick(NO_PROVINCES, rng));
    }
    (Some(code), None)
}

fn body(facts: &Facts, mut company: Map<String, Value>, rng: &mut Rng) -> String {
    let number = rng.u32(..1_000_000);
    company.insert("name".to_owned(), json!(format!("Nordwerk {number} GmbH")));
    company.insert("domain".to_owned(), json!(format!("nordwerk-{number}.example")));
    let mut write = |key: &str, value: Option<Value>| value.map(|value| company.insert(key.to_owned(), value));
    write("industry", facts.industry.map(|text| json!(spelled(text, rng))));
    write("size", facts.size.map(|size| json!(size)));
    let mut interest = json!({
        "horizon": "immediate",
        "message": "Two cells for the new hall, please; commissioning before summer.\nKind regards",
    });
    if let Some(product) = facts.product {
        interest["product"] = json!(spelled(product, rng));
    }
    if facts.budget_stated {
        interest["budget"] = json!({ "minor": rng.u32(100_000..90_000_000), "currency": "EUR" });
    }
    let (_, channels) = CHANNELS.iter().find(|kind| kind.0 == facts.channel_kind).unwrap();
    let mut source = json!({
        "channel": pick(channels, rng),
        "campaign": "spring-fair-2026",
        "utm": { "source": "search", "medium": "cpc" },
    });
    if let Some(owner) = facts.owner {
        source["owner"] = json!(owner);
    }
    let phone = ["+49 30 901820", "138 0000 4172", "+44 20 7946 0018", "0512 6288 1799"][rng.usize(..4)];
    json!({
        "form_id": "contact",
        "contact": {
            "name": "Ada Brandt",
            "email": format!("ada.brandt@nordwerk-{number}.example"),
            "phone": phone,
            "title": "Managing Director",
        },
        "company": company,
        "interest": interest,
        "source": source,
        "consent": { "purpose": "sales_contact", "text_version": "2026-01" },
        "tags": {
            "identity": facts.identities.iter().map(|tag| spelled(tag, rng)).collect::<Vec<_>>(),
            "interaction": [{ "kind": "demo_request" }, { "kind": "quote_request" }],
        },
    })
    .to_string()
}

/// As it stands in the rules, in capitals, with capitals at the start, in full-width letters, or with spaces around.
fn spelled(text: &str, rng: &mut Rng) -> String {
    let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_lowercase()).unwrap_or(c);
    match rng.u8(..10) {
        0 => text.to_uppercase(),
        1 | 2 => text.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }).collect(),
        3 => text.chars().map(wide).collect(),
        4 => format!("  {text} "),
        _ => text.to_owned(),
    }
}
