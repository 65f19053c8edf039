//! Phone numbers: E.164 by the numbering plan of the company's country, and what kind of number it is.

use std::str::FromStr;

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};

use crate::geo;
use crate::personal::Personal;
use crate::submission::Submission;

use super::text::nfkc;

/// What is known of a phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneFact {
    /// None was given.
    None,
    /// A number that its country's numbering plan knows.
    Valid {
        /// `+` and at most 15 digits, without extension.
        e164: Personal,
        /// What to dial once the line answers, if the lead says so.
        extension: Option<Personal>,
        /// One of `TYPES`.
        kind: &'static str,
        /// The part whose digits the subscriber alone has; see [`PhoneFact::digit_run`].
        subscriber: Personal,
    },
    /// Something that is no number, or none of the country.
    Invalid {
        /// Its digits, as far as it has any.
        digits: Personal,
    },
}

/// `+` and 15 digits (ITU-T E.164, section 6.2.1).
const MOST_E164_CHARS: usize = 16;

/// The types of numbers, as libphonenumber tells them apart.
pub(crate) const TYPES: &[&str] = &[
    "fixed_line",
    "mobile",
    "fixed_line_or_mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "unknown",
];

impl PhoneFact {
    /// Reads a number in the numbering plan of the company's country, then, where something speaks for China, in the
    /// Chinese one. A number that starts with `+` names its own, and so does one with `00` that no plan takes.
    pub(super) fn read(typed: &Personal, submission: &Submission, place: &geo::Place) -> Self {
        let text = with_extension(&nfkc(typed.expose()));
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if text.trim_start().starts_with('+') {
            return valid(&text, None).unwrap_or_else(|| Self::Invalid { digits: Personal::new(digits) });
        }
        let stated = geo::phone_region(place);
        let chinese =
            (stated != Some("CN") && (writes_chinese(submission) || is_chinese_mobile(&digits))).then_some("CN");
        let plans = [stated, chinese].into_iter().flatten().filter_map(|code| Region::from_str(code).ok());
        let abroad = || valid(&format!("+{}", text.trim_start().strip_prefix("00")?), None);
        plans
            .map(Some)
            .find_map(|plan| valid(&text, plan))
            .or_else(abroad)
            .unwrap_or_else(|| Self::Invalid { digits: Personal::new(digits) })
    }

    /// The number in E.164, if it is valid.
    pub fn e164(&self) -> Option<&Personal> {
        match self {
            Self::Valid { e164, .. } => Some(e164),
            Self::None | Self::Invalid { .. } => None,
        }
    }

    /// The type of a valid number: one of libphonenumber's, in snake_case.
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Valid { kind, .. } => Some(kind),
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

/// Reads what all numbers need: the plans of all countries, and how numbers are written. The number is of a television
/// programme, as the plan of the United Kingdom sets some aside.
pub(super) fn prepare() {
    _ = valid("+44 20 7946 0000 ext. 1", None);
}

/// Says in libphonenumber's words what Chinese numbers call their extension.
fn with_extension(text: &str) -> String {
    ["转", "轉", "分机", "分機"].iter().fold(text.to_owned(), |text, word| text.replace(word, " ext. "))
}

/// Eleven digits, as Chinese mobiles have them, alone or behind the country's code; no other plan writes its numbers so.
fn is_chinese_mobile(digits: &str) -> bool {
    let national = digits.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(digits);
    national.len() == 11 && matches!(national.as_bytes(), [b'1', b'3'..=b'9', ..])
}

fn valid(text: &str, region: Option<Region>) -> Option<PhoneFact> {
    let number = PhoneNumber::parse(text, region).ok()?;
    // A number is valid if its plan has a type for it; to ask for both would be to look for it twice.
    let kind = Some(number.get_type()).filter(|kind| *kind != PhoneNumberType::Unknown)?;
    let e164 = number.format_as(PhoneNumberFormat::E164);
    // The German plan has numbers of 15 digits behind its country's code; E.164 ends at 15 with it.
    if e164.len() > MOST_E164_CHARS {
        return None;
    }
    let national = number.get_national_significant_number();
    let chinese_mobile = number.country_code == 86 && kind == PhoneNumberType::Mobile;
    let subscriber = if chinese_mobile { national.get(3..).unwrap_or_default() } else { &national };
    Some(PhoneFact::Valid {
        e164: Personal::new(e164.into_owned()),
        extension: number.extension.as_deref().filter(|digits| !digits.is_empty()).map(Personal::new),
        kind: type_name(kind),
        subscriber: Personal::new(subscriber),
    })
}

fn type_name(kind: PhoneNumberType) -> &'static str {
    match kind {
        PhoneNumberType::FixedLine => "fixed_line",
        PhoneNumberType::Mobile => "mobile",
        PhoneNumberType::FixedLineOrMobile => "fixed_line_or_mobile",
        PhoneNumberType::TollFree => "toll_free",
        PhoneNumberType::PremiumRate => "premium_rate",
        PhoneNumberType::SharedCost => "shared_cost",
        PhoneNumberType::VoIP => "voip",
        PhoneNumberType::PersonalNumber => "personal_number",
        PhoneNumberType::Pager => "pager",
        PhoneNumberType::UAN => "uan",
        PhoneNumberType::VoiceMail => "voicemail",
        PhoneNumberType::Unknown => "unknown",
    }
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
