//! Shapes and text of an SVG. The text's width is estimated, on the wide side, because nobody knows the viewer's fonts.

use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

use crate::markup::escaped;

/// How a text looks; the classes stand in [`STYLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Heading,
    Strong,
    Plain,
    Faint,
}

impl Ink {
    /// Size in pixels.
    pub(super) fn size(self) -> u32 {
        match self {
            Self::Heading => 20,
            Self::Strong | Self::Plain => 14,
            Self::Faint => 13,
        }
    }

    /// The height of a line.
    pub(super) fn line(self) -> u32 {
        self.size() + 6
    }

    fn class(self) -> &'static str {
        match self {
            Self::Heading => "h",
            Self::Strong => "s",
            Self::Plain => "p",
            Self::Faint => "f",
        }
    }
}

/// A drawing that grows downwards.
pub(super) struct Canvas {
    body: String,
    width: u32,
}

impl Canvas {
    pub(super) fn new(width: u32) -> Self {
        Self { body: String::new(), width }
    }

    /// Lines of text below each other; answers the height.
    pub(super) fn text(&mut self, x: u32, y: u32, ink: Ink, lines: &[String]) -> u32 {
        for (line, top) in lines.iter().zip((y..).step_by(ink.line() as usize)) {
            let base = top + ink.size();
            self.put(format_args!("<text class=\"{}\" x=\"{x}\" y=\"{base}\">{}</text>", ink.class(), escaped(line)));
        }
        height(ink, lines)
    }

    /// A line of text around a middle.
    pub(super) fn centred(&mut self, x: u32, y: u32, ink: Ink, line: &str) {
        let base = y + ink.size();
        self.put(format_args!(
            "<text class=\"{}\" x=\"{x}\" y=\"{base}\" text-anchor=\"middle\">{}</text>",
            ink.class(),
            escaped(line)
        ));
    }

    /// A box of one of the classes `step`, `queue`, `field`.
    pub(super) fn frame(&mut self, class: &str, x: u32, y: u32, width: u32, height: u32) {
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"
        ));
    }

    /// An arrow to the right, or down.
    pub(super) fn arrow(&mut self, (x1, y1): (u32, u32), (x2, y2): (u32, u32)) {
        self.put(format_args!("<path class=\"arrow\" d=\"M{x1} {y1}L{x2} {y2}\"/>"));
        let (left, top) = (x2.saturating_sub(7), y2.saturating_sub(7));
        if y1 == y2 {
            self.put(format_args!("<path class=\"tip\" d=\"M{x2} {y2}L{left} {}L{left} {}z\"/>", y2 - 4, y2 + 4));
        } else {
            self.put(format_args!("<path class=\"tip\" d=\"M{x2} {y2}L{} {top}L{} {top}z\"/>", x2 - 4, x2 + 4));
        }
    }

    /// The whole file.
    pub(super) fn finish(self, height: u32, title: &str, description: &str) -> String {
        let Self { body, width } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n\
             <desc id=\"desc\">{}</desc>\n<style>\n{STYLE}</style>\n\
             <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n{body}</svg>\n",
            escaped(title),
            escaped(description),
        )
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        _ = writeln!(self.body, "{element}");
    }
}

/// The height of lines.
pub(super) fn height(ink: Ink, lines: &[String]) -> u32 {
    ink.line() * u32::try_from(lines.len()).unwrap_or_default()
}

/// Breaks a text into lines that fit: between words, and anywhere in what is too long, as Chinese sentences are. What does
/// not fit into `most` lines is cut, with an ellipsis.
pub(super) fn wrap(text: &str, ink: Ink, width: u32, most: usize) -> Vec<String> {
    let limit = u64::from(width) * 100 / u64::from(ink.size());
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for piece in pieces(text) {
        let needed: u64 = piece.chars().map(|c| ems(c, ink)).sum();
        if used > 0 && used + needed > limit {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        let piece = if used == 0 { piece.trim_start() } else { piece };
        for c in piece.chars() {
            let wide = ems(c, ink);
            if used + wide > limit {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += wide;
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let mut wide: u64 = last.chars().map(|c| ems(c, ink)).sum();
            while wide + 100 > limit {
                wide -= last.pop().map_or(wide, |c| ems(c, ink));
            }
            *last = format!("{}…", last.trim_end_matches([' ', ',']));
        }
    }
    lines
}

/// Words with the space before them, and the parts of words with hyphens.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut starts = rest.char_indices().zip(rest.char_indices().skip(1));
        let end = starts.find(|((_, before), (_, c))| *c == ' ' || *before == '-');
        let (piece, others) = rest.split_at(end.map_or(rest.len(), |(_, (at, _))| at));
        rest = others;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The width of a character in hundredths of its size: that of a wide font.
fn ems(c: char, ink: Ink) -> u64 {
    let plain = match (c, c.width()) {
        (_, Some(0) | None) => 0,
        (_, Some(2)) => 101,
        ('i' | 'j' | 'l' | 'f' | 't' | 'r' | ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '(' | ')' | '-', _) => 40,
        ('m' | 'w' | 'M' | 'W' | '@' | '%' | '—' | '…' | '&', _) => 100,
        (c, _) if c.is_uppercase() => 72,
        _ => 60,
    };
    if matches!(ink, Ink::Strong | Ink::Heading) { plain * 110 / 100 } else { plain }
}

const STYLE: &str = "\
text { font-family: system-ui, 'Helvetica Neue', Arial, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif; fill: #1c2430; }
.h { font-size: 20px; font-weight: 600; }
.s { font-size: 14px; font-weight: 600; }
.p { font-size: 14px; }
.f { font-size: 13px; fill: #5a6675; }
.page { fill: #ffffff; }
.step { fill: #f3f6fa; stroke: #b9c4d2; }
.queue { fill: #e3f0ff; stroke: #6f9fd8; }
.field { fill: #fbf7ea; stroke: #cdb873; }
.arrow { fill: none; stroke: #7b8796; stroke-width: 1.5; }
.tip { fill: #7b8796; }
@media (prefers-color-scheme: dark) {
text { fill: #e6ebf2; }
.f { fill: #a3afbf; }
.page { fill: #12171e; }
.step { fill: #1c242e; stroke: #465364; }
.queue { fill: #142c47; stroke: #4478b3; }
.field { fill: #2b2716; stroke: #7d6d36; }
.arrow { stroke: #8d99a8; }
.tip { fill: #8d99a8; }
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_where_they_may() {
        // 140 pixels are 1,000 hundredths of 14: nine Chinese characters at 101, sixteen letters at 60.
        for (text, most, expected) in [
            ("the company buys from us", 9, &["the company buys", "from us"][..]),
            ("find-out-what-holds-them", 9, &["find-out-what-", "holds-them"]),
            ("江苏浙江上海安徽江西湖北", 9, &["江苏浙江上海安徽江", "西湖北"]),
            ("辽宁, 吉林, 黑龙江, 山东", 9, &["辽宁, 吉林, 黑龙江,", "山东"]),
            ("aaaaaaaaaaaaaaaaaaaa", 9, &["aaaaaaaaaaaaaaaa", "aaaa"]),
            ("one two three four five six", 1, &["one two three fo…"]),
            ("", 9, &[]),
        ] {
            assert_eq!(wrap(text, Ink::Plain, 140, most), expected, "{text}");
        }
    }
}
