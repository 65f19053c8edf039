//! Names of things: leads, queues, forms, principals, and the hashes that stand in for personal values.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A short identifier was not one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an identifier is 1 to {max} characters of letters, digits, `-`, `_` and `.`")]
pub struct BadId {
    max: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("minLength" = 1, "maxLength" = $max, "pattern" = "^[A-Za-z0-9._-]+$"))]
        pub struct $name(String);

        impl $name {
            /// The longest one, in characters.
            pub const MAX: usize = $max;

            /// Parses an identifier: letters, digits, `-`, `_` and `.`.
            pub fn parse(text: impl Into<String>) -> Result<Self, BadId> {
                let text = text.into();
                let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
                if text.is_empty() || text.len() > $max || !text.chars().all(legal) {
                    return Err(BadId { max: $max });
                }
                Ok(Self(text))
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(/// One lead, from its first submission to its erasure: `ld_` and 22 characters of base64url.
    LeadId, 40);
id!(/// One delivery to a sales queue. Consumers deduplicate on it; SQS does so within five minutes.
    DeliveryId, 43);
id!(/// A sales queue by its name in `infra/queues.toml`, without stack prefix and `.fifo`.
    Queue, 64);
id!(/// A web form or other source of submissions, as its markup names itself.
    FormId, 64);
id!(/// Somebody who signs requests: a sales tool, a partner, the telemarketing desk.
    Principal, 64);
id!(/// A campaign, as marketing names it.
    Campaign, 64);

impl LeadId {
    /// The id of the lead that `key` makes on `form`: the same for every attempt of one client, so that a retry after a
    /// crash finds what it stored. Sixteen bytes of SHA-256 over length-prefixed parts.
    pub fn of_key(form: &FormId, key: &str) -> Self {
        Self::encode(&digest(&["lead", form.as_str(), key]))
    }

    /// An id from sixteen random bytes, for a submission that came without a key.
    pub fn random(entropy: [u8; 16]) -> Self {
        Self::encode(&entropy)
    }

    fn encode(bytes: &[u8]) -> Self {
        let head: Vec<u8> = bytes.iter().take(16).copied().collect();
        Self(format!("ld_{}", URL_SAFE_NO_PAD.encode(head)))
    }
}

impl DeliveryId {
    /// The id of what is told about `lead` in `epoch`: the same however often the sending is repeated.
    pub fn of(lead: &LeadId, epoch: u32, what: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest(&["delivery", lead.as_str(), &epoch.to_string(), what])))
    }
}

/// A duplicate's key: what is left of an e-mail address or phone number once it must not be readable any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimKey(String);

impl ClaimKey {
    /// HMAC-SHA256 under the stack's pepper over kind and normalised value. A missing value makes no key: callers
    /// have nothing to pass.
    pub fn of(pepper: &[u8], kind: &str, value: &str) -> Self {
        // HMAC takes keys of any length, so this cannot fail; an empty result would match nothing but itself.
        let tag = Hmac::<Sha256>::new_from_slice(pepper)
            .map(|mac| mac.chain_update(framed(&[kind, value])).finalize().into_bytes().to_vec())
            .unwrap_or_default();
        Self(format!("{kind}#{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    /// The key as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the key stands for: `email`, `phone` or `person`.
    pub fn kind(&self) -> &str {
        self.0.split('#').next().unwrap_or_default()
    }
}

/// SHA-256 over length-prefixed parts, so that no two lists of parts run together into one text.
pub fn digest(parts: &[&str]) -> [u8; 32] {
    Sha256::digest(framed(parts)).into()
}

/// SHA-256 as base64url, for fingerprints and version hashes.
pub fn fingerprint(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(digest(parts))
}

fn framed(parts: &[&str]) -> Vec<u8> {
    let mut framed = Vec::new();
    for part in parts {
        framed.extend_from_slice(&(part.len() as u64).to_be_bytes());
        framed.extend_from_slice(part.as_bytes());
    }
    framed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_on_one_form_is_one_lead() {
        let (web, fair) = (FormId::parse("web").unwrap(), FormId::parse("fair").unwrap());
        assert_eq!(LeadId::of_key(&web, "k1"), LeadId::of_key(&web, "k1"));
        assert_ne!(LeadId::of_key(&web, "k1"), LeadId::of_key(&fair, "k1"));
        assert_ne!(LeadId::of_key(&web, "k1"), LeadId::of_key(&web, "k2"));
    }

    #[test]
    fn parts_never_run_together() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["a"]), digest(&["a", ""]));
    }

    #[test]
    fn identifiers_are_narrow() {
        for bad in ["", "a b", "a/b", "a#b", "é", "x".repeat(65).as_str()] {
            assert!(Queue::parse(bad).is_err(), "{bad:?} passed");
        }
        assert!(Queue::parse("sales-cn-east").is_ok());
    }
}
