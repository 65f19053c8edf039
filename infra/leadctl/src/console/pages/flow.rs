//! Leads as they flow: what is on its way now, and what came to rest lately, with where and why.

use jiff::Timestamp;
use leads::lead::{LeadState, Stage};
use maud::{Markup, html};

use super::{Frame, Tab, ago, lead_link, scores, stage, text};
use crate::console::watch::Settled;
use crate::console::{Console, Reads};
use crate::depths::ReadDepths;
use crate::follow::End;

/// How many leads on their way are listed; the rest is counted.
const LISTED: usize = 30;

const EVERY_MS: u32 = 2_000;

const COST: &str = "This page reads what leadctl looks up once a second for as long as it runs, however many pages are open: eight \
                    queries on the index of timed work, a read of the leads that are new there, and every ten seconds two \
                    queries for each queue. Leads that were refused or joined another one show if they were seen on \
                    their way.";

/// The page.
pub(in crate::console) fn page<P: Reads, D: ReadDepths>(console: &Console<P, D>, now: Timestamp) -> Markup {
    let watch = console.watch.borrow();
    let moving = watch.moving();
    let settled: Vec<&Settled> = watch.settled().collect();
    let content = html! {
        @if let Some(problem) = &watch.problem {
            p.problem { strong { "The stack did not answer: " } (text(problem)) ". What stands here is older." }
        }
        (stages(&moving))
        section aria-labelledby="moving" {
            h2 #moving { "On their way" }
            @if moving.is_empty() { p.none { "Nothing is on its way." } } @else { (on_their_way(&moving, now)) }
            @if watch.more { p.note { "More is due soon than is looked at; what is due first is shown." } }
        }
        section aria-labelledby="settled" {
            h2 #settled { "Came to rest lately" }
            @if settled.is_empty() {
                p.none { "No lead has come yet. " a href="/form/" { "Post one by the form" } ", or run " code { "leadctl demo" } "." }
            } @else {
                ol.settled { @for settled in settled { li { (came_to_rest(console, settled, now)) } } }
            }
        }
    };
    Frame { place: &console.place, tab: Tab::Flow, title: "Flow", every: Some(EVERY_MS), cost: COST }.around(&content)
}

/// How many leads wait for each stage.
fn stages(moving: &[&LeadState]) -> Markup {
    let waiting = |stage: Stage| moving.iter().filter(|state| state.stage == stage).count();
    let steps = [(Stage::Received, "clean"), (Stage::Cleaned, "score"), (Stage::Scored, "route")];
    html! {
        ol.pipeline aria-label="Leads that wait for each stage" {
            @for (stage, function) in steps {
                @let count = waiting(stage);
                li.busy[count > 0] { b { (count) } " wait for " (function) }
            }
            @let room = waiting(Stage::Held);
            @if room > 0 { li.busy { b { (room) } " wait for room" } }
        }
    }
}

fn on_their_way(moving: &[&LeadState], now: Timestamp) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Leads on their way" {
            table {
                thead { tr { th scope="col" { "Lead" } th scope="col" { "Stage" } th scope="col" { "Since" } th scope="col" { "Waits for" } } }
                tbody {
                    @for state in moving.iter().take(LISTED) {
                        tr {
                            td { (lead_link(&state.lead_id)) }
                            td { (stage(state.stage)) }
                            td { (ago(state.stage_at, now)) }
                            td {
                                @match state.stage {
                                    Stage::Received => "clean",
                                    Stage::Cleaned => "score",
                                    Stage::Scored => "route",
                                    _ => "room in a queue",
                                }
                                @if state.resends > 0 { ", sent again " (state.resends) "×" }
                            }
                        }
                    }
                }
            }
        }
        @if moving.len() > LISTED { p.note { "And " (moving.len() - LISTED) " more." } }
    }
}

fn came_to_rest<P, D>(console: &Console<P, D>, settled: &Settled, now: Timestamp) -> Markup {
    let End { lead_id, queue, reason, merged_into, why, intent, value, quadrant, .. } = &settled.end;
    html! {
        p.row {
            (stage(settled.end.stage)) " "
            @if let Some(queue) = queue.as_ref().filter(|_| settled.end.stage != Stage::Held) {
                b { (text(console.teller.words.queue(queue))) } " "
            }
            @if let Some(reason) = reason { code { (text(reason)) } " " }
            @if let Some(master) = merged_into { "into " (lead_link(master)) " " }
            @if let (Some(intent), Some(value), Some(quadrant)) = (intent, value, quadrant) { (scores(*intent, *value, *quadrant)) }
            span.end { (lead_link(lead_id)) " " (ago(settled.at, now)) }
        }
        p.why { (text(why)) (text(&console.teller.words.points(&settled.end.contributions))) }
    }
}
