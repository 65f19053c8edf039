//! The form of `docs/forms`, as a web team would place it, posting to the stack that the console is about.

use hyper::{Response, StatusCode};

use super::respond;

/// What stands in the pages for the API's address.
const API: &str = "https://API";

/// A file of the form; the English page is the first one.
pub(super) fn file(name: &str, api_url: &str) -> Option<Response<String>> {
    const HTML: &str = "text/html; charset=utf-8";
    let (text, kind) = match name {
        "" | "form.en.html" => (include_str!("../../../../docs/forms/form.en.html"), HTML),
        "form.zh.html" => (include_str!("../../../../docs/forms/form.zh.html"), HTML),
        "lead-form.js" => (include_str!("../../../../docs/forms/lead-form.js"), "text/javascript; charset=utf-8"),
        "lead-form.css" => (include_str!("../../../../docs/forms/lead-form.css"), "text/css; charset=utf-8"),
        _ => return None,
    };
    let text = if kind == HTML { text.replace(API, api_url) } else { text.to_owned() };
    Some(respond(StatusCode::OK, kind, &policy(api_url), text))
}

/// What `docs/forms` asks web teams for: own files, and posts to the API.
fn policy(api_url: &str) -> String {
    let origin = origin(api_url);
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {origin}; \
         form-action {origin}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Scheme, host and port.
fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_posts_to_the_stack_and_nowhere_else() {
        let api = "http://127.0.0.1:4566/_aws/execute-api/a1/$default";
        for name in ["", "form.en.html", "form.zh.html"] {
            let page = file(name, api).unwrap();
            assert!(
                page.body().contains("action=\"http://127.0.0.1:4566/_aws/execute-api/a1/$default/v1/leads\""),
                "{name}"
            );
            assert!(!page.body().contains(API), "{name}");
            let policy = page.headers()["content-security-policy"].to_str().unwrap();
            assert!(
                policy.contains("connect-src http://127.0.0.1:4566; form-action http://127.0.0.1:4566;"),
                "{policy}"
            );
        }
        assert!(file("../console.css", api).is_none());
    }
}
