//! Lambda's runtime interface for one program: it asks for invocations, and answers them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";

/// A function's time-out.
const TIMEOUT_MS: i64 = 10_000;

/// What a program says.
pub(crate) enum Said {
    /// It asks for an invocation.
    Ready,
    /// It answered the invocation. It hears that this was heard when the sender is used or dropped.
    Answered(Value, oneshot::Sender<()>),
    /// It failed, at its start or over the invocation.
    Failed(Value),
}

/// The interface of one program.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    invocations: mpsc::Sender<Bytes>,
    said: mpsc::Receiver<(Instant, Said)>,
}

struct Shared {
    said: mpsc::Sender<(Instant, Said)>,
    invocations: Mutex<mpsc::Receiver<Bytes>>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (invocations, given) = mpsc::channel(1);
        let (says, said) = mpsc::channel(4);
        tokio::spawn(accept(listener, Arc::new(Shared { said: says, invocations: Mutex::new(given) })));
        Ok(Self { address, invocations, said })
    }

    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Gives it an event; it must have asked.
    pub(crate) async fn give(&self, event: &Value) -> Result<()> {
        self.invocations.send(Bytes::from(event.to_string())).await.context("nobody asks for invocations")
    }

    /// The next thing that it says, and when it did.
    pub(crate) async fn hear(&mut self) -> Result<(Instant, Said)> {
        self.said.recv().await.context("the runtime interface has ended")
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            drop(stream.set_nodelay(true));
            let service = service_fn(move |request| respond(request, Arc::clone(&shared)));
            // A program that is ended leaves in the middle.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

async fn respond(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>> {
    let path = request.uri().path().to_owned();
    if request.method() == Method::GET && path == NEXT {
        shared.said.send((Instant::now(), Said::Ready)).await.ok().context("nobody listens")?;
        let event = shared.invocations.lock().await.recv().await.context("there are no more invocations")?;
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
            .header("lambda-runtime-deadline-ms", Timestamp::now().as_millisecond() + TIMEOUT_MS)
            .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:bench")
            .header(
                "lambda-runtime-trace-id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            );
        return Ok(response.body(Full::new(event))?);
    }
    let body = request.into_body().collect().await?.to_bytes();
    let at = Instant::now();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    if path.ends_with("/response") {
        let (heard, wait) = oneshot::channel();
        shared.said.send((at, Said::Answered(body, heard))).await.ok().context("nobody listens")?;
        drop(wait.await);
    } else if path.ends_with("/error") {
        shared.said.send((at, Said::Failed(body))).await.ok().context("nobody listens")?;
    } else {
        return Ok(Response::builder().status(StatusCode::NOT_FOUND).body(Full::default())?);
    }
    Ok(Response::builder().status(StatusCode::ACCEPTED).body(Full::default())?)
}
