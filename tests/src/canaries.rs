//! Personal values that nothing else contains, and the search for them in what was logged, however it may be written.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// What a lead, its answers and its requests hold of a person, or that a person may have typed, by where it stands.
pub const CANARIES: [(&str, &str); 30] = [
    ("contact.name", "Qánary Nãme 7f3a01"),
    ("contact.email", "Qanary+7f3a02@qmail-7f3a03.example"),
    ("the mailbox", "qanary+7f3a02"),
    ("the mail domain", "qmail-7f3a03.example"),
    ("contact.phone", "139 1873 4602"),
    ("the phone's digits", "13918734602"),
    ("contact.title", "Títle 7f3a04"),
    ("company.name", "Cömpany & Söhne 7f3a05"),
    ("company.domain", "cdomain-7f3a06.example"),
    ("company.province", "Prövince 7f3a07"),
    ("company.city", "Cïty 7f3a08"),
    ("interest.product", "pröduct 7f3a09"),
    ("interest.brands", "Bränd 7f3a10"),
    ("interest.message", "Call \"Zoë\" at <7f3a11>\nquickly"),
    ("source.utm.term", "utm térm 7f3a12"),
    ("source.content_id", "contént 7f3a13"),
    ("source.owner", "Öwner 7f3a14"),
    ("consent.source", "https://page.example/?q=7f3a15"),
    ("tags.identity", "identíty 7f3a16"),
    ("tags.interaction.content", "interáction 7f3a17"),
    ("custom's name", "custöm name 7f3a18"),
    ("custom's value", "Custöm value 7f3a19"),
    ("the idempotency key", "key-qanary@7f3a20.example"),
    ("submission_id", "sid-qanary@7f3a21.example"),
    ("webhook-id", "msg-qanary-7f3a22"),
    ("a header", "Browser of Qanary 7f3a23"),
    ("the query", "mail=qanary-7f3a24"),
    ("feedback's note", "She säid 7f3a25"),
    ("the actor", "Äctor 7f3a26"),
    ("verdict's reason", "Reäson 7f3a27"),
];

/// The canary that stands there.
pub fn canary(place: &str) -> &'static str {
    let found = CANARIES.iter().find(|(known, _)| *known == place);
    found.map(|(_, canary)| *canary).unwrap_or_else(|| panic!("no canary stands at {place}"))
}

/// The body of a form that is full of them. `owner` has to be signed for.
pub fn lead() -> Value {
    json!({
        "form_id": "contact",
        "contact": {
            "name": canary("contact.name"), "email": canary("contact.email"), "phone": canary("contact.phone"),
            "title": canary("contact.title"),
        },
        "company": {
            "name": canary("company.name"), "domain": canary("company.domain"), "country": "CN", "size": 900,
            "province": canary("company.province"), "city": canary("company.city"),
        },
        "interest": {
            "product": canary("interest.product"), "brands": [canary("interest.brands")], "horizon": "immediate",
            "message": canary("interest.message"), "budget": {"minor": 990_000_000, "currency": "CNY"},
        },
        "source": {
            "channel": "website", "content_id": canary("source.content_id"),
            "utm": {"term": canary("source.utm.term")},
        },
        "consent": {"purpose": "sales_contact", "text_version": "1", "source": canary("consent.source")},
        "tags": {
            "identity": [canary("tags.identity")],
            "interaction": [{"kind": "demo_request", "content": canary("tags.interaction.content")}],
        },
        "custom": {(canary("custom's name")): canary("custom's value")},
    })
}

/// Where canaries stand in what was logged, and how they are written there.
pub fn found_in(logged: &str) -> Vec<String> {
    let lower = logged.to_lowercase();
    let mut found = Vec::new();
    for (place, canary) in CANARIES {
        for (encoding, exact, text) in written(canary) {
            let hit = if exact { logged.contains(&text) } else { lower.contains(&text.to_lowercase()) };
            if hit {
                found.push(format!("{place}, {encoding}"));
            }
        }
    }
    found
}

/// A text in six encodings, as far as each does not depend on what stands around it; and whether case counts.
fn written(canary: &str) -> Vec<(&'static str, bool, String)> {
    let mut written = Vec::new();
    // As typed, and as it is compared.
    for text in [canary.to_owned(), canary.to_lowercase()] {
        written.push(("raw or lower case", false, text.clone()));
        written.push(("as Rust prints it", false, format!("{text:?}").trim_matches('"').to_owned()));
        let minimal = Value::from(&*text).to_string();
        written.push(("JSON", false, minimal.trim_matches('"').to_owned()));
        written.push(("JSON in ASCII", false, json_escaped(&text, |c| !c.is_ascii())));
        written.push(("JSON, all escaped", false, json_escaped(&text, |_| true)));
        let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let url = |blank: &str| {
            let byte = |byte: u8| match byte {
                b' ' => blank.to_owned(),
                _ if kept(byte) => char::from(byte).to_string(),
                _ => format!("%{byte:02x}"),
            };
            text.bytes().map(byte).collect::<String>()
        };
        written.push(("URL", false, url("%20")));
        written.push(("form", false, url("+")));
        written.push(("hex", false, text.bytes().map(|byte| format!("{byte:02x}")).collect()));
        for before in 0..3 {
            let bytes = [&[0; 2][..before], text.as_bytes()].concat();
            for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                let encoded = engine.encode(&bytes);
                // What the neighbours' bits are mixed into is left out.
                let end = encoded.len() - usize::from(bytes.len() % 3 != 0);
                written.push(("base64", true, encoded[[0, 2, 3][before]..end].to_owned()));
            }
        }
    }
    written
}

fn json_escaped(text: &str, escaped: impl Fn(char) -> bool) -> String {
    let mut units = [0; 2];
    let escape = |c: char, units: &mut [u16; 2]| -> String {
        c.encode_utf16(units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    };
    text.chars().map(|c| if escaped(c) { escape(c, &mut units) } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::found_in;

    /// Written down by other programs: printf, base64, xxd, Python's json and urllib.
    #[test]
    fn a_canary_is_found_however_it_is_written() {
        for line in [
            "name=Qánary Nãme 7f3a01.",
            "name=qánary nãme 7f3a01.",
            r#"{"name":"Q\u00e1nary N\u00e3me 7f3a01"}"#,
            r#"{"name":"Q\u00E1nary N\u00E3me 7f3a01"}"#,
            "/?name=Q%C3%A1nary%20N%C3%A3me%207f3a01",
            "/?name=Q%C3%A1nary+N%C3%A3me+7f3a01",
            "51c3a16e617279204ec3a36d6520376633613031",
            "51C3A16E617279204EC3A36D6520376633613031",
            // The name alone; behind one character, behind two, and with more behind it.
            "UcOhbmFyeSBOw6NtZSA3ZjNhMDE=",
            "eFHDoW5hcnkgTsOjbWUgN2YzYTAxeHg=",
            "eHhRw6FuYXJ5IE7Do21lIDdmM2EwMXh4",
            "ccOhbmFyeSBuw6NtZSA3ZjNhMDE=",
            r#"{"message":"Call \"Zoë\" at <7f3a11>\nquickly"}"#,
        ] {
            assert!(!found_in(line).is_empty(), "{line}");
        }
        assert_eq!(found_in("a lead was received: ld_7f3a, 139 1873"), Vec::<String>::new());
    }
}
