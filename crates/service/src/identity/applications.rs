//! How registered applications lie in tables, and the directory that signing in asks.

use std::sync::Arc;

use edm::Value;
use engine::Core;
use engine::exchange::{Application, Credential, Directory, Known, Proof};
use odata::Error;
use store::{Reader, Row, Select, TableId, Tables, Transaction, cell};

use super::assertions;
use super::revocations::tokens_from;
use crate::columns::{hidden, table_named};
use crate::graph::GraphError;

/// The tables of applications and credentials, and their columns.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) applications: TableId,
    pub(super) id: usize,
    display_name: usize,
    pub(super) roles: usize,
    pub(super) tags: usize,
    pub(super) scopes: usize,
    pub(super) redirect_uris: usize,
    public_client: usize,
    pub(super) disabled: usize,
    created_at: usize,
    pub(super) tokens_from: usize,
    pub(super) credentials: TableId,
    pub(super) of: usize,
    credential: CredentialColumns,
}

#[derive(Clone, Copy)]
struct CredentialColumns {
    id: usize,
    secret_hash: usize,
    public_key: usize,
    hint: usize,
    created_at: usize,
    expires_at: usize,
}

impl Layout {
    pub(super) fn of(tables: &Tables) -> Result<Self, GraphError> {
        let applications = table_named(tables, "application")?;
        let credentials = table_named(tables, "application_credential")?;
        let column = |name: &str| hidden(tables.table(applications), name);
        let credential = |name: &str| hidden(tables.table(credentials), name);
        Ok(Self {
            applications,
            id: column("application_id")?,
            display_name: column("display_name")?,
            roles: column("roles")?,
            tags: column("role_scope_tag_ids")?,
            scopes: column("scopes")?,
            redirect_uris: column("redirect_uris")?,
            public_client: column("public_client")?,
            disabled: column("disabled")?,
            created_at: column("created_at")?,
            tokens_from: column("tokens_from")?,
            credentials,
            of: credential("application_id")?,
            credential: CredentialColumns {
                id: credential("credential_id")?,
                secret_hash: credential("secret_hash")?,
                public_key: credential("public_key")?,
                hint: credential("hint")?,
                created_at: credential("created_at")?,
                expires_at: credential("expires_at")?,
            },
        })
    }

    /// The application of an id, with its credentials.
    pub(super) fn load(
        &self,
        core: &Core,
        reader: &mut dyn Reader,
        id: &str,
    ) -> Result<Option<Application>, Error> {
        let Some(row) = reader.get(self.applications, &[Value::String(id.to_owned())])? else {
            return Ok(None);
        };
        let mut application = self.read(&row);
        let mut select = all(core, self.credentials);
        select.fixed = vec![(self.of, Value::String(id.to_owned()))];
        rows(core, reader, &select, &mut |row| {
            application.credentials.extend(self.read_credential(&row));
        })?;
        Ok(Some(application))
    }

    /// Says in which second the tokens of an application begin to hold again, if there is one.
    pub(super) fn set_tokens_from(
        &self,
        core: &Core,
        transaction: &mut dyn Transaction,
        id: &str,
        from: u64,
    ) -> Result<(), Error> {
        let mut row = core.tables.table(self.applications).blank();
        row[self.tokens_from] = integer(from);
        let columns = [self.tokens_from].into_iter().collect();
        transaction.update(self.applications, &[Value::from(id)], columns, &row)?;
        Ok(())
    }

    /// An application without its credentials.
    pub(super) fn read(&self, row: &Row) -> Application {
        Application {
            id: text(&row[self.id]),
            display_name: text(&row[self.display_name]),
            roles: texts(&row[self.roles]),
            role_scope_tag_ids: texts(&row[self.tags]),
            scopes: texts(&row[self.scopes]),
            redirect_uris: texts(&row[self.redirect_uris]),
            public_client: row[self.public_client] == Value::Boolean(true),
            disabled: row[self.disabled] == Value::Boolean(true),
            created_at: seconds(&row[self.created_at]),
            tokens_from: seconds(&row[self.tokens_from]),
            credentials: Vec::new(),
        }
    }

