//! The two encodings a body may come in.

use mediatype::{MediaType, ReadParams, names};

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`, what a plain HTML form sends.
    Form,
}

impl Encoding {
    /// The encoding that a `Content-Type` header names. None without a header, for any other media type, and for a
    /// character set other than UTF-8.
    pub fn of(content_type: Option<&str>) -> Option<Self> {
        let media_type = MediaType::parse(content_type?.trim()).ok()?;
        let utf8 = |name: &str| name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8");
        if media_type.params().any(|(name, value)| name == names::CHARSET && !utf8(&value.unquoted_str())) {
            return None;
        }
        match (media_type.ty.as_str(), media_type.subty.as_str(), media_type.suffix) {
            (ty, json, None) if is(ty, "application") && is(json, "json") => Some(Self::Json),
            (ty, form, None) if is(ty, "application") && is(form, "x-www-form-urlencoded") => Some(Self::Form),
            _ => None,
        }
    }
}

fn is(found: &str, wanted: &str) -> bool {
    found.eq_ignore_ascii_case(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        let rows = [
            (Some("application/json"), Some(Encoding::Json)),
            (Some("Application/JSON; charset=UTF-8"), Some(Encoding::Json)),
            (Some("application/json;charset=\"utf-8\""), Some(Encoding::Json)),
            (Some("application/json; charset=utf8"), Some(Encoding::Json)),
            (Some("application/json; profile=x"), Some(Encoding::Json)),
            (Some("application/x-www-form-urlencoded"), Some(Encoding::Form)),
            (Some("application/x-www-form-urlencoded; charset=utf-8"), Some(Encoding::Form)),
            (None, None),
            (Some(""), None),
            (Some("json"), None),
            (Some("application"), None),
            (Some("text/json"), None),
            (Some("text/plain"), None),
            (Some("multipart/form-data; boundary=x"), None),
            (Some("application/xml"), None),
            (Some("application/problem+json"), None),
            (Some("application/json+xml"), None),
            (Some("application/jsonp"), None),
            (Some("application/json; charset=gb18030"), None),
            (Some("application/json; charset=utf-16"), None),
            (Some("application/json; charset=latin1; charset=utf-8"), None),
            (Some("application/json; charset=utf-8; charset=latin1"), None),
            (Some("application/json, application/json"), None),
            (Some("application/json\r\nx: y"), None),
        ];
        for (header, expected) in rows {
            assert_eq!(Encoding::of(header), expected, "{header:?}");
        }
    }
}
