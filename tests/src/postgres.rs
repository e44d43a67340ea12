//! A server of Postgres for tests: it is installed already, started here on a socket of its own, and gone when its process is.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Where it has to be installed, the tests fail without it; elsewhere they say that they were left out.
const REQUIRED: &str = "FLOW_TEST_POSTGRES";

/// Starts a server and does as it is told by its input, line by line. When its input ends, so does the server.
const SCRIPT: &str = r#"
set -e
dir=$(mktemp -d /tmp/flow-postgres.XXXXXX)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir"
"$0/initdb" -D data -A trust -U flow --no-sync >/dev/null
start() { "$0/pg_ctl" -D data -s -w -l log -o "-k $dir -c listen_addresses='' -c fsync=off -c max_connections=300" start; }
start
echo "$dir"
while read line; do
  case "$line" in
    crash) "$0/pg_ctl" -D data -s -m immediate stop ;;
    start) start ;;
  esac
  echo "$line"
done
"$0/pg_ctl" -D data -s -m immediate stop || true
"#;

/// A server that runs.
pub struct Postgres {
    folder: PathBuf,
    talk: Mutex<Talk>,
    databases: AtomicUsize,
}

struct Talk {
    orders: ChildStdin,
    said: BufReader<ChildStdout>,
    _child: Child,
}

impl Postgres {
    /// The server of this process; `None` where none is installed and none is required, which is said.
    pub fn shared() -> Option<&'static Postgres> {
        static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
        SERVER.get_or_init(Postgres::start).as_ref()
    }

    /// Starts a server.
    ///
    /// # Panics
    /// Where it is required and not installed, or does not start.
    pub fn start() -> Option<Postgres> {
        let Some(programs) = programs() else {
            let required = std::env::var_os(REQUIRED).is_some_and(|value| value == "required");
            assert!(
                !required,
                "no server of Postgres is installed (Debian: `postgresql`), and {REQUIRED} is `required`"
            );
            #[allow(clippy::print_stderr, reason = "a test says what it left out")]
            {
                eprintln!("left out: no server of Postgres is installed (Debian: `postgresql`)");
            }
            return None;
        };
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        let mut command = match is_root {
            // A server refuses to run as root.
            true => Command::new("runuser"),
            false => Command::new("sh"),
        };
        if is_root {
            command.args(["-u", "postgres", "--", "sh"]);
        }
        command.args(["-c", SCRIPT]).arg(programs).current_dir("/tmp");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let orders = child.stdin.take().expect("its input");
        let mut said = BufReader::new(child.stdout.take().expect("its output"));
        let folder = line(&mut said);
        assert!(Path::new(&folder).is_dir(), "the server did not start");
        let talk = Mutex::new(Talk { orders, said, _child: child });
        Some(Postgres { folder: folder.into(), talk, databases: AtomicUsize::new(0) })
    }

    /// Makes a new database, and gives its address.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn database(&self) -> String {
        let name = format!("flow_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let programs = programs().expect("it was there before");
        let made =
            Command::new(programs.join("createdb")).arg("-h").arg(&self.folder).args(["-U", "flow", &name]).status();
        assert!(made.is_ok_and(|status| status.success()), "no database {name}");
        self.address(&name)
    }

    /// The address of a database.
    pub fn address(&self, name: &str) -> String {
        format!("postgres://flow@/{name}?host={}", self.folder.display())
    }

    /// Runs a statement on a database.
    ///
    /// # Panics
    /// Where it fails.
    pub fn sql(&self, address: &str, sql: &str) -> String {
        let psql = programs().expect("it was there before").join("psql");
        let output =
            Command::new(psql).args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, address]).output();
        let output = output.expect("psql");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Ends the server as a machine that loses its power does.
    pub fn crash(&self) {
        self.order("crash");
    }

    /// Starts it again.
    pub fn restart(&self) {
        self.order("start");
    }

    fn order(&self, order: &str) {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(talk.orders, "{order}").expect("the server listens");
        assert_eq!(line(&mut talk.said), order);
    }
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("a line of the server");
    line.trim_end().to_owned()
}

/// The folder of the server's programs, the latest version's.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    found.sort_by_key(|path| {
        path.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok())
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.splice(0..0, std::env::split_paths(&path));
    found
        .into_iter()
        .rev()
        .find(|folder| ["initdb", "pg_ctl", "createdb", "psql"].iter().all(|name| folder.join(name).exists()))
}
