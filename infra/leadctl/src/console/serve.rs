//! The console's socket: on 127.0.0.1 and nowhere else. One task serves every connection, since the ports' calls stay on
//! the task that makes them.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use http_body_util::Full;
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};

use super::{Console, Reads};
use crate::depths::ReadDepths;

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// A socket on this machine's own address, at a port of choice or a free one.
pub async fn listen(port: Option<u16>) -> Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(0)));
    TcpListener::bind(address).await.with_context(|| format!("the console cannot listen on {address}"))
}

impl<P: Reads, D: ReadDepths> Console<P, D> {
    /// Serves until it is dropped.
    pub async fn serve(&self, listener: TcpListener) -> Result<()> {
        let host = listener.local_addr()?.to_string();
        let connections = async {
            let mut open = FuturesUnordered::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        // A client that went away while it was let in is no reason to stop.
                        if let Ok((stream, _)) = accepted {
                            open.push(self.connection(stream, &host));
                        }
                    }
                    Some(()) = open.next(), if !open.is_empty() => {}
                }
            }
        };
        tokio::select! {
            () = self.keep_looking() => Ok(()),
            ended = connections => ended,
        }
    }

    async fn connection(&self, stream: TcpStream, host: &str) {
        let answer = service_fn(async |request: Request<Incoming>| {
            let (parts, _) = request.into_parts();
            let response = self.answer(&parts, host, Timestamp::now()).await;
            Ok::<_, Infallible>(response.map(|body| Full::new(Bytes::from(body))))
        });
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
        // However a connection ends, it is over.
        let _ = server.serve_connection(TokioIo::new(stream), answer).await;
    }
}
