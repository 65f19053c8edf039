//! The syntax of single values: addresses, domains, currencies, times. Each answers the value as it is kept, or a code and the
//! mend.

use email_address::{EmailAddress, Options};
use jiff::Timestamp;

type Parsed<T = String> = Result<T, (&'static str, String)>;

/// An address of RFC 5321 below a domain of at least two labels, kept as typed.
pub(super) fn email(text: &str) -> Parsed {
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    let legal = EmailAddress::parse_with_options(text, options)
        .is_ok_and(|address| address.local_part().len() <= 64 && ascii_domain(address.domain()).is_some());
    if !legal {
        return Err(("not-an-email", "Give one e-mail address, for example `first.last@company.example`.".to_owned()));
    }
    Ok(text.to_owned())
}

/// A registered name, kept as ASCII (IDNA, UTS 46): the form in which it is looked up.
pub(super) fn domain(text: &str) -> Parsed {
    ascii_domain(text).ok_or_else(|| {
        let mend = "Give a domain alone, for example `company.example`: no `https://`, path, port or address.";
        ("not-a-domain", mend.to_owned())
    })
}

fn ascii_domain(text: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(text).ok()?;
    let (_, top) = ascii.rsplit_once('.')?;
    // No top-level domain is a number; an IP address ends in one.
    let registrable = !top.is_empty() && !top.bytes().all(|byte| byte.is_ascii_digit());
    registrable.then_some(ascii)
}

/// Three capital letters, as ISO 4217 has them.
pub(super) fn currency(text: &str) -> Parsed {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    Err(("not-a-currency", "Give an ISO 4217 code of three capital letters, for example `EUR`.".to_owned()))
}

/// An absolute URL that may stand in a `Location` header.
pub(super) fn web_address(text: &str) -> Parsed {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = authority.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let legal = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
    };
    if host.is_empty() || host.contains('@') || !text.bytes().all(legal) {
        return Err((
            "not-a-url",
            "Give an absolute URL, for example `https://www.company.example/thanks`.".to_owned(),
        ));
    }
    Ok(text.to_owned())
}

/// A time of RFC 3339 from 1970 on.
pub(super) fn time(text: &str) -> Parsed<Timestamp> {
    let time = if is_rfc3339(text) { text.parse::<Timestamp>().ok() } else { None };
    match time {
        None => {
            let mend = "Give an RFC 3339 time with its offset, for example `2027-04-05T16:20:00+08:00`.";
            Err(("not-a-time", mend.to_owned()))
        }
        Some(time) if time < Timestamp::UNIX_EPOCH => Err(("out-of-range", "Give a time after 1970.".to_owned())),
        Some(time) => Ok(time),
    }
}

/// The date-time of RFC 3339, section 5.6. The time library reads more than that.
fn is_rfc3339(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit();
    let matches = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text
                .bytes()
                .zip(pattern.bytes())
                .all(|(found, wanted)| if wanted == b'0' { digit(found) } else { found == wanted })
    };
    let Some((date_time, rest)) = text.split_at_checked("0000-00-00T00:00:00".len()) else { return false };
    let offset = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if !(1..=9).contains(&(fraction.len() - offset.len())) {
                return false;
            }
            offset
        }
    };
    matches(date_time, "0000-00-00T00:00:00")
        && (offset == "Z" || matches(offset, "+00:00") || matches(offset, "-00:00"))
}

/// The answer to an identifier with other characters than [`crate::id`] takes.
pub(crate) fn bad_identifier() -> (&'static str, String) {
    ("illegal-character", "Use letters, digits, `-`, `_` and `.` only.".to_owned())
}
