//! Sets aside what is no TOML, so that one fault hides neither the next nor what other files refer to.

use std::borrow::Cow;

use toml::de::DeTable;

use super::diagnostic::{Code, Diagnostic};
use super::reader::Problems;
use super::syntax;

/// More faults than anybody wants to read at once.
const MANY: usize = 100;

/// The text with its faulty lines blanked, each reported. Lines and offsets stay what they were.
pub(super) fn set_aside(file: &str, text: &str, problems: &Problems) -> String {
    let mut left = text.to_owned();
    for _ in 0..MANY {
        let (_, errors) = DeTable::parse_recoverable(&left);
        let mut lines: Vec<Cow<'_, str>> = left.split('\n').map(Cow::Borrowed).collect();
        // The parser runs on in a list that is not closed; what is wrong is where it begins.
        let line_of = |message: &str, at: usize| {
            let line = left.get(..at).unwrap_or_default().matches('\n').count();
            let opens = |line: &usize| lines.get(*line).is_some_and(|text| open(text) > 0);
            if syntax::is_open_list(message) { (0..=line).rev().find(opens).unwrap_or(line) } else { line }
        };
        let places = errors.iter().map(|error| {
            let at = error.span().map_or(0, |span| span.start);
            (line_of(error.message(), at), at, error.message())
        });
        let Some((line, at, message)) = places.min() else { break };
        let (problem, mend) = syntax::in_plain_words(&left, Some(at), message);
        problems.add(Diagnostic {
            file: file.to_owned(),
            line: Some(line + 1),
            rule: None,
            code: Code::Syntax,
            problem,
            mend,
        });
        if lines.get(line).is_none_or(|text| text.trim().is_empty()) {
            break;
        }
        blank(&mut lines, line);
        let blanked = lines.join("\n");
        // Nothing is left of the line but brackets that it closes: they close nothing.
        left = if blanked == left { without_line(&left, line) } else { blanked };
    }
    left
}

/// The text with one line blanked, whatever stands in it.
fn without_line(text: &str, line: usize) -> String {
    let blanked = |(at, text): (usize, &str)| if at == line { " ".repeat(text.len()) } else { text.to_owned() };
    text.split('\n').enumerate().map(blanked).collect::<Vec<_>>().join("\n")
}

/// Blanks a line and what belongs to it: the further lines of a list that it opens. Brackets that it closes stay.
fn blank(lines: &mut [Cow<'_, str>], first: usize) {
    let inside = lines.iter().take(first).map(|line| open(line)).sum::<i32>() > 0;
    let mut still_open = 0;
    for (at, line) in lines.iter_mut().enumerate().skip(first) {
        if at > first && (still_open <= 0 || begins_anew(line)) {
            break;
        }
        still_open += open(line);
        let mut closing = if inside { (-still_open).max(0) } else { 0 };
        let kept = line.char_indices().rev().map(|(_, c)| {
            let stays = closing > 0 && matches!(c, ']' | '}');
            closing -= i32::from(stays);
            if stays { c.to_string() } else { " ".repeat(c.len_utf8()) }
        });
        *line = Cow::Owned(kept.collect::<Vec<_>>().into_iter().rev().collect());
    }
}

/// How many more brackets a line opens than it closes.
fn open(line: &str) -> i32 {
    let bracket = |c: char| match c {
        '[' | '{' => 1,
        ']' | '}' => -1,
        _ => 0,
    };
    if line.trim_start().starts_with('[') && !line.trim_end().ends_with(',') {
        0
    } else {
        line.chars().map(bracket).sum()
    }
}

/// Whether a line is a header or gives a key.
fn begins_anew(line: &str) -> bool {
    let line = line.trim_start();
    let key = line.split_once('=').map(|(key, _)| key.trim());
    line.starts_with('[') || key.is_some_and(|key| !key.contains(['"', '{', ',']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_told_once_and_nothing_else_is_lost() {
        // the text, the lines with a fault, the keys that are left
        for (text, faulty, left) in [
            ("a = 1\nb = 2", &[][..], &["a", "b"][..]),
            ("a = x\nb 2\nc = 3\nd = y", &[1, 2, 4], &["c"]),
            ("a = [\n  \"x\" \"y\",\n  \"z\",\n]\nb = 2", &[2], &["a", "b"]),
            ("a = [\n  \"x\",\n  \"y\" \"z\"]\nb = 2", &[3], &["a", "b"]),
            ("a = [“x”,\n  \"y\",\n]\nb = 2", &[1], &["b"]),
            ("a = [\"x\",\nb = 2\nc = 3", &[1], &["b", "c"]),
            ("a = [\n  \"x\",\n\nb = 2\nc = z", &[1, 5], &["b"]),
            ("a = { x = 1,\nb = 2", &[1], &["b"]),
            ("a = \"x\nb = 2", &[1], &["b"]),
            ("a = 1\na = 2\nb = 3", &[2], &["a", "b"]),
            ("a = 1\n【[b]]\nc ＝ 2\nd = 3", &[2, 3], &["a", "d"]),
            ("// a\nb: 2\nc = 3", &[1, 2], &["c"]),
            ("a = [\n  1,\n  }\n]\nb = 2", &[3], &["a", "b"]),
        ] {
            let problems = Problems::default();
            let readable = set_aside("a.toml", text, &problems);
            let told: Vec<_> = problems.into_sorted().iter().filter_map(|problem| problem.line).collect();
            assert_eq!(told, faulty, "{text}");
            assert_eq!(readable.len(), text.len(), "{text}");
            let keys: toml::Table = toml::from_str(&readable).unwrap();
            assert_eq!(keys.keys().map(String::as_str).collect::<Vec<_>>(), left, "{text}");
        }
    }
}
