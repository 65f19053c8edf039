//! Signed requests about a lead. The first byte of an input says which, and where the lead stands; then come the four
//! headers, a line each (`@` for the right value), and the body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt;
use hmac::{Hmac, KeyInit, Mac};
use leads::id::Principal;
use leads::row::{Row, StoredFeedback};
use leads::signature::{ID_HEADER, PRINCIPAL_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use sha2::Sha256;
use tests::functions;
use tests::rule_sets::RULES;

use crate::text::assert_fit;
use crate::world::{self, KEYS, LEAD, Stand, answer, now, with_lead};

fn checked(data: &[u8]) -> Option<()> {
    let (first, rest) = data.split_first()?;
    let (route, end, usual) = match first & 3 {
        0 | 1 => ("POST /v1/leads/{id}/feedback", "/feedback", "crm-china"),
        2 => ("POST /v1/leads/{id}/verdict", "/verdict", "telemarketing-desk"),
        _ => ("GET /v1/leads/{id}", "", "crm-china"),
    };
    let mut parts = rest.splitn(5, |byte| *byte == b'\n');
    let mut line = |usual: &str| {
        let given = str::from_utf8(parts.next()?).ok()?;
        Some(if given == "@" { usual.to_owned() } else { given.to_owned() })
    };
    let seconds = now().as_second();
    let (principal, id, timestamp) = (line(usual)?, line("msg_1")?, line(&seconds.to_string())?);
    let signature = line("@")?;
    let body = parts.next()?;

    let path = format!("/v1/leads/{LEAD}{end}");
    let method = route.split(' ').next()?;
    let right = tag(&principal, &id, &timestamp, method, &path, body);
    let signature = match (signature.as_str(), &right) {
        ("@", Some(right)) => right.clone(),
        _ => signature,
    };
    let fresh = timestamp.parse::<i64>().is_ok_and(|at| at.abs_diff(seconds) <= 300);
    let legal_id = (1..=255).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.');
    let signed = right.is_some_and(|right| signature.split(' ').any(|given| given == right));
    let holds = signed && fresh && legal_id && RULES.principal(&Principal::parse(principal.clone()).ok()?).is_some();

    let headers = [
        (PRINCIPAL_HEADER, principal.as_str()),
        (ID_HEADER, &id),
        (TIMESTAMP_HEADER, &timestamp),
        (SIGNATURE_HEADER, &signature),
    ];
    let mut event = world::request(route, &path, &headers, body)?;
    event.path_parameters.insert("id".into(), LEAD.into());
    let world = with_lead(Stand::of(first >> 2));
    let before = world.rows();
    let settings = feedback::Settings { rules: &RULES, keys: &KEYS };
    let response = functions::feedback(&event, &world, settings, feedback::Moment { now: now(), has_time: &|| true })
        .now_or_never()?;
    let (status, _) = answer(response);
    assert!([200, 400, 401, 404, 409, 413, 422].contains(&status), "undocumented: {status}");
    if !holds {
        assert!(status == 401 || status == 413, "{status} without a signature that holds");
    } else if timestamp == seconds.to_string() {
        assert_ne!(status, 401, "a signature that holds was refused");
    }
    if status == 200 && method == "POST" {
        let stored = world.rows().into_iter().find_map(|row| match row {
            Row::Feedback(stored) => Some(stored),
            _ => None,
        });
        let stored = stored.expect("an answer is stored");
        let text = serde_json::to_string(&stored).unwrap();
        assert_fit(&serde_json::from_str(&text).unwrap(), &["note"]);
        assert_eq!(serde_json::from_str::<StoredFeedback>(&text).unwrap(), stored, "the row reads back");
    } else {
        assert_eq!(world.rows(), before, "a refused request changed something");
    }
    Some(())
}

pub(crate) fn request(data: &[u8]) {
    let _ = checked(data); // nothing to check in an input that is no request
}

/// The signature header of a request, as docs/http-api.md describes it.
fn tag(principal: &str, id: &str, timestamp: &str, method: &str, path: &str, body: &[u8]) -> Option<String> {
    let key = KEYS.derive(&Principal::parse(principal).ok()?).reveal();
    let key = STANDARD.decode(key.strip_prefix("whsec_")?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.{method} {path}\n").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}
