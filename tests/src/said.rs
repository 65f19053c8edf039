//! The checker's part about signed requests: what people said, what they were told, and what is stored of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use leads::id::LeadId;
use leads::row::{Row, StoredFeedback};
use serde_json::{Value, json};

use crate::stack::Stack;
use crate::stack::clients::{BATCH, Reply, Sent, TAGS, results};

/// Whether the row is a correction of tags, and nobody's answer.
pub(crate) fn is_correction(row: &StoredFeedback) -> bool {
    row.disposition == "correction:tags"
}

/// The leads whose tags were corrected.
pub(crate) fn corrected(rows: &[Row]) -> BTreeSet<&str> {
    feedback(rows).filter(|row| is_correction(row)).map(|row| row.lead_id.as_str()).collect()
}

/// Looks for what may not be among signed requests, what is stored of them, and the bodies of messages.
pub(crate) fn check<'a>(stack: &Stack, rows: &[Row], bodies: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let mut wrong = acted(stack, rows);
    wrong.extend(stack.sent.iter().flat_map(|sent| answers(sent, rows)));
    wrong.extend(tags(stack, rows, bodies));
    wrong
}

fn feedback(rows: &[Row]) -> impl Iterator<Item = &StoredFeedback> {
    rows.iter().filter_map(|row| if let Row::Feedback(row) = row { Some(row) } else { None })
}

/// What a request says of one lead: who says it, and of which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Word<'a> {
    lead: &'a str,
    actor: &'a str,
}

impl<'a> Word<'a> {
    /// What a request says: one word, or in a batch one for each entry. Whoever leaves out who they are is not known again.
    fn of(sent: &'a Sent) -> Vec<Option<Self>> {
        let word = |lead: Option<&'a str>, body: &'a Value| Some(Self { lead: lead?, actor: body["actor"].as_str()? });
        match sent.body.as_array() {
            Some(entries) => entries.iter().map(|entry| word(entry["lead_id"].as_str(), entry)).collect(),
            None => vec![word(sent.lead.as_ref().map(LeadId::as_str), &sent.body)],
        }
    }

    fn is(self, row: &StoredFeedback) -> bool {
        row.lead_id.as_str() == self.lead && row.actor.as_deref() == Some(self.actor)
    }

    /// The first and the last version under which it is stored.
    fn stored(self, rows: &[Row]) -> Option<(u64, u64)> {
        let versions = || feedback(rows).filter(|row| self.is(row)).map(|row| row.version);
        versions().min().zip(versions().max())
    }
}

/// What each word of a request was answered with 200, by one of the replies; nothing where it was not.
fn taken<'a>(sent: &Sent, (status, body): &'a (i64, Value)) -> Vec<Option<&'a Value>> {
    if sent.route != BATCH {
        return vec![(*status == 200).then_some(body)];
    }
    results(body).iter().map(|result| result.get("answer").filter(|_| result["status"] == 200)).collect()
}

/// A word acts once, however often its request came: it is stored as often as it was said, if that was heard, and no more.
fn acted(stack: &Stack, rows: &[Row]) -> Vec<String> {
    // How often each was said, and how often that was heard.
    let mut words: BTreeMap<Word<'_>, (usize, usize)> = BTreeMap::new();
    for sent in &stack.sent {
        let replies: Vec<(i64, Value)> = sent.replies.iter().filter_map(Reply::get).collect();
        for (place, word) in Word::of(sent).into_iter().enumerate() {
            let Some(word) = word else { continue };
            let heard = replies.iter().any(|reply| taken(sent, reply).get(place).is_some_and(Option::is_some));
            let (said, told) = words.entry(word).or_default();
            *said += 1;
            *told += usize::from(heard);
        }
    }
    let mut stored: BTreeMap<Word<'_>, usize> = BTreeMap::new();
    for row in feedback(rows) {
        if let Some(actor) = row.actor.as_deref() {
            *stored.entry(Word { lead: row.lead_id.as_str(), actor }).or_default() += 1;
        }
    }
    let all: BTreeSet<&Word<'_>> = words.keys().chain(stored.keys()).collect();
    let mut wrong = Vec::new();
    for word in all {
        let (said, told) = words.get(word).copied().unwrap_or_default();
        let stored = stored.get(word).copied().unwrap_or_default();
        if !(told..=said).contains(&stored) {
            wrong.push(format!("{word:?} was said {said} times, taken {told} times, and is stored {stored} times"));
        }
    }
    wrong
}

