//! The texts that a field is compared with.

use std::ops::Range;

/// A set of texts, packed into one: a list of thousands is loaded with every start of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Texts {
    packed: String,
    /// Where each is, by its text.
    spans: Vec<Range<usize>>,
}

impl Texts {
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.spans.binary_search_by(|span| self.at(span).cmp(text)).is_ok()
    }

    /// Each once, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().map(|span| self.at(span))
    }

    fn at(&self, span: &Range<usize>) -> &str {
        self.packed.get(span.clone()).unwrap_or_default()
    }
}

impl<T: AsRef<str> + Ord> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut texts: Vec<T> = texts.into_iter().collect();
        texts.sort_unstable();
        texts.dedup();
        let mut packed = String::with_capacity(texts.iter().map(|text| text.as_ref().len()).sum());
        let spans = texts.iter().map(|text| {
            let start = packed.len();
            packed.push_str(text.as_ref());
            start..packed.len()
        });
        Self { spans: spans.collect(), packed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in_and_nothing_else() {
        let texts: Texts = ["b", "", "abc", "ab", "苏州", "b"].into_iter().collect();
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["", "ab", "abc", "b", "苏州"]);
        for text in ["", "ab", "abc", "b", "苏州"] {
            assert!(texts.contains(text), "{text}");
        }
        for text in ["a", "abcb", "bc", "c", "苏", "州"] {
            assert!(!texts.contains(text), "{text}");
        }
        assert!(!Texts::default().contains(""));
    }
}
