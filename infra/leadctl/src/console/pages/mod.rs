//! The pages. Every text that somebody else wrote goes through `text` or `theirs`.

pub mod flow;
pub mod lead;
pub mod queues;
pub mod waiting;

use jiff::{SignedDuration, Timestamp};
use leads::decision::Quadrant;
use leads::id::LeadId;
use leads::lead::Stage;
use leads::submission::shown;
use maud::{DOCTYPE, Markup, html};

use super::Place;
use crate::show;
use crate::story::when;

/// A page's place in the navigation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Flow,
    Queues,
    Waiting,
    None,
}

/// What stands around a page's content.
pub(super) struct Frame<'a> {
    pub(super) place: &'a Place,
    pub(super) tab: Tab,
    pub(super) title: &'a str,
    /// Every how many milliseconds the page is fetched again; nothing if it will not change by itself.
    pub(super) every: Option<u32>,
    /// What the page asks of the stack.
    pub(super) cost: &'a str,
}

impl Frame<'_> {
    pub(super) fn around(&self, content: &Markup) -> Markup {
        let tab = |tab: Tab, address: &str, name: &str| {
            html! { a href=(address) aria-current=[(tab == self.tab).then_some("page")] { (name) } }
        };
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · Lead console" }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="/console.css";
                    script src="/console.js" defer {}
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    header {
                        p.brand { strong { "Lead console" } " " span.place { (text(&self.place.name)) } " " span.tag { "read-only" } }
                        nav aria-label="Pages" {
                            (tab(Tab::Flow, "/", "Flow"))
                            (tab(Tab::Queues, "/queues", "Queues"))
                            (tab(Tab::Waiting, "/waiting", "Waiting"))
                            a href="/form/" { "Form" }
                        }
                        form.search action="/leads" role="search" {
                            label for="id" { "Lead" }
                            input #id name="id" type="search" placeholder="ld_…" autocomplete="off" spellcheck="false" required;
                            button { "Show" }
                        }
                    }
                    main #main {
                        h1 { (self.title) }
                        @if self.every.is_some() {
                            p.live {
                                span #live-state role="status" { "As of this moment; reload for the newest." }
                                button #live-pause type="button" aria-pressed="false" hidden { "Pause" }
                            }
                        }
                        div #live data-every=[self.every] { (content) }
                    }
                    footer { p { (self.cost) } p { "Times are UTC. Nothing here changes anything: commands are for you to run." } }
                }
            }
        }
    }
}

/// A page that says one thing.
pub(super) fn message(place: &Place, title: &str, said: &str) -> Markup {
    let content = html! { p.answer { (text(said)) } p { a href="/" { "Back to the flow" } } };
    Frame { place, tab: Tab::None, title, every: None, cost: "" }.around(&content)
}

/// A text of one line. What would not show, or turn its surroundings about, is spelt out.
pub(super) fn text(text: &str) -> Markup {
    html! { (shown(text)) }
}

/// What somebody typed into a form: kept apart from what stands around it, line by line.
pub(super) fn theirs(typed: &str) -> Markup {
    html! {
        bdi lang=[language(typed)] {
            @for (at, line) in typed.split('\n').enumerate() {
                @if at > 0 { br; }
                (shown(line))
            }
        }
    }
}

/// The language of a script, for whoever has the page read out to them. None where the script does not tell.
fn language(text: &str) -> Option<&'static str> {
    let any = |of: fn(char) -> bool| text.chars().any(of);
    if any(|c| matches!(c, '\u{3040}'..='\u{30ff}')) {
        Some("ja")
    } else if any(|c| matches!(c, '\u{ac00}'..='\u{d7af}')) {
        Some("ko")
    } else if any(|c| matches!(c, '\u{4e00}'..='\u{9fff}')) {
        Some("zh")
    } else {
        None
    }
}

/// A lead's id, as the way to its page.
pub(super) fn lead_link(lead: &LeadId) -> Markup {
    html! { a.id href={ "/leads/" (lead) } { (lead) } }
}

/// A stage: a word, and a shape beside it.
pub(super) fn stage(stage: Stage) -> Markup {
    let (class, shape) = match stage {
        Stage::Received | Stage::Cleaned | Stage::Scored => ("moving", "◔"),
        Stage::Routed => ("good", "●"),
        Stage::Nurtured | Stage::Merged => ("calm", "◆"),
        Stage::Held | Stage::Pooled => ("waits", "▲"),
        Stage::Rejected | Stage::Parked => ("bad", "■"),
        Stage::Erased => ("moving", "○"),
    };
    html! { span.stage.(class) { span aria-hidden="true" { (shape) } " " (stage.name()) } }
}

/// Both scores and what they come to.
pub(super) fn scores(intent: i32, value: i32, quadrant: Quadrant) -> Markup {
    html! { span.scores title="intent / value" { (intent) "/" (value) } " " (show::quadrant(quadrant)) }
}

/// A moment, as far away as it is.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(at) title=(when::minute(at)) { (when::apart(at, now)) } }
}

/// A moment to the minute, and how far away it is.
pub(super) fn moment(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(at) { (when::minute(at)) } ", " (when::apart(at, now)) }
}

/// A command to copy.
pub(super) fn command(line: &str) -> Markup {
    html! { div.command { code { (line) } button.copy type="button" hidden { "Copy" } } }
}

/// A bar of so many hundredths. Beside it stands the number: the bar is only for the eye.
pub(super) fn bar(class: &str, hundredths: i64) -> Markup {
    let width = hundredths.clamp(0, 100);
    html! {
        svg.bar.(class) viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect.track x="0" y="0" width="100" height="8" {}
            rect.fill x="0" y="0" width=(width) height="8" {}
        }
    }
}

/// How much of the time from `from` to `due` has passed, in hundredths.
pub(super) fn used(from: Timestamp, due: Timestamp, now: Timestamp) -> i64 {
    let (all, passed) = (due.duration_since(from), now.duration_since(from));
    let share = passed.as_secs().saturating_mul(100).checked_div(all.as_secs().max(1));
    if all <= SignedDuration::ZERO { 100 } else { share.unwrap_or(100).clamp(0, 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_typed_stays_text() {
        for (typed, expected) in [
            ("<script>alert(1)</script>", "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"),
            ("=cmd|' /C calc'!A0", "<bdi>=cmd|' /C calc'!A0</bdi>"),
            ("abc\u{202e}fdp.exe", "<bdi>abc\\u{202e}fdp.exe</bdi>"),
            ("one\ntwo \"&\"", "<bdi>one<br>two &quot;&amp;&quot;</bdi>"),
            ("\u{1b}[31mred", "<bdi>\\u{1b}[31mred</bdi>"),
            ("李雷", "<bdi lang=\"zh\">李雷</bdi>"),
            ("山田はなこ", "<bdi lang=\"ja\">山田はなこ</bdi>"),
        ] {
            assert_eq!(theirs(typed).0, expected);
        }
    }

    #[test]
    fn time_that_is_used_up() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (from, due, now, expected) in [(0, 100, 0, 0), (0, 100, 50, 50), (0, 100, 500, 100), (100, 100, 100, 100)] {
            assert_eq!(used(at(from), at(due), at(now)), expected);
        }
    }
}
