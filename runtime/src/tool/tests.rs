//! Tools against real programs and a loopback server.

use std::sync::Mutex;
use std::time::Instant;

use flow_compiler::cost::Money;
use flow_compiler::program::{Effect, Place, TextSize, ToolSource, Ty};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const TEXT: Ty = Ty::Text(TextSize { tokens: 10, chars: 10, bytes: 10 });

fn call(target: ToolTarget, result: Ty) -> ToolRequest {
    let tool = Tool {
        name: "look".into(),
        docs: String::new(),
        place: Place::default(),
        params: vec![],
        result,
        source: ToolSource::Exec { command: vec![] },
        effect: Effect::Read,
        once_per: Vec::new(),
        cache_ms: None,
        price: Money::ZERO,
        time_ms: 1000,
        gate: None,
    };
    let args = json!({"what": "é & b", "many": [1, 2], "none": null}).as_object().cloned().expect("an object");
    ToolRequest {
        tool: Arc::new(tool),
        target,
        args,
        timeout: Duration::from_millis(1500),
        max_bytes: 10,
        keys: Vec::new(),
    }
}

async fn run(command: &[&str], result: Ty) -> Result<Json, ToolFault> {
    let command: Vec<String> = command.iter().map(|&word| word.into()).collect();
    let call = call(ToolTarget::Exec { command: command.clone() }, result);
    exec::Exec::new(std::env::temp_dir()).call(&call, &command).await
}

async fn shell(script: &str, result: Ty) -> Result<Json, ToolFault> {
    run(&["sh", "-c", script], result).await
}

#[tokio::test]
async fn a_program_gets_its_arguments_and_gives_text_or_json() {
    assert_eq!(shell("head -c 15 | tail -c 6", TEXT).await, Ok(json!("é & b")));
    assert_eq!(shell("echo '{\"a\":1}'", Ty::Bool).await, Ok(json!({"a": 1})));
    assert_eq!(shell("printf '\"a b\"'", TEXT).await, Ok(json!("a b")));
}

#[tokio::test]
async fn what_is_too_long_is_cut_or_refused() {
    assert_eq!(shell("printf 123456789é", TEXT).await, Ok(json!("123456789")));
    assert_eq!(shell("head -c 10000000 /dev/zero | tr '\\0' x", TEXT).await, Ok(json!("xxxxxxxxxx")));
    let fault = shell("echo '[1,2,3,4,5,6]'", Ty::Bool).await.expect_err("too long");
    assert_eq!(fault.detail, "`look` answered with more than 10 bytes");
    let fault = shell("printf '\\377abc'", TEXT).await.expect_err("not text");
    assert_eq!(fault.detail, "`look` answered with text that is not UTF-8");
}

#[tokio::test]
async fn a_program_that_fails_says_why_without_its_words() {
    let fault = run(&["sh", "-c", "echo no luck with $0 >&2; exit 3", "secret-word"], TEXT).await.expect_err("failed");
    assert_eq!(fault.detail, "`look` ended with 3: no luck with …");
    assert_eq!(fault.charge, ToolCharge::InDoubt);
    for program in ["no-such-program-here", "./no/such"] {
        let fault = run(&[program], TEXT).await.expect_err("missing");
        assert_eq!(fault.detail, format!("`look` needs the program `{program}`, which is not here"));
        assert_eq!(fault.charge, ToolCharge::Nothing);
    }
}

#[tokio::test]
async fn what_a_program_says_moves_no_cursor() {
    let fault = shell("printf 'a\\033[2J\\007b' >&2; exit 1", TEXT).await.expect_err("it fails");
    assert_eq!(fault.detail, "`look` ended with 1: a\\u{1b}[2J\\u{7}b");
}

