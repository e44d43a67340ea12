//! The hub. In: the files that are missing. Out: the files, each continued from where an earlier attempt stopped.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::RANGE;
use reqwest::{Client, StatusCode};

use super::file::{accept, cannot};
use super::{File, Problem, Progress, Stage, Weights};

/// Where the hub is unless `HF_ENDPOINT` says otherwise.
const ENDPOINT: &str = "https://huggingface.co";

/// A hub that cannot be reached is given up soon: there is another source.
const CONNECT: Duration = Duration::from_secs(3);

/// A transfer that stands still for this long is given up; the next pull goes on from there.
const STALLED: Duration = Duration::from_secs(30);

pub(super) async fn fetch(
    weights: &'static Weights,
    missing: &[&'static File],
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), Problem> {
    let endpoint = std::env::var("HF_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty());
    fetch_from(endpoint.as_deref().unwrap_or(ENDPOINT), weights, missing, folder, progress).await
}

pub(super) async fn fetch_from(
    endpoint: &str,
    weights: &'static Weights,
    missing: &[&'static File],
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), Problem> {
    let client = Client::builder().connect_timeout(CONNECT).read_timeout(STALLED).build().map_err(reason)?;
    let total = missing.iter().map(|file| file.bytes).sum();
    let mut done = 0;
    for file in missing {
        let address = format!(
            "{}/{}/resolve/{}/{}",
            endpoint.trim_end_matches('/'),
            weights.hub.repository,
            weights.hub.revision,
            file.name
        );
        let before = done;
        let mut told = false;
        fetch_file(&client, &address, file, folder, &mut |bytes| {
            if !std::mem::replace(&mut told, true) {
                progress.stage(Stage::Hub);
            }
            progress.bytes(before + bytes, total);
        })
        .await?;
        accept(weights, file, folder).await?;
        done += file.bytes;
    }
    Ok(())
}

async fn fetch_file(
    client: &Client,
    address: &str,
    file: &File,
    folder: &Path,
    arrived: &mut (dyn FnMut(u64) + Send),
) -> Result<(), Problem> {
    let partial = file.partial(folder);
    let have = partial.metadata().map_or(0, |found| found.len());
    if have == file.bytes {
        return Ok(());
    }
    let mut request = client.get(address);
    if have > 0 && have < file.bytes {
        request = request.header(RANGE, format!("bytes={have}-"));
    }
    let response = request.send().await.map_err(reason)?;
    let status = response.status();
    if !status.is_success() {
        return Err(Problem::Reason(format!("{address} answers {status}")));
    }
    let continues = status == StatusCode::PARTIAL_CONTENT && have < file.bytes;
    let mut options = std::fs::File::options();
    let mut out = options.create(true).write(true).append(continues).truncate(!continues).open(&partial);
    let out = out.as_mut().map_err(|error| cannot(&partial)(std::io::Error::new(error.kind(), error.to_string())))?;
    let mut bytes = if continues { have } else { 0 };
    let mut body = response.bytes_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(reason)?;
        bytes += chunk.len() as u64;
        if bytes > file.bytes {
            return Err(Problem::Reason(format!("{address} sends more than the {} bytes of the file", file.bytes)));
        }
        out.write_all(&chunk).map_err(cannot(&partial))?;
        arrived(bytes);
    }
    if bytes < file.bytes {
        return Err(Problem::Reason(format!("{address} stopped after {bytes} of {} bytes", file.bytes)));
    }
    Ok(())
}

/// The innermost cause: the outer ones only say that sending failed.
#[expect(clippy::needless_pass_by_value, reason = "it is passed to `map_err`")]
fn reason(error: reqwest::Error) -> Problem {
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    Problem::Reason(cause.to_string())
}
