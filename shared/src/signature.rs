//! Who sent a request: HMAC-SHA256 in the shape of Standard Webhooks, over the request line and the raw body.
//!
//! Signed is `{id}.{timestamp}.{METHOD} {path?query}\n{body}`, so that a signature opens one resource once within its
//! time. Each principal has a key of its own, derived from the stack's signing secret: nothing is stored per principal.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::id::Principal;

/// How far a request's clock may be off, in seconds, both ways.
pub const TOLERANCE_SECONDS: i64 = 300;

/// The longest `webhook-id`, in characters.
pub const MAX_ID: usize = 255;

/// What a person is given to put into their tool starts with this.
const KEY_PREFIX: &str = "whsec_";

/// The header that names the principal.
pub const PRINCIPAL_HEADER: &str = "lead-principal";
/// The header with the request's id.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the time in Unix seconds.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// The key of one principal.
#[derive(Clone, PartialEq, Eq)]
pub struct PrincipalKey([u8; 32]);

/// Text is no principal's key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a key is `whsec_` and the base64 of 32 bytes")]
pub struct BadKey;

impl PrincipalKey {
    /// Reads a key as [`PrincipalKey::reveal`] writes it.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let bytes = STANDARD.decode(text.strip_prefix(KEY_PREFIX).ok_or(BadKey)?).map_err(|_| BadKey)?;
        bytes.try_into().map(Self).map_err(|_| BadKey)
    }

    /// The key as a person hands it to a tool: `whsec_` and base64. Not for a log.
    pub fn reveal(&self) -> String {
        format!("{KEY_PREFIX}{}", STANDARD.encode(self.0))
    }

    /// The value of [`SIGNATURE_HEADER`] for one request. `timestamp` is in Unix seconds.
    pub fn sign(&self, id: &str, timestamp: i64, request: Request<'_>) -> String {
        let tag = mac_over(&self.0, id, &timestamp.to_string(), request).finalize().into_bytes();
        format!("v1,{}", STANDARD.encode(tag))
    }
}

impl fmt::Debug for PrincipalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What of a request is signed, beside its id and time.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method in capitals.
    pub method: &'a str,
    /// The path with its query, as sent, for example `/v1/leads/ld_x/feedback`.
    pub path_and_query: &'a str,
    /// The body's bytes, as sent.
    pub body: &'a [u8],
}

/// The stack's signing secrets: the one in force, and the one before while tools change over.
#[derive(Clone)]
pub struct SigningKeys {
    current: String,
    previous: Option<String>,
}

impl SigningKeys {
    /// Takes the secrets as they are stored, any text.
    pub fn new(current: &str, previous: Option<&str>) -> Self {
        Self { current: current.to_owned(), previous: previous.map(str::to_owned) }
    }

    /// The key of a principal under the secret in force.
    pub fn derive(&self, principal: &Principal) -> PrincipalKey {
        derive(&self.current, principal)
    }

    fn live(&self, principal: &Principal) -> Vec<PrincipalKey> {
        [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .map(|root| derive(root, principal))
            .collect()
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The four headers of a signed request, as received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignatureHeaders<'a> {
    /// [`PRINCIPAL_HEADER`].
    pub principal: Option<&'a str>,
    /// [`ID_HEADER`].
    pub id: Option<&'a str>,
    /// [`TIMESTAMP_HEADER`].
    pub timestamp: Option<&'a str>,
    /// [`SIGNATURE_HEADER`].
    pub signature: Option<&'a str>,
}

impl SignatureHeaders<'_> {
    /// Whether the request claims to be signed: a request with any of the headers is never treated as an open one.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// A request whose signature holds. Whether the principal is known, and what it may do, is for the rules to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who signed.
    pub principal: Principal,
    /// The request's id, unique for the principal: it acts once.
    pub id: String,
}

/// Why a signature does not hold. For the log; the client gets one and the same 401 for all.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// One of the four headers is missing.
    #[error("a signature header is missing")]
    Missing,
    /// The principal is no identifier.
    #[error("the principal is not an identifier")]
    BadPrincipal,
    /// The id is not 1 to 255 visible ASCII characters without a full stop.
    #[error("the request's id is not well formed")]
    BadId,
    /// The timestamp is not a number of seconds in plain decimal digits.
    #[error("the timestamp is not well formed")]
    BadTimestamp,
    /// The timestamp is more than [`TOLERANCE_SECONDS`] off.
    #[error("the timestamp is outside the tolerance")]
    Stale,
    /// No `v1` signature fits.
    #[error("no signature fits")]
    BadSignature,
}