#[tokio::test]
async fn a_program_gets_no_key_and_no_message_shows_one() {
    // `HOME` stands for the key: a test must not set a variable of its own process.
    let home = std::env::var("HOME").expect("a home");
    let script = "echo \"[$HOME]\" >&2; printf '%s' \"$1\" >&2; exit 1";
    let command: Vec<String> = ["sh", "-c", script, "sh", &home].map(Into::into).into();
    let value = Some(SecretString::from(home.clone()));
    let keys = vec![Key { variable: "HOME".into(), value }];
    let target = ToolTarget::Exec { command: command.clone() };
    let call = ToolRequest { keys, ..call(target, TEXT) };
    let fault = exec::Exec::new(std::env::temp_dir()).call(&call, &command).await.expect_err("it fails");
    assert_eq!(fault.detail, "`look` ended with 1: [] …");
    // Also where the key stands at the place where a long message is cut.
    let script = format!("printf '{home}%497s' x >&2; exit 1");
    let command: Vec<String> = ["sh", "-c", &script].map(Into::into).into();
    let fault = exec::Exec::new(std::env::temp_dir()).call(&call, &command).await.expect_err("it fails");
    assert!(!fault.detail.contains(&home[1..]), "{}", fault.detail);
}

#[tokio::test]
async fn a_program_that_hangs_is_killed_with_its_children() {
    let folder = tempfile::tempdir().expect("a folder");
    let mark = folder.path().join("mark").display().to_string();
    let start = Instant::now();
    let fault = shell(&format!("(sleep 3; touch {mark}) & wait"), TEXT).await.expect_err("late");
    assert!(fault.timed_out && start.elapsed() < Duration::from_secs(3), "{fault}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!std::path::Path::new(&mark).exists(), "the child went on");
}

/// Answers one request with `answer` and keeps what was asked.
async fn serve(answer: &str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    let (asked, answer) = (Arc::new(Mutex::new(String::new())), answer.to_owned());
    let books = Arc::clone(&asked);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut buffer = [0; 16 << 10];
        let read = stream.read(&mut buffer).await.expect("a request");
        *books.lock().expect("one writer") = String::from_utf8_lossy(&buffer[..read]).into_owned();
        let _ = stream.write_all(answer.as_bytes()).await;
    });
    (format!("http://{address}/find?token=planted"), asked)
}

async fn ask(method: &str, url: &str, result: Ty) -> Result<Json, ToolFault> {
    let target = ToolTarget::Http { method: method.into(), url: url.into() };
    http::Http::new().expect("a client").call(&call(target, result), method, url).await
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_server_is_asked_by_query_or_by_body() {
    let (url, asked) = serve(&ok("[1]")).await;
    assert_eq!(ask("GET", &url, Ty::Bool).await, Ok(json!([1])));
    let head = asked.lock().expect("done").clone();
    assert!(head.starts_with("GET /find?token=planted&what=%C3%A9+%26+b&many=%5B1%2C2%5D HTTP/1.1"), "{head}");
    let (url, asked) = serve(&ok("plain")).await;
    assert_eq!(ask("POST", &url, TEXT).await, Ok(json!("plain")));
    let head = asked.lock().expect("done").clone();
    assert!(head.ends_with("{\"what\":\"é & b\",\"many\":[1,2],\"none\":null}"), "{head}");
}

#[tokio::test]
async fn a_large_answer_never_gets_in() {
    let (url, _) = serve(&ok(&"x".repeat(10 << 20))).await;
    assert_eq!(ask("GET", &url, TEXT).await, Ok(json!("xxxxxxxxxx")));
}

#[tokio::test]
async fn a_server_that_fails_is_told_apart_and_never_quoted() {
    for (answer, detail) in [
        ("HTTP/1.1 500 X\r\ncontent-length: 7\r\n\r\nplanted", "`look` answered 500"),
        ("HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n", "`look` answered 404"),
        ("HTTP/1.1 302 X\r\nlocation: /planted\r\ncontent-length: 0\r\n\r\n", "`look` answered 302"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nplan", "`look` broke off in the middle of its answer"),
        ("", "the server of `look` broke the connection before it answered"),
    ] {
        let (url, _) = serve(answer).await;
        let fault = ask("GET", &url, TEXT).await.expect_err("a fault");
        assert_eq!((fault.detail.as_str(), fault.charge), (detail, ToolCharge::InDoubt));
        assert!(!format!("{fault:?}").contains("planted"));
    }
    for url in ["http://127.0.0.1:1/?token=planted", "planted", "file:///planted"] {
        let fault = ask("POST", url, TEXT).await.expect_err("nobody there");
        assert_eq!(fault.charge, ToolCharge::Nothing);
        assert!(!format!("{fault:?}").contains("planted"), "{fault:?}");
    }
}
