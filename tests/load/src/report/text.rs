//! Tables, the same for the terminal and for the page.

use figures::{figure, thousands};

use crate::ceiling::Ceiling;
use crate::round::{Account, Round, WHOLE, Work};
use crate::spread::Spread;

/// The hops at each rate, and what they took.
pub fn latency(rounds: &[Round]) -> String {
    let first = rounds.iter().flat_map(|round| &round.hops);
    let mut names: Vec<&str> = Vec::new();
    for hop in first {
        if !names.contains(&hop.name.as_str()) {
            names.push(&hop.name);
        }
    }
    let mut text = row("ms: median, p99, longest", rounds.iter().map(|round| format!("{} leads/s", round.asked)));
    text += &rule(rounds.len());
    for name in names {
        let of = |round: &Round| {
            round.hops.iter().find(|hop| hop.name == name).map_or_else(String::new, |hop| spread(hop.ms))
        };
        let cells = rounds.iter().map(of);
        text += &if name == WHOLE { row(&bold(name), cells.map(|cell| bold(&cell))) } else { row(name, cells) };
    }
    text.push('\n');
    text += &facts(&rounds.iter().map(|round| (format!("{} leads/s", round.asked), round)).collect::<Vec<_>>());
    text
}

/// The burst.
pub fn burst(round: &Round) -> String {
    let mut text = row("ms: median, p99, longest", [String::new()].into_iter());
    text += &rule(1);
    for hop in &round.hops {
        text += &row(&hop.name, [spread(hop.ms)].into_iter());
    }
    text.push('\n');
    text += &facts(&[(format!("{} leads", thousands(round.leads)), round)]);
    text
}

fn facts(rounds: &[(String, &Round)]) -> String {
    let all = |of: &dyn Fn(&Round) -> String| rounds.iter().map(|(_, round)| of(round)).collect::<Vec<_>>().into_iter();
    let works = |of: &dyn Fn(&Work) -> String| all(&|round| round.stages.iter().map(of).collect::<Vec<_>>().join(", "));
    let mut text = row("", rounds.iter().map(|(name, _)| name.clone()));
    text += &rule(rounds.len());
    text += &row("leads posted", all(&|round| thousands(round.leads)));
    text += &row("the last was answered after, s", all(&|round| figure(round.answered_s)));
    text += &row("the last was in its queue after, s", all(&|round| figure(round.queued_s)));
    text += &row("accepted a second", all(&|round| figure(round.leads as f64 / round.answered_s)));
    text += &row("through the stack a second", all(&|round| figure(round.leads as f64 / round.queued_s)));
    text += &row("posts that had to be repeated", all(&|round| thousands(round.repeated)));
    text += &row("messages an invocation: clean, score, route", works(&|work| figure(work.batch)));
    text += &row("messages whose work was done already", works(&|work| thousands(work.again)));
    text += &row("messages that failed and came again", works(&|work| thousands(work.failed)));
    text += &row(
        "cores busy: emulator, functions, this tool",
        all(&|round| [round.cores.emulator, round.cores.functions, round.cores.tool].map(figure).join(", ")),
    );
    text += &row("load average before", all(&|round| figure(round.load)));
    text += &row("the books, with all before", all(&|round| books(&round.account)));
    text += &row("differences", all(&|round| round.account.differences.len().to_string()));
    text
}

/// Where all accepted leads are.
pub fn books(account: &Account) -> String {
    let terms: Vec<String> =
        account.by_stage.iter().map(|(stage, count)| format!("{} {stage}", thousands(*count))).collect();
    format!("{} = {}", thousands(account.accepted), terms.join(" + "))
}

/// What the emulator can do.
pub fn ceiling(ceiling: &Ceiling) -> String {
    let mut text = row("at most, a second", [String::new()].into_iter());
    text += &rule(1);
    for (what, rate) in [
        ("posts through the API to the empty function", ceiling.posts),
        ("messages in batches of ten to the empty function", ceiling.messages),
        ("rows put into the table", ceiling.rows),
        ("so leads, if the functions cost nothing", ceiling.leads()),
    ] {
        text += &row(what, [figure(rate)].into_iter());
    }
    text
}

fn spread(Spread { p50, p99, max, .. }: Spread) -> String {
    [p50, p99, max].map(thousands).join(", ")
}

fn bold(text: &str) -> String {
    format!("**{text}**")
}

fn row(name: &str, cells: impl Iterator<Item = String>) -> String {
    format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

fn rule(columns: usize) -> String {
    format!("|---|{}\n", "---|".repeat(columns))
}
