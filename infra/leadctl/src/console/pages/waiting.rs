//! What does not go on by itself: leads that are parked or held, those that wait for room, and dead letters; with the
//! commands that mend them.

use jiff::Timestamp;
use leads::id::LeadId;
use leads::lead::{LeadState, Stage, Worklist, is_list_key};
use maud::{Markup, html};

use super::{Frame, Tab, ago, command, lead_link, stage, text};
use crate::console::{Console, NoPage, Reads, watch};
use crate::depths::{Depth, ReadDepths};
use crate::story::{Story, rule_of, sentence};

/// How many leads a page shows: as many states as one read may ask for.
const PAGE: u16 = 50;

const EVERY_MS: u32 = 10_000;

/// The page.
pub(in crate::console) async fn page<P: Reads, D: ReadDepths>(
    console: &Console<P, D>,
    after: Option<&str>,
    now: Timestamp,
) -> Result<Markup, NoPage> {
    let after = after.filter(|key| is_list_key(key));
    let desk = console.reads.list(&Worklist::Desk, after, PAGE).await?;
    let ids: Vec<LeadId> = desk.leads.iter().map(|lead| lead.lead_id.clone()).collect();
    let mut states = watch::states(&console.reads, &ids).await?;
    states.retain(|state| matches!(state.stage, Stage::Held | Stage::Parked));
    states.sort_by_key(|state| state.stage_at);
    let (parked, held): (Vec<_>, Vec<_>) = states.into_iter().partition(|state| state.stage == Stage::Parked);
    let depths = console.all_queues(now).await?.depths;
    let dead: Vec<&Depth> = depths.iter().filter(|depth| depth.dead > 0).collect();
    let waits: Vec<LeadState> =
        console.watch.borrow().moving().into_iter().filter(|state| state.waits.is_some()).cloned().collect();
    let content = html! {
        section aria-labelledby="parked" {
            h2 #parked { "Parked: " (parked.len()) }
            p { "No further attempt could have succeeded. Mend what the reason names, then release them." }
            (list(console, &parked, now))
        }
        section aria-labelledby="dead" {
            h2 #dead { "Dead letters: " (dead.iter().map(|depth| depth.dead).sum::<u64>()) }
            p { "Messages that failed at every attempt. Mend the cause first (the function's log, or the tool that reads the queue); then redrive them." }
            @if dead.is_empty() { p.none { "There are none." } }
            ul.cards {
                @for depth in dead {
                    li {
                        p.row { strong.bad { "■ " (depth.dead) } " of " b { (depth.queue) } " " small { (text(&depth.title)) } }
                        (command(&format!("leadctl redrive {} --dry-run{}", depth.queue, console.stack_option())))
                        (command(&format!("leadctl redrive {}{}", depth.queue, console.stack_option())))
                    }
                }
            }
        }
        section aria-labelledby="held" {
            h2 #held { "Held: " (held.len()) }
            p { "They wait for a person's verdict; those who called know which one." }
            (list(console, &held, now))
        }
        section aria-labelledby="room" {
            h2 #room { "Waiting for room: " (waits.len()) }
            @if waits.is_empty() { p.none { "No lead waits for room." } } @else { (list(console, &waits, now)) }
        }
        @if let Some(last) = &desk.last {
            p { a href={ "/waiting?after=" (form_urlencoded::byte_serialize(last.as_bytes()).collect::<String>()) } { "The next " (PAGE) " that are parked or held" } }
        }
    };
    let cost = format!(
        "This page reads one list of the table's index and the states on it, {PAGE} at most, and depths as the queues' page does."
    );
    let frame =
        Frame { place: &console.place, tab: Tab::Waiting, title: "Waiting", every: Some(EVERY_MS), cost: &cost };
    Ok(frame.around(&content))
}

fn list<P: Reads, D: ReadDepths>(console: &Console<P, D>, states: &[LeadState], now: Timestamp) -> Markup {
    html! {
        @if states.is_empty() { p.none { "There are none." } }
        ul.cards {
            @for state in states {
                li {
                    p.row {
                        (stage(state.stage)) " "
                        @if let Some(reason) = &state.reason { code { (text(&reason.code)) } " " }
                        span.end { (lead_link(&state.lead_id)) " " (ago(state.stage_at, now)) }
                    }
                    @if let Some(reason) = &state.reason {
                        p.why {
                            (text(&sentence(&reason.text)))
                            @if let Some(rule) = rule_of(reason).filter(|rule| *rule != reason.code) { " " small { "rule " (text(rule)) } }
                        }
                    }
                    details {
                        summary { "What may be done about " (state.lead_id) }
                        (actions(console, state, now))
                    }
                }
            }
        }
    }
}

fn actions<P, D>(console: &Console<P, D>, state: &LeadState, now: Timestamp) -> Markup {
    let rows = [leads::row::Row::State(state.clone())];
    let next = Story::of(&rows, &console.teller, now).map(|story| story.next).unwrap_or_default();
    html! {
        dl.actions { @for action in next { dt { (action.what) } dd { (command(&action.command)) } } }
    }
}
