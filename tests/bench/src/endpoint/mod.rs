//! DynamoDB, SQS and Secrets Manager over TLS on this machine, as far as the functions and their peers call them. They
//! answer at once, or after a time that is set, and count the calls.

mod answers;
mod table;
mod tls;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use leads::row::Row;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use answers::answer;
use table::Table;

pub use tls::Roots;

/// How many calls were made, by action.
pub type Calls = BTreeMap<String, u64>;

/// The running endpoint.
pub struct Endpoint {
    address: SocketAddr,
    roots: Roots,
    services: Arc<Services>,
}

#[derive(Default)]
struct Services {
    table: Mutex<Table>,
    calls: Mutex<Calls>,
    latency: Mutex<Duration>,
}

impl Endpoint {
    /// Starts it. `folder` takes the certificates.
    pub async fn start(folder: &Path) -> Result<Self> {
        let (acceptor, roots) = tls::certify(folder)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let services = Arc::<Services>::default();
        tokio::spawn(accept(listener, acceptor, Arc::clone(&services)));
        Ok(Self { address, roots, services })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The authorities by which it is trusted.
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// Has the table hold these rows and no others. What is written is answered for and not kept, so that the same event
    /// finds the same rows each time.
    pub fn hold(&self, rows: &[Row]) -> Result<()> {
        *lock(&self.services.table) = Table::of(rows)?;
        Ok(())
    }

    /// Has every call take this long.
    pub fn set_latency(&self, latency: Duration) {
        *lock(&self.services.latency) = latency;
    }

    /// The calls since this was last asked.
    pub fn take_calls(&self) -> Calls {
        std::mem::take(&mut lock(&self.services.calls))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, services: Arc<Services>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, services) = (acceptor.clone(), Arc::clone(&services));
        tokio::spawn(async move {
            // A client that leaves in the middle, as processes do that are ended, is no fault.
            drop(serve(stream, acceptor, services).await);
        });
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, services: Arc<Services>) -> Result<()> {
    stream.set_nodelay(true)?;
    let stream = acceptor.accept(stream).await?;
    let service = service_fn(move |request| respond(request, Arc::clone(&services)));
    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await?;
    Ok(())
}

async fn respond(request: Request<Incoming>, services: Arc<Services>) -> Result<Response<Full<Bytes>>> {
    let target = request.headers().get("x-amz-target").context("a call names its action")?.to_str()?.to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    let action = target.rsplit('.').next().unwrap_or_default().to_owned();
    let answer = answer(&action, &body, &lock(&services.table));
    *lock(&services.calls).entry(action).or_default() += 1;
    let latency = *lock(&services.latency);
    if !latency.is_zero() {
        // The runtime's own clock ticks in milliseconds.
        tokio::task::spawn_blocking(move || std::thread::sleep(latency)).await?;
    }
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body.to_string()),
        Err(why) => (
            StatusCode::BAD_REQUEST,
            serde_json::json!({ "__type": "ValidationException", "message": why.to_string() }).to_string(),
        ),
    };
    let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    Ok(response.body(Full::new(Bytes::from(body)))?)
}
