//! One HTTP client for all services: the machine's certificate authorities are read once, and a TLS session with an
//! endpoint makes the next ones cheap. It connects before the first invocation.

use std::time::Duration;

use aws_sdk_dynamodb::config::endpoint as dynamodb;
use aws_sdk_sqs::config::endpoint as sqs;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpClient, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use futures::future::join;
use http_body_util::{BodyExt as _, Limited};

use crate::Config;

/// How long connecting may take. What is not connected then connects when it is called.
const PATIENCE: Duration = Duration::from_secs(1);

/// The longest answer to a greeting that is read, so that its connection can be used again.
const MOST_BYTES: usize = 16 * 1024;

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

    /// Connects to the table and the queues, so that the first invocation finds it done: Lambda gives the start of a process
    /// more of a core than its memory setting buys later. An unsigned `GET /` is no action and takes no right; whatever it
    /// is answered, the connection stands.
    pub(crate) async fn connect(&self) {
        let (table, queues) = join(self.origin_of_table(), self.origin_of_queues()).await;
        let greeted = join(self.greet(table), self.greet(queues)).await;
        if greeted != (Some(()), Some(())) {
            tracing::debug!("a service was not connected to beforehand");
        }
    }

    async fn greet(&self, origin: Option<String>) -> Option<()> {
        let greeting = self.connector.call(HttpRequest::get(origin?).ok()?);
        let answer = async { Limited::new(greeting.await.ok()?.into_body(), MOST_BYTES).collect().await.ok() };
        tokio::time::timeout(PATIENCE, answer).await.ok().flatten().map(drop)
    }

    async fn origin_of_table(&self) -> Option<String> {
        use dynamodb::ResolveEndpoint as _;
        let place = dynamodb::Params::builder().region(self.region.as_ref()).set_endpoint(self.endpoint.clone());
        let endpoint = dynamodb::DefaultResolver::new().resolve_endpoint(&place.build().ok()?).await;
        endpoint.ok().map(|endpoint| endpoint.url().to_owned())
    }

    async fn origin_of_queues(&self) -> Option<String> {
        use sqs::ResolveEndpoint as _;
        let place = sqs::Params::builder().region(self.region.as_ref()).set_endpoint(self.endpoint.clone());
        let endpoint = sqs::DefaultResolver::new().resolve_endpoint(&place.build().ok()?).await;
        endpoint.ok().map(|endpoint| endpoint.url().to_owned())
    }
}