/// Checks who sent a request. Compares in constant time, with both live keys.
pub fn verify(
    headers: &SignatureHeaders<'_>,
    request: Request<'_>,
    keys: &SigningKeys,
    now: Timestamp,
) -> Result<Verified, Refused> {
    let SignatureHeaders {
        principal: Some(principal),
        id: Some(id),
        timestamp: Some(timestamp),
        signature: Some(signature),
    } = *headers
    else {
        return Err(Refused::Missing);
    };
    let principal = Principal::parse(principal).map_err(|_| Refused::BadPrincipal)?;
    let legal = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
    if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(legal) {
        return Err(Refused::BadId);
    }
    let seconds = plain_seconds(timestamp).ok_or(Refused::BadTimestamp)?;
    if now.as_second().abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(Refused::Stale);
    }
    let tags: Vec<Vec<u8>> = signature
        .split(' ')
        .filter_map(|part| part.strip_prefix("v1,"))
        .filter_map(|tag| STANDARD.decode(tag).ok())
        .collect();
    for key in keys.live(&principal) {
        let mac = mac_over(&key.0, id, timestamp, request);
        if tags.iter().any(|tag| mac.clone().verify_slice(tag).is_ok()) {
            return Ok(Verified { principal, id: id.to_owned() });
        }
    }
    Err(Refused::BadSignature)
}

/// Decimal digits without sign or leading zero: one text for one time, since the text is what is signed.
fn plain_seconds(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !text.starts_with('0')).then(|| text.parse().ok()).flatten()
}

fn derive(root: &str, principal: &Principal) -> PrincipalKey {
    let name = principal.as_str().as_bytes();
    let mac = keyed(root.as_bytes())
        .chain_update(b"principal|")
        .chain_update((name.len() as u64).to_be_bytes())
        .chain_update(name);
    PrincipalKey(mac.finalize().into_bytes().into())
}

fn mac_over(key: &[u8], id: &str, timestamp: &str, request: Request<'_>) -> Hmac<Sha256> {
    keyed(key)
        .chain_update(format!("{id}.{timestamp}.{} {}\n", request.method, request.path_and_query))
        .chain_update(request.body)
}

