//! One load, from the first post until all leads have settled: how long they took, and whether the books add up.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use jiff::Timestamp;
use leadctl::ledger::Books;
use leads::id::LeadId;
use leads::lead::Stage;
use serde::{Deserialize, Serialize};

use crate::cores::Cores;
use crate::journal::{STAGES, Told};
use crate::listen::Heard;
use crate::pace::Post;
use crate::spread::{Spread, millis, seconds};

/// What a load came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Round {
    /// Leads a second that were to be posted.
    pub asked: f64,
    /// How many were posted.
    pub leads: u64,
    /// From the first post to the last answer, in seconds.
    pub answered_s: f64,
    /// From the first post until the last lead was in its queue, in seconds.
    pub queued_s: f64,
    /// Posts that had to be repeated.
    pub repeated: u64,
    /// Of leads that went to sales, in the order of their way; the last but two is the whole way.
    pub hops: Vec<Hop>,
    /// The functions that read queues.
    pub stages: Vec<Work>,
    /// Until all had settled.
    pub cores: Cores,
    /// Processes that ran or wanted to, over the minute before.
    pub load: f64,
    /// The books when all had settled.
    pub account: Account,
}

/// A part of the way, in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hop {
    /// From where to where.
    pub name: String,
    /// How long it took.
    pub ms: Spread,
}

/// What a function did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Work {
    /// Its name.
    pub stage: String,
    /// Messages an invocation.
    pub batch: f64,
    /// Messages whose work was done already.
    pub again: u64,
    /// Messages that failed and came again.
    pub failed: u64,
}

/// The books of the stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Leads that were answered with 202, those of earlier loads included.
    pub accepted: u64,
    /// Where the table says that they are.
    pub by_stage: BTreeMap<String, u64>,
    /// What does not add up.
    pub differences: Vec<String>,
}

/// The whole way.
pub const WHOLE: &str = "form → sales queue";

/// The hops of those leads that went to sales.
pub fn hops(posts: &[Post], heard: &[Heard], told: &[Told; 3]) -> Result<Vec<Hop>> {
    let posted: BTreeMap<&LeadId, &Post> =
        posts.iter().filter_map(|post| Some((post.lead.as_ref().ok()?, post))).collect();
    let ways: Vec<(&Post, &Heard)> = heard
        .iter()
        .filter(|heard| heard.to_sales)
        .filter_map(|heard| Some((*posted.get(&heard.lead)?, heard)))
        .collect();
    let of = |name: &str, time: fn(&Post, &Heard) -> i64| {
        let times = ways.iter().map(|(post, heard)| time(post, heard));
        anyhow::Ok(Hop { name: name.to_owned(), ms: Spread::of(times)? })
    };
    let mut hops = vec![of("form → intake", |post, heard| millis(post.due, heard.received))?];
    for ((before, stage), told) in ["intake"].iter().chain(&STAGES).zip(STAGES).zip(told) {
        hops.push(Hop { name: format!("{before} → {stage}"), ms: Spread::of(told.times_ms.iter().copied())? });
    }
    hops.push(of("route → sales queue", |_, heard| millis(heard.decided, heard.queued))?);
    hops.push(of(WHOLE, |post, heard| millis(post.due, heard.queued))?);
    hops.push(of("queue → consumer", |_, heard| millis(heard.queued, heard.heard))?);
    let answers = posts.iter().map(|post| millis(post.due, post.answered));
    hops.push(Hop { name: "form → its answer".to_owned(), ms: Spread::of(answers)? });
    Ok(hops)
}

/// What the functions did.
pub fn work(told: &[Told; 3]) -> Vec<Work> {
    let of = |(stage, told): (&str, &Told)| Work {
        stage: stage.to_owned(),
        batch: told.records as f64 / told.invocations.max(1) as f64,
        again: told.again,
        failed: told.failed,
    };
    STAGES.into_iter().zip(told).map(of).collect()
}

/// Seconds from the first post to the last answer, and to the last lead in a queue.
pub fn lasted(posts: &[Post], heard: &[Heard]) -> (f64, f64) {
    let Some(first) = posts.iter().map(|post| post.due).min() else { return (0.0, 0.0) };
    let until = |last: Option<Timestamp>| last.map_or(0.0, |last| seconds(first, last));
    (until(posts.iter().map(|post| post.answered).max()), until(heard.iter().map(|heard| heard.queued).max()))
}