/// Everybody hears what they may be told, the same each time, and what a batch says of a lead is stored in its order.
fn answers(sent: &Sent, rows: &[Row]) -> Vec<String> {
    let mut wrong = Vec::new();
    let (batch, words) = (sent.route == BATCH, Word::of(sent));
    let replies: Vec<(i64, Value)> = sent.replies.iter().filter_map(Reply::get).collect();
    // What each word was answered first.
    let mut first: BTreeMap<usize, &Value> = BTreeMap::new();
    for reply in sent.known.iter().chain(&replies) {
        let (status, body) = reply;
        let entries: Vec<i64> = results(body).iter().filter_map(|result| result["status"].as_i64()).collect();
        // A batch as a whole is always answered, whatever becomes of its entries.
        let may_be = |status: &i64| [200, 404, 409, 503].contains(status);
        let fits = if batch { *status == 200 && entries.len() == words.len() } else { may_be(status) };
        if !fits || !entries.iter().all(may_be) {
            wrong.push(format!("{} {} was answered {status} {entries:?}", sent.route, sent.body));
        }
        for (place, answer) in taken(sent, reply).into_iter().enumerate() {
            let Some(answer) = answer else { continue };
            let earlier = *first.entry(place).or_insert(answer);
            if earlier != answer {
                wrong.push(format!("{} {}: {place} was answered {earlier}, then {answer}", sent.route, sent.body));
            }
        }
    }
    // What was taken before the request came again is told as taken, unless nobody could look.
    if let (Some(known), Some((status, body))) = (&sent.known, sent.replies.last().and_then(Reply::get)) {
        let told = |place: usize| match batch {
            true => {
                results(&body).get(place).is_some_and(|result| result["replayed"] == true || result["status"] == 503)
            }
            false => [200, 503].contains(&status),
        };
        for (place, answer) in taken(sent, known).into_iter().enumerate() {
            if answer.is_some() && !told(place) {
                wrong.push(format!("{} {}: {place} was taken, then {status} {body}", sent.route, sent.body));
            }
        }
    }
    let heard = words.into_iter().enumerate().filter(|(place, _)| first.contains_key(place));
    let stored: Vec<(Word<'_>, (u64, u64))> =
        heard.filter_map(|(_, word)| Some((word?, word?.stored(rows)?))).collect();
    for (place, (one, (first, _))) in stored.iter().enumerate() {
        let behind = stored[place + 1..].iter().filter(|(other, _)| other.lead == one.lead && other != one);
        for (other, _) in behind.filter(|(_, (_, last))| last < first) {
            wrong.push(format!("{other:?} is stored before {one:?}, behind which it was said"));
        }
    }
    wrong
}

/// Whether a message tells a decision.
fn decides(body: &Value) -> bool {
    body["type"] == "lead.routed" || body["type"] == "nurture.enter"
}

/// What was said last of a value of a list: whether it holds, when, and by whom.
type Corrections<'a> = BTreeMap<(&'a str, &'a str), (bool, Timestamp, &'a str)>;

/// Adds what a correction says.
fn add<'a>(to: &mut Corrections<'a>, body: &'a Value, row: &'a StoredFeedback) {
    for (what, holds) in [("set", true), ("remove", false)] {
        for (list, values) in body[what].as_object().into_iter().flatten() {
            for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
                to.insert((list.as_str(), value), (holds, row.at, row.principal.as_str()));
            }
        }
    }
}

