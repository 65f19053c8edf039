//! What the HTTP side answers when it does not do what was asked: `application/problem+json` (RFC 9457).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::submission::{Encoding, Problem, Rejection};

/// What `type` starts with. A path of this API's own, so that no domain need be kept for it; `docs/http-api.md` says
/// what each stands for.
pub const TYPE_BASE: &str = "/problems/";

/// The media type of every [`ProblemDocument`].
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Every kind of problem there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The body is not strict JSON.
    MalformedJson,
    /// The body is not a form's encoding.
    MalformedForm,
    /// `Idempotency-Key` cannot be read.
    BadIdempotencyKey,
    /// No valid signature of a known principal, within its time. One answer for all of these, so that it teaches nothing.
    Unauthorized,
    /// The form asks for a captcha, and this one is not solved.
    ChallengeFailed,
    /// The form was not posted through the stack's edge, and the stack takes forms from there alone.
    NotThroughEdge,
    /// No such thing, or not this principal's.
    NotFound,
    /// Another request under the same key is being stored, or feedback answers an earlier routing.
    Conflict,
    /// The body is longer than the intake takes.
    PayloadTooLarge,
    /// The body is neither JSON nor a form in UTF-8.
    UnsupportedMediaType,
    /// Fields are to be mended; `errors` lists them.
    Validation,
    /// The key was accepted before with another body.
    IdempotencyKeyReused,
    /// Nothing may have been stored; the same request, under the same key, can be sent again.
    Unavailable,
}

impl ProblemKind {
    /// All of them, in the order of their status.
    pub const ALL: [Self; 13] = [
        Self::MalformedJson,
        Self::MalformedForm,
        Self::BadIdempotencyKey,
        Self::Unauthorized,
        Self::ChallengeFailed,
        Self::NotThroughEdge,
        Self::NotFound,
        Self::Conflict,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::Validation,
        Self::IdempotencyKeyReused,
        Self::Unavailable,
    ];

    /// The last part of `type`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::MalformedJson => "malformed-json",
            Self::MalformedForm => "malformed-form",
            Self::BadIdempotencyKey => "bad-idempotency-key",
            Self::Unauthorized => "unauthorized",
            Self::ChallengeFailed => "challenge-failed",
            Self::NotThroughEdge => "not-through-edge",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::PayloadTooLarge => "payload-too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::Validation => "validation",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::Unavailable => "unavailable",
        }
    }

    /// What `type` says, for example `/problems/validation`.
    pub fn uri(self) -> String {
        format!("{TYPE_BASE}{}", self.slug())
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::MalformedJson | Self::MalformedForm | Self::BadIdempotencyKey => 400,
            Self::Unauthorized => 401,
            Self::ChallengeFailed | Self::NotThroughEdge => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Validation | Self::IdempotencyKeyReused => 422,
            Self::Unavailable => 503,
        }
    }

    /// What it is, in a few words that never change.
    pub fn title(self) -> &'static str {
        match self {
            Self::MalformedJson => "The body is not strict JSON",
            Self::MalformedForm => "The body is not a readable form",
            Self::BadIdempotencyKey => "The idempotency key cannot be read",
            Self::Unauthorized => "The request is not signed as it should be",
            Self::ChallengeFailed => "The captcha is not solved",
            Self::NotThroughEdge => "Forms are taken at another address",
            Self::NotFound => "There is no such thing here",
            Self::Conflict => "The request does not fit what is stored",
            Self::PayloadTooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The content type is not supported",
            Self::Validation => "Some fields are to be mended",
            Self::IdempotencyKeyReused => "The idempotency key was used with another body",
            Self::Unavailable => "The service is not available at the moment",
        }
    }

    /// What to do about it, unless the caller knows more.
    pub fn detail(self) -> &'static str {
        match self {
            Self::MalformedJson => "Send one JSON object in UTF-8.",
            Self::MalformedForm => "Send `application/x-www-form-urlencoded` in UTF-8.",
            Self::BadIdempotencyKey => "Send one `Idempotency-Key` of 1 to 255 visible ASCII characters.",
            Self::Unauthorized => "Sign the request as `docs/http-api.md` says, with a clock at most 300 seconds off.",
            Self::ChallengeFailed => {
                "Solve the captcha again and send `captcha_token` with the form; a token serves once."
            }
            Self::NotThroughEdge => "Post to the address that you were given for forms.",
            Self::NotFound => "Check the path and the id.",
            Self::Conflict => "Read the lead again, then decide.",
            Self::PayloadTooLarge => "Shorten the body.",
            Self::UnsupportedMediaType => {
                "Send `application/json` or, for one submission, `application/x-www-form-urlencoded`, in UTF-8."
            }
            Self::Validation => "See `errors` for each place and its mend.",
            Self::IdempotencyKeyReused => {
                "Use a new key for a new submission; repeat the first body under the old one."
            }
            Self::Unavailable => "Send the same request again after the time in `Retry-After`.",
        }
    }

    /// What `Retry-After` says, in seconds, where the same request may succeed later.
    pub fn retry_after_seconds(self) -> Option<u32> {
        (self == Self::Unavailable).then_some(5)
    }

    /// The document with its usual detail.
    pub fn document(self) -> ProblemDocument {
        ProblemDocument {
            kind: self.uri(),
            title: self.title().to_owned(),
            status: self.status(),
            detail: self.detail().to_owned(),
            errors: Vec::new(),
        }
    }
}

