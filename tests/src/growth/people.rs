//! People by the million, each by a number: what they post, and what a lead's rows say of one of them.

use leads::personal::Personal;
use leads::submission::Submission;
use serde_json::{Value, json};

/// Where somebody works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Works {
    /// In a company of which nobody else posts.
    Alone,
    /// In the one company of which all post.
    Together,
}

/// The company of which all post, and its domain.
const COMPANY: &str = "Weida Presses";
pub(super) const DOMAIN: &str = "weida-presses.example";

/// The numbers below are of leads that are stored; from here on they are of leads that come.
pub(super) const NEWCOMERS: usize = 2_000_000;

/// One of them. The numbers of two people are as long as each other, so that their rows are too.
#[derive(Clone, Debug)]
pub struct Person {
    number: usize,
    works: Works,
    word: String,
    phone: String,
}

impl Person {
    /// The person of this number.
    pub fn of(number: usize, works: Works) -> Self {
        Self { number, works, word: word(number), phone: format!("136{:08}", 25_122_460 + number) }
    }

    /// The key under which they post.
    pub fn key(&self) -> String {
        format!("k-{:07}", self.number)
    }

    /// The same person, who posts under the key of somebody else.
    #[must_use]
    pub fn under_key_of(&self, number: usize) -> Self {
        Self { number, ..self.clone() }
    }

    /// What they post: this lead, as theirs.
    pub fn lead(&self, lead: &Value) -> Value {
        let (company, domain) = match self.works {
            Works::Alone => (format!("{} Presses", self.word), format!("{}-presses.example", self.word)),
            Works::Together => (COMPANY.to_owned(), DOMAIN.to_owned()),
        };
        let mut lead = lead.clone();
        lead["contact"]["name"] = json!(format!("Chen {}", self.word));
        lead["contact"]["email"] = json!(format!("{}@{domain}", self.word));
        lead["contact"]["phone"] = json!(format!("+86 {}", self.phone));
        lead["company"]["name"] = json!(company);
        lead
    }

    /// What is said of them, said of somebody else.
    pub fn said_of(&self, other: &Self, text: &str) -> String {
        text.replace(&self.word, &other.word).replace(&self.phone, &other.phone)
    }

    /// What they posted, as somebody else's.
    pub fn posted_by(&self, other: &Self, posted: &Submission) -> Submission {
        let personal =
            |text: &Option<Personal>| text.as_ref().map(|text| Personal::new(self.said_of(other, text.expose())));
        let mut theirs = posted.clone();
        theirs.contact.name = personal(&posted.contact.name);
        theirs.contact.email = personal(&posted.contact.email);
        theirs.contact.phone = personal(&posted.contact.phone);
        theirs.company.name = posted.company.name.as_ref().map(|name| self.said_of(other, name));
        theirs
    }
}

/// A word that nobody else has: four syllables of letters that look like no others.
fn word(number: usize) -> String {
    const CONSONANTS: [char; 12] = ['b', 'd', 'f', 'g', 'h', 'k', 'p', 'r', 's', 't', 'v', 'z'];
    const VOWELS: [char; 4] = ['a', 'e', 'o', 'u'];
    // Beginning where the syllables differ from each other.
    let mut left = number + 1_234_567;
    let mut word = String::new();
    for _ in 0..4 {
        word.push(CONSONANTS[left % 12]);
        word.push(VOWELS[left / 12 % 4]);
        left /= 48;
    }
    word
}
