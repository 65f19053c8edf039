//! A server on this machine, for one request.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server that reads one request and answers with these bytes; without any, it keeps the connection open and silent.
/// Answers its address, and what it was sent.
pub(crate) async fn server(answer: Option<Vec<u8>>) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = request(&mut stream).await;
        match answer {
            Some(answer) => {
                // A client that has read enough may be gone.
                drop(stream.write_all(&answer).await);
                drop(stream.shutdown().await);
            }
            None => std::future::pending().await,
        }
        request
    });
    (url, served)
}

async fn request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                return text;
            }
        }
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.unwrap();
        assert_ne!(count, 0, "the request ends early: {text}");
        read.extend_from_slice(&chunk[..count]);
    }
}

/// An HTTP answer in JSON.
pub(crate) fn http(status: &str, body: &str) -> Option<Vec<u8>> {
    let length = body.len();
    Some(
        format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into(),
    )
}
