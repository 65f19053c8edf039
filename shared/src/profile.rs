//! What a submission says once it is normalised: the facts that rules look at, worked out once a decision. Nothing here
//! depends on the rules.

use std::str::FromStr;

use rlibphonenumber::{PhoneNumberFormat, PhoneNumberType, Region};
use unicode_normalization::UnicodeNormalization;

use crate::geo;
use crate::personal::Personal;
use crate::row::RowKey;
use crate::submission::Submission;

/// Normalised facts of one submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The e-mail address as it is matched: lower case, domain in IDNA's ASCII form.
    pub email: Option<Personal>,
    /// The e-mail's domain, ASCII.
    pub email_domain: Option<String>,
    /// The part of it that somebody registered: `example.co.uk` of `mail.example.co.uk`.
    pub email_registrable: Option<String>,
    /// The registrable domain of the company: the stated one, else the e-mail's.
    pub company_domain: Option<String>,
    /// The phone number.
    pub phone: PhoneFact,
    /// The company's place.
    pub place: geo::Place,
    /// The company's name as it is matched, without legal form.
    pub company_name: Option<String>,
    /// The person's name as it is matched.
    pub name: Option<Personal>,
}

/// What is known of a phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneFact {
    /// None was given.
    None,
    /// A number that its country's numbering plan knows.
    Valid {
        /// `+` and at most 15 digits.
        e164: Personal,
        /// The part whose digits the subscriber alone has; see [`PhoneFact::digit_run`].
        subscriber: Personal,
    },
    /// Something that is no number, or none of the country.
    Invalid {
        /// Its digits, as far as it has any.
        digits: Personal,
    },
}

impl Profile {
    /// Normalises `submission`. Parses its phone number, the one costly step, at most twice.
    pub fn of(submission: &Submission) -> Self {
        let (contact, company) = (&submission.contact, &submission.company);
        let place = geo::place(company.country.as_deref(), company.province.as_deref(), company.city.as_deref());
        let (email, email_domain) = contact.email.as_ref().and_then(email_key).unzip();
        let email_registrable = email_domain.as_deref().map(registrable);
        let stated_domain = company.domain.as_deref().and_then(ascii_domain).map(|domain| registrable(&domain));
        Self {
            email,
            company_domain: stated_domain.or_else(|| email_registrable.clone()),
            email_domain,
            email_registrable,
            phone: contact.phone.as_ref().map_or(PhoneFact::None, |phone| phone_fact(phone, submission, &place)),
            place,
            company_name: company.name.as_deref().map(company_key).filter(|name| !name.is_empty()),
            name: contact.name.as_ref().map(|name| name_key(name.expose())).filter(|name| !name.expose().is_empty()),
        }
    }
}

impl Profile {
    /// The rows under which the company may be known as an account, the surest first: by domain, then by name.
    pub fn account_keys(&self) -> Vec<RowKey> {
        let domains = [&self.company_domain, &self.email_registrable];
        let mut keys: Vec<_> = domains.into_iter().flatten().map(|domain| RowKey::account_by_domain(domain)).collect();
        keys.dedup();
        keys.extend(self.company_name.as_deref().map(RowKey::account_by_name));
        keys
    }

    /// The phone number in E.164, if it is valid.
    pub fn phone_e164(&self) -> Option<&str> {
        self.phone.e164().map(Personal::expose)
    }

    /// ISO 3166-1 alpha-2.
    pub fn country(&self) -> Option<&'static str> {
        self.place.country
    }

    /// Two digits of GB/T 2260.
    pub fn province(&self) -> Option<&'static str> {
        self.place.province
    }

    /// Four or six digits of GB/T 2260; see [`geo::Place::city`].
    pub fn city(&self) -> Option<&'static str> {
        self.place.city
    }
}

impl PhoneFact {
    /// The number in E.164, if it is valid.
    pub fn e164(&self) -> Option<&Personal> {
        match self {
            Self::Valid { e164, .. } => Some(e164),
            Self::None | Self::Invalid { .. } => None,
        }
    }

    /// The length of the longest run of equal, rising or falling digits in the part that the subscriber alone has: the
    /// national number, without the three digits of the network for a Chinese mobile. 0 without a number.
    pub fn digit_run(&self) -> u32 {
        match self {
            Self::None => 0,
            Self::Valid { subscriber: digits, .. } | Self::Invalid { digits } => longest_run(digits.expose()),
        }
    }
}

/// The matching key of an address and its domain.
fn email_key(email: &Personal) -> Option<(Personal, String)> {
    let (local, domain) = email.expose().trim().rsplit_once('@')?;
    let domain = ascii_domain(domain)?;
    Some((Personal::new(format!("{}@{domain}", local.to_lowercase())), domain))
}

fn ascii_domain(domain: &str) -> Option<String> {
    idna::domain_to_ascii(domain.trim().trim_end_matches('.')).ok().filter(|domain| !domain.is_empty())
}

/// The registrable part of a domain as people write it; `None` if it is none.
pub fn registrable_domain(domain: &str) -> Option<String> {
    ascii_domain(domain).map(|domain| registrable(&domain))
}

