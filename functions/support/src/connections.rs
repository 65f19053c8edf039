//! One HTTP client for all services: the machine's certificate authorities are read once, and a TLS session with an
//! endpoint makes the next ones cheap.

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};

use crate::Config;

/// A connector as the SDK makes it by default. It has no time-outs of its own: each attempt at a call has one.
pub(crate) fn connector() -> SharedHttpConnector {
    let connector = Connector::builder().proxy_config(ProxyConfig::from_env());
    SharedHttpConnector::new(connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build())
}

impl Config {
    /// The client for an SDK. The SDK's own would be one a service, each made twice.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        let connector = self.connector.clone();
        http_client_fn(move |_, _| connector.clone())
    }
}
