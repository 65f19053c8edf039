//! The answer that a person reads: a plain form's browser shows what it is answered, and JSON tells a visitor nothing.
//!
//! A page says the same as the JSON answer, under the same status. It is made of our own words alone, the lead's id
//! excepted: nothing that was sent comes back, so that no link can put words into our mouth.

mod words;

use aws_lambda_events::event::apigw::ApiGatewayV2httpResponse;
use leads::id::LeadId;
use leads::problem::{ProblemDocument, ProblemKind};
use leads::submission::{Encoding, Problem};
use support::http::{self, Request};

use words::{CHINESE, ENGLISH, Words};

/// How a page looks; the policy names it by its hash.
const STYLE: &str = "body{max-width:40rem;margin:3rem auto;padding:0 1rem;font:1.1rem/1.6 system-ui,sans-serif;\
    color:#1b1f24;background:#fff}h1{font-size:1.6rem}";

/// What a page may load or run: nothing. Its style counts by its hash.
const POLICY: &str = "default-src 'none'; style-src 'sha256-qNyTc4RT6sTJ8QPsbnz8ZV44IzAiykKYBh1fj5jISAA='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Pages for one visitor.
#[derive(Clone, Copy)]
pub(crate) struct Page(&'static Words);

impl Page {
    /// For a form that a browser posts by itself: it asks for HTML before JSON, which no script and no program does unless
    /// it means to. Whoever signs is a program.
    pub(crate) fn wanted_by(request: &Request<'_>) -> Option<Self> {
        let form = Encoding::of(request.header("content-type")) == Some(Encoding::Form);
        let wanted = form && !request.claims_signature() && prefers_html(request.header("accept")?);
        wanted.then(|| Self(language(request.header("accept-language").unwrap_or_default())))
    }

    /// The lead is stored.
    pub(crate) fn accepted(self, lead_id: &LeadId) -> ApiGatewayV2httpResponse {
        let words = self.0;
        self.of(202, words.thanks, &format!("<p>{}</p>\n<p>{}{lead_id}</p>", words.received, words.reference))
    }

    /// It is not, and what the visitor can do about it.
    pub(crate) fn refused(self, document: &ProblemDocument) -> ApiGatewayV2httpResponse {
        use ProblemKind as K;
        let words = self.0;
        let is = |kinds: &[ProblemKind]| kinds.iter().any(|kind| kind.uri() == document.kind);
        if !document.errors.is_empty() {
            let mut errors: Vec<&Problem> = document.errors.iter().collect();
            errors.sort_by_key(|error| words::place(&error.pointer));
            let mut items: Vec<String> =
                errors.into_iter().map(|error| item(words, &error.pointer, &error.code)).collect();
            items.dedup();
            let list = format!("<ul>\n{}</ul>\n<p>{}</p>", items.concat(), words.go_back);
            return self.of(document.status, words.mend, &list);
        }
        let (title, text) = if is(&[K::Unavailable, K::Conflict]) {
            (words.not_yet, words.again)
        } else if is(&[K::ChallengeFailed]) {
            (words.not_yet, words.captcha)
        } else if is(&[K::PayloadTooLarge]) {
            (words.not_yet, words.too_large)
        } else if is(&[K::IdempotencyKeyReused]) {
            (words.not_yet, words.sent_before)
        } else {
            // What else there is only the page's makers can mend.
            (words.cannot, words.page_is_wrong)
        };
        self.of(document.status, title, &format!("<p>{text}</p>"))
    }

    fn of(self, status: u16, title: &str, content: &str) -> ApiGatewayV2httpResponse {
        let language = self.0.language;
        let page = format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{content}\n</main>\n</body>\n</html>\n"
        );
        http::html(status, language, POLICY, page)
    }
}

/// One field to mend. A field that forms do not have is not named: its name is the sender's.
fn item(words: &Words, pointer: &str, code: &str) -> String {
    let mend = words.mend_of(pointer, code);
    match words.field(pointer) {
        Some(field) => format!("<li><strong>{field}</strong>{}{mend}</li>\n", words.colon),
        None => format!("<li>{}</li>\n", words.page_is_wrong),
    }
}

fn prefers_html(accept: &str) -> bool {
    let weight = |wanted: &[&str]| {
        let named = weighed(accept).filter(|(range, _)| wanted.iter().any(|name| range.eq_ignore_ascii_case(name)));
        named.map(|(_, weight)| weight).fold(0.0, f32::max)
    };
    weight(&["text/html"]) > weight(&["application/json", "application/problem+json"])
}

/// The visitor's first choice among the languages that there are; English if they name neither.
fn language(accepted: &str) -> &'static Words {
    let mut best = (&ENGLISH, 0.0);
    for (range, weight) in weighed(accepted) {
        let primary = range.split('-').next().unwrap_or_default();
        let words = [&ENGLISH, &CHINESE].into_iter().find(|words| words.primary.eq_ignore_ascii_case(primary));
        if let Some(words) = words.filter(|_| weight > best.1) {
            best = (words, weight);
        }
    }
    best.0
}

/// The members of `Accept` or `Accept-Language` with their weights (RFC 9110, section 12.4.2); one that cannot be read has
/// none.
fn weighed(header: &str) -> impl Iterator<Item = (&str, f32)> {
    header.split(',').map(|member| {
        let mut parts = member.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        (name, weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROMIUM: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

    #[test]
    fn browsers_get_a_page_and_programs_do_not() {
        let rows = [
            (CHROMIUM, true),
            ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", true),
            ("TEXT/HTML", true),
            ("application/json;q=0.5, text/html", true),
            ("*/*", false),
            ("", false),
            ("application/json", false),
            ("application/json, text/html", false),
            ("application/json, text/html;q=0.9", false),
            ("application/problem+json, text/html;q=0.9", false),
            ("text/html;q=0", false),
            ("text/html;q=much", false),
            ("text/*", false),
            ("\u{fffd}", false),
        ];
        for (accept, expected) in rows {
            assert_eq!(prefers_html(accept), expected, "{accept}");
        }
    }

    #[test]
    fn the_first_choice_of_the_languages_that_there_are() {
        let rows = [
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
            ("en-GB,en;q=0.9,zh;q=0.8", "en"),
            ("de-DE,zh-TW;q=0.7,en;q=0.3", "zh-CN"),
            ("zh, en", "zh-CN"),
            ("en, zh", "en"),
            ("ZH", "zh-CN"),
            ("fr", "en"),
            ("zh;q=0", "en"),
            ("zha", "en"),
            ("*", "en"),
            ("", "en"),
        ];
        for (accepted, expected) in rows {
            assert_eq!(language(accepted).language, expected, "{accepted}");
        }
    }

    #[test]
    fn the_policy_names_the_style() {
        use base64::{Engine, engine::general_purpose::STANDARD};
        use sha2::{Digest, Sha256};
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        assert!(POLICY.contains(&format!("style-src 'sha256-{hash}'")), "{hash}");
    }
}
