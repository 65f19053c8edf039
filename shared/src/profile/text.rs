//! Text as it is compared. Nothing of this is ever stored in place of what was typed, or shown.

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton as confusable_skeleton;

use crate::geo::is_han;

/// NFKC, lower case, punctuation to single spaces.
pub(crate) fn words(text: &str) -> String {
    let spaced: String =
        text.nfkc().flat_map(char::to_lowercase).map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The skeleton of UTS #39 of text in lower case: two texts that look alike have the same one, so that `rіval` with a
/// Cyrillic `і` meets `rival`. It changes plain letters too (`m` to `rn`, `0` to `o`, `1` to `l`), so both sides of a
/// comparison go through it. Chinese characters stay as they are: 未 and 末 look alike, but make different names.
pub(crate) fn skeleton(text: &str) -> String {
    let (mut found, mut run) = (String::with_capacity(text.len()), String::new());
    for c in text.chars() {
        if is_han(c) {
            found.extend(confusable_skeleton(&run).flat_map(char::to_lowercase));
            run.clear();
            found.push(c);
        } else {
            run.push(c);
        }
    }
    found.extend(confusable_skeleton(&run).flat_map(char::to_lowercase));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_share_a_skeleton() {
        for (a, b) in [
            ("rival robotics", "rіvаl rоbоtіcs"),
            ("rival robotics", "riva1 r0botics"),
            ("summit", "surnrnit"),
            ("οmega", "omega"),
        ] {
            assert_eq!(skeleton(a), skeleton(b), "{a} {b}");
        }
        for (a, b) in [("rival", "rivals"), ("李未", "李末"), ("大士", "大土"), ("日立", "曰立"), ("müller", "muller")]
        {
            assert_ne!(skeleton(a), skeleton(b), "{a} {b}");
        }
        for text in ["rnm 0o1l", "华为mate", "ｆｕｌｌ"] {
            assert_eq!(skeleton(&skeleton(text)), skeleton(text), "{text}: once is enough");
        }
    }
}
