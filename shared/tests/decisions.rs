//! Properties that hold for every lead, whatever the rules say of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

use leads::decision::{Account, AccountKind, Axis, CleanVerdict, GivenVerdict, ManualVerdict};
use leads::profile::{PhoneFact, Profile};
use leads::rules::RuleSet;
use leads::submission::{Encoding, Submission, parse};
use serde_json::{Value, json};

mod shipped;

const NOW: &str = "2026-11-02T10:00:00+08:00";

fn rules() -> RuleSet {
    RuleSet::from_sources(&shipped::sources()).unwrap()
}

fn submission(lead: &Value) -> Submission {
    let mut whole = json!({ "form_id": "contact", "source": { "channel": "website" } });
    whole.as_object_mut().unwrap().extend(lead.as_object().unwrap().clone());
    parse(whole.to_string().as_bytes(), Encoding::Json).unwrap().submission
}

/// Leads from a small grid over what the rules look at.
fn grid() -> Vec<Submission> {
    let mut leads = Vec::new();
    for horizon in ["immediate", "one_year", "just_looking"] {
        for size in [1, 300, 5000] {
            for (country, province) in [("DE", ""), ("CN", "江苏"), ("CN", ""), ("Nigeria", ""), ("", "")] {
                for (title, identity) in [("CEO", "decision_maker"), ("Manager", "student"), ("Intern", "job_seeker")] {
                    for interactions in
                        [vec![], vec!["download"], vec!["demo_request", "quote_request", "meeting", "webinar"]]
                    {
                        let tags: Vec<_> = interactions.iter().map(|kind| json!({ "kind": kind })).collect();
                        let mut company = json!({ "industry": "finance", "size": size });
                        for (key, value) in [("country", country), ("province", province)] {
                            if !value.is_empty() {
                                company[key] = json!(value);
                            }
                        }
                        leads.push(submission(&json!({
                            "contact": { "email": "a@gmail.com", "title": title },
                            "company": company,
                            "interest": { "horizon": horizon, "message": "Hello.", "budget": { "minor": 90_000_000, "currency": "EUR" } },
                            "tags": { "identity": [identity], "purchase": ["bought_2024"], "interaction": tags },
                        })));
                    }
                }
            }
        }
    }
    leads
}

#[test]
fn scores_equal_their_explanation_and_routing_is_total() {
    let (rules, now) = (rules(), NOW.parse().unwrap());
    let accounts = [AccountKind::Customer, AccountKind::Key].map(|kind| Account {
        name: "A".into(),
        domain: None,
        kind,
        owner: Some("o".into()),
    });
    for lead in grid() {
        let profile = Profile::of(&lead);
        for account in [None, accounts.first(), accounts.last()] {
            for verdict in [None, Some(ManualVerdict::Mql), Some(ManualVerdict::NotMql)] {
                let given = verdict.map(|verdict| GivenVerdict { verdict, by: "desk".into(), at: now });
                let scored = leads::score::score(&lead, &profile, &[], account, given.as_ref(), &rules, now);
                assert_eq!(scored.verdict, given);
                for (axis, score) in [(Axis::Intent, scored.intent), (Axis::Value, scored.value)] {
                    let points: i32 = scored.contributions.iter().filter(|c| c.score == axis).map(|c| c.points).sum();
                    assert_eq!(points, score, "{axis:?} of {lead:?}");
                    assert!((0..=100).contains(&score));
                }
                assert!(scored.contributions.iter().all(|c| c.points != 0));
                assert!(verdict.is_none() || scored.mql == (verdict == Some(ManualVerdict::Mql)));

                let routed = leads::route::route(&lead, &profile, &scored, &rules, now);
                assert!(rules.queue(&routed.queue).is_some());
                assert_eq!(routed.trace.0.iter().filter(|step| step.fired).count(), 1);
                assert!(routed.trace.0.last().is_some_and(|step| step.fired));
                assert!(routed.trace.0.iter().all(|step| !step.why.is_empty()), "{:?}", routed.trace);
                assert_eq!(routed, leads::route::route(&lead, &profile, &scored, &rules, now));
            }
        }
    }
}

