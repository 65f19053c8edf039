//! The leads that are posted: invented, no two of them the same person or company.

use leadctl::samples::Generator;
use serde_json::Value;

/// Another seed gives other leads, which nothing here needs.
const SEED: u64 = 1;

/// Chinese numbers have eight digits of chance. The others come from the small ranges that are kept for fiction, so that
/// strangers would share them and be joined.
const OWN_NUMBER: &str = "138";

/// What a form posts of each lead; always the same leads in the same order.
pub fn bodies() -> impl Iterator<Item = String> {
    Generator::new(SEED).enumerate().filter_map(|(number, line)| body(number, &line))
}

/// `None` for a lead that the intake would refuse, and for one that a partner has to sign.
fn body(number: usize, line: &str) -> Option<String> {
    let mut line: Value = serde_json::from_str(line).ok()?;
    if line.get("signed_by").is_some() || !line.pointer("/submission/contact/email")?.as_str()?.contains('@') {
        return None;
    }
    let mut submission = line.get_mut("submission")?.take();
    if let Some(Value::String(company)) = submission.pointer_mut("/company/name") {
        company.push_str(&format!(" {number}"));
    }
    let contact = submission.get_mut("contact")?.as_object_mut()?;
    if !contact.get("phone").and_then(Value::as_str).is_some_and(|phone| phone.starts_with(OWN_NUMBER)) {
        contact.remove("phone");
    }
    // What they did, they did just now: interest of last year has faded.
    for interaction in submission.pointer_mut("/tags/interaction").and_then(Value::as_array_mut).into_iter().flatten() {
        interaction.as_object_mut()?.remove("at");
    }
    Some(submission.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use leads::submission::{Encoding, parse};

    use super::bodies;

    #[test]
    fn the_intake_takes_all_of_them_and_no_two_share_a_key() {
        let (mut emails, mut phones, mut companies) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        for body in bodies().take(12_000) {
            if let Err(problems) = parse(body.as_bytes(), Encoding::Json) {
                panic!("{problems:?}: {body}");
            }
            let value: serde_json::Value = serde_json::from_str(&body).unwrap();
            let text = |pointer| value.pointer(pointer).and_then(|text| text.as_str()).map(str::to_owned);
            assert!(emails.insert(text("/contact/email")), "{body}");
            assert!(companies.insert(text("/company/name")), "{body}");
            phones.extend(text("/contact/phone"));
        }
        let all = phones.len();
        let different = phones.into_iter().collect::<BTreeSet<_>>().len();
        assert!(all - different <= 3, "{} of {all} numbers are shared", all - different);
    }
}
