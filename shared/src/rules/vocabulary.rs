//! Words and phrases found in text as whole words. Chinese is written without spaces, so a Chinese entry is found
//! wherever it stands. Look-alike letters count as the ones they look like.

use std::cell::RefCell;
use std::rc::Rc;

use crate::geo::has_han;
use crate::profile::text::{skeleton, words};

/// A text as words are looked for in it.
#[derive(Debug)]
pub(crate) struct Wording {
    text: String,
    /// Without spaces.
    joined: String,
}

impl Wording {
    pub(crate) fn of(text: &str) -> Self {
        let text = compared(text);
        Self { joined: text.replace(' ', ""), text }
    }
}

/// The wordings of a lead's texts. Several rules look for words in the same one, and to normalise it costs more than to
/// look.
#[derive(Debug, Default)]
pub(crate) struct Wordings(RefCell<Vec<(String, Rc<Wording>)>>);

impl Wordings {
    pub(crate) fn of(&self, text: &str) -> Rc<Wording> {
        let mut known = self.0.borrow_mut();
        if let Some((_, wording)) = known.iter().find(|(known, _)| known == text) {
            return Rc::clone(wording);
        }
        let wording = Rc::new(Wording::of(text));
        known.push((text.to_owned(), Rc::clone(&wording)));
        wording
    }
}

/// A set of words and phrases.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Vocabulary {
    /// Phrases as lists of words, longest first.
    phrases: Vec<Vec<String>>,
    /// Chinese entries, longest first.
    han: Vec<String>,
}

impl Vocabulary {
    pub(crate) fn of<'a>(entries: impl Iterator<Item = &'a str>) -> Self {
        let (han, latin): (Vec<_>, Vec<_>) = entries.map(compared).partition(|entry| has_han(entry));
        let mut han: Vec<String> = han.iter().map(|entry| entry.replace(' ', "")).collect();
        let mut phrases: Vec<Vec<String>> =
            latin.iter().map(|entry| entry.split(' ').map(str::to_owned).collect()).collect();
        han.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        phrases.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        han.dedup();
        phrases.dedup();
        Self { phrases, han }
    }

    /// Whether the text holds one of them.
    pub(crate) fn is_in(&self, wording: &Wording) -> bool {
        let tokens: Vec<&str> = wording.text.split(' ').collect();
        let phrase = |phrase: &Vec<String>| tokens.windows(phrase.len()).any(|window| window.iter().eq(phrase.iter()));
        self.phrases.iter().any(phrase) || self.han.iter().any(|entry| wording.joined.contains(entry))
    }

    /// Whether the text consists of them, in any order and number.
    pub(crate) fn is_all_of(&self, wording: &Wording) -> bool {
        let tokens: Vec<&str> = wording.text.split(' ').filter(|token| !token.is_empty()).collect();
        let mut rest = tokens.as_slice();
        while let Some((first, others)) = rest.split_first() {
            let phrase = self
                .phrases
                .iter()
                .find(|phrase| rest.get(..phrase.len()).is_some_and(|head| head.iter().eq(phrase.iter())));
            rest = match phrase {
                Some(phrase) => rest.get(phrase.len()..).unwrap_or_default(),
                None if self.covers(first) => others,
                None => return false,
            };
        }
        !tokens.is_empty()
    }

    /// Whether a word without spaces is made of Chinese entries, longest first.
    fn covers(&self, word: &str) -> bool {
        let mut rest = word;
        while !rest.is_empty() {
            match self.han.iter().find_map(|entry| rest.strip_prefix(entry.as_str())) {
                Some(shorter) => rest = shorter,
                None => return false,
            }
        }
        true
    }
}

/// Text as words are looked for in it.
fn compared(text: &str) -> String {
    skeleton(&words(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_words() {
        let words = Vocabulary::of(["test", "testing", "asdf", "this is a test", "测试", "测试一下"].into_iter());
        // text, holds one, consists of them
        for (text, holds, consists) in [
            ("Test", true, true),
            ("test, TEST!", true, true),
            ("ｔｅｓｔ", true, true),
            ("Testa", false, false),
            ("contest", false, false),
            ("tеst", true, true), // with a Cyrillic е
            ("Test Equipment", true, false),
            ("This is a test.", true, true),
            ("测试", true, true),
            ("测试测试 test", true, true),
            ("测试一下", true, true),
            ("张测试", true, false),
            ("检测设备", false, false),
            ("", false, false),
            ("。。", false, false),
        ] {
            let wording = Wording::of(text);
            assert_eq!((words.is_in(&wording), words.is_all_of(&wording)), (holds, consists), "{text}");
        }
    }
}
