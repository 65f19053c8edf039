//! Queues: how many messages lie there, how many leads are open, and how near their deadlines are.

use std::rc::Rc;

use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use leads::id::Queue;
use leads::lead::{OpenLead, Stage, Worklist, is_list_key};
use maud::{Markup, html};

use super::{Frame, Tab, ago, bar, command, lead_link, moment, stage, text, used};
use crate::console::{Console, NoPage, Reads};
use crate::depths::{Depth, ReadDepths};

/// How many open leads of each queue the overview counts; beyond that it says so.
const COUNTED: u16 = 25;

/// How many leads a queue's own page shows.
const PAGE: u16 = 50;

/// How long what was read is shown again.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

const EVERY_MS: u32 = 5_000;

/// What was read of all queues, and when.
#[derive(Clone, Debug)]
pub struct Seen {
    at: Timestamp,
    /// Depths, in the order of the pipeline.
    pub depths: Rc<Vec<Depth>>,
    open: Rc<Vec<(Queue, Vec<OpenLead>)>>,
}

impl<P: Reads, D: ReadDepths> Console<P, D> {
    /// All queues, at most some seconds old.
    pub(super) async fn all_queues(&self, now: Timestamp) -> Result<Seen, NoPage> {
        let fresh = |seen: &&Seen| now.duration_since(seen.at) < FRESH;
        if let Some(seen) = self.queues.borrow().as_ref().filter(fresh) {
            return Ok(seen.clone());
        }
        let queues = self.teller.rules.queues();
        let depths = self.depths.depths(queues).await?;
        let open = queues.iter().map(async |queue| {
            let page = self.reads.list(&Worklist::Queue(queue.name.clone()), None, COUNTED).await?;
            Ok::<_, NoPage>((queue.name.clone(), page.leads))
        });
        let open = try_join_all(open).await?;
        let seen = Seen { at: now, depths: Rc::new(depths), open: Rc::new(open) };
        *self.queues.borrow_mut() = Some(seen.clone());
        Ok(seen)
    }
}

/// Every queue.
pub(in crate::console) async fn all<P: Reads, D: ReadDepths>(
    console: &Console<P, D>,
    now: Timestamp,
) -> Result<Markup, NoPage> {
    let seen = console.all_queues(now).await?;
    let content = html! {
        section aria-labelledby="sales" {
            h2 #sales { "For people" }
            div.scroll tabindex="0" role="region" aria-label="Queues for people" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Queue" }
                            th.n scope="col" { "Messages" }
                            th.n scope="col" { "Open leads" }
                            th scope="col" { "First deadline" }
                            th.n scope="col" { "Overdue" }
                            th.n scope="col" { "Dead letters" }
                        }
                    }
                    tbody {
                        @for (queue, open) in seen.open.iter() {
                            @if let Some(depth) = seen.depths.iter().find(|depth| depth.queue == queue.as_str()) {
                                (row(depth, open, now))
                            }
                        }
                    }
                }
            }
        }
        section aria-labelledby="stages" {
            h2 #stages { "Between the functions" }
            div.scroll tabindex="0" role="region" aria-label="Queues between the functions" {
                table {
                    thead { tr { th scope="col" { "Queue" } th.n scope="col" { "Messages" } th scope="col" { "Longest there" } th.n scope="col" { "Dead letters" } } }
                    tbody {
                        @for depth in seen.depths.iter().filter(|depth| !seen.open.iter().any(|(queue, _)| depth.queue == queue.as_str())) {
                            tr {
                                th scope="row" { (depth.queue) " " small { (depth.title) } }
                                (messages(depth))
                                td { (longest(console, &depth.queue, now)) }
                                (dead(depth))
                            }
                        }
                    }
                }
            }
        }
        p.note { "Messages: those that a consumer would get now, and those that one has and has not deleted, as SQS counts them. A \
                  lead stays open after its message is read, until sales has answered for good." }
    };
    let cost = format!(
        "This page asks SQS {} times for depths, and the table's index of open leads {} times for {COUNTED} leads at most; \
         every {} seconds at most, however many pages are open.",
        seen.depths.len() * 2,
        seen.open.len(),
        FRESH.as_secs(),
    );
    let frame = Frame { place: &console.place, tab: Tab::Queues, title: "Queues", every: Some(EVERY_MS), cost: &cost };
    Ok(frame.around(&content))
}

