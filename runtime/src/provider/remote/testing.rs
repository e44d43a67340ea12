//! A server of canned answers, one connection each.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Serves `answer` to one connection, then closes it, or keeps it open where `hang` is set. Returns where, and what was sent.
pub(in crate::provider) async fn serve(answer: Vec<Vec<u8>>, hang: bool) -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    let sent = Arc::new(Mutex::new(Vec::new()));
    let books = Arc::clone(&sent);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut buffer = [0u8; 16 << 10];
        while !whole(&books.lock().expect("one writer")) {
            let read = stream.read(&mut buffer).await.expect("a request");
            books.lock().expect("one writer").extend_from_slice(&buffer[..read]);
        }
        for piece in answer {
            let _ = stream.write_all(&piece).await;
            let _ = stream.flush().await;
            tokio::task::yield_now().await;
        }
        if hang {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    });
    (format!("http://{address}/v1"), sent)
}

/// Whether these bytes are a whole request.
fn whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    length.is_none_or(|length| body.len() >= length)
}