/// The tags of a submission under corrections, each with its list, in no order.
fn laid_over(posted: &Value, corrections: &Corrections<'_>) -> BTreeSet<(String, String)> {
    let mut tags = BTreeSet::new();
    for (list, values) in posted.as_object().into_iter().flatten() {
        for tag in values.as_array().into_iter().flatten() {
            let name = tag.as_str().or(tag["kind"].as_str()).unwrap_or_default();
            // What was done after somebody took it out stays; clocks may be off by seconds.
            let done = tag["at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
            let said = corrections.get(&(list.as_str(), name));
            if !said.is_some_and(|(holds, at, _)| !holds && done.is_none_or(|done| done <= *at)) {
                tags.insert((list.clone(), tag.to_string()));
            }
        }
    }
    for ((list, value), (_, at, _)) in corrections.iter().filter(|(_, (holds, ..))| *holds) {
        let tag = if *list == "interaction" { json!({"kind": value, "at": at}) } else { json!(value) };
        tags.insert(((*list).to_owned(), tag.to_string()));
    }
    tags
}

/// A correction is stored whole, with who said it, or not at all; and messages have the tags of some moment, which is not
/// before the decision that they tell.
fn tags<'a>(stack: &Stack, rows: &[Row], bodies: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut corrections: Vec<&StoredFeedback> = feedback(rows).filter(|row| is_correction(row)).collect();
    corrections.sort_by_key(|row| row.version);
    // Of each lead what holds from each version on at which it was corrected.
    let mut moments: BTreeMap<&str, Vec<(u64, Corrections<'_>)>> = BTreeMap::new();
    for row in corrections {
        let is_this =
            |sent: &&Sent| sent.route == TAGS && Word::of(sent).into_iter().flatten().any(|word| word.is(row));
        let Some(sent) = stack.sent.iter().find(is_this) else {
            wrong.push(format!("nobody asked for the correction {row:?}"));
            continue;
        };
        let of_lead = moments.entry(row.lead_id.as_str()).or_default();
        let mut now = of_lead.last().map(|(_, before)| before.clone()).unwrap_or_default();
        add(&mut now, &sent.body, row);
        of_lead.push((row.version, now));
    }
    let in_the_end = moments.iter().filter_map(|(lead, moments)| Some((*lead, moments.last()?.1.clone())));
    let in_the_end: BTreeMap<&str, Corrections<'_>> = in_the_end.collect();
    let (mut stored, mut posted): (BTreeMap<&str, Corrections<'_>>, BTreeMap<&str, Value>) = Default::default();
    for row in rows {
        match row {
            Row::Tags(row) => {
                let said = row.corrections.iter();
                let said =
                    said.map(|one| ((one.list.name(), one.value.as_str()), (one.holds, one.at, one.by.as_str())));
                stored.insert(row.lead_id.as_str(), said.collect());
            }
            Row::Submission(row) => drop(posted.insert(row.lead_id.as_str(), json!(row.submission.tags))),
            _ => {}
        }
    }
    if stored != in_the_end {
        wrong.push(format!("corrected tags are {stored:?}, and should be {in_the_end:?}"));
    }

    // The version at which each epoch was decided on.
    let mut decided: BTreeMap<(String, u64), u64> = BTreeMap::new();
    for (_, state) in stack.plan.states() {
        decided.entry((state.lead_id.to_string(), state.epoch.into())).or_insert(state.version);
    }
    let as_posted = (0, Corrections::new());
    for body in bodies {
        let told = body.pointer("/lead/tags").or(body.get("tags"));
        let (Some(lead), Some(told)) = (body["lead_id"].as_str(), told) else { continue };
        let (Some(posted), Some(epoch)) = (posted.get(lead), body["epoch"].as_u64()) else { continue };
        let decided = decided.get(&(lead.to_owned(), epoch)).filter(|_| decides(body));
        let since = decided.copied().unwrap_or_default();
        let corrected = moments.get(lead).map(Vec::as_slice).unwrap_or_default();
        let before = corrected.iter().filter(|(version, _)| *version < since).count();
        let mut may_be = std::iter::once(&as_posted).chain(corrected).skip(before);
        let told = laid_over(told, &as_posted.1);
        if !may_be.any(|(_, corrections)| laid_over(posted, corrections) == told) {
            wrong.push(format!("{lead} was told in epoch {epoch} with tags that it did not have then: {told:?}"));
        }
    }
    wrong
}
