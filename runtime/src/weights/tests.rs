#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::sync::Mutex;

use super::*;

#[test]
fn the_folder_is_the_users_unless_told_otherwise() {
    let with = |set: &'static [(&'static str, &'static str)]| {
        folder(&move |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value)))
    };
    assert_eq!(with(&[("HOME", "/home/ada")]), Some("/home/ada/.local/share/flow/models".into()));
    assert_eq!(with(&[("HOME", "/home/ada"), ("XDG_DATA_HOME", "/data")]), Some("/data/flow/models".into()));
    assert_eq!(with(&[("FLOW_MODELS", "/weights"), ("XDG_DATA_HOME", "/data")]), Some("/weights".into()));
    assert_eq!(with(&[("FLOW_MODELS", ""), ("FLOW_HOME", "/flow")]), Some("/flow/models".into()));
    assert_eq!(with(&[]), None);
}

#[test]
fn an_unknown_name_names_the_known_ones() {
    let error = unknown("smollm3").to_string();
    assert!(error.contains("`smollm3`") && error.contains("`smollm2-135m-instruct`"), "{error}");
}

static SMALL: Weights = Weights {
    name: "small",
    kind: Kind::Embedding,
    licence: "none",
    files: &[File {
        name: "hello.txt",
        bytes: 11,
        sha256: "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
    }],
    hub: Hub { repository: "some/one", revision: "main" },
    wheel: Wheel { package: "none", version: "0", folder: "none" },
};

#[derive(Default)]
struct Heard(Mutex<Vec<(u64, u64)>>);

impl Progress for Heard {
    fn stage(&self, _stage: Stage) {}
    fn bytes(&self, done: u64, total: u64) {
        self.0.lock().unwrap().push((done, total));
    }
}

/// Answers one request on a loopback port and gives the head of that request.
async fn serve_once(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let read = socket.read(&mut head).await.unwrap();
        socket.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&head[..read]).into_owned()
    });
    (address, served)
}

async fn fetch_small(answer: &'static str, folder: &Path) -> (Result<(), Problem>, String, Vec<(u64, u64)>) {
    let (address, served) = serve_once(answer).await;
    let heard = Heard::default();
    let missing: Vec<&'static File> = SMALL.files.iter().collect();
    let result = hub::fetch_from(&address, &SMALL, &missing, folder, &heard).await;
    (result, served.await.unwrap(), heard.0.into_inner().unwrap())
}

#[tokio::test]
async fn a_partial_file_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hello.txt.part"), "hello ").unwrap();
    let answer = "HTTP/1.1 206 Partial Content\r\ncontent-length: 5\r\n\r\nworld";
    let (result, asked, heard) = fetch_small(answer, folder.path()).await;
    assert!(result.is_ok());
    assert!(asked.starts_with("GET /some/one/resolve/main/hello.txt "), "{asked}");
    assert!(asked.contains("range: bytes=6-"), "{asked}");
    assert_eq!(std::fs::read_to_string(folder.path().join("hello.txt")).unwrap(), "hello world");
    assert!(!folder.path().join("hello.txt.part").exists());
    assert_eq!(heard.last(), Some(&(11, 11)));
}

#[tokio::test]
async fn a_server_that_does_not_continue_starts_over() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hello.txt.part"), "rubbish").unwrap();
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world";
    let (result, _, _) = fetch_small(answer, folder.path()).await;
    assert!(result.is_ok());
    assert_eq!(std::fs::read_to_string(folder.path().join("hello.txt")).unwrap(), "hello world");
}

#[tokio::test]
async fn a_wrong_file_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello WORLD";
    let (result, _, _) = fetch_small(answer, folder.path()).await;
    assert!(matches!(result, Err(Problem::Error(Error::WrongHash { .. }))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_transfer_that_breaks_off_leaves_what_came() {
    let folder = tempfile::tempdir().unwrap();
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello";
    let (result, _, _) = fetch_small(answer, folder.path()).await;
    assert!(matches!(result, Err(Problem::Reason(_))));
    assert_eq!(std::fs::read_to_string(folder.path().join("hello.txt.part")).unwrap(), "hello");
    let more = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhello world and much more";
    let (result, _, _) = fetch_small(more, folder.path()).await;
    assert!(matches!(result, Err(Problem::Reason(reason)) if reason.contains("more than the 11 bytes")));
}

#[tokio::test]
async fn one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    let held = lock::hold(&path, &()).await.unwrap();
    let waits = tokio::time::timeout(std::time::Duration::from_millis(150), lock::hold(&path, &())).await;
    assert!(waits.is_err());
    drop(held);
    lock::hold(&path, &()).await.unwrap();
}

#[tokio::test]
async fn a_check_tells_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let missing = check("smollm2-135m-instruct", folder.path()).await.unwrap();
    assert_eq!(missing, State::Missing(vec!["SmolLM2-135M-Instruct.Q4_1.gguf"]));
    let inside = find("all-minilm-l6-v2").unwrap().folder(folder.path());
    std::fs::create_dir_all(&inside).unwrap();
    std::fs::write(inside.join("config.json"), "{}").unwrap();
    assert_eq!(check("all-minilm-l6-v2", folder.path()).await.unwrap(), State::Damaged("config.json"));
    assert!(matches!(check("none", folder.path()).await, Err(Error::Unknown { .. })));
}
