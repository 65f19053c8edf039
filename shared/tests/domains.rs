//! Registrable domains by the public suffix list project's own cases, and domains looked up in the lists that ship.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

use std::collections::HashSet;

use leads::clean::clean;
use leads::decision::CleanVerdict;
use leads::profile::{Profile, registrable_domain};
use leads::rules::RuleSet;
use leads::submission::{Encoding, Submission, parse};
use serde_json::json;

mod shipped;

/// The two arguments of `checkPublicSuffix('a', 'b');`.
fn arguments(line: &str) -> Option<(Option<String>, Option<String>)> {
    let (first, second) = line.strip_prefix("checkPublicSuffix(")?.strip_suffix(");")?.split_once(',')?;
    let text = |argument: &str| {
        let argument = argument.trim();
        (argument != "null").then(|| argument.trim_matches('\'').to_owned())
    };
    Some((text(first), text(second)))
}

/// The list's cases are about the algorithm, in which a public suffix has no registrable part. Ours answers with the domain
/// itself then, since an e-mail address may well stand there, and reads a leading dot as no domain.
#[test]
fn registrable_domains_are_those_of_the_list() {
    let cases: Vec<_> = include_str!("data/test_psl.txt").lines().filter_map(arguments).collect();
    let (mut same, mut suffixes, mut dotted) = (0, 0, 0);
    for (domain, expected) in &cases {
        let Some(domain) = domain else { continue };
        let found = registrable_domain(domain);
        if domain.starts_with('.') {
            assert_eq!(found, None, "{domain}");
            dotted += 1;
            continue;
        }
        // The list's answers keep Unicode; ours are always ASCII.
        let ascii = |text: &str| idna::domain_to_ascii(text).unwrap();
        match expected {
            Some(expected) => assert_eq!(found, Some(ascii(expected)), "{domain}"),
            None => assert_eq!(found, Some(ascii(domain)), "{domain}: a public suffix stands for itself"),
        }
        if expected.is_some() { same += 1 } else { suffixes += 1 }
    }
    println!("{} cases: {same} registrable, {suffixes} public suffixes, {dotted} with a leading dot", cases.len());
    assert!(same >= 40 && suffixes >= 20 && dotted == 4, "{same}, {suffixes}, {dotted}");
}

fn lead(email: &str) -> Submission {
    let lead = json!({
        "form_id": "contact",
        "source": { "channel": "website" },
        "contact": { "name": "Ada Stone", "title": "CEO", "email": email },
        "consent": { "purpose": "sales_contact", "text_version": "1" },
    });
    parse(lead.to_string().as_bytes(), Encoding::Json).unwrap().submission
}

fn rule_for(email: &str, rules: &RuleSet) -> Option<String> {
    let lead = lead(email);
    match clean(&lead, &Profile::of(&lead), None, false, rules).verdict {
        CleanVerdict::Accept => None,
        CleanVerdict::Hold { reason, .. } | CleanVerdict::Refuse { reason } => Some(reason.rule),
    }
}

fn entries(sources: &[(String, String)], list: &str) -> Vec<String> {
    let name = format!("lists/{list}.txt");
    let (_, text) = sources.iter().find(|(file, _)| *file == name).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn every_disposable_domain_is_held_and_no_other() {
    let sources = shipped::sources();
    let rules = RuleSet::from_sources(&sources).unwrap();
    let disposable = entries(&sources, "disposable-mail");
    for (at, domain) in disposable.iter().enumerate() {
        let other_spelling = [format!("joe@mx7.{domain}"), format!("joe@{}", domain.to_uppercase())];
        let others = other_spelling.into_iter().filter(|_| at % 10 == 0);
        for email in others.chain([format!("joe@{domain}")]) {
            assert_eq!(rule_for(&email, &rules).as_deref(), Some("disposable-mail"), "{email}");
        }
    }

    // Neighbours of listed domains: a letter put before, behind, or into the first label.
    let listed: HashSet<&str> = disposable.iter().map(String::as_str).collect();
    let is_listed = |domain: &str| {
        domain.match_indices('.').map(|(at, _)| &domain[at + 1..]).chain([domain]).any(|part| listed.contains(part))
    };
    let neighbours = disposable.iter().enumerate().flat_map(|(at, domain)| {
        let (label, rest) = domain.split_once('.').unwrap();
        let letter = char::from(b'a' + u8::try_from(at % 26).unwrap());
        [format!("{letter}q{domain}"), format!("{label}z{letter}.{rest}")]
    });
    let others: Vec<String> = neighbours.filter(|domain| !is_listed(domain)).take(10_000).collect();
    assert_eq!(others.len(), 10_000);
    for domain in &others {
        assert_eq!(rule_for(&format!("joe@{domain}"), &rules), None, "{domain}");
    }
    println!("{} disposable domains held, {} neighbours accepted", disposable.len(), others.len());
}

#[test]
fn free_mail_is_accepted_and_costs_points() {
    let sources = shipped::sources();
    let rules = RuleSet::from_sources(&sources).unwrap();
    let now = "2026-11-02T10:00:00+08:00".parse().unwrap();
    let free = entries(&sources, "free-mail");
    let points = |email: &str| {
        let lead = lead(email);
        let scored = leads::score::score(&lead, &Profile::of(&lead), &[], None, None, &rules, now);
        scored.contributions.iter().any(|contribution| contribution.rule == "free-mail")
    };
    for domain in &free {
        let email = format!("joe.quick@{domain}");
        assert!(points(&email), "{email}");
        assert_ne!(rule_for(&email, &rules).as_deref(), Some("disposable-mail"), "{email}");
    }
    assert!(!points("joe.quick@firma.example"));
    println!("{} free-mail domains", free.len());
}
