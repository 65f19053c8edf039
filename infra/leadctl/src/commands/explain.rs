//! `leadctl explain LEAD_ID`: where a lead stands, why, and what happened.

use anyhow::{Result, bail};
use jiff::Timestamp;
use leads::id::LeadId;
use leads::lead::LeadState;
use leads::ports::ReadHistory;
use leads::row::{Decision, Row};

use crate::client::Client;
use crate::show;

/// Prints the lead's history from its rows.
pub async fn run(client: &Client, lead: &str, as_json: bool) -> Result<()> {
    let Ok(id) = LeadId::parse(lead) else { bail!("`{lead}` is no lead id; one looks like ld_…") };
    let rows = client.aws.history(&id).await?;
    if rows.is_empty() {
        bail!("there is no lead {id} in the stack `{}`", client.stack.facts.name);
    }
    if as_json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    for row in &rows {
        if let Row::State(state) = row {
            print_state(state);
        }
    }
    println!("\nwhat happened (UTC)");
    let mut told: Vec<(Timestamp, String)> = rows.iter().filter_map(event).collect();
    told.sort();
    for (at, what) in told {
        println!("  {}  {what}", moment(at));
    }
    let latest = rows.iter().filter_map(|row| if let Row::Decision(decision) = row { Some(decision) } else { None });
    if let Some(decision) = latest.max_by_key(|decision| decision.epoch) {
        print_decision(decision);
    }
    Ok(())
}

fn print_state(state: &LeadState) {
    println!("{}  {}", state.lead_id, state.stage.name());
    if let Some(reason) = &state.reason {
        println!("  because    {} ({}): {}", reason.code, reason.rule, reason.text);
    }
    if let Some(master) = &state.merged_into {
        println!("  joined to  {master}");
    }
    if !state.apart.is_empty() {
        let apart: Vec<&str> = state.apart.iter().map(LeadId::as_str).collect();
        println!("  never joins {}", apart.join(", "));
    }
    if let Some(verdict) = &state.verdict {
        let what = verdict.mql.map_or("released", show::verdict);
        println!("  verdict    {what}, by {} at {}", verdict.by, verdict.at);
    }
    if let Some(assignment) = &state.assignment {
        let owner = assignment.owner.as_deref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
        println!("  queue      {}{owner} (epoch {})", assignment.queue, assignment.epoch);
        if let Some(due) = assignment.feedback_due {
            println!("  answer by  {}{}", moment(due), if state.answer.is_some() { ", answered" } else { "" });
        }
    }
    if let Some(answer) = &state.answer {
        println!("  answer     {}", answer.disposition);
    }
    if let Some(at) = state.breached_at {
        println!("  breached   {}", moment(at));
    }
    if let Some(clock) =
        state.assignment.as_ref().and_then(|assignment| assignment.clock).filter(|_| state.awaits_answer())
    {
        println!("  next step  {}", moment(clock.at));
    }
    if let Some(protection) = state.assignment.as_ref().and_then(|assignment| assignment.protection.as_ref()) {
        let last = protection.at_most.map(|at| format!(", at most {}", moment(at))).unwrap_or_default();
        println!("  stays till {}{last}", moment(protection.until));
    }
    if let Some(at) = state.reactivate_at {
        println!("  comes back {}", moment(at));
    }
    if state.touches > 0 {
        println!("  touches    {}", state.touches);
    }
}

/// To the second, in UTC.
fn moment(at: Timestamp) -> impl std::fmt::Display {
    at.strftime("%F %T")
}

/// What a row adds to the story. Names nobody: the story may be pasted into a ticket.
fn event(row: &Row) -> Option<(Timestamp, String)> {
    Some(match row {
        Row::Submission(row) => {
            let source = &row.submission.source;
            (row.at, format!("received from form {}, channel {:?}", row.submission.form_id, source.channel))
        }
        Row::Touch(row) => (row.at, format!("lead {} joined it: same {}", row.from, row.matched_on)),
        Row::UndoneTouch(row) => (row.at, format!("lead {} joined it, until {} undid that", row.from, row.by)),
        Row::Event(row) => (row.at, format!("{} by {}: {}", row.what, row.actor, row.why)),
        Row::Feedback(row) => {
            let amount = row.amount.as_ref();
            let amount = amount.map(|won| format!(", {} {} in minor units", won.minor, won.currency));
            let date = row.next_date.map(|date| format!(", back on {date}"));
            let more = [amount, date].map(Option::unwrap_or_default).concat();
            (row.at, format!("answered by {} for epoch {}: {}{more}", row.principal, row.epoch, row.disposition))
        }
        Row::Decision(row) => {
            (row.decided_at, format!("given to {} by rule {} (epoch {})", row.queue, row.rule, row.epoch))
        }
        // A correction of tags is told by its row of feedback.
        Row::State(_)
        | Row::Tags(_)
        | Row::Idempotency(_)
        | Row::Claim(_)
        | Row::Account(_)
        | Row::Request(_)
        | Row::Turn(_)
        | Row::Open(_) => return None,
    })
}

fn print_decision(decision: &Decision) {
    let scored = &decision.scored;
    println!("\nscores (rules {})", decision.rules_version);
    println!("  intent {}, value {}, {}", scored.intent, scored.value, show::quadrant(scored.quadrant));
    if let Some(given) = &scored.verdict {
        println!("  {}, whatever the scores: by {} at {}", show::verdict(given.verdict), given.by, given.at);
    }
    for contribution in &scored.contributions {
        let axis = if contribution.score == leads::decision::Axis::Intent { "intent" } else { "value" };
        println!("  {:>+5} {axis:<7} {} ({})", contribution.points, contribution.rule, contribution.category);
    }
    println!("\nwhy {}", decision.queue);
    for step in &decision.trace.0 {
        println!("  {} {:<22} {}", if step.fired { "→" } else { " " }, step.step, step.why);
    }
}
