//! One lead: where it is and why in a sentence, then all that led there, and what a person may do now.

use jiff::Timestamp;
use leads::decision::Axis;
use leads::id::LeadId;
use maud::{Markup, html};

use super::{Frame, Tab, bar, command, lead_link, stage, text, theirs};
use crate::console::{Console, NoPage, Reads};
use crate::depths::ReadDepths;
use crate::show;
use crate::story::{Decided, Happened, Next, Points, Scores, Story, axis, when};

/// How often the page of a lead that is on its way is fetched again.
const EVERY_MS: u32 = 2_000;

const COST: &str = "This page reads the lead's own rows, by one query.";

/// The page.
pub(in crate::console) async fn page<P: Reads, D: ReadDepths>(
    console: &Console<P, D>,
    id: &str,
    now: Timestamp,
) -> Result<Markup, NoPage> {
    let missing = || NoPage::Missing("There is no such lead in this stack.".into());
    let id = LeadId::parse(id).map_err(|_| missing())?;
    let rows = console.reads.history(&id).await?;
    let story = Story::of(&rows, &console.teller, now).ok_or_else(missing)?;
    let every = story.stage.in_flight().then_some(EVERY_MS);
    let title = format!("Lead {id}");
    Ok(Frame { place: &console.place, tab: Tab::None, title: &title, every, cost: COST }.around(&content(&story)))
}

fn content(story: &Story) -> Markup {
    html! {
        p { (stage(story.stage)) }
        p.answer { (text(&story.answer)) }
        @if let Some(because) = &story.because { p.because { (text(because)) } }
        @if let Some(then) = &story.then { p { (text(then)) } }
        @if let Some(master) = &story.master { p { "The earlier lead: " (lead_link(master)) } }
        @if let Some(decision) = &story.decision { (why(decision)) }
        @if let Some(scored) = &story.scores { (scores(scored)) }
        section aria-labelledby="next" {
            h2 #next { "What you may do now" }
            @if story.next.is_empty() { p.none { "Nothing." } }
            dl.actions { @for action in &story.next { (offer(action)) } }
        }
        section aria-labelledby="happened" {
            h2 #happened { "What happened" }
            ol.happened { @for thing in &story.happened { (event(thing)) } }
        }
        @if !story.facts.is_empty() {
            section aria-labelledby="facts" {
                h2 #facts { "Particulars" }
                dl.facts { @for (name, value) in &story.facts { div { dt { (name) } dd { (text(value)) } } } }
            }
        }
        @if !story.posted.is_empty() {
            section aria-labelledby="posted" {
                h2 #posted { "What was posted" }
                p.note { "Personal data, as somebody typed it: believe none of it unseen, and copy it nowhere." }
                dl.facts { @for (name, value) in &story.posted { div { dt { (text(name)) } dd { (theirs(value)) } } } }
            }
        }
    }
}

fn why(decision: &Decided) -> Markup {
    html! {
        section aria-labelledby="why" {
            h2 #why { "Why " (text(&decision.queue)) }
            ol.trace {
                @for step in &decision.steps {
                    li.fired[step.fired] {
                        span.mark aria-hidden="true" { @if step.fired { "→" } @else { "·" } }
                        p { code { (text(&step.step)) } @if step.fired { " " span.tag { "decided" } } }
                        p {
                            b { (text(&step.why)) }
                            @if !step.inputs.is_empty() { " " small { "looked at " (text(&step.inputs.join(", "))) } }
                        }
                    }
                }
            }
            p.note {
                "Rules " code { (text(&decision.rules)) }
                @if decision.as_here { ", those of this checkout." } @else { ", others than those of this checkout: words here may differ." }
            }
        }
    }
}

fn scores(scores: &Scores) -> Markup {
    html! {
        section aria-labelledby="scores" {
            h2 #scores { "Scores: " (show::quadrant(scores.quadrant)) }
            @if let Some(verdict) = &scores.verdict { p { strong { (text(verdict)) } } }
            div.axes {
                (side(Axis::Intent, "how much they want it", scores.intent, &scores.points))
                (side(Axis::Value, "how much it is worth", scores.value, &scores.points))
            }
        }
    }
}

/// One score, and what it is the sum of.
fn side(of: Axis, means: &str, score: i32, points: &[Points]) -> Markup {
    let parts: Vec<&Points> = points.iter().filter(|part| part.axis == of).collect();
    html! {
        div {
            h3 { (axis(of)) " " (score) " " small { "of 100, " (means) } }
            (bar("score", i64::from(score)))
            @if parts.is_empty() { p.none { "No rule gives points." } }
            ul.points {
                @for part in parts {
                    li {
                        b.n { (format!("{:+}", part.points)) }
                        (bar(if part.points < 0 { "minus" } else { "plus" }, i64::from(part.points).abs()))
                        span { (text(&part.why)) " " small { (text(&part.rule)) } }
                    }
                }
            }
        }
    }
}

fn event(thing: &Happened) -> Markup {
    html! {
        li {
            time datetime=(thing.at) { (when::second(thing.at)) } " "
            span { (text(&thing.what)) @if let Some(lead) = &thing.lead { " " (lead_link(lead)) } }
        }
    }
}

fn offer(action: &Next) -> Markup {
    html! {
        dt { (action.what) }
        dd {
            (command(&action.command))
            @if !action.choices.is_empty() { p { small { "One of " (text(&action.choices.join(", "))) } } }
        }
    }
}
