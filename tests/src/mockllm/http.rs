//! As much of HTTP/1.1 as a client of this server uses. In: a connection. Out: requests.

use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// The largest request that is read.
const MOST: usize = 64 << 20;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The path with its query.
    pub(super) path: String,
    /// The body; `null` where it is not JSON.
    pub(super) body: Value,
}

/// Reads the next request of a connection; `None` where there is none.
pub(super) async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = find(&bytes, b"\r\n\r\n") {
            break at;
        }
        more(stream, &mut bytes).await?;
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let path = text.split_whitespace().nth(1)?.to_owned();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let (start, length) = (head + 4, length.unwrap_or(0).min(MOST));
    while bytes.len() < start + length {
        more(stream, &mut bytes).await?;
    }
    Some(Request { path, body: serde_json::from_slice(&bytes[start..start + length]).unwrap_or(Value::Null) })
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 16 << 10];
    let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
    bytes.extend_from_slice(&buffer[..read]);
    (bytes.len() <= MOST).then_some(())
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
