//! The texts that a field is compared with.

/// A set of texts, packed into one: a list of thousands is loaded with every start of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Texts {
    /// All of them, sorted, one behind the other.
    packed: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Texts {
    pub(crate) fn contains(&self, text: &str) -> bool {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.at(middle).cmp(text) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        false
    }

    /// Each once, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.at(at))
    }

    fn at(&self, at: usize) -> &str {
        let end = |at: usize| self.ends.get(at).copied().unwrap_or_default();
        let start = at.checked_sub(1).map_or(0, end);
        self.packed.get(start..end(at)).unwrap_or_default()
    }
}

impl<T: AsRef<str> + Ord> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut texts: Vec<T> = texts.into_iter().collect();
        texts.sort_unstable();
        texts.dedup();
        let mut packed = String::with_capacity(texts.iter().map(|text| text.as_ref().len()).sum());
        let ends = texts.iter().map(|text| {
            packed.push_str(text.as_ref());
            packed.len()
        });
        Self { ends: ends.collect(), packed }
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
