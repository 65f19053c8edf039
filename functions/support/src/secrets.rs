//! Secrets, read once at init by the functions that need them.

use aws_sdk_secretsmanager::config::BehaviorVersion;
use leads::signature::SigningKeys;
use serde::Deserialize;

use crate::Captchas;
use crate::aws::{code, retries, timeouts};
use crate::config::{Config, ConfigError, variable};

const ORIGIN_SECRET: &str = "ORIGIN_SECRET";

/// A secret that can be replaced without a gap: the previous one is good until it is emptied.
#[derive(Deserialize)]
pub struct Replaceable {
    current: String,
    #[serde(default)]
    previous: String,
}

impl Replaceable {
    /// Reads `{"current": "…", "previous": "…"}`.
    pub fn parse(secret: &str) -> Result<Self, &'static str> {
        serde_json::from_str(secret).map_err(|_| "it is not JSON with `current` and `previous`")
    }

    /// What is good now: one or two texts, none of them empty.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        [self.current.as_str(), &self.previous].into_iter().filter(|value| !value.is_empty())
    }
}

impl Config {
    /// The pepper under which duplicate keys are hashed.
    pub async fn pepper(&self) -> Result<Vec<u8>, ConfigError> {
        Ok(self.secret("PEPPER_SECRET").await?.into_bytes())
    }

    /// The roots of the signing keys: the current one, and the previous one while it is being replaced.
    pub async fn signing_keys(&self) -> Result<SigningKeys, ConfigError> {
        signing_keys(&self.secret("SIGNING_SECRET").await?)
            .map_err(|why| ConfigError::Secret("SIGNING_SECRET", why.to_owned()))
    }

    /// The verifier of captchas; `None` if the stack was deployed without one.
    pub async fn captchas(&self) -> Result<Option<Captchas>, ConfigError> {
        let Some(url) = self.captcha_url.as_ref() else { return Ok(None) };
        Ok(Some(Captchas::new(url, self.secret("CAPTCHA_SECRET").await?)))
    }

    /// What CloudFront sends along with every form; `None` if the stack asks for nothing of the kind.
    pub async fn origin_secret(&self) -> Result<Option<Replaceable>, ConfigError> {
        if variable(ORIGIN_SECRET).is_err() {
            return Ok(None);
        }
        let secret = Replaceable::parse(&self.secret(ORIGIN_SECRET).await?);
        secret.map(Some).map_err(|why| ConfigError::Secret(ORIGIN_SECRET, why.to_owned()))
    }

    async fn secret(&self, name: &'static str) -> Result<String, ConfigError> {
        let mut config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(self.credentials.clone())
            .http_client(self.http_client())
            .retry_config(retries())
            .timeout_config(timeouts());
        config.set_endpoint_url(self.endpoint.clone());
        let client = aws_sdk_secretsmanager::Client::from_conf(config.build());
        let secret = client.get_secret_value().secret_id(variable(name)?).send().await;
        let secret = secret.map_err(|error| ConfigError::Secret(name, code(&error)))?;
        secret.secret_string.ok_or(ConfigError::Secret(name, "it holds no text".into()))
    }
}

/// The signing keys in the text of their secret: `{"current": "…", "previous": "…"}`.
pub fn signing_keys(secret: &str) -> Result<SigningKeys, &'static str> {
    let secret = Replaceable::parse(secret)?;
    let previous = Some(secret.previous.as_str()).filter(|previous| !previous.is_empty());
    Ok(SigningKeys::new(&secret.current, previous))
}
