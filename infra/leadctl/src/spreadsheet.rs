//! CSV that no spreadsheet acts on.

use std::borrow::Cow;

use anyhow::{Result, anyhow};

/// A line of CSV as RFC 4180 has it. Texts that anybody may have typed go through [`harmless`] first.
///
/// # Errors
/// Never, of texts in memory.
pub fn line<'a>(cells: impl IntoIterator<Item = Cow<'a, str>>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells.into_iter().map(|cell| cell.into_owned()))?;
    writer.into_inner().map_err(|error| anyhow!("{}", error.error()))
}

/// A text that no spreadsheet takes for a formula: anybody may have typed it into a form. A phone number with its `+` gets
/// an apostrophe too.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let rows = [
            ("plain", "plain"),
            ("", "\"\""),
            ("=1+1", "'=1+1"),
            ("+86 136", "'+86 136"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("a=1", "a=1"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=\"a\"", "\"'=\"\"a\"\"\""),
            ("a\nb", "\"a\nb\""),
        ];
        for (text, cell) in rows {
            let line = String::from_utf8(line([harmless(text)]).unwrap()).unwrap();
            assert_eq!(line, format!("{cell}\r\n"), "{text:?}");
        }
    }
}
