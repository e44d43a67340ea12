//! `flowc key new FILE`: a key to sign certificates with. Keys are PEM files: PKCS#8, as other tools write them.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _, KeypairBytes,
};
use ed25519_dalek::{SigningKey, VerifyingKey};
use flow_compiler::diagnostic::code;

use super::disk::in_words;
use super::problem::Problem;
use super::{exit, terminal};

/// Make a key to sign certificates with
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  flowc key new release.key    writes release.key and release.key.pub")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a key: FILE is to be kept secret, FILE.pub is for everybody
    New {
        /// Where to write it; nothing is overwritten
        file: PathBuf,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let Verb::New { file } = &arguments.verb;
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| {
        Problem::ending_with(exit::INTERNAL, code::delivery::E1020, "the system has no random numbers to make a key of")
    })?;
    let key = SigningKey::from_bytes(&secret);
    let unmade = || Problem::ending_with(exit::INTERNAL, code::delivery::E1020, "the key cannot be written as PEM");
    // The first version of the format, without the public key in it, is what every tool reads.
    let bytes = KeypairBytes { secret_key: secret, public_key: None };
    let private = bytes.to_pkcs8_pem(LineEnding::LF).map_err(|_| unmade())?;
    let public = key.verifying_key().to_public_key_pem(LineEnding::LF).map_err(|_| unmade())?;
    let beside = public_of(file);
    make(file, &private, 0o600)?;
    make(&beside, &public, 0o644)?;
    terminal::print(&format!("made {} (keep it secret) and {}\n", file.display(), beside.display()));
    Ok(exit::OK)
}

fn public_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

/// Writes a file that is not there yet.
fn make(path: &Path, text: &str, mode: u32) -> Result<(), Problem> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let made = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    made.map_err(|error| {
        let why = in_words(&error.to_string());
        Problem::usage(code::command::E0006, format!("`{}` cannot be written: {why}", path.display()))
            .help("name a file that is not there yet, in a folder that you may write to")
    })
}

/// Reads a private key. What it says is never shown.
pub(crate) fn private(file: &Path) -> Result<SigningKey, Problem> {
    let text = read(file)?;
    SigningKey::from_pkcs8_pem(&text).map_err(|_| {
        Problem::usage(code::delivery::E1020, format!("`{}` is no private Ed25519 key", file.display()))
            .help("a key is a PEM file of PKCS#8: `flowc key new FILE` makes one")
    })
}

/// Reads a public key.
pub(crate) fn public(file: &Path) -> Result<VerifyingKey, Problem> {
    let text = read(file)?;
    VerifyingKey::from_public_key_pem(&text).map_err(|_| {
        Problem::usage(code::delivery::E1020, format!("`{}` is no public Ed25519 key", file.display()))
            .help("name the `.pub` file that `flowc key new` made")
    })
}

fn read(file: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(file).map_err(|error| {
        let why = in_words(&error.to_string());
        Problem::usage(code::delivery::E1020, format!("`{}` cannot be read: {why}", file.display()))
            .help("`flowc key new FILE` makes a key")
    })
}
