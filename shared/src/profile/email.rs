//! E-mail addresses and domains: what they are compared by. The address itself is kept and shown as it was typed.

use std::borrow::Cow;

use idna::AsciiDenyList;

use crate::personal::Personal;

/// What is known of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Email {
    /// Lower case, domain in IDNA's ASCII form.
    pub(super) address: Personal,
    /// The local part without sub-address, lower case.
    pub(super) local: Personal,
    /// ASCII.
    pub(super) domain: String,
    /// What addresses of the same mailbox have in common, as far as the provider says.
    pub(super) mailbox: Personal,
}

impl Email {
    pub(super) fn read(typed: &Personal) -> Option<Self> {
        let (local, domain) = typed.expose().trim().rsplit_once('@')?;
        let (local, domain) = (local.to_lowercase(), ascii_domain(domain)?.into_owned());
        Some(Self {
            address: Personal::new(format!("{local}@{domain}")),
            mailbox: Personal::new(mailbox(&local, &domain)),
            local: Personal::new(before(&local, '+')),
            domain,
        })
    }
}

/// A domain as people write it, in IDNA's ASCII form and lower case; `None` if it is none.
pub(crate) fn ascii_domain(domain: &str) -> Option<Cow<'_, str>> {
    if is_plain(domain) {
        return Some(Cow::Borrowed(domain));
    }
    let domain = domain.trim().trim_end_matches('.');
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL).ok()?;
    (!ascii.split('.').any(str::is_empty)).then_some(ascii)
}

/// Whether IDNA would leave a domain as it is, by its looks: lists hold thousands that it need not be asked about.
fn is_plain(domain: &str) -> bool {
    let mut before = b'.';
    for byte in domain.bytes() {
        let goes_on = match byte {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'.' => before != b'.',
            // Two of them may be a label in IDNA's own form.
            b'-' => before != b'-',
            _ => false,
        };
        if !goes_on {
            return false;
        }
        before = byte;
    }
    before != b'.'
}

/// The registrable part of a domain as people write it; `None` if it is none.
pub fn registrable_domain(domain: &str) -> Option<String> {
    ascii_domain(domain).map(|domain| registrable(&domain))
}

/// The registrable part of an ASCII domain; the domain itself where the public suffix list has none.
pub fn registrable(domain: &str) -> String {
    psl::domain_str(domain).unwrap_or(domain).to_owned()
}

/// A domain and each one above it, down to its registrable part.
pub(crate) fn with_those_above<'d>(domain: &'d str, registrable: &str) -> impl Iterator<Item = &'d str> {
    std::iter::successors(Some(domain), move |domain| {
        (*domain != registrable).then(|| domain.split_once('.')).flatten().map(|(_, above)| above)
    })
}

/// How a provider treats the local part.
enum Local {
    /// `name+tag` is `name`.
    Plus,
    /// Dots do not count either.
    PlusWithoutDots,
    /// `name-tag` is `name`.
    Hyphen,
}

/// The mailbox of an address. What is not documented is not assumed: elsewhere `a+b@` and `a@` may be two people.
fn mailbox(local: &str, domain: &str) -> String {
    let (canonical, rule) = match domain {
        // Gmail Help: "Dots don't matter in Gmail addresses", "Create task-specific email addresses"; googlemail.com is
        // Gmail's name in some countries.
        "gmail.com" | "googlemail.com" => ("gmail.com", Local::PlusWithoutDots),
        // Microsoft Learn: "Plus addressing in Exchange Online"; Outlook.com runs on it.
        _ if matches!(second_level(domain), "outlook" | "hotmail" | "live" | "msn") => (domain, Local::Plus),
        // Apple Support, iCloud Mail: one mailbox answers to the three domains.
        "icloud.com" | "me.com" | "mac.com" => ("icloud.com", Local::Plus),
        // Fastmail Help: "Plus addressing and subdomain addressing".
        "fastmail.com" | "fastmail.fm" => (domain, Local::Plus),
        // Proton Support: "Addresses and aliases", +aliases.
        "proton.me" | "protonmail.com" | "pm.me" => (domain, Local::Plus),
        // Yahoo Help: "Disposable addresses", a base name, a hyphen and a keyword; account names hold no hyphen.
        "ymail.com" | "rocketmail.com" => (domain, Local::Hyphen),
        _ if second_level(domain) == "yahoo" => (domain, Local::Hyphen),
        _ => return format!("{local}@{domain}"),
    };
    let name = match rule {
        Local::Plus => before(local, '+').to_owned(),
        Local::PlusWithoutDots => before(local, '+').replace('.', ""),
        Local::Hyphen => before(local, '-').to_owned(),
    };
    format!("{name}@{canonical}")
}

