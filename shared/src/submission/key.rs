//! The key by which a client says that two posts are one.

use schemars::JsonSchema;

/// An idempotency key: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline, extend("minLength" = 1, "maxLength" = 255, "pattern" = "^[!-~]+$"))]
pub struct Key(String);

/// A text is no idempotency key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an idempotency key is 1 to 255 visible ASCII characters, in double quotes or bare")]
pub struct BadKey;

impl Key {
    /// The longest one, in characters.
    pub const MAX: usize = 255;

    /// Reads the value of an `Idempotency-Key` header: a string of RFC 8941 (`"..."`, with `\"` and `\\`), as the IETF
    /// draft wants, or the bare key, as many clients send. Both forms of one key are the same key. A bare key has no
    /// comma: API Gateway joins two headers with one.
    pub fn parse(header: &str) -> Result<Self, BadKey> {
        let header = header.trim_matches([' ', '\t']);
        match header.strip_prefix('"') {
            Some(quoted) => Self::bare(&unquoted(quoted).ok_or(BadKey)?),
            None if header.contains(['"', ',']) => Err(BadKey),
            None => Self::bare(header),
        }
    }

    /// Takes a key that stands by itself, such as a form's hidden `submission_id`.
    pub fn bare(text: &str) -> Result<Self, BadKey> {
        if text.is_empty() || text.len() > Self::MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadKey);
        }
        Ok(Self(text.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn unquoted(rest: &str) -> Option<String> {
    let mut key = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '"' => return chars.as_str().is_empty().then_some(key),
            '\\' => key.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            c => key.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let long = "k".repeat(255);
        let rows = [
            ("k-1", Some("k-1")),
            ("\"k-1\"", Some("k-1")),
            ("  \"k-1\"\t", Some("k-1")),
            (r#""a\"b\\c""#, Some(r#"a"b\c"#)),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", Some("8e03978e-40d5-43dd-bc93-6894a57f9324")),
            ("~!@#$%^&*()", Some("~!@#$%^&*()")),
            (long.as_str(), Some(long.as_str())),
            ("", None),
            ("  ", None),
            ("\"\"", None),
            ("\"", None),
            ("\"k-1", None),
            ("k-1\"", None),
            ("k\"1", None),
            ("\"k-1\"x", None),
            ("\"k-1\"; a=1", None),
            ("\"k-1\", \"k-2\"", None),
            ("k-1, k-2", None),
            ("k-1,k-2", None),
            ("\"k-1\",\"k-2\"", None),
            ("\"k,1\"", Some("k,1")),
            ("k 1", None),
            ("\"k 1\"", None),
            (r#""k\1""#, None),
            (r#""k\"#, None),
            ("k\t1", None),
            ("k\r\nx: y", None),
            ("k\0", None),
            ("k\u{7f}", None),
            ("kéy", None),
            ("\"ключ\"", None),
            ("键", None),
        ];
        for (header, expected) in rows {
            assert_eq!(Key::parse(header).ok().as_ref().map(Key::as_str), expected, "{header:?}");
        }
        assert_eq!(Key::parse(&"k".repeat(256)), Err(BadKey));
        assert_eq!(Key::parse(&format!("\"{long}\"")).unwrap().as_str(), long);
    }
}
