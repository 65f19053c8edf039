//! Text inside HTML and SVG.

use std::borrow::Cow;
use std::fmt;

/// Text that stays text in element content and in quoted attributes. Characters that XML 1.0 has no place for become
/// U+FFFD.
pub struct Escaped<'a>(Cow<'a, str>);

/// Marks text to be escaped where it is written.
pub fn escaped<'a>(text: impl Into<Cow<'a, str>>) -> Escaped<'a> {
    Escaped(text.into())
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' | '\r' => f.write_char(c)?,
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => f.write_char(char::REPLACEMENT_CHARACTER)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (text, expected) in [
            ("销售 & Söhne", "销售 &amp; Söhne"),
            ("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"),
            ("\" onload=\"x", "&quot; onload=&quot;x"),
            ("a\0b\u{b}c\nd", "a\u{fffd}b\u{fffd}c\nd"),
        ] {
            assert_eq!(escaped(text).to_string(), expected);
        }
    }
}