/// HMAC under a key of any length, which RFC 2104 makes one block of. The library's own constructor has an error that
/// never happens, and there is no safe key to go on with if it did.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    let hashed = Sha256::digest(key);
    let key = if key.len() > block.len() { hashed.as_slice() } else { key };
    block.iter_mut().zip(key).for_each(|(byte, of_key)| *byte = *of_key);
    Hmac::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_770_000_000;
    const ROOT: &str = "correct horse battery staple";

    // Numbers made with Python, for a root R, a principal P, and id I, time T, method M, path Q and body B:
    //   k = hmac.new(R.encode(), b'principal|' + struct.pack('>Q', len(P)) + P.encode(), 'sha256').digest()
    //   'v1,' + base64.b64encode(hmac.new(k, f'{I}.{T}.{M} {Q}\n'.encode() + B, 'sha256').digest()).decode()
    #[test]
    fn signatures_are_those_of_another_implementation() {
        let (whole_block, long_root) = ("r".repeat(64), "r".repeat(65));
        let keys = [
            (ROOT, "whsec_SVfdZbdlgSQuWFMgAF6Scn8Jf8XvHSx3syymVMTo14Y="),
            (whole_block.as_str(), "whsec_p/D271HohLz8p0mSmxQnlVnAJ9hxSN5j6foiK8aXtJs="),
            (long_root.as_str(), "whsec_tCXoy4Yv1jXFGvBcB5c9P3NuUkcul4PM2x7q2vkMB6Y="),
        ];
        for (root, expected) in keys {
            assert_eq!(SigningKeys::new(root, None).derive(&principal("crm-china")).reveal(), expected);
        }
        let every_byte: Vec<u8> = (0..=255).collect();
        let feedback = r#"{"epoch":1,"note":"价格"}"#.as_bytes();
        let (path, query) = ("/v1/leads/ld_x/feedback", "/v1/leads/ld_x?full=1");
        let rows = [
            (ROOT, "crm-china", "msg_1", "POST", path, feedback, "VcdHST0jHKqO/Wh5DOIMSPCv0iTXuOmwHRYcdeFPzeQ="),
            (ROOT, "crm-china", "msg_2", "GET", query, b"", "bx6FymDXd/l1OPwfFB4Hoj5+meI7Yi5JXAZwZIUvt/c="),
            (
                ROOT,
                "crm-china",
                "msg_3",
                "POST",
                "/v1/leads",
                &every_byte,
                "WQQ1SqDr7V3RwouAIIfx7acpgeDP8xwu/fCgfUD3sK4=",
            ),
            (ROOT, "partner-hub", "msg_1", "POST", "/v1/leads", b"{}", "8CQxWavQ9ZFEeDPjW9WnnDnNdKJRObszypvmspTNNs8="),
            (&long_root, "crm-china", "msg_1", "POST", path, feedback, "ZiC0FwWue337zpgXVlENgFVXv7RUoYA0wtaLG6AbOPI="),
        ];
        for (root, name, id, method, path_and_query, body, expected) in rows {
            let request = Request { method, path_and_query, body };
            let expected = format!("v1,{expected}");
            assert_eq!(SigningKeys::new(root, None).derive(&principal(name)).sign(id, NOW, request), expected, "{id}");
            let headers = SignatureHeaders {
                principal: Some(name),
                id: Some(id),
                timestamp: Some("1770000000"),
                signature: Some(&expected),
            };
            let verified = Verified { principal: principal(name), id: id.to_owned() };
            assert_eq!(verify(&headers, request, &SigningKeys::new(root, None), at(NOW)), Ok(verified));
        }
    }

    // What the examples in `docs/http-api.md` sent, with openssl, Python and Node, for `whsec_SVfdZbdl…`.
    #[test]
    fn signatures_of_the_documented_examples_hold() {
        let rows = [
            (
                "1795303846",
                "msg_173ab4d75efb7ed45c4172470822c0a2",
                r#"{"epoch":1,"disposition":"accepted"}"#,
                "v1,T2Ys2NUearD9CtdlzhXbUzOi43+0pLxjNbeZgs7mbXo=",
            ),
            (
                "1795303846",
                "msg_5a97b682-515d-4486-98dc-a6687f4e5151",
                r#"{"epoch": 1, "disposition": "accepted"}"#,
                "v1,HKTh5umQ7q/cqmmKeOs7Oetab+IzUK+nBljz8mF9+Z8=",
            ),
            (
                "1795303846",
                "msg_8405c3d9-26ad-467e-8301-9b22ce7f2306",
                r#"{"epoch":1,"disposition":"accepted"}"#,
                "v1,gMCrqAe6rZXBmgn4lB0Ha+yezhmOZhcuf09Y3fsY/8k=",
            ),
        ];
        for (timestamp, id, body, signature) in rows {
            let headers = SignatureHeaders {
                principal: Some("crm-china"),
                id: Some(id),
                timestamp: Some(timestamp),
                signature: Some(signature),
            };
            let request = Request { method: "POST", path_and_query: "/v1/leads/ld_x/feedback", body: body.as_bytes() };
            let verified = Verified { principal: principal("crm-china"), id: id.to_owned() };
            assert_eq!(
                verify(&headers, request, &SigningKeys::new(ROOT, None), at(1_795_303_846)),
                Ok(verified),
                "{id}"
            );
        }
    }

    #[test]
    fn one_thing_changed() {
        type Change = fn(&mut Signed);
        let rows: [(&str, Change, Option<Refused>); 39] = [
            ("nothing", |_| (), None),
            ("no principal", |s| s.principal = None, Some(Refused::Missing)),
            ("no id", |s| s.id = None, Some(Refused::Missing)),
            ("no timestamp", |s| s.timestamp = None, Some(Refused::Missing)),
            ("no signature", |s| s.signature = None, Some(Refused::Missing)),
            ("another principal", |s| s.principal = text("crm-world"), Some(Refused::BadSignature)),
            ("a principal in capitals", |s| s.principal = text("CRM-China"), Some(Refused::BadSignature)),
            ("an empty principal", |s| s.principal = text(""), Some(Refused::BadPrincipal)),
            ("two principals", |s| s.principal = text("crm-china, crm-world"), Some(Refused::BadPrincipal)),
            ("another id", |s| s.id = text("msg_2"), Some(Refused::BadSignature)),
            ("an empty id", |s| s.id = text(""), Some(Refused::BadId)),
            ("a full stop in the id", |s| s.id = text("msg_1.1"), Some(Refused::BadId)),
            ("a blank in the id", |s| s.id = text("msg 1"), Some(Refused::BadId)),
            ("a letter that is not ASCII in the id", |s| s.id = text("mßg"), Some(Refused::BadId)),
            ("the longest id, another one", |s| s.id = Some("m".repeat(255)), Some(Refused::BadSignature)),
            ("a long id", |s| s.id = Some("m".repeat(256)), Some(Refused::BadId)),
            ("an earlier time", |s| s.timestamp = text("1769999999"), Some(Refused::BadSignature)),
            ("a time with a sign", |s| s.timestamp = text("+1770000000"), Some(Refused::BadTimestamp)),
            ("a time before 1970", |s| s.timestamp = text("-1770000000"), Some(Refused::BadTimestamp)),
            ("a time with a leading zero", |s| s.timestamp = text("01770000000"), Some(Refused::BadTimestamp)),
            ("a fraction", |s| s.timestamp = text("1770000000.0"), Some(Refused::BadTimestamp)),
            ("milliseconds", |s| s.timestamp = text("1770000000000"), Some(Refused::Stale)),
            ("a time beyond 64 bits", |s| s.timestamp = text("99999999999999999999"), Some(Refused::BadTimestamp)),
            ("an empty time", |s| s.timestamp = text(""), Some(Refused::BadTimestamp)),
            ("a blank around the time", |s| s.timestamp = text(" 1770000000"), Some(Refused::BadTimestamp)),
            ("300 seconds late", |s| s.now += 300, None),
            ("301 seconds late", |s| s.now += 301, Some(Refused::Stale)),
            ("300 seconds early", |s| s.now -= 300, None),
            ("301 seconds early", |s| s.now -= 301, Some(Refused::Stale)),
            ("another method", |s| s.method = "PUT", Some(Refused::BadSignature)),
            ("another lead", |s| s.path = "/v1/leads/ld_y/feedback", Some(Refused::BadSignature)),
            ("a query added", |s| s.path = "/v1/leads/ld_x/feedback?x=1", Some(Refused::BadSignature)),
            ("the body written anew", |s| s.body = b"{ \"epoch\": 1 }", Some(Refused::BadSignature)),
            ("the body in base64", |s| s.body = b"eyJlcG9jaCI6MX0=", Some(Refused::BadSignature)),
            (
                "the path's end moved into the body",
                |s| (s.path, s.body) = ("/v1", b"\n{\"epoch\":1}"),
                Some(Refused::BadSignature),
            ),
            ("an unknown version", |s| s.edit(|old| old.replace("v1,", "v1a,")), Some(Refused::BadSignature)),
            ("a signature cut short", |s| s.edit(|old| old[..23].to_owned()), Some(Refused::BadSignature)),
            ("an empty signature", |s| s.signature = text("v1,"), Some(Refused::BadSignature)),
            ("among others", |s| s.edit(|old| format!("v1a,eA== v1,eA== v2,x {old}  v1,")), None),
        ];
        for (what, change, expected) in rows {
            let mut signed = Signed::new();
            change(&mut signed);
            assert_eq!(signed.verify(&SigningKeys::new(ROOT, None)).err(), expected, "{what}");
        }
    }

    #[test]
    fn any_header_claims_a_signature() {
        let none = SignatureHeaders::default();
        assert!(!none.any());
        for one in [
            SignatureHeaders { principal: Some(""), ..none },
            SignatureHeaders { id: Some(""), ..none },
            SignatureHeaders { timestamp: Some(""), ..none },
            SignatureHeaders { signature: Some(""), ..none },
        ] {
            assert!(one.any(), "{one:?}");
        }
    }

    #[test]
    fn two_keys_live_while_tools_change_over() {
        let rows = [
            (SigningKeys::new("new", Some(ROOT)), None),
            (SigningKeys::new(ROOT, Some("old")), None),
            (SigningKeys::new("new", Some("old")), Some(Refused::BadSignature)),
            (SigningKeys::new("new", None), Some(Refused::BadSignature)),
        ];
        for (keys, expected) in rows {
            assert_eq!(Signed::new().verify(&keys).err(), expected);
        }
    }

    #[test]
    fn keys_for_people() {
        let key = SigningKeys::new(ROOT, None).derive(&principal("crm-china"));
        assert_eq!(PrincipalKey::parse(&key.reveal()), Ok(key));
        for bad in ["", "whsec_", "whsec_eA==", "SVfdZbdlgSQuWFMgAF6Scn8Jf8XvHSx3syymVMTo14Y=", "whsec_%%"] {
            assert_eq!(PrincipalKey::parse(bad), Err(BadKey), "{bad}");
        }
        let (secret, key) = (SigningKeys::new(ROOT, None), SigningKeys::new(ROOT, None).derive(&principal("a")));
        assert_eq!(format!("{secret:?} {key:?}"), "[redacted] [redacted]");
    }

    /// A request that holds, until something in it is changed.
    struct Signed {
        principal: Option<String>,
        id: Option<String>,
        timestamp: Option<String>,
        signature: Option<String>,
        method: &'static str,
        path: &'static str,
        body: &'static [u8],
        now: i64,
    }

    impl Signed {
        fn new() -> Self {
            Self {
                principal: text("crm-china"),
                id: text("msg_1"),
                timestamp: text("1770000000"),
                // The one-liner above, over `{"epoch":1}`.
                signature: text("v1,seyRtBedjY7AVZOMXSS6ycNNnZVGcvbllIHWIgQlOqU="),
                method: "POST",
                path: "/v1/leads/ld_x/feedback",
                body: br#"{"epoch":1}"#,
                now: NOW,
            }
        }

        fn edit(&mut self, edit: impl FnOnce(&str) -> String) {
            self.signature = self.signature.as_deref().map(edit);
        }

        fn verify(&self, keys: &SigningKeys) -> Result<Verified, Refused> {
            let headers = SignatureHeaders {
                principal: self.principal.as_deref(),
                id: self.id.as_deref(),
                timestamp: self.timestamp.as_deref(),
                signature: self.signature.as_deref(),
            };
            let request = Request { method: self.method, path_and_query: self.path, body: self.body };
            verify(&headers, request, keys, at(self.now))
        }
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn principal(name: &str) -> Principal {
        Principal::parse(name).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }
}
