//! How users lie in their table, and what ends with their rights.

use edm::Value;
use engine::Core;
use engine::exchange::users::{Holder, TotpOutcome, User};
use odata::Error;
use store::{ColumnSet, Reader, Row, Select, TableId, Tables, Transaction};

use super::applications::{collection, integer, rows, seconds, text, texts};
use super::revocations::revoke;
use crate::columns::{hidden, table_named};
use crate::graph::GraphError;

/// How many wrong one-time passwords in a row are taken before a pause, and how long it is in seconds:
/// a guess at six digits, of which three are right, then takes months.
const MOST_FAILURES: u64 = 5;
const PAUSE: u64 = 300;

/// The table of users and its columns.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) table: TableId,
    name: usize,
    id: usize,
    display_name: usize,
    scopes: usize,
    tags: usize,
    disabled: usize,
    created_at: usize,
    tokens_from: usize,
    password: usize,
    totp: TotpColumns,
}

#[derive(Clone, Copy)]
struct TotpColumns {
    secret: usize,
    step: usize,
    failures: usize,
    failed_at: usize,
}

impl Layout {
    pub(super) fn of(tables: &Tables) -> Result<Self, GraphError> {
        let id = table_named(tables, "user_account")?;
        let column = |name: &str| hidden(tables.table(id), name);
        Ok(Self {
            table: id,
            name: column("user_name")?,
            id: column("user_id")?,
            display_name: column("display_name")?,
            scopes: column("scopes")?,
            tags: column("role_scope_tag_ids")?,
            disabled: column("disabled")?,
            created_at: column("created_at")?,
            tokens_from: column("tokens_from")?,
            password: column("password")?,
            totp: TotpColumns {
                secret: column("totp_secret")?,
                step: column("totp_step")?,
                failures: column("totp_failures")?,
                failed_at: column("totp_failed_at")?,
            },
        })
    }

    /// The user of a name.
    pub(super) fn load(self, reader: &mut dyn Reader, name: &str) -> Result<Option<User>, Error> {
        let row = reader.get(self.table, &[Value::from(name)])?;
        Ok(row.map(|row| self.read(&row)))
    }

    /// The user of an id.
    pub(super) fn of_id(
        self,
        core: &Core,
        reader: &mut dyn Reader,
        id: &str,
    ) -> Result<Option<User>, Error> {
        let mut select = self.select(core);
        select.fixed = vec![(self.id, Value::from(id))];
        let mut found = None;
        rows(core, reader, &select, &mut |row| {
            found = Some(self.read(&row));
        })?;
        Ok(found)
    }

    /// Every user, by name.
    pub(super) fn all(self, core: &Core, reader: &mut dyn Reader) -> Result<Vec<User>, Error> {
        let mut found = Vec::new();
        rows(core, reader, &self.select(core), &mut |row| {
            found.push(self.read(&row));
        })?;
        Ok(found)
    }

    /// Whether there is a user.
    pub(super) fn any(self, core: &Core, reader: &mut dyn Reader) -> Result<bool, Error> {
        Ok(reader.count(&self.select(core))? > 0)
    }

    fn select(self, core: &Core) -> Select<'static> {
        let table = core.tables.table(self.table);
        let mut select = Select::all(self.table, table.columns.len());
        select.order_by_key(table);
        select
    }

    fn read(self, row: &Row) -> User {
        User {
            name: text(&row[self.name]),
            id: text(&row[self.id]),
            display_name: text(&row[self.display_name]),
            scopes: texts(&row[self.scopes]),
            role_scope_tag_ids: texts(&row[self.tags]),
            disabled: row[self.disabled] == Value::Boolean(true),
            created_at: seconds(&row[self.created_at]),
            tokens_from: seconds(&row[self.tokens_from]),
            password: row[self.password].as_str().map(str::to_owned),
            totp_secret: match &row[self.totp.secret] {
                Value::Binary(secret) => Some(secret.clone()),
                _ => None,
            },
        }
    }

    fn row(self, core: &Core, user: &User) -> Row {
        let mut row = core.tables.table(self.table).blank();
        row[self.name] = Value::from(user.name.as_str());
        row[self.id] = Value::from(user.id.as_str());
        row[self.display_name] = Value::from(user.display_name.as_str());
        row[self.scopes] = collection(&user.scopes);
        row[self.tags] = collection(&user.role_scope_tag_ids);
        row[self.disabled] = Value::Boolean(user.disabled);
        row[self.created_at] = integer(user.created_at);
        row[self.tokens_from] = integer(user.tokens_from);
        row[self.password] = user.password.as_deref().map_or(Value::Null, Value::from);
        let secret = user.totp_secret.clone();
        row[self.totp.secret] = secret.map_or(Value::Null, Value::Binary);
        row
    }

    /// Adds a user; `false`: the name is taken.
    pub(super) fn insert(
        self,
        core: &Core,
        transaction: &mut dyn Transaction,
        user: &User,
    ) -> Result<bool, Error> {
        transaction.insert(self.table, &self.row(core, user))
    }

    /// Writes a user as it has become. Whatever it was issued before ends, if it is said to.
    pub(super) fn update(
        self,
        core: &Core,
        transaction: &mut dyn Transaction,
        user: &mut User,
        ends: bool,
    ) -> Result<(), Error> {
        if ends {
            user.tokens_from = revoke(
                (&core.model, &core.tables),
                transaction,
                core.clock.now(),
                &user.id,
            )?;
        }
        let row = self.row(core, user);
        let columns = [
            self.display_name,
            self.scopes,
            self.tags,
            self.disabled,
            self.tokens_from,
            self.password,
            self.totp.secret,
        ];
        let key = [Value::from(user.name.as_str())];
        transaction.update(self.table, &key, columns.into_iter().collect(), &row)?;
        Ok(())
    }

    /// The holder as a user whose rights have not ended since.
    pub(super) fn holding(
        self,
        reader: &mut dyn Reader,
        holder: &Holder,
    ) -> Result<Option<User>, Error> {
        let user = self.load(reader, &holder.name)?;
        Ok(user.filter(|user| {
            user.id == holder.id && !user.disabled && holder.since >= user.tokens_from
        }))
    }

    /// Takes a one-time password of a step, once, and not while too many were wrong.
    pub(super) fn totp(
        self,
        transaction: &mut dyn Transaction,
        holder: &Holder,
        (step, now): (Option<u64>, u64),
    ) -> Result<TotpOutcome, Error> {
        let key = [Value::from(holder.name.as_str())];
        let row = transaction.get(self.table, &key)?;
        let Some(mut row) = row.filter(|row| row[self.id].as_str() == Some(&holder.id)) else {
            return Ok(TotpOutcome::Wrong);
        };
        let TotpColumns {
            step: last,
            failures,
            failed_at,
            ..
        } = self.totp;
        let failed = seconds(&row[failures]);
        let paused = seconds(&row[failed_at]).saturating_add(PAUSE) > now;
        if failed >= MOST_FAILURES && paused {
            return Ok(TotpOutcome::Wait);
        }
        let fresh = step.filter(|step| *step > seconds(&row[last]));
        let outcome = match fresh {
            Some(step) => {
                row[last] = integer(step);
                row[failures] = integer(0);
                TotpOutcome::Right
            }
            None => {
                row[failures] = integer(failed.saturating_add(1));
                row[failed_at] = integer(now);
                TotpOutcome::Wrong
            }
        };
        let columns: ColumnSet = [last, failures, failed_at].into_iter().collect();
        transaction.update(self.table, &key, columns, &row)?;
        Ok(outcome)
    }
}
