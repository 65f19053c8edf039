//! The syntax of single values: addresses, domains, currencies. Each answers the value as it is kept, or a code and the
//! mend.

use email_address::{EmailAddress, Options};

type Parsed = Result<String, (&'static str, String)>;

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

/// The answer to an identifier with other characters than [`crate::id`] takes.
pub(super) fn bad_identifier() -> (&'static str, String) {
    ("illegal-character", "Use letters, digits, `-`, `_` and `.` only.".to_owned())
}