/// `hotmail` of `hotmail.co.uk`; nothing of a domain below a registrable one, which is not the provider's.
fn second_level(domain: &str) -> &str {
    let registrable = psl::domain_str(domain).unwrap_or_default();
    if registrable == domain { domain.split('.').next().unwrap_or_default() } else { "" }
}

/// The text before a mark; all of it if nothing stands before.
fn before(text: &str, mark: char) -> &str {
    text.split_once(mark).map_or(text, |(head, _)| if head.is_empty() { text } else { head })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_key_and_two_have_two() {
        // typed, mailbox, local part
        for (typed, mailbox, local) in [
            ("Li.Min+Web@Gmail.com", "limin@gmail.com", "li.min"),
            ("limin@googlemail.com", "limin@gmail.com", "limin"),
            ("Li.Min+a@outlook.com", "li.min@outlook.com", "li.min"),
            ("li@hotmail.co.uk", "li@hotmail.co.uk", "li"),
            ("li+x@hotmail.co.uk", "li@hotmail.co.uk", "li"),
            ("li+x@live.nl", "li@live.nl", "li"),
            ("li+x@live.example.com", "li+x@live.example.com", "li"),
            ("li+x@me.com", "li@icloud.com", "li"),
            ("li+x@fastmail.com", "li@fastmail.com", "li"),
            ("li+x@proton.me", "li@proton.me", "li"),
            ("li-shop@yahoo.co.jp", "li@yahoo.co.jp", "li-shop"),
            ("li-shop@firma.example", "li-shop@firma.example", "li-shop"),
            ("li.min+a@firma.example", "li.min+a@firma.example", "li.min"),
            ("LI@BÜCHER.example", "li@xn--bcher-kva.example", "li"),
            ("+@gmail.com", "+@gmail.com", "+"),
        ] {
            let email = Email::read(&Personal::new(typed)).unwrap();
            assert_eq!((email.mailbox.expose(), email.local.expose()), (mailbox, local), "{typed}");
        }
        assert_eq!(Email::read(&Personal::new("nobody")), None);
    }

    /// The shortcut against the library, on domains of all that it tells apart.
    #[test]
    fn a_plain_domain_is_what_idna_leaves_alone() {
        let pieces =
            ["a", "z9", "0", "-", "--", ".", "..", "xn--", "xn--bcher-kva", "A", "ü", "_", " ", "com", "。", "@"];
        let mut rng = fastrand::Rng::with_seed(31);
        let mut plain = 0;
        for _ in 0..50_000 {
            let domain: String = (0..rng.usize(..6)).filter_map(|_| rng.choice(pieces)).collect();
            let trimmed = domain.trim().trim_end_matches('.');
            let by_idna = idna::domain_to_ascii_cow(trimmed.as_bytes(), AsciiDenyList::URL).ok();
            let by_idna = by_idna.filter(|ascii| !ascii.split('.').any(str::is_empty));
            assert_eq!(ascii_domain(&domain), by_idna, "{domain:?}");
            plain += u32::from(is_plain(&domain));
        }
        assert!(plain > 1_000, "{plain}");
    }
}