/// The books beside what this tool saw from outside: every lead that was answered is in them, and every one that they say
/// sales has came to a queue, once.
pub fn account(books: &Books, answered: &BTreeSet<LeadId>, unanswered: &[String], heard: &[Heard]) -> Account {
    let balance = &books.balance;
    let mut differences: Vec<String> = unanswered.iter().map(|why| format!("a post was not accepted: {why}")).collect();
    differences.extend(balance.differences.iter().map(|other| format!("{}: {}", other.lead_id, other.what)));
    differences.extend(
        balance.miscounted.iter().map(|of| format!("{} says {} open leads, and has {}", of.counter, of.says, of.open)),
    );
    let none = [
        (balance.in_flight, "leads are still on their way"),
        (books.waiting, "messages wait between the functions"),
        (books.dead, "messages are dead letters"),
        (books.unreadable, "rows cannot be read"),
    ];
    differences.extend(none.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));

    let mut deliveries = BTreeSet::new();
    let copies = heard.iter().filter(|heard| !deliveries.insert(heard.delivery.as_str())).count() as u64;
    let arrived = heard.iter().map(|heard| &heard.lead).collect::<BTreeSet<_>>();
    let strangers = arrived.iter().filter(|lead| !answered.contains(**lead)).count() as u64;
    let at = |stage| balance.by_stage.get(&stage).copied().unwrap_or_default();
    let same = [
        ("leads were accepted, and the table has", answered.len() as u64, balance.accepted),
        ("leads came to a queue, and the table says", arrived.len() as u64, at(Stage::Routed) + at(Stage::Nurtured)),
        ("deliveries came more than once, of", copies, 0),
        ("leads came that nobody posted, of", strangers, 0),
    ];
    let unequal = same.into_iter().filter(|(_, seen, right)| seen != right);
    differences.extend(unequal.map(|(what, seen, right)| format!("{seen} {what} {right}")));
    Account {
        accepted: balance.accepted,
        by_stage: balance.by_stage.iter().map(|(stage, count)| (stage.name().to_owned(), *count)).collect(),
        differences,
    }
}

#[cfg(test)]
mod tests {
    use leads::id::DeliveryId;
    use leads::ledger::Balance;

    use super::*;

    fn lead(name: &str) -> LeadId {
        LeadId::parse(format!("ld_{name}")).unwrap()
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    fn heard(name: &str) -> Heard {
        let (received, decided, queued, heard) = (at(12), at(60), at(75), at(90));
        let delivery = DeliveryId::of(&lead(name), 1, "routed");
        Heard { lead: lead(name), delivery, to_sales: true, received, decided, queued, heard }
    }

    fn books(routed: u64) -> Books {
        let by_stage = BTreeMap::from([(Stage::Routed, routed)]);
        let balance = Balance { accepted: 2, by_stage, in_flight: 0, miscounted: Vec::new(), differences: Vec::new() };
        Books { balance, waiting: 0, dead: 0, unreadable: 0 }
    }

    #[test]
    fn the_way_is_told_hop_by_hop() {
        let post = Post { due: at(10), answered: at(40), attempts: 1, lead: Ok(lead("a")) };
        let told = [20, 15, 13].map(|time| Told { times_ms: vec![time], ..Told::default() });
        let hops = hops(&[post], &[heard("a"), heard("stranger")], &told).unwrap();
        let shown: Vec<_> = hops.iter().map(|hop| (hop.name.as_str(), hop.ms.count, hop.ms.p50)).collect();
        assert_eq!(
            shown,
            [
                ("form → intake", 1, 2),
                ("intake → clean", 1, 20),
                ("clean → score", 1, 15),
                ("score → route", 1, 13),
                ("route → sales queue", 1, 15),
                (WHOLE, 1, 65),
                ("queue → consumer", 1, 15),
                ("form → its answer", 1, 30),
            ]
        );
    }

    #[test]
    fn a_lost_lead_a_copy_and_a_refusal_are_differences() {
        let answered = BTreeSet::from([lead("a"), lead("b")]);
        let all = [heard("a"), heard("b")];
        assert!(account(&books(2), &answered, &[], &all).differences.is_empty());

        let lost = account(&books(2), &answered, &[], &all[..1]).differences;
        assert_eq!(lost, ["1 leads came to a queue, and the table says 2"]);
        let twice = account(&books(1), &answered, &[], &[heard("a"), heard("a")]).differences;
        assert_eq!(twice, ["1 deliveries came more than once, of 0"]);
        let refused = account(&books(2), &answered, &["422".to_owned()], &all).differences;
        assert_eq!(refused, ["a post was not accepted: 422"]);
        let dead = account(&Books { dead: 1, ..books(2) }, &answered, &[], &all).differences;
        assert_eq!(dead, ["1 messages are dead letters"]);
    }
}
