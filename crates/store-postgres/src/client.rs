//! A connection as a thread uses it: each call blocks until the database has answered, for a time
//! that has an end.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::FuturesOrdered;
use futures_util::{StreamExt, TryStreamExt, future};
use store::cell::Cell;
use tokio::runtime::Runtime;
use tokio_postgres::error::Severity;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::types::{BorrowToSql, Type};
use tokio_postgres::{AsyncMessage, Config, Connection, Row, Socket, Statement};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The database's own error, or that of the connection to it.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    /// Nothing was heard for longer than any answer takes. The connection is given up.
    #[error("the database did not answer within {0:?}")]
    Silent(Duration),
    /// The address names no host.
    #[error("the database's address names no host")]
    NoHost,
    /// What drives the connection could not be made.
    #[error("cannot drive a connection: {0}")]
    Driver(#[from] std::io::Error),
}

/// A statement with what is bound to it.
pub(crate) struct Ask<'v> {
    pub(crate) statement: Statement,
    pub(crate) parameters: Vec<Bound<'v>>,
}

/// What is bound to one parameter.
#[derive(Debug)]
pub(crate) enum Bound<'v> {
    One(Cell<'v>),
    /// An array.
    Many(Vec<Cell<'v>>),
}

impl Bound<'_> {
    /// The same with its values owned.
    pub(crate) fn into_owned(self) -> Bound<'static> {
        match self {
            Self::One(cell) => Bound::One(cell.into_owned()),
            Self::Many(cells) => Bound::Many(cells.into_iter().map(Cell::into_owned).collect()),
        }
    }
}

/// What a statement answered.
pub(crate) struct Answer {
    pub(crate) rows: Vec<Row>,
    /// How many rows it read or wrote.
    pub(crate) concerned: u64,
}

/// A connection. It is driven while a call waits, and only then.
pub(crate) struct Client {
    // Before the runtime that its end needs.
    client: tokio_postgres::Client,
    runtime: Runtime,
    /// How long an answer may take.
    patience: Duration,
    warned: Arc<AtomicBool>,
    given_up: bool,
}

impl Client {
    /// A new connection within a time; later calls may take `patience` each.
    pub(crate) fn connect<T>(
        config: &Config,
        tls: T,
        within: Duration,
        patience: Duration,
    ) -> Result<Self, ClientError>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let warned = Arc::new(AtomicBool::new(false));
        let connecting = async { tokio::time::timeout(within, config.connect(tls)).await };
        let connected = runtime.block_on(connecting);
        let (client, connection) = connected.map_err(|_| ClientError::Silent(within))??;
        runtime.spawn(drive(connection, Arc::clone(&warned)));
        Ok(Self {
            client,
            runtime,
            patience,
            warned,
            given_up: false,
        })
    }

    /// Whether nothing can be asked here any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.given_up || self.client.is_closed()
    }

    /// Whether the database has warned since this was asked last.
    pub(crate) fn take_warned(&self) -> bool {
        self.warned.swap(false, Ordering::Relaxed)
    }

    /// Carries out statements without parameters, one after another.
    pub(crate) fn batch_execute(&mut self, sql: &str) -> Result<(), ClientError> {
        let Self {
            client, runtime, ..
        } = self;
        let outcome = wait(runtime, self.patience, client.batch_execute(sql));
        self.heard(outcome)
    }

    /// Prepares a statement; the database finds types that are left out.
    pub(crate) fn prepare(&mut self, sql: &str, types: &[Type]) -> Result<Statement, ClientError> {
        let Self {
            client, runtime, ..
        } = self;
        let outcome = wait(runtime, self.patience, client.prepare_typed(sql, types));
        self.heard(outcome)
    }

    /// Carries out statements without parameters, then one with them, in one round trip: where the
    /// first fail, so does the other. Hands each row to `sink` until that says to stop, and says how
    /// many rows were concerned, if it was read to its end.
    pub(crate) fn query<P: BorrowToSql>(
        &mut self,
        before: &str,
        statement: &Statement,
        parameters: impl ExactSizeIterator<Item = P>,
        mut sink: impl FnMut(Row) -> bool,
    ) -> Result<u64, ClientError> {
        let Self {
            client, runtime, ..
        } = self;
        let first = async {
            match before {
                "" => Ok(()),
                before => client.batch_execute(before).await,
            }
        };
        let then = async {
            let mut rows = pin!(client.query_raw(statement, parameters).await?);
            while let Some(row) = rows.try_next().await? {
                if !sink(row) {
                    break;
                }
            }
            Ok(rows.rows_affected().unwrap_or(0))
        };
        let asking = async {
            let (first, then) = future::join(first, then).await;
            first.and(then)
        };
        let outcome = wait(runtime, self.patience, asking);
        self.heard(outcome)
    }

    /// Carries out statements without parameters, then others, all in one round trip. The first
    /// error is that of all.
    pub(crate) fn ask_all(
        &mut self,
        before: &str,
        asks: &[Ask<'_>],
    ) -> Result<Vec<Answer>, ClientError> {
        let Self {
            client, runtime, ..
        } = self;
        let first = async {
            match before {
                "" => Ok(()),
                before => client.batch_execute(before).await,
            }
        };
        // They are sent in their order: each is sent as soon as it is looked at.
        let each = asks.iter().map(|ask| ask_one(client, ask));
        let asking = async {
            let then: FuturesOrdered<_> = each.collect();
            let (first, then) = future::join(first, then.collect::<Vec<_>>()).await;
            first?;
            then.into_iter().collect()
        };
        let outcome = wait(runtime, self.patience, asking);
        self.heard(outcome)
    }

    fn heard<T>(&mut self, outcome: Result<T, ClientError>) -> Result<T, ClientError> {
        self.given_up |= matches!(outcome, Err(ClientError::Silent(_)));
        outcome
    }
}

async fn ask_one(
    client: &tokio_postgres::Client,
    ask: &Ask<'_>,
) -> Result<Answer, tokio_postgres::Error> {
    let rows = client.query_raw(&ask.statement, &ask.parameters).await?;
    let mut rows = pin!(rows);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await? {
        found.push(row);
    }
    Ok(Answer {
        rows: found,
        concerned: rows.rows_affected().unwrap_or(0),
    })
}

fn wait<T>(
    runtime: &Runtime,
    patience: Duration,
    asking: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, ClientError> {
    let answer = runtime.block_on(async { tokio::time::timeout(patience, asking).await });
    Ok(answer.map_err(|_| ClientError::Silent(patience))??)
}

/// Carries messages to and fro until the connection ends.
async fn drive<S>(mut connection: Connection<Socket, S>, warned: Arc<AtomicBool>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    // An error ends the connection, and each call that waits hears that.
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notice(notice) = message {
            let quiet = matches!(
                notice.parsed_severity(),
                Some(Severity::Notice | Severity::Debug | Severity::Info | Severity::Log)
            );
            if !quiet {
                tracing::warn!(
                    code = notice.code().code(),
                    "the database warns: {}",
                    notice.message()
                );
                warned.store(true, Ordering::Relaxed);
            }
        }
    }
}
