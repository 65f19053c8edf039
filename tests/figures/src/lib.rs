//! Measured figures as text and as bars, and their tables on a page of `docs/`, between the marks that stand in it.

pub mod bars;

use anyhow::{Context as _, Result};

/// Puts `table` between `<!-- NAME -->` and `<!-- /NAME -->`.
pub fn put(page: &str, name: &str, table: &str) -> Result<String> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = page.split_once(&open).with_context(|| format!("the page has no mark {}", open.trim()))?;
    let (_, after) = rest.split_once(&close).with_context(|| format!("the page has no mark {close}"))?;
    Ok(format!("{before}{open}{table}{close}{after}"))
}

/// Three digits.
pub fn figure(value: f64) -> String {
    match value {
        value if value >= 100.0 => thousands(value.round() as u64),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// With a comma before every three digits.
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let ahead = digits.len() % 3;
    let comma = |at: usize| at > 0 && at % 3 == ahead;
    digits.chars().enumerate().flat_map(|(at, digit)| comma(at).then_some(',').into_iter().chain([digit])).collect()
}

#[cfg(test)]
mod tests {
    use super::{figure, put};

    #[test]
    fn figures_have_three_digits() {
        for (value, shown) in [(0.12345, "0.12"), (12.345, "12.3"), (123.4, "123"), (1_234_567.0, "1,234,567")] {
            assert_eq!(figure(value), shown);
        }
    }

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let page = "a\n<!-- t -->\nold\n<!-- /t -->\nb\n";
        assert_eq!(put(page, "t", "new\n").unwrap(), "a\n<!-- t -->\nnew\n<!-- /t -->\nb\n");
        assert!(put(page, "u", "new\n").is_err());
    }
}
