//! Leads by where they are to end. Each person is somebody else, so that none joins another.

use serde_json::{Value, json};

/// A small name for one lead: part of its address, its person and its company.
pub(crate) type Name<'a> = &'a str;

/// Ready for sales, by the region of its city.
pub(crate) fn hot(name: Name<'_>, country: &str, city: &str) -> Value {
    json!({
        "form_id": "contact",
        "contact": {"name": format!("Ines {name}"), "email": format!("ines@{name}.example"), "title": "Purchasing Director"},
        "company": {"name": format!("{name} Kilns"), "industry": "manufacturing", "size": 360, "country": country, "city": city},
        "interest": {
            "product": "kiln", "horizon": "immediate", "message": "Two kilns before the summer, please.",
            "budget": {"minor": 12_000_000, "currency": "EUR"},
        },
        "source": {"channel": "website"},
        "consent": {"purpose": "sales_contact", "text_version": "2026-01"},
        "tags": {"identity": ["decision_maker"], "interaction": [{"kind": "demo_request"}]},
    })
}

/// Valuable and in no hurry: for the review queue, which has a minute to answer here.
pub(crate) fn hesitant(name: Name<'_>) -> Value {
    json!({
        "form_id": "whitepaper",
        "contact": {"name": format!("Owen {name}"), "email": format!("owen@{name}.example"), "title": "Purchasing Director"},
        "company": {"name": format!("{name} Turbines"), "industry": "manufacturing", "size": 9000, "country": "US"},
        "interest": {"horizon": "over_a_year"},
        "source": {"channel": "organic_search"},
        "consent": {"purpose": "sales_contact", "text_version": "2026-01"},
        "tags": {"identity": ["decision_maker"]},
    })
}

/// Reads a paper and no more: for nurture.
pub(crate) fn reader(name: Name<'_>, country: &str, city: &str) -> Value {
    json!({
        "form_id": "whitepaper",
        "contact": {"name": format!("Ines {name}"), "email": format!("ines@{name}.example")},
        "company": {"name": format!("{name} Kilns"), "size": 40, "country": country, "city": city},
        "source": {"channel": "content_syndication"},
        "consent": {"purpose": "sales_contact", "text_version": "2026-01"},
        "tags": {"interaction": [{"kind": "download"}]},
    })
}
