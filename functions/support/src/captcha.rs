//! The verifier of captchas over HTTP: Turnstile's `siteverify`, whose request and answer others share. The client is the
//! one that the AWS SDK brings along; it is made when the first token comes.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_http_client::default_connector;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use form_urlencoded::Serializer;
use http_body_util::{BodyExt, Limited};
use leads::ports::{Challenge, PortError, Solved, VerifyChallenge};
use serde::Deserialize;

use crate::Aws;
use crate::aws::Reported;

const CALL: &str = "siteverify";

/// How long the verifier may take. A person waits for the form meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest answer that is read; a real one has some hundred bytes.
const MOST_BYTES: usize = 16 * 1024;

/// What the verifier says of a request whose fault is ours or its own. It says nothing about the visitor.
const NOT_THE_VISITORS: [&str; 4] = ["missing-input-secret", "invalid-input-secret", "bad-request", "internal-error"];

/// A verifier of captchas.
#[derive(Clone)]
pub struct Captchas {
    url: String,
    secret: String,
    patience: Duration,
    connector: Arc<OnceLock<Option<SharedHttpConnector>>>,
}

impl std::fmt::Debug for Captchas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Captchas({})", self.url)
    }
}

#[derive(Deserialize)]
struct Answer {
    success: bool,
    hostname: Option<String>,
    action: Option<String>,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

impl Captchas {
    /// The verifier at this address.
    pub fn new(url: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { url: url.into(), secret: secret.into(), patience: PATIENCE, connector: Arc::default() }
    }

    /// The same, given up sooner or later.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    async fn ask(&self, challenge: Challenge<'_>) -> Result<Answer, String> {
        let connector = self.connector.get_or_init(|| default_connector(&HttpConnectorSettings::default(), None));
        let connector = connector.as_ref().ok_or("there is no HTTP client")?;
        // Nothing about the visitor but the token: no address.
        let form = Serializer::new(String::new())
            .append_pair("secret", &self.secret)
            .append_pair("response", challenge.token)
            .append_pair("idempotency_key", &uuid(challenge.attempt))
            .finish();
        let length = form.len().to_string();
        let mut request = HttpRequest::new(SdkBody::from(form));
        let unusable = "the verifier's address cannot be used";
        request.set_method("POST").map_err(|_| unusable)?;
        request.set_uri(self.url.as_str()).map_err(|_| unusable)?;
        request.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
        request.headers_mut().insert("content-length", length);
        let response = connector.call(request).await.map_err(|_| "no answer")?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("status {}", status.as_u16()));
        }
        let body = Limited::new(response.into_body(), MOST_BYTES).collect().await;
        let body = body.map_err(|_| "the answer could not be read")?.to_bytes();
        // serde's message can quote the answer.
        serde_json::from_slice(&body).map_err(|_| "the answer is none of siteverify's".to_owned())
    }
}

impl VerifyChallenge for Captchas {
    async fn verify(&self, challenge: Challenge<'_>) -> Result<Solved, PortError> {
        let unavailable = |why: String| PortError::Unavailable { call: CALL, source: Box::new(Reported(why)) };
        let answer = match tokio::time::timeout(self.patience, self.ask(challenge)).await {
            Ok(answer) => answer.map_err(unavailable)?,
            Err(_) => return Err(unavailable("timed out".to_owned())),
        };
        if let Some(code) = NOT_THE_VISITORS.into_iter().find(|code| answer.error_codes.iter().any(|c| c == code)) {
            return Err(PortError::Refused { call: CALL, why: code.to_owned() });
        }
        Ok(Solved { success: answer.success, hostname: answer.hostname, action: answer.action })
    }
}

impl VerifyChallenge for Aws {
    async fn verify(&self, challenge: Challenge<'_>) -> Result<Solved, PortError> {
        match &self.captchas {
            Some(captchas) => captchas.verify(challenge).await,
            None => Err(PortError::Refused { call: CALL, why: "CAPTCHA_URL is not set".to_owned() }),
        }
    }
}

/// Sixteen bytes as a UUID of version 4, which is what the verifier takes for one.
fn uuid(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 0b11 << 62) | 0x4 << 76 | 0b10 << 62;
    let hex = format!("{number:032x}");
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    parts.map(|(from, to)| hex.get(from..to).unwrap_or_default()).join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_of_version_4() {
        assert_eq!(uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