#[test]
fn a_deadline_beyond_the_calendar_says_so() {
    let lead = submission(&json!({ "contact": { "email": "a@gmail.com" }, "company": { "province": "江苏" } }));
    let (rules, profile) = (rules(), Profile::of(&lead));
    let given = GivenVerdict { verdict: ManualVerdict::Mql, by: "desk".into(), at: NOW.parse().unwrap() };
    let why = |now: &str| {
        let now = now.parse().unwrap();
        let scored = leads::score::score(&lead, &profile, &[], None, Some(&given), &rules, now);
        let routed = leads::route::route(&lead, &profile, &scored, &rules, now);
        (routed.sla.unwrap().feedback_due.to_string(), routed.trace.decisive().unwrap().why.clone())
    };
    let (due, known) = why("2026-12-24T10:00:00+08:00");
    assert_eq!(due, "2026-12-31T02:00:00Z");
    // 1 January 2027 is a holiday, but the calendar ends with 2026.
    let (due, unknown) = why("2026-12-25T10:00:00+08:00");
    assert_eq!(due, "2027-01-01T02:00:00Z");
    let doubt = "The deadline lies beyond 2026, the last year whose holidays the calendar “cn” knows.";
    assert_eq!(unknown, format!("{known} {doubt}"));
}

#[test]
fn facts_of_a_profile() {
    // phone, company, E.164 (none if it is invalid), longest run of digits
    let rows = [
        ("13812345078", json!({ "country": "CN" }), Some("+8613812345078"), 5),
        ("138 1234 5078", json!({ "city": "苏州" }), Some("+8613812345078"), 5),
        ("１３８１２３４５０７８", json!({ "name": "华星机械" }), Some("+8613812345078"), 5),
        ("13812345078", json!({}), Some("+8613812345078"), 5),
        ("+86 138-1234-5078", json!({ "country": "DE" }), Some("+8613812345078"), 5),
        ("13812345078", json!({ "country": "US" }), Some("+8613812345078"), 5),
        ("021-62881799", json!({ "province": "上海" }), Some("+862162881799"), 2),
        ("0512 6288 1799", json!({ "country": "中国" }), Some("+8651262881799"), 2),
        ("030 901820", json!({ "country": "Germany" }), Some("+4930901820"), 2),
        ("+44 20 7946 0018", json!({}), Some("+442079460018"), 2),
        ("(212) 736-5000", json!({ "country": "USA" }), Some("+12127365000"), 3),
        ("2345 0188", json!({ "country": "CN", "province": "香港" }), Some("+85223450188"), 4),
        ("13111111111", json!({ "country": "CN" }), Some("+8613111111111"), 8),
        ("18812345678", json!({ "country": "CN" }), Some("+8618812345678"), 8),
        ("18887654321", json!({ "country": "CN" }), Some("+8618887654321"), 8),
        ("030 901820", json!({}), None, 2),
        ("12345", json!({ "country": "CN" }), None, 5),
    ];
    for (phone, company, e164, run) in rows {
        let lead = submission(&json!({ "contact": { "phone": phone }, "company": company }));
        let profile = Profile::of(&lead);
        assert_eq!(profile.phone_e164(), e164, "{phone} {company}");
        assert_eq!(profile.phone.digit_run(), run, "{phone} {company}");
        assert_eq!(matches!(profile.phone, PhoneFact::Invalid { .. }), e164.is_none());
    }
    // company name, as it is matched: by its skeleton, in which m is rn
    for (name, matched) in [
        ("Falk Antriebe GmbH & Co. KG", "falk antriebe"),
        ("FALK ANTRIEBE", "falk antriebe"),
        ("Acme Motion, Inc.", "acrne rnotion"),
        ("Suzhou Huaxing Machinery Co., Ltd.", "suzhou huaxing rnachinery"),
        ("苏州华星机械有限公司", "苏州华星机械"),
        ("苏州 华星机械 股份有限公司", "苏州华星机械"),
        ("东海汽车（集团）有限公司", "东海汽车"),
        ("Limited", "lirnited"),
    ] {
        let lead = submission(&json!({ "contact": { "email": "a@b.example" }, "company": { "name": name } }));
        assert_eq!(Profile::of(&lead).company_key.as_deref(), Some(matched), "{name}");
    }
    let lead = submission(&json!({ "contact": { "email": "Li.Min@Mail.BÜCHER.example" } }));
    let profile = Profile::of(&lead);
    assert_eq!(profile.email.unwrap().expose(), "li.min@mail.xn--bcher-kva.example");
    assert_eq!(profile.email_registrable.as_deref(), Some("xn--bcher-kva.example"));
    assert_eq!(profile.company_domain.as_deref(), Some("xn--bcher-kva.example"));
}

