//! `flowc bound FILE --contract --key KEY` and `flowc verify CERT`: a ceiling that somebody else can hold us to.

use std::path::{Path, PathBuf};

use flow_compiler::bound::FlowReport;
use flow_compiler::contract::{Certificate, Claims, Refusal};
use flow_compiler::cost::Dimension;
use flow_compiler::diagnostic::code;
use flow_compiler::plan::Plan;
use flow_compiler::source::ReadError;

use super::disk::{Project, in_words, read_file, write_whole};
use super::lock::LOCK_FILE;
use super::problem::Problem;
use super::terminal::{self, Colours};
use super::{amounts, analysis, exit, key, pick};

/// Writes the certificate of a flow.
pub(crate) fn issue(
    file: &Path,
    flow: Option<&str>,
    signed_with: &Path,
    output: Option<&Path>,
    colours: Colours,
) -> Result<u8, Problem> {
    let key = key::private(signed_with)?;
    let claims = match claims(file, flow, colours)? {
        Ok(claims) => claims,
        Err(code) => return Ok(code),
    };
    let text = Certificate::sign(claims, &key).to_text();
    match output {
        Some(path) if path != Path::new("-") => {
            write_whole(path, &text)?;
            terminal::say(&format!("wrote {}\n", path.display()));
        }
        Some(_) | None => terminal::print(&text),
    }
    Ok(exit::OK)
}

/// What is so now of a flow; or the exit code, where that cannot be proved.
fn claims(file: &Path, flow: Option<&str>, colours: Colours) -> Result<Result<Claims, u8>, Problem> {
    let (project, analysis, plan) = match analysis::expect_plan(file, colours)? {
        Ok(found) => found,
        Err(analysis) => return Ok(Err(exit::of(analysis.verdict()))),
    };
    let index = pick::flow(&plan.program.flows, flow, |flow| (&flow.name, flow.public))?;
    let lock = lock_of(&project)?;
    let name = plan.program.flows.get(index).map_or("", |flow| flow.name.as_str());
    let report = analysis.report.flows.iter().find(|flow| flow.name == name);
    claimed(&plan, index, report, lock.as_deref())
}

fn claimed(
    plan: &Plan,
    index: usize,
    report: Option<&FlowReport>,
    lock: Option<&str>,
) -> Result<Result<Claims, u8>, Problem> {
    let claims = report.and_then(|report| Claims::of(plan, index, report, lock));
    claims.map(Ok).ok_or_else(|| {
        Problem::ending_with(exit::UNBOUNDED, code::bound::E0202, "the flow has no finite bound to certify")
    })
}

fn lock_of(project: &Project) -> Result<Option<String>, Problem> {
    match read_file(&project.root().join(LOCK_FILE)) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(ReadError::Missing) => Ok(None),
        Err(ReadError::Unreadable(why)) => {
            Err(Problem::usage(code::delivery::E1002, format!("`flow.lock` cannot be read: {why}")))
        }
    }
}

const HELP: &str = "\
The signature is checked first. With FILE the flow is compiled again and everything that the certificate depends on is compared: the
texts, the lock, the facts of the models, the version of the compiler, and the ceiling itself.

Examples:
  flowc verify desk.cert.json --key release.key.pub
  flowc verify desk.cert.json desk.flow --key release.key.pub

Exit codes: 0 valid, 1 not valid, 2 the flow does not compile, 3 no finite bound";

/// Verify a certificate of `flowc bound --contract`
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The certificate
    certificate: PathBuf,
    /// The flow file that it is about, to prove its ceiling again
    file: Option<PathBuf>,
    /// The public key of whoever must have signed it
    #[arg(long, value_name = "PUB")]
    key: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let shown = arguments.certificate.display();
    let text = std::fs::read_to_string(&arguments.certificate).map_err(|error| {
        let why = in_words(&error.to_string());
        Problem::usage(code::delivery::E1021, format!("`{shown}` cannot be read: {why}"))
            .help("name a certificate that `flowc bound FILE --contract --key KEY` wrote")
    })?;
    let trusted = arguments.key.as_deref().map(key::public).transpose()?;
    let certificate =
        Certificate::read(&text, trusted.as_ref()).map_err(|refusal| refused(&shown.to_string(), &refusal))?;
    let claims = &certificate.claims;
    if let Some(file) = &arguments.file {
        let now = match self::claims(file, Some(&claims.flow), colours)? {
            Ok(now) => now,
            Err(code) => return Ok(code),
        };
        let differences = claims.differences(&now);
        if !differences.is_empty() {
            let lines = differences.join("\n");
            return Err(Problem::ending_with(exit::OVER, code::delivery::E1024, format!("`{shown}` no longer holds"))
                .help(lines));
        }
    }
    let whose = match trusted {
        Some(_) => "by the key that was given".to_owned(),
        None => {
            format!("by the key {}…; give --key to say whose it must be", certificate.key.get(..16).unwrap_or_default())
        }
    };
    let proved = match arguments.file {
        Some(_) => "and was proved again",
        None => "; give the flow file to prove it again",
    };
    let cost = claims.bound.cost.written();
    terminal::print(&format!(
        "valid: `{}` takes at most {cost}, {} and {} ms a run; signed {whose}, {}\n",
        claims.flow,
        amounts::said(Dimension::Calls, claims.bound.calls),
        claims.bound.time_ms,
        proved.trim_start_matches("; ")
    ));
    Ok(exit::OK)
}

fn refused(shown: &str, refusal: &Refusal) -> Problem {
    let problem = |code, message: String| Problem::ending_with(exit::OVER, code, message);
    match refusal {
        Refusal::NotACertificate(why) => problem(code::delivery::E1021, format!("`{shown}` is no certificate: {why}"))
            .help("name a certificate that `flowc bound FILE --contract --key KEY` wrote"),
        Refusal::OtherSchema(schema) => problem(
            code::delivery::E1021,
            format!("`{shown}` is of format `{schema}`, which this version does not read"),
        )
        .help("verify it with the version of flowc that wrote it"),
        Refusal::Changed => problem(
            code::delivery::E1022,
            format!("`{shown}` was changed after it was signed: the signature is not of what it says"),
        )
        .help("ask for the certificate as it was issued"),
        Refusal::OtherKey => problem(code::delivery::E1023, format!("`{shown}` was signed with another key"))
            .help("give the public key of whoever signed it, if you trust them"),
    }
}