/// The registrable part of an ASCII domain; the domain itself where the public suffix list has none.
pub fn registrable(domain: &str) -> String {
    psl::domain_str(domain).unwrap_or(domain).to_owned()
}

/// NFKC, lower case, punctuation to single spaces.
pub(crate) fn words(text: &str) -> String {
    let spaced: String =
        text.nfkc().flat_map(char::to_lowercase).map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A person's name as it is matched: lower case, NFKC and, in Chinese, without spaces.
fn name_key(name: &str) -> Personal {
    let mut key = words(name);
    if geo::has_han(&key) {
        key.retain(|c| c != ' ');
    }
    Personal::new(key)
}

/// A company's name as it is matched: lower case, NFKC, without its legal form and, in Chinese, without spaces.
pub fn company_key(name: &str) -> String {
    // Dots belong to forms such as `S.p.A.`; dropped first, they leave one word.
    let mut key = words(&name.replace('.', ""));
    loop {
        let shorter = LATIN_FORMS.iter().find_map(|form| key.strip_suffix(form)?.strip_suffix(' '));
        match shorter {
            Some(rest) => key = rest.to_owned(),
            None => break,
        }
    }
    if geo::has_han(&key) {
        key.retain(|c| c != ' ');
        while let Some(rest) =
            CHINESE_FORMS.iter().find_map(|form| key.strip_suffix(form).filter(|rest| !rest.is_empty()))
        {
            key = rest.to_owned();
        }
    }
    key
}

/// Legal forms at the end of a name, as [`words`] leaves them.
const LATIN_FORMS: &[&str] = &[
    "ltd",
    "limited",
    "co",
    "company",
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "llc",
    "llp",
    "plc",
    "gmbh",
    "ag",
    "kg",
    "gmbh co",
    "se",
    "sa",
    "sas",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "ab",
    "as",
    "oy",
    "oyj",
    "aps",
    "kk",
    "pte",
    "pvt",
    "pty",
    "sdn bhd",
    "bhd",
    "lda",
    "ltda",
    "sp z oo",
    "holding",
    "holdings",
    "group",
];

/// Chinese legal forms at the end of a name, longest first.
const CHINESE_FORMS: &[&str] = &[
    "股份有限公司",
    "有限责任公司",
    "集团有限公司",
    "有限公司",
    "股份公司",
    "分公司",
    "子公司",
    "集团公司",
    "公司",
    "集团",
    "厂",
];

/// Reads a number in the numbering plan of the company's country, then, where something speaks for China, in the Chinese
/// one. A number that starts with `+` names its own.
fn phone_fact(typed: &Personal, submission: &Submission, place: &geo::Place) -> PhoneFact {
    let text: String = typed.expose().nfkc().collect();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let stated = geo::phone_region(place);
    let chinese =
        (stated != Some("CN") && (writes_chinese(submission) || is_bare_chinese_mobile(&digits))).then_some("CN");
    let plans = [stated, chinese].into_iter().flatten().filter_map(|code| Region::from_str(code).ok());
    let found = if text.trim_start().starts_with('+') {
        valid(&text, None)
    } else {
        plans.map(Some).find_map(|plan| valid(&text, plan))
    };
    found.unwrap_or_else(|| PhoneFact::Invalid { digits: Personal::new(digits) })
}

/// Eleven digits, as Chinese mobiles have them without a country code; no other plan writes its numbers so.
fn is_bare_chinese_mobile(digits: &str) -> bool {
    digits.len() == 11 && matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..])
}

fn valid(text: &str, region: Option<Region>) -> Option<PhoneFact> {
    let number =
        rlibphonenumber::PhoneNumber::parse(text, region).ok().filter(rlibphonenumber::PhoneNumber::is_valid)?;
    let national = number.get_national_significant_number();
    let chinese_mobile = number.country_code == 86 && number.get_type() == PhoneNumberType::Mobile;
    let subscriber = if chinese_mobile { national.get(3..).unwrap_or_default() } else { &national };
    Some(PhoneFact::Valid {
        e164: Personal::new(number.format_as(PhoneNumberFormat::E164).into_owned()),
        subscriber: Personal::new(subscriber),
    })
}

/// Whether the person or the company is named in Chinese, or the message is: then a number without country is Chinese.
fn writes_chinese(submission: &Submission) -> bool {
    let (contact, company) = (&submission.contact, &submission.company);
    let personal = [&contact.name, &contact.title, &submission.interest.message];
    let plain = [&company.name, &company.city, &company.province];
    personal.into_iter().flatten().any(|text| geo::has_han(text.expose()))
        || plain.into_iter().flatten().any(|text| geo::has_han(text))
}

fn longest_run(digits: &str) -> u32 {
    let digits: Vec<i16> = digits.bytes().filter(u8::is_ascii_digit).map(i16::from).collect();
    let mut longest = u32::from(!digits.is_empty());
    let (mut step, mut length) = (None, 1);
    for (a, b) in digits.iter().zip(digits.iter().skip(1)) {
        let next = b - a;
        length = match (step, next) {
            (Some(step), next) if step == next => length + 1,
            (_, -1..=1) => 2,
            _ => 1,
        };
        step = (-1..=1).contains(&next).then_some(next);
        longest = longest.max(length);
    }
    longest
}