    fn read_credential(&self, row: &Row) -> Option<Credential> {
        let columns = self.credential;
        let proof = match (&row[columns.secret_hash], &row[columns.public_key]) {
            (Value::Binary(hash), _) => Proof::SecretHash(hash.clone()),
            (_, Value::Binary(key)) => Proof::PublicKey(key.clone()),
            _ => return None,
        };
        Some(Credential {
            id: text(&row[columns.id]),
            proof,
            hint: text(&row[columns.hint]),
            created_at: seconds(&row[columns.created_at]),
            expires_at: seconds(&row[columns.expires_at]),
        })
    }

    /// The row of an application.
    pub(super) fn row(&self, core: &Core, application: &Application) -> Row {
        let mut row = core.tables.table(self.applications).blank();
        row[self.id] = Value::String(application.id.clone());
        row[self.display_name] = Value::String(application.display_name.clone());
        row[self.roles] = collection(&application.roles);
        row[self.tags] = collection(&application.role_scope_tag_ids);
        row[self.scopes] = collection(&application.scopes);
        row[self.redirect_uris] = collection(&application.redirect_uris);
        row[self.public_client] = Value::Boolean(application.public_client);
        row[self.disabled] = Value::Boolean(application.disabled);
        row[self.created_at] = integer(application.created_at);
        row[self.tokens_from] = integer(application.tokens_from);
        row
    }

    /// The row of a credential of an application.
    pub(super) fn credential_row(&self, core: &Core, of: &str, credential: &Credential) -> Row {
        let mut row = core.tables.table(self.credentials).blank();
        let columns = self.credential;
        row[self.of] = Value::String(of.to_owned());
        row[columns.id] = Value::String(credential.id.clone());
        match &credential.proof {
            Proof::SecretHash(hash) => row[columns.secret_hash] = Value::Binary(hash.clone()),
            Proof::PublicKey(key) => row[columns.public_key] = Value::Binary(key.clone()),
        }
        row[columns.hint] = Value::String(credential.hint.clone());
        row[columns.created_at] = integer(credential.created_at);
        row[columns.expires_at] = integer(credential.expires_at);
        row
    }
}

/// All columns of a table in the order of its key.
pub(super) fn all(core: &Core, table: TableId) -> Select<'static> {
    let columns = core.tables.table(table);
    let mut select = Select::all(table, columns.columns.len());
    select.order_by_key(columns);
    select
}

/// Hands each row of a select of all columns to `sink`.
pub(super) fn rows(
    core: &Core,
    reader: &mut dyn Reader,
    select: &Select<'_>,
    sink: &mut dyn FnMut(Row),
) -> Result<(), Error> {
    let table = core.tables.table(select.table);
    reader.select(select, &mut |cells| {
        sink(cell::decode_row(&core.model, table, cells)?);
        Ok(())
    })
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Collection(values) => values.iter().map(text).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn collection(texts: &[String]) -> Value {
    Value::Collection(texts.iter().cloned().map(Value::String).collect())
}

pub(super) fn seconds(value: &Value) -> u64 {
    value
        .as_i64()
        .and_then(|n| u64::try_from(n).ok())
        .unwrap_or(0)
}

pub(super) fn integer(seconds: u64) -> Value {
    Value::Integer(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The directory of a database.
pub struct Applications {
    core: Arc<Core>,
    layout: Layout,
    assertions: assertions::Layout,
}

impl Applications {
    /// The directory of the database of a service.
    ///
    /// # Errors
    /// If the storage map lacks its tables.
    pub fn new(core: Arc<Core>) -> Result<Self, GraphError> {
        Ok(Self {
            layout: Layout::of(&core.tables)?,
            assertions: assertions::Layout::of(&core.tables)?,
            core,
        })
    }
}

impl Directory for Applications {
    fn application(&self, id: String) -> Known<'_, Option<Application>> {
        let (core, layout) = (Arc::clone(&self.core), self.layout);
        Box::pin(self.core.read(move |reader| {
            let Some(mut application) = layout.load(&core, reader, &id)? else {
                return Ok(None);
            };
            // Of `runstate revoke`, the application's row knows nothing.
            let revoked = tokens_from(&core, reader, &id)?;
            application.tokens_from = application.tokens_from.max(revoked);
            Ok(Some(application))
        }))
    }

    fn use_assertion(&self, digest: String, expires_at: u64) -> Known<'_, bool> {
        Box::pin(assertions::note(
            &self.core,
            self.assertions,
            digest,
            expires_at,
        ))
    }
}