fn row(depth: &Depth, open: &[OpenLead], now: Timestamp) -> Markup {
    let more = if open.len() == usize::from(COUNTED) { " or more" } else { "" };
    let dated =
        || open.iter().filter(|lead| lead.answered_at.is_none()).filter_map(|lead| Some((lead, lead.feedback_due?)));
    let overdue = dated().filter(|(_, due)| *due < now).count();
    html! {
        tr.quiet[open.is_empty() && depth.visible == 0] {
            th scope="row" { a href={ "/queues/" (depth.queue) } { (text(&depth.title)) } " " small { (depth.queue) } }
            (messages(depth))
            td.n { (open.len()) (more) }
            td {
                @if let Some((first, due)) = dated().next() {
                    (bar(if due < now { "late" } else { "time" }, used(first.routed_at.unwrap_or(now), due, now)))
                    (ago(due, now))
                } @else if let Some(oldest) = open.first().and_then(|lead| lead.routed_at) {
                    "none; the first came " (ago(oldest, now))
                } @else { "–" }
            }
            td.n { @if overdue > 0 { strong.bad { "■ " (overdue) } } @else { "0" } }
            (dead(depth))
        }
    }
}

fn messages(depth: &Depth) -> Markup {
    html! { td.n { (depth.visible) @if depth.in_flight > 0 { " + " (depth.in_flight) " being read" } } }
}

fn dead(depth: &Depth) -> Markup {
    html! { td.n { @if depth.dead > 0 { a.bad href="/waiting#dead" { "■ " (depth.dead) } } @else { "0" } } }
}

/// The lead that waits longest before a stage, as the watch knows it.
fn longest<P: Reads, D: ReadDepths>(console: &Console<P, D>, queue: &str, now: Timestamp) -> Markup {
    let stage = match queue {
        "clean-queue" => Stage::Received,
        "score-queue" => Stage::Cleaned,
        _ => Stage::Scored,
    };
    let watch = console.watch.borrow();
    let first = watch
        .moving()
        .into_iter()
        .find(|state| state.stage == stage)
        .map(|state| (state.lead_id.clone(), state.stage_at));
    html! { @if let Some((lead, at)) = first { (lead_link(&lead)) " " (ago(at, now)) } @else { "–" } }
}

/// The open leads of one queue.
pub(in crate::console) async fn one<P: Reads, D: ReadDepths>(
    console: &Console<P, D>,
    name: &str,
    after: Option<&str>,
    now: Timestamp,
) -> Result<Markup, NoPage> {
    let missing = || NoPage::Missing("There is no such queue in the rules of this checkout.".into());
    let queue =
        Queue::parse(name).ok().filter(|queue| console.teller.rules.queue(queue).is_some()).ok_or_else(missing)?;
    let after = after.filter(|key| is_list_key(key));
    let page = console.reads.list(&Worklist::Queue(queue.clone()), after, PAGE).await?;
    let title = console.teller.words.queue(&queue).to_owned();
    let content = html! {
        p { "Open leads of " code { (queue) } ": those that are due first come first; behind them those that were answered or have no deadline." }
        @if page.leads.is_empty() { p.none { "No lead is open here." } } @else { (leads(&page.leads, now)) }
        @if let Some(last) = &page.last {
            p { a href={ "/queues/" (queue) "?after=" (form_urlencoded::byte_serialize(last.as_bytes()).collect::<String>()) } { "The next " (PAGE) } }
        }
        h2 { "Its messages" }
        p { "Looking at a message counts as a receive, and the tenth is its last; so the console does not." }
        (command(&format!("leadctl tail {queue} --once --keep{}", console.stack_option())))
    };
    let cost = format!("This page reads the table's index of open leads once, for {PAGE} leads at most.");
    Ok(Frame { place: &console.place, tab: Tab::Queues, title: &title, every: Some(EVERY_MS), cost: &cost }
        .around(&content))
}

fn leads(leads: &[OpenLead], now: Timestamp) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Open leads" {
            table {
                thead { tr { th scope="col" { "Lead" } th scope="col" { "Stage" } th scope="col" { "Owner" } th scope="col" { "Came" } th scope="col" { "Answer due" } th scope="col" { "Answered" } } }
                tbody {
                    @for lead in leads {
                        tr {
                            td { (lead_link(&lead.lead_id)) }
                            td { (stage(lead.stage)) }
                            td { @match &lead.owner { Some(owner) => (text(owner)), None => "–" } }
                            td { @if let Some(at) = lead.routed_at { (ago(at, now)) } }
                            td {
                                @match (lead.feedback_due, lead.routed_at) {
                                    (Some(due), Some(from)) if lead.answered_at.is_none() => {
                                        (bar(if due < now { "late" } else { "time" }, used(from, due, now)))
                                        @if due < now { strong.bad { "■ overdue " } }
                                        (moment(due, now))
                                    }
                                    _ => "–",
                                }
                            }
                            td {
                                @if let Some(at) = lead.answered_at { (ago(at, now)) }
                                @else if let Some(at) = lead.acknowledged_at { "taken up " (ago(at, now)) }
                                @else { "not yet" }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl<P, D> Console<P, D> {
    /// What names the stack in a command.
    pub(super) fn stack_option(&self) -> String {
        self.teller.stack.as_ref().map(|stack| format!(" --stack {stack}")).unwrap_or_default()
    }
}
