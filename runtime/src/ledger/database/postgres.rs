//! A ledger on a server of Postgres: the same tables and statements, writers that take turns by a lock, and a lock for each process
//! that lives.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use ::postgres::types::private::BytesMut;
use ::postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use ::postgres::{Client, Statement};

use super::super::location::Server;
use super::{Cell, DatabaseError, Param, Row};

/// Begins a transaction of a writer: the next one waits for its end. The number names the lock of all ledgers' writers.
pub(super) const TURN: &str = "BEGIN; SELECT pg_advisory_xact_lock(7090110011)";

/// Makes the schema. Those who come first at once take turns: `IF NOT EXISTS` looks before it waits, and then fails. Where the schema
/// is there, nobody has to be allowed to make one.
const SCHEMA: &str = "BEGIN; SELECT pg_advisory_xact_lock(7090110012); CREATE SCHEMA IF NOT EXISTS flow; COMMIT";

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to a server.
pub(in super::super) struct Postgres {
    /// There until it is dropped.
    client: Option<Client>,
    statements: HashMap<String, Statement>,
}

impl Postgres {
    /// A connection to a server, in a schema of its own.
    pub(super) fn connect(server: &Server) -> Result<Postgres, DatabaseError> {
        let mut config = server.config().clone();
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        // A connection whose other end is silently gone is noticed, so that another one is made.
        config.keepalives_idle(Duration::from_secs(10));
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(PATIENCE * 3);
        }
        config.application_name("flow");
        let tls = tokio_postgres_rustls::MakeRustlsConnect::new(secure()?);
        let client = apart(|| config.connect(tls))?;
        let mut database = Postgres { client: Some(client), statements: HashMap::new() };
        // INVARIANT I-1: a commit is on the server's disk when it returns, whatever the server's default is.
        database.script("SET synchronous_commit = on; SET lock_timeout = '20s'; SET client_min_messages = warning")?;
        if database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'flow'", &[])?.is_empty() {
            database.script(SCHEMA)?;
        }
        database.script("SET search_path = flow")?;
        Ok(database)
    }

    pub(super) fn script(&mut self, sql: &str) -> Result<(), DatabaseError> {
        let client = self.client.as_mut().ok_or(DatabaseError::Closed)?;
        Ok(apart(|| client.batch_execute(sql))?)
    }

    pub(super) fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, DatabaseError> {
        self.run(sql, params, |client, statement, params| client.execute(statement, params))
    }

    pub(super) fn rows(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, DatabaseError> {
        let found = self.run(sql, params, |client, statement, params| client.query(statement, params))?;
        found.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect::<Result<_, _>>().map(Row)).collect()
    }

    pub(super) fn version(&mut self) -> Result<i64, DatabaseError> {
        self.script("CREATE TABLE IF NOT EXISTS version (number BIGINT NOT NULL)")?;
        let rows = self.rows("SELECT number FROM version", &[])?;
        rows.first().map_or(Ok(0), |row| row.get(0))
    }

    fn run<T: Send>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        what: impl FnOnce(&mut Client, &Statement, &[&(dyn ToSql + Sync)]) -> Result<T, ::postgres::Error> + Send,
    ) -> Result<T, DatabaseError> {
        let (client, statements) = (self.client.as_mut().ok_or(DatabaseError::Closed)?, &mut self.statements);
        Ok(apart(|| {
            let statement = match statements.get(sql) {
                Some(statement) => statement.clone(),
                None => {
                    let statement = client.prepare(&numbered(sql))?;
                    statements.insert(sql.to_owned(), statement.clone());
                    statement
                }
            };
            let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
            what(client, &statement, &params)
        })?)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let (client, statements) = (self.client.take(), std::mem::take(&mut self.statements));
        // A client says goodbye to its server, and waits until that is said.
        apart(|| drop((statements, client)));
    }
}

/// Runs something that blocks where that may be done: the client waits by a runtime of its own, which must not be inside another one.
fn apart<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    if tokio::runtime::Handle::try_current().is_err() {
        return what();
    }
    std::thread::scope(|scope| match scope.spawn(what).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// How a secure connection is made, where the server or its address asks for one: certificates are checked as the system does.
fn secure() -> Result<rustls::ClientConfig, DatabaseError> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let wrong = |error: rustls::Error| DatabaseError::Tls(error.to_string());
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(wrong)?;
    Ok(builder.with_platform_verifier().map_err(wrong)?.with_no_client_auth())
}

/// A statement with its parameters as Postgres numbers them. No text of a statement holds a question mark.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

/// Tables that were written for SQLite.
pub(super) fn dialect(tables: &str) -> String {
    tables.replace("INTEGER", "BIGINT").replace(") STRICT, WITHOUT ROWID;", ");").replace(") STRICT;", ");")
}

/// What an error says: what the server says where it is the server's, else what happened to the connection.
pub(super) fn said(error: &::postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => said.message().to_owned(),
        None => {
            let mut text = error.to_string();
            if let Some(source) = error.source() {
                text = format!("{text}: {source}");
            }
            text
        }
    }
}

/// Whether the connection is gone, or its server is about to go.
pub(super) fn is_disconnected(error: &::postgres::Error) -> bool {
    // Class 57P: the server was told to stop, crashed, or does not take connections yet. 25006: it became a standby.
    let goes = |code: &str| code.starts_with("57P") || code.starts_with("08") || code == "25006";
    match error.code() {
        Some(state) => goes(state.code()),
        None => error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>()),
    }
}

fn cell(row: &::postgres::Row, at: usize) -> Result<Cell, DatabaseError> {
    let Some(column) = row.columns().get(at) else { return Ok(Cell::Null) };
    Ok(match *column.type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map_or(Cell::Null, Cell::Number),
        Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map_or(Cell::Null, |number| Cell::Number(number.into())),
        Type::BOOL => row.try_get::<_, Option<bool>>(at)?.map_or(Cell::Null, |truth| Cell::Number(truth.into())),
        Type::TEXT => row.try_get::<_, Option<String>>(at)?.map_or(Cell::Null, Cell::Text),
        _ => return Err(DatabaseError::Column(at, "a whole number or text")),
    })
}

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Param::Null => Ok(IsNull::Yes),
            Param::Number(number) if *ty == Type::INT4 => i32::try_from(*number)?.to_sql(ty, out),
            Param::Number(number) => number.to_sql(ty, out),
            Param::Amount(amount) => {
                i64::try_from(*amount).map_err(|_| DatabaseError::TooLarge(*amount))?.to_sql(ty, out)
            }
            // Postgres has no NUL in its texts.
            Param::Text(text) if text.contains('\0') => text.replace('\0', "\u{fffd}").to_sql(ty, out),
            Param::Text(text) => text.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::INT4 | Type::TEXT | Type::VARCHAR)
    }

    to_sql_checked!();
}
