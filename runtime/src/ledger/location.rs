//! Where a ledger is. In: a folder, or the address of a server. Out: what it can be opened by, and what may be said of it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Ledger;
use crate::error::RunError;

/// Where a ledger is.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file of SQLite in a folder, the home of the data.
    Folder(PathBuf),
    /// A database of Postgres.
    Server(Box<Server>),
}

/// A database of Postgres. Its address holds a password, so only its name is ever shown.
#[derive(Clone)]
pub struct Server {
    config: postgres::Config,
    name: String,
}

impl Location {
    /// The variable that names a database of Postgres for journal, ledger and ceilings.
    pub const VARIABLE: &'static str = "FLOW_DATABASE_URL";

    /// The database that an address names: `postgres://user:password@host/database`.
    ///
    /// # Errors
    /// Where it is no such address. The error does not repeat it, for there may be a password in it.
    pub fn server(address: &str) -> Result<Location, RunError> {
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme));
        if !known {
            return Err(RunError::no_database("it does not begin with `postgres://`"));
        }
        let config: postgres::Config = address.parse().map_err(|error| RunError::no_database(&unquoted(&error)))?;
        if config.get_hosts().is_empty() {
            return Err(RunError::no_database("it names no host"));
        }
        let name = shown(&config);
        Ok(Location::Server(Box::new(Server { config, name })))
    }

    /// The file of a folder's ledger.
    pub(super) fn file(&self) -> PathBuf {
        match self {
            Location::Folder(folder) => folder.join(Ledger::FILE),
            Location::Server(server) => PathBuf::from(&server.name),
        }
    }
}

/// What is wrong with an address. What stands in it is left out.
fn unquoted(error: &postgres::Error) -> String {
    let said = error.to_string();
    match std::error::Error::source(error) {
        Some(_) => "a part of it cannot be read".to_owned(),
        None => said,
    }
}

/// A database without who asks for it, and without a password.
fn shown(config: &postgres::Config) -> String {
    let hosts = config.get_hosts().iter().map(|host| match host {
        postgres::config::Host::Tcp(host) => host.clone(),
        #[cfg(unix)]
        postgres::config::Host::Unix(path) => path.display().to_string(),
    });
    let ports = config.get_ports();
    let hosts = hosts.enumerate().map(|(at, host)| match ports.get(at).or_else(|| ports.first()) {
        Some(port) => format!("{host}:{port}"),
        None => host,
    });
    let hosts: Vec<String> = hosts.collect();
    format!("postgres://{}/{}", hosts.join(","), config.get_dbname().or_else(|| config.get_user()).unwrap_or_default())
}

impl Server {
    /// What a connection needs.
    pub(super) fn config(&self) -> &postgres::Config {
        &self.config
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Folder(_) => write!(f, "{}", self.file().display()),
            Location::Server(server) => f.write_str(&server.name),
        }
    }
}

impl From<&Path> for Location {
    fn from(folder: &Path) -> Location {
        Location::Folder(folder.to_owned())
    }
}

impl From<&PathBuf> for Location {
    fn from(folder: &PathBuf) -> Location {
        Location::Folder(folder.clone())
    }
}

impl From<&Location> for Location {
    fn from(location: &Location) -> Location {
        location.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let location = Location::server("postgres://ann:hunter2@db.example:6543/books?sslmode=require").unwrap();
        assert_eq!(location.to_string(), "postgres://db.example:6543/books");
        assert!(!format!("{location:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_repeated() {
        for wrong in
            ["mysql://a:hunter2@b/c", "postgres://a:hunter2@b/c?hunter2=1", "postgres://a:hunter2@b:hunter2/c", ""]
        {
            let error = Location::server(wrong).unwrap_err();
            assert_eq!(error.code.as_str(), "E0910", "{wrong}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
