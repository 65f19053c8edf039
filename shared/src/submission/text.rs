//! What text may be: NFC, trimmed, within its cap, and free of characters that no person typed to be read.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// More combining marks in a row than any script writes ("Zalgo" text).
const MAX_MARKS: usize = 4;

/// How long a text may be, and in what form it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Characters (Unicode scalar values) after normalisation.
    pub max: usize,
    /// Whether line breaks and tabs may stand in it.
    pub lines: bool,
    /// Whether it is kept in lower case.
    pub lower: bool,
}

impl Shape {
    /// One line, as typed.
    pub(crate) const fn line(max: usize) -> Self {
        Self { max, lines: false, lower: false }
    }

    /// One line, in lower case.
    pub(crate) const fn lower(max: usize) -> Self {
        Self { max, lines: false, lower: true }
    }

    /// Several lines.
    pub(crate) const fn lines(max: usize) -> Self {
        Self { max, lines: true, lower: false }
    }
}

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFault {
    /// A control, bidirectional, invisible or undefined character, or a flood of combining marks.
    Illegal,
    /// Beyond its cap.
    TooLong,
}

/// The text as it is kept: NFC, trimmed, `\r\n` as `\n`. None if nothing is left.
pub(crate) fn tidy(raw: &str, shape: Shape) -> Result<Option<String>, TextFault> {
    let broken = if shape.lines { raw.replace("\r\n", "\n") } else { raw.to_owned() };
    let cased = if shape.lower { broken.to_lowercase() } else { broken };
    // ASCII is composed already, and most of what arrives is ASCII.
    let composed = if cased.is_ascii() { cased } else { cased.nfc().collect() };
    let text = composed.trim();
    if text.chars().any(|c| !is_legal(c, shape.lines)) || is_flooded(text) {
        return Err(TextFault::Illegal);
    }
    if text.chars().count() > shape.max {
        return Err(TextFault::TooLong);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Whether a text of one line holds only what may stand in a submission.
pub fn is_plain(text: &str) -> bool {
    text.chars().all(|c| is_legal(c, false))
}

/// A text from a file that was refused, fit to be shown: what a terminal would act on, or not show, is escaped.
pub fn shown(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return text.into();
    }
    text.chars().map(|c| if is_legal(c, false) { c.to_string() } else { c.escape_default().to_string() }).collect()
}

/// Whether a character may stand in a text. What may is a subset of what SQS takes and XML 1.0 allows.
pub(crate) fn is_legal(c: char, lines: bool) -> bool {
    match c {
        '\n' | '\t' => lines,
        _ if c.is_control() => false,
        // Invisible, or changing how the text around them is shown.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => false,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => false,
        '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => false,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => false,
        // Tags, and the variation selectors that can carry a hidden text in the same way.
        '\u{e0000}'..='\u{e0fff}' => false,
        '\u{fdd0}'..='\u{fdef}' => false,
        // The two noncharacters that end each plane.
        _ => u32::from(c) & 0xfffe != 0xfffe,
    }
}

fn is_flooded(text: &str) -> bool {
    let mut marks = 0;
    text.chars().any(|c| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        marks > MAX_MARKS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_as() {
        type Row = (&'static str, Shape, Result<Option<&'static str>, TextFault>);
        let rows: [Row; 34] = [
            ("李雷", Shape::line(2), Ok(Some("李雷"))),
            ("  Zoë ", Shape::line(3), Ok(Some("Zoë"))),
            ("Zoe\u{308}", Shape::line(3), Ok(Some("Zo\u{eb}"))),
            ("\u{3000}王\u{a0}", Shape::line(1), Ok(Some("王"))),
            ("a\u{3000}b", Shape::line(3), Ok(Some("a\u{3000}b"))),
            ("", Shape::line(9), Ok(None)),
            (" \t\n\u{2003}", Shape::line(9), Ok(None)),
            ("ABC Ä", Shape::lower(9), Ok(Some("abc ä"))),
            ("İ", Shape::lower(2), Ok(Some("i\u{307}"))),
            ("STRASSE ß", Shape::lower(9), Ok(Some("strasse ß"))),
            ("abc", Shape::line(2), Err(TextFault::TooLong)),
            ("a\r\nb", Shape::lines(3), Ok(Some("a\nb"))),
            ("a\tb", Shape::lines(3), Ok(Some("a\tb"))),
            ("a\rb", Shape::lines(3), Err(TextFault::Illegal)),
            ("a\nb", Shape::line(3), Err(TextFault::Illegal)),
            ("a\tb", Shape::line(3), Err(TextFault::Illegal)),
            ("a\0b", Shape::lines(3), Err(TextFault::Illegal)),
            ("\u{1b}[31m", Shape::lines(9), Err(TextFault::Illegal)),
            ("a\u{7f}", Shape::line(9), Err(TextFault::Illegal)),
            ("a\u{85}b", Shape::lines(9), Err(TextFault::Illegal)),
            ("a\u{200b}b", Shape::line(9), Err(TextFault::Illegal)),
            ("a\u{200d}b", Shape::line(9), Err(TextFault::Illegal)),
            ("a\u{202e}b", Shape::line(9), Err(TextFault::Illegal)),
            ("a\u{2066}b", Shape::line(9), Err(TextFault::Illegal)),
            ("\u{feff}a", Shape::line(9), Err(TextFault::Illegal)),
            ("a\u{fffe}", Shape::line(9), Err(TextFault::Illegal)),
            ("a\u{ffff}", Shape::line(9), Err(TextFault::Illegal)),
            ("a\u{10ffff}", Shape::line(9), Err(TextFault::Illegal)),
            ("a\u{fdd0}", Shape::line(9), Err(TextFault::Illegal)),
            ("a\u{e0041}", Shape::line(9), Err(TextFault::Illegal)),
            ("x\u{300}\u{301}\u{302}\u{303}", Shape::line(9), Ok(Some("x\u{300}\u{301}\u{302}\u{303}"))),
            ("x\u{300}\u{301}\u{302}\u{303}\u{304}", Shape::line(9), Err(TextFault::Illegal)),
            ("=cmd|' /C calc'!A0", Shape::line(40), Ok(Some("=cmd|' /C calc'!A0"))),
            ("❤\u{fe0f} 👍🏽", Shape::line(9), Ok(Some("❤\u{fe0f} 👍🏽"))),
        ];
        for (raw, shape, expected) in rows {
            let expected = expected.map(|text| text.map(str::to_owned));
            assert_eq!(tidy(raw, shape), expected, "{raw:?}");
        }
    }
}
