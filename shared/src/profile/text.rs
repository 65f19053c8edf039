//! Text as it is compared. Nothing of this is ever stored in place of what was typed, or shown.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use unicode_security::confusable_detection::skeleton as confusable_skeleton;

use crate::geo::is_han;

/// NFKC. Most text is in it already, and to see that costs less than to normalise it.
pub(crate) fn nfkc(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii() || is_han(c);
    let already = text.chars().all(plain) || is_nfkc_quick(text.chars()) == IsNormalized::Yes;
    if already { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) }
}

/// NFKC, lower case, punctuation to single spaces.
pub(crate) fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for c in nfkc(text).chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            words.push(c);
        } else if !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
    }
    words.truncate(words.trim_end().len());
    words
}

/// The skeleton of UTS #39 of text in lower case: two texts that look alike have the same one, so that `rіval` with a
/// Cyrillic `і` meets `rival`. It changes plain letters too (`m` to `rn`, `0` to `o`, `1` to `l`), so both sides of a
/// comparison go through it. Chinese characters stay as they are: 未 and 末 look alike, but make different names.
pub(crate) fn skeleton(text: &str) -> String {
    let (mut found, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_han(c) != is_han(first)).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        if is_han(first) {
            found.push_str(run);
        } else if run.is_ascii() {
            found.extend(run.bytes().filter_map(|byte| ASCII.get(usize::from(byte))).map(String::as_str));
        } else {
            found.extend(confusable_skeleton(run).flat_map(char::to_lowercase));
        }
        rest = behind;
    }
    found
}

/// The skeleton of each ASCII character: in a text of nothing else none depends on those beside it.
static ASCII: LazyLock<Vec<String>> = LazyLock::new(|| {
    let skeleton =
        |byte| confusable_skeleton(char::from(byte).encode_utf8(&mut [0])).flat_map(char::to_lowercase).collect();
    (0..128_u8).map(skeleton).collect()
});

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

    /// The shortcuts against the libraries, on text of all that they tell apart.
    #[test]
    fn short_cuts_lead_to_the_same_place() {
        let pieces = [
            "a",
            "M",
            "0",
            "1",
            "|",
            "\"",
            " ",
            "  ",
            ".",
            "-",
            "rn",
            "é",
            "e\u{301}",
            "İ",
            "ß",
            "ﬁ",
            "Ａ",
            "１",
            "і",
            "α",
            "未",
            "末",
            "公司",
            "\u{f900}",
            "한",
            "\u{1100}\u{1161}",
            "\u{3000}",
            "（",
            "\u{200b}",
            "𠀀",
        ];
        let mut rng = fastrand::Rng::with_seed(29);
        for _ in 0..20_000 {
            let text: String = (0..rng.usize(..8)).filter_map(|_| rng.choice(pieces)).collect();
            assert_eq!(nfkc(&text), text.nfkc().collect::<String>(), "{text:?}");
            let spaced: String =
                text.nfkc().flat_map(char::to_lowercase).map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
            assert_eq!(
                words(&text),
                spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "),
                "{text:?}"
            );
            if !text.chars().any(is_han) {
                let plain: String = confusable_skeleton(&text).flat_map(char::to_lowercase).collect();
                assert_eq!(skeleton(&text), plain, "{text:?}");
            }
        }
    }
}