#[test]
fn two_submissions_of_one_person_share_keys_and_strangers_share_none() {
    let rules = rules();
    let consent = json!({ "purpose": "sales_contact", "text_version": "1" });
    let keys = |contact: Value, company: &str| {
        let lead = submission(&json!({ "contact": contact, "company": { "name": company }, "consent": consent }));
        let cleaned = leads::clean::clean(&lead, &Profile::of(&lead), None, false, &rules);
        assert_eq!(cleaned.verdict, CleanVerdict::Accept);
        cleaned.keys
    };
    let first = keys(
        json!({ "name": "李敏", "email": "Li.Min@huaxing.example", "phone": "138 1234 5078" }),
        "华星机械有限公司",
    );
    assert_eq!(first.iter().map(|key| key.kind).collect::<Vec<_>>(), ["email", "phone", "person"]);
    for (contact, company, shared) in [
        (json!({ "email": "li.min@HUAXING.example" }), "x", Some("email")),
        (json!({ "phone": "+8613812345078" }), "x", Some("phone")),
        (json!({ "name": "李 敏", "email": "other@huaxing.example" }), "华星机械股份有限公司", Some("person")),
        (json!({ "name": "李敏", "email": "other@huaxing.example" }), "别家", None),
    ] {
        let second = keys(contact, company);
        assert_eq!(first.iter().find(|key| second.contains(key)).map(|key| key.kind), shared);
    }
    let debug = format!("{first:?}");
    assert!(!debug.contains("huaxing") && !debug.contains("138"), "{debug}");
}

#[test]
fn a_table_of_ten_thousand_rows_finds_its_row() {
    let mut sources = shipped::sources();
    let (_, route) = sources.iter_mut().find(|(name, _)| name == "route.toml").unwrap();
    route.push_str("\n[[table]]\nid = \"products\"\nby = [\"interest.product\"]\n");
    for row in 0..10_000 {
        route
            .push_str(&format!("[[table.row]]\nid = \"p{row}\"\nqueue = \"sales-apac\"\nproduct = [\"axis {row}\"]\n"));
    }
    let step = "[[step]]\nid = \"product\"\nwhy = \"The product's team.\"\ntable = \"products\"\n\n";
    route.insert_str(route.find("[[step]]").unwrap(), step);
    let rules = RuleSet::from_sources(&sources).unwrap();

    let lead = submission(&json!({ "contact": { "email": "a@b.example" }, "interest": { "product": "axis 9999" } }));
    let (profile, now) = (Profile::of(&lead), NOW.parse().unwrap());
    let scored = leads::score::score(&lead, &profile, &[], None, None, &rules, now);
    let started = std::time::Instant::now();
    let routed = leads::route::route(&lead, &profile, &scored, &rules, now);
    println!("routed among 10,000 rows in {:?}", started.elapsed());
    assert_eq!(routed.rule, "product.p9999");
    assert!(routed.trace.0.len() <= 8, "the trace names no rows that were passed over");
}
