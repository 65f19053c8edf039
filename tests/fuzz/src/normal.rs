//! What leads are compared by. The first line of an input is the value, the second one the country.

use leads::personal::Personal;
use leads::profile::{Profile, company_key, registrable_domain};
use leads::submission::{Encoding, Submission, parse};
use serde_json::{Value, json};

use crate::text::is_fit;

pub(crate) fn email(data: &[u8]) {
    let (typed, _) = lines(data);
    let read = |typed: &str| Some(Profile::of(&submission(&json!({"email": typed}), &json!({}))?));
    let Some(first) = read(typed) else { return };
    let text = |value: &Option<Personal>| value.as_ref().map(|value| value.expose().to_owned());
    let address = text(&first.email).expect("an accepted address is read");
    assert!(is_fit(&address) && address.contains('@'), "{address:?}");
    assert!(first.email_domain.as_ref().is_some_and(|domain| domain.is_ascii()), "{address:?}");
    let domain = first.email_domain.as_deref().unwrap_or_default();
    assert_eq!(registrable_domain(domain), first.email_registrable, "{address:?}");
    // Case and IDNA can make an address longer than one may be; then there is nothing to read again.
    if let Some(again) = read(&address) {
        assert_eq!(text(&again.email).as_ref(), Some(&address), "normalised twice");
        assert_eq!(again.email_mailbox, first.email_mailbox, "{address:?}");
        assert_eq!(again.email_domain, first.email_domain, "{address:?}");
    }
    if let Some(again) = read(&text(&first.email_mailbox).unwrap_or_default()) {
        assert_eq!(again.email_mailbox, first.email_mailbox, "{address:?}");
    }
}

pub(crate) fn phone(data: &[u8]) {
    let (typed, country) = lines(data);
    let read = |typed: &str| Some(Profile::of(&submission(&json!({"phone": typed}), &json!({"country": country}))?));
    let Some(first) = read(typed) else { return };
    let run = first.phone.digit_run();
    assert!(run <= 40, "{run}");
    let Some(number) = first.phone_e164() else { return };
    let digits = number.strip_prefix('+').unwrap_or_default();
    assert!((1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()), "{number}");
    let again = read(number).expect("a number in E.164 is a number");
    assert_eq!(again.phone_e164(), Some(number), "normalised twice");
    assert_eq!(again.phone.kind(), first.phone.kind(), "{number}");
    assert_eq!(again.phone.digit_run(), run, "{number}");
}

pub(crate) fn company(data: &[u8]) {
    let (typed, domain) = lines(data);
    let person = json!({"email": "li.lei@acme.example"});
    if let Some(submission) = submission(&person, &json!({"name": typed})) {
        // An account's name comes as it was typed; a lead's has been through the intake.
        let kept = submission.company.name.clone().unwrap_or_default();
        assert_eq!(company_key(&kept), company_key(typed), "{typed:?}");
        assert_eq!(Profile::of(&submission).company_key.unwrap_or_default(), company_key(typed), "{typed:?}");
    }
    if let Some(submission) = submission(&person, &json!({"domain": domain})) {
        let Some(kept) = submission.company.domain.clone() else { return };
        let profile = Profile::of(&submission);
        assert!(kept.is_ascii() && kept == kept.to_lowercase(), "{kept:?}");
        assert_eq!(profile.stated_domain.as_deref(), Some(kept.as_str()), "normalised twice");
        let registrable = registrable_domain(&kept).expect("a domain that was accepted");
        assert_eq!(registrable_domain(&registrable).as_deref(), Some(registrable.as_str()), "{kept:?}");
    }
}

fn lines(data: &[u8]) -> (&str, &str) {
    let text = str::from_utf8(data).unwrap_or_default();
    text.split_once('\n').unwrap_or((text, "CN"))
}

/// The submission of a form with this contact and company, if the intake takes it.
fn submission(contact: &Value, company: &Value) -> Option<Submission> {
    let body = json!({"form_id": "contact", "contact": contact, "company": company, "source": {"channel": "website"}});
    Some(parse(body.to_string().as_bytes(), Encoding::Json).ok()?.submission)
}
