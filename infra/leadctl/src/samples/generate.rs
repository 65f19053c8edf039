//! One lead after the other, from a seed.

#![allow(clippy::indexing_slicing, reason = "assigning to a member of a JSON object adds it")]

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::random::Random;
use super::words::*;

/// Generated leads, one JSON object a line, as `leadctl backtest` reads them.
pub struct Generator {
    random: Random,
    at: Timestamp,
    number: u64,
}

/// What the parts of a lead share.
struct Sketch {
    market: Market,
    chinese: bool,
    company: String,
    domain: String,
    industry: (&'static str, &'static str, &'static str),
    size: u64,
    channel: (&'static str, &'static str, &'static str),
    title: (&'static str, &'static str, u64),
    /// How good the lead is, 0 to 100, by what a salesperson would look at.
    merit: u64,
}

impl Generator {
    /// Starts on 1 September 2025, with a lead every two minutes or so.
    pub fn new(seed: u64) -> Self {
        let start = Timestamp::from_second(1_756_684_800).unwrap_or_default();
        Self { random: Random::new(seed), at: start, number: 0 }
    }

    fn sketch(&mut self) -> Sketch {
        let random = &mut self.random;
        let market = random.weighted(&MARKETS);
        let chinese = market.home == Home::China && random.in_thousand(850);
        let industry = random.weighted(&INDUSTRIES);
        let (a, b, stem) = (random.pick(&SYLLABLES), random.pick(&SYLLABLES), random.pick(&WORLD_STEMS));
        let (least, most) = random.weighted(&SIZES);
        let (company, slug) = if chinese {
            (format!("{}{}{}有限公司", a.0, b.0, industry.1), format!("{}{}-{}", a.1, b.1, industry.0))
        } else {
            let form = random.pick(&LEGAL_FORMS);
            (format!("{stem} {} {form}", industry.2), format!("{}-{}", stem.to_lowercase(), industry.2.to_lowercase()))
        };
        Sketch {
            market,
            chinese,
            company,
            domain: format!("{}{}.example", slug.replace(' ', "-"), random.below(100)),
            industry,
            size: least + random.below(most - least + 1),
            channel: random.weighted(&CHANNELS),
            title: random.weighted(&TITLES),
            merit: 0,
        }
    }

    fn contact(&mut self, sketch: &Sketch) -> Value {
        let random = &mut self.random;
        let number = self.number;
        let mut name = if sketch.chinese {
            format!("{}{}", random.pick(&SURNAMES), random.pick(&GIVEN))
        } else {
            format!("{} {}", random.pick(&FIRST_NAMES), random.pick(&LAST_NAMES))
        };
        if random.in_thousand(10) {
            name = random.pick(&["Test", "测试", "asdf", "Test User"]).to_owned();
        }
        let domain = match random.below(1000) {
            0..=4 => "mailinator.com",
            5..=9 => "servo-rivals.example",
            10..=169 => random.pick(&FREE_MAIL),
            _ => &sketch.domain,
        };
        let local = format!("{}{number}", random.pick(&["info", "sales", "buyer", "m.", "project", "a.", "k.", "lab"]));
        let mut email = format!("{local}@{domain}");
        if random.in_thousand(4) {
            email = email.replace('@', " at "); // the intake refuses it
        }
        let phone = match random.below(1000) {
            0..=7 => "13111111111".to_owned(),
            8..=19 => random.digits(7),
            20..=249 => String::new(),
            _ => {
                let digit = |c| if c == '#' { random.digits(1) } else { String::from(c) };
                sketch.market.phone.chars().map(digit).collect()
            }
        };
        // Some leave their address out, and give a number instead.
        let email = if !phone.is_empty() && random.in_thousand(120) { String::new() } else { email };
        object([
            ("name", name),
            ("email", email),
            ("phone", phone),
            ("title", in_language(sketch, (sketch.title.0, sketch.title.1))),
        ])
    }

    fn company(&mut self, sketch: &Sketch) -> Value {
        let random = &mut self.random;
        let city = random.weighted(&CHINESE_CITIES);
        let (province, city) = match (sketch.market.country, sketch.chinese) {
            ("CN", true) => (city.0, city.1),
            ("CN", false) => (city.2, city.3),
            _ => ("", ""),
        };
        let province = if random.in_thousand(300) { "" } else { province };
        let domain = if random.in_thousand(300) { sketch.domain.clone() } else { String::new() };
        let industry = in_language(sketch, (sketch.industry.0, sketch.industry.1));
        let texts = [("name", sketch.company.clone()), ("domain", domain), ("industry", industry)];
        let places = [("country", sketch.market.country), ("province", province), ("city", city)];
        let mut company = object(texts.into_iter().chain(places.map(|(name, text)| (name, text.to_owned()))));
        if !random.in_thousand(100) {
            company["size"] = sketch.size.into();
        }
        company
    }

    fn interest(&mut self, sketch: &mut Sketch) -> Value {
        let random = &mut self.random;
        let (horizon, promise) = random.weighted(&HORIZONS);
        sketch.merit += promise;
        let product = if random.in_thousand(600) { in_language(sketch, random.pick(&PRODUCTS)) } else { String::new() };
        let message = if random.in_thousand(450) { in_language(sketch, random.pick(&MESSAGES)) } else { String::new() };
        let mut interest = object([("horizon", horizon.to_owned()), ("product", product), ("message", message)]);
        if random.in_thousand(400) {
            let euros = 1_000 + random.below(sketch.size.min(2_000) * 400 + 10_000);
            sketch.merit += if euros >= 20_000 { 14 } else { 7 };
            let (currency, minor) = if sketch.chinese { ("CNY", euros * 800) } else { ("EUR", euros * 100) };
            interest["budget"] = json!({ "minor": minor, "currency": currency });
        }
        interest
    }

    fn tags(&mut self, sketch: &mut Sketch) -> Value {
        let random = &mut self.random;
        let mut tags = json!({});
        if random.in_thousand(800) {
            let mut kinds = vec![sketch.channel.2];
            if random.in_thousand(250) {
                kinds.push("demo_request");
                sketch.merit += 14;
            }
            let since = SignedDuration::from_hours(i64::try_from(random.below(24 * 500)).unwrap_or_default());
            let at = self.at - since;
            tags["interaction"] = kinds.into_iter().map(|kind| json!({ "kind": kind, "at": at.to_string() })).collect();
        }
        if sketch.title.2 == 2 && random.in_thousand(400) {
            tags["identity"] = json!(["decision_maker"]);
        } else if random.in_thousand(30) {
            tags["identity"] = json!(["student"]);
            sketch.merit /= 3;
        }
        if random.in_thousand(40) {
            tags["purchase"] = json!(["bought_2024"]);
            sketch.merit += 15;
        }
        tags
    }

    fn source(&mut self, sketch: &Sketch) -> Value {
        let random = &mut self.random;
        let campaign =
            random.weighted(&[("", 70), ("servo-launch-2026", 26), ("bought-list-2026", 2), ("lottery-fair-2026", 2)]);
        let owner =
            if sketch.channel.1 == "event-checkin" && random.in_thousand(50) { random.pick(&OWNERS) } else { "" };
        object(
            [("channel", sketch.channel.0), ("campaign", campaign), ("owner", owner)]
                .map(|(name, text)| (name, text.to_owned())),
        )
    }

    /// What sales reported, for a bit more than half of the leads.
    fn outcome(&mut self, merit: u64) -> Option<&'static str> {
        let random = &mut self.random;
        if !random.in_thousand(550) {
            return None;
        }
        let good = random.in_thousand(20 + 7 * merit.min(100));
        Some(if good { random.weighted(&GOOD_ENDS) } else { random.weighted(&OTHER_ENDS) })
    }
}

impl Iterator for Generator {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.number += 1;
        self.at += SignedDuration::from_secs(i64::try_from(1 + self.random.below(240)).ok()?);
        let mut sketch = self.sketch();
        sketch.merit = 12 * sketch.title.2
            + match sketch.size {
                0..100 => 2,
                100..1000 => 12,
                _ => 20,
            };
        let mut submission = json!({
            "form_id": sketch.channel.1,
            "contact": self.contact(&sketch),
            "company": self.company(&sketch),
            "interest": self.interest(&mut sketch),
            "tags": self.tags(&mut sketch),
            "source": self.source(&sketch),
        });
        if !self.random.in_thousand(40) {
            submission["consent"] = json!({ "purpose": "sales_contact", "text_version": "2025-07" });
        }
        let mut line = json!({ "lead_id": format!("sample-{}", self.number), "at": self.at.to_string() });
        if self.random.in_thousand(60) {
            let mut touch = submission.clone();
            touch["interest"] = self.interest(&mut sketch);
            line["touches"] = json!([touch]);
        }
        if self.random.in_thousand(60) {
            let kind = self.random.weighted(&[("customer", 60), ("key", 38), ("competitor", 2)]);
            sketch.merit += 20;
            let owner = self.random.pick(&OWNERS);
            line["account"] = json!({ "name": sketch.company, "domain": sketch.domain, "kind": kind, "owner": owner });
        }
        line["submission"] = submission;
        if sketch.channel.1 == "partner-feed" {
            line["signed_by"] = "partner-hub".into();
        }
        if let Some(outcome) = self.outcome(sketch.merit) {
            line["outcome"] = outcome.into();
        }
        Some(line.to_string())
    }
}

/// English, or Chinese for those who write it.
fn in_language(sketch: &Sketch, (english, chinese): (&str, &str)) -> String {
    (if sketch.chinese { chinese } else { english }).to_owned()
}

/// An object of the texts that are not empty.
fn object(texts: impl IntoIterator<Item = (&'static str, String)>) -> Value {
    let filled = texts.into_iter().filter(|(_, text)| !text.is_empty());
    Value::Object(filled.map(|(name, text)| (name.to_owned(), text.into())).collect::<Map<_, _>>())
}
