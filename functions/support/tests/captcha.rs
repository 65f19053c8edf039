//! The verifier of captchas against a server on this machine, which answers in every way that one can.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod server;

use std::time::Duration;

use leads::ports::{Challenge, PortError, Solved, VerifyChallenge};
use server::{http, server};
use support::Captchas;
use tokio::net::TcpListener;

const ATTEMPT: [u8; 16] = [7; 16];

async fn verified(answer: Option<Vec<u8>>) -> Result<Solved, PortError> {
    let patience = Duration::from_millis(if answer.is_some() { 60_000 } else { 200 });
    let (url, served) = server(answer).await;
    let captchas = Captchas::new(format!("{url}/siteverify"), "the secret").with_patience(patience);
    let result = captchas.verify(Challenge { token: "a token", attempt: ATTEMPT }).await;
    served.abort();
    result
}

/// Why nothing is known of the visitor.
async fn unknown(answer: Option<Vec<u8>>) -> String {
    let error = verified(answer).await.unwrap_err();
    let source = std::error::Error::source(&error).map(ToString::to_string);
    source.unwrap_or_else(|| error.to_string())
}

#[tokio::test]
async fn what_is_asked() {
    let (url, served) = server(http("200 OK", r#"{"success":true}"#)).await;
    let captchas = Captchas::new(format!("{url}/siteverify"), "a secret & more");
    captchas.verify(Challenge { token: "token=1&secret=mine", attempt: ATTEMPT }).await.unwrap();
    let sent = served.await.unwrap();
    assert!(sent.starts_with("POST /siteverify HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"), "{sent}");
    let form = "secret=a+secret+%26+more&response=token%3D1%26secret%3Dmine\
                &idempotency_key=07070707-0707-4707-8707-070707070707";
    assert_eq!(sent.split_once("\r\n\r\n").unwrap().1, form);
    assert!(!format!("{captchas:?}").contains("more"));
}

#[tokio::test]
async fn what_it_says_of_the_visitor() {
    let solved = |success, hostname: Option<&str>, action: Option<&str>| Solved {
        success,
        hostname: hostname.map(str::to_owned),
        action: action.map(str::to_owned),
    };
    let rows = [
        // As Turnstile's documentation has them.
        (
            r#"{"success":true,"challenge_ts":"2022-02-28T15:14:30.096Z","hostname":"example.com","error-codes":[],
                "action":"login","cdata":"sessionid-123456789","metadata":{"ephemeral_id":"x:9f78e0ed210960d7693b167e"}}"#,
            solved(true, Some("example.com"), Some("login")),
        ),
        (r#"{"success":false,"error-codes":["invalid-input-response"]}"#, solved(false, None, None)),
        (r#"{"success":false,"error-codes":["timeout-or-duplicate"],"messages":[]}"#, solved(false, None, None)),
        (r#"{"success":false}"#, solved(false, None, None)),
        (r#"{"success":true,"hostname":"a.example","action":""}"#, solved(true, Some("a.example"), Some(""))),
    ];
    for (body, expected) in rows {
        assert_eq!(verified(http("200 OK", body)).await.unwrap(), expected, "{body}");
    }
}

#[tokio::test]
async fn what_says_nothing_of_the_visitor() {
    for status in
        ["500 Internal Server Error", "503 Service Unavailable", "404 Not Found", "302 Found", "204 No Content"]
    {
        let why = unknown(http(status, if status.starts_with("204") { "" } else { r#"{"success":true}"# })).await;
        assert!(why.contains(&status[..3]) || why == "the answer is none of siteverify's", "{status}: {why}");
    }
    for garbage in ["", "<html>", "null", "[]", r#"{"success":"true"}"#, r#"{"success":1}"#, r#"{"ok":true}"#, "\u{0}"]
    {
        assert_eq!(unknown(http("200 OK", garbage)).await, "the answer is none of siteverify's", "{garbage}");
    }
    let long = format!(r#"{{"success":true,"cdata":"{}"}}"#, "x".repeat(16 * 1024));
    assert_eq!(unknown(http("200 OK", &long)).await, "the answer could not be read");
    assert_eq!(unknown(Some(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())).await, "no answer");
    assert_eq!(unknown(Some(Vec::new())).await, "no answer");
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"success\":true".to_vec();
    assert_eq!(unknown(Some(short)).await, "the answer could not be read");
    assert_eq!(unknown(None).await, "timed out");
}

#[tokio::test]
async fn what_is_our_own_fault_is_held_against_nobody() {
    for code in ["missing-input-secret", "invalid-input-secret", "bad-request", "internal-error"] {
        let body = format!(r#"{{"success":false,"error-codes":["{code}","invalid-input-response"]}}"#);
        assert!(unknown(http("200 OK", &body)).await.contains(code), "{code}");
    }
}

#[tokio::test]
async fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    for url in [url.as_str(), "http://", "no address", "http://nowhere.invalid/"] {
        let captchas = Captchas::new(url, "the secret").with_patience(Duration::from_secs(60));
        let result = captchas.verify(Challenge { token: "a token", attempt: ATTEMPT }).await;
        assert!(matches!(result, Err(PortError::Unavailable { .. })), "{url}: {result:?}");
    }
}