/// The body of an error answer. Holds no value that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProblemDocument {
    /// What programs compare; it never changes.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ProblemKind::ALL.map(ProblemKind::uri)))]
    pub kind: String,
    /// The same for every problem of the kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This problem, and how to mend it.
    pub detail: String,
    /// The fields to mend, for `validation`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Problem>,
}

impl ProblemDocument {
    /// The same problem with a detail of its own.
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// Fields to mend.
    pub fn validation(errors: Vec<Problem>) -> Self {
        Self { errors, ..ProblemKind::Validation.document() }
    }
}

impl From<Rejection> for ProblemDocument {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Malformed { encoding: Encoding::Json, detail } => {
                ProblemKind::MalformedJson.document().with_detail(detail)
            }
            Rejection::Malformed { encoding: Encoding::Form, detail } => {
                ProblemKind::MalformedForm.document().with_detail(detail)
            }
            Rejection::Invalid(errors) => Self::validation(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_as_it_travels() {
        let rejection = Rejection::Invalid(vec![Problem {
            pointer: "/contact/email".into(),
            code: "not-an-email".into(),
            detail: "Give one e-mail address.".into(),
        }]);
        assert_eq!(
            serde_json::to_value(ProblemDocument::from(rejection)).unwrap(),
            serde_json::json!({
                "type": "/problems/validation",
                "title": "Some fields are to be mended",
                "status": 422,
                "detail": "See `errors` for each place and its mend.",
                "errors": [
                    {"pointer": "/contact/email", "code": "not-an-email", "detail": "Give one e-mail address."}
                ]
            })
        );
        assert_eq!(
            serde_json::to_value(ProblemKind::NotFound.document()).unwrap(),
            serde_json::json!({
                "type": "/problems/not-found",
                "title": "There is no such thing here",
                "status": 404,
                "detail": "Check the path and the id."
            })
        );
    }

    #[test]
    fn kinds() {
        let rows = [
            ("malformed-json", 400),
            ("malformed-form", 400),
            ("bad-idempotency-key", 400),
            ("unauthorized", 401),
            ("challenge-failed", 403),
            ("not-through-edge", 403),
            ("not-found", 404),
            ("conflict", 409),
            ("payload-too-large", 413),
            ("unsupported-media-type", 415),
            ("validation", 422),
            ("idempotency-key-reused", 422),
            ("unavailable", 503),
        ];
        assert_eq!(ProblemKind::ALL.map(|kind| (kind.slug(), kind.status())), rows);
    }
}
