//! Enrolment tokens: secrets that let so many devices enrol, until they expire.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use edm::Value;
use edm::time::{DateTimeOffset, TICKS_PER_DAY};
use engine::Core;
use engine::exchange::devices::Refusal;
use odata::Error;
use store::{Row, Table, TableId, Tables, Transaction};
use uuid::Uuid;

use super::jws::hash;
use crate::columns::{hidden, table_named};
use crate::graph::GraphError;
use crate::overview::each;

/// What the text of an enrolment token begins with.
pub const ENROLLMENT_TOKEN_PREFIX: &str = "rsenrol";
/// The longest that an enrolment token holds, in 100 ns ticks: 90 days.
const LONGEST: i64 = 90 * TICKS_PER_DAY;
/// The most devices that one enrols.
const MOST_USES: u32 = 1_000_000;
/// The most groups that one puts devices into.
const MOST_GROUPS: usize = 100;

/// What an administrator wants of an enrolment token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEnrollmentToken {
    /// How many devices it enrols: 1 to 1,000,000.
    pub uses: u32,
    /// For how long it holds, in 100 ns ticks: at most 90 days.
    pub lifetime: i64,
    /// The groups that the devices are put into.
    pub group_ids: Vec<String>,
    /// Whether each device waits until an administrator approves it.
    pub needs_approval: bool,
    /// Whether a device that is known already may get another key by it.
    pub may_replace: bool,
}

/// An enrolment token as it is kept, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrollmentToken {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: DateTimeOffset,
    /// When it ceases to hold.
    pub expires: DateTimeOffset,
    /// How many devices it enrols.
    pub uses: i64,
    /// How many more.
    pub uses_left: i64,
    /// What it is good for.
    pub group_ids: Vec<String>,
    /// Whether each device waits for approval.
    pub needs_approval: bool,
    /// Whether known devices may get another key.
    pub may_replace: bool,
}

/// The text of an enrolment token: `rsenrol_{tenant}_{id}_{secret}`, so that a device knows whom it
/// enrols with, and a scanner for leaked secrets knows what it has found.
pub(super) struct TokenText<'a> {
    tenant: Uuid,
    pub(super) id: &'a str,
    secret: &'a str,
}

impl<'a> TokenText<'a> {
    /// Reads a text.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(4, '_');
        if parts.next() != Some(ENROLLMENT_TOKEN_PREFIX) {
            return None;
        }
        let tenant = Uuid::try_parse(parts.next()?).ok()?;
        let (id, secret) = (parts.next()?, parts.next()?);
        let plain = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        plain.then_some(Self { tenant, id, secret })
    }

    /// Whether it is of a tenant.
    pub(super) fn is_of(&self, tenant: &str) -> bool {
        Uuid::try_parse(tenant).is_ok_and(|tenant| tenant == self.tenant)
    }
}

impl fmt::Display for TokenText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenant = self.tenant.simple();
        write!(
            f,
            "{ENROLLMENT_TOKEN_PREFIX}_{tenant}_{}_{}",
            self.id, self.secret
        )
    }
}

/// The table of enrolment tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnrollmentTokens {
    pub(super) table: TableId,
    id: usize,
    secret_hash: usize,
    created_at: usize,
    expires_at: usize,
    uses: usize,
    uses_left: usize,
    pub(super) group_ids: usize,
    pub(super) needs_approval: usize,
    pub(super) may_replace: usize,
}

impl EnrollmentTokens {
    pub(crate) fn of(tables: &Tables) -> Result<Self, GraphError> {
        let id = table_named(tables, "enrollment_token")?;
        let table = tables.table(id);
        Ok(Self {
            table: id,
            id: hidden(table, "token_id")?,
            secret_hash: hidden(table, "secret_hash")?,
            created_at: hidden(table, "created_at")?,
            expires_at: hidden(table, "expires_at")?,
            uses: hidden(table, "uses")?,
            uses_left: hidden(table, "uses_left")?,
            group_ids: hidden(table, "group_ids")?,
            needs_approval: hidden(table, "needs_approval")?,
            may_replace: hidden(table, "may_replace")?,
        })
    }

    /// A new row, and the text that is shown once.
    ///
    /// # Errors
    /// 400 for what is out of bounds.
    pub(super) fn make(
        &self,
        table: &Table,
        wanted: &NewEnrollmentToken,
        (id, tenant): (Uuid, Uuid),
        now: i64,
    ) -> Result<(Row, String), Error> {
        check(wanted)?;
        let mut secret = [0; 32];
        let random = SystemRandom::new().fill(&mut secret);
        random.map_err(|_| Error::internal("the system has no random numbers"))?;
        let (id, secret) = (id.simple().to_string(), BASE64URL.encode(secret));
        let text = TokenText {
            tenant,
            id: &id,
            secret: &secret,
        };
        let text = text.to_string();
        let groups = wanted.group_ids.iter().map(|id| Value::from(id.as_str()));
        let mut row = table.blank();
        row[self.secret_hash] = Value::String(hash(&secret));
        row[self.created_at] = Value::Integer(now);
        row[self.expires_at] = Value::Integer(now.saturating_add(wanted.lifetime));
        row[self.uses] = Value::Integer(wanted.uses.into());
        row[self.uses_left] = Value::Integer(wanted.uses.into());
        row[self.group_ids] = Value::Collection(groups.collect());
        row[self.needs_approval] = Value::Boolean(wanted.needs_approval);
        row[self.may_replace] = Value::Boolean(wanted.may_replace);
        row[self.id] = Value::String(id);
        Ok((row, text))
    }

    /// The row of a token that holds now. Which part of it is wrong is not told.
    ///
    /// # Errors
    /// 401 `invalid_token` unless it does.
    pub(super) fn find(
        &self,
        transaction: &mut dyn Transaction,
        text: &str,
        now: i64,
    ) -> Result<Result<Row, Refusal>, Error> {
        let Some(text) = TokenText::parse(text) else {
            return Ok(Err(unknown()));
        };
        let row = transaction.get(self.table, &[Value::from(text.id)])?;
        let row = row.filter(|row| {
            let kept = row[self.secret_hash].as_str().unwrap_or_default();
            let right = verify_slices_are_equal(kept.as_bytes(), hash(text.secret).as_bytes());
            right.is_ok() && row[self.expires_at].as_i64().is_some_and(|end| now < end)
        });
        Ok(row.ok_or_else(unknown))
    }

    /// Uses a token once more. `false`: it is used up.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn use_up(
        &self,
        table: &Table,
        transaction: &mut dyn Transaction,
        row: &Row,
    ) -> Result<bool, Error> {
        let left = row[self.uses_left].as_i64().unwrap_or(0);
        if left < 1 {
            return Ok(false);
        }
        let mut used = row.clone();
        used[self.uses_left] = Value::Integer(left - 1);
        let key = [row[self.id].clone()];
        let changed = table.difference(row, &used);
        transaction.update(self.table, &key, changed, &used)
    }

    /// Removes the tokens that expired a week ago: until then, administrators see what became of them.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn forget_expired(
        &self,
        core: &Core,
        transaction: &mut dyn Transaction,
    ) -> Result<(), Error> {
        let before = core.clock.now().ticks.saturating_sub(7 * TICKS_PER_DAY);
        let mut expired = Vec::new();
        each(core, transaction, self.table, Vec::new(), |row| {
            if row[self.expires_at]
                .as_i64()
                .is_some_and(|end| end < before)
            {
                expired.push(row[self.id].clone());
            }
        })?;
        for id in &expired {
            transaction.delete(self.table, std::slice::from_ref(id))?;
        }
        Ok(())
    }

    /// A row as administrators see it.
    pub(super) fn show(&self, row: &Row) -> EnrollmentToken {
        let number = |column: usize| row[column].as_i64().unwrap_or(0);
        let groups = match &row[self.group_ids] {
            Value::Collection(ids) => ids.as_slice(),
            _ => &[],
        };
        EnrollmentToken {
            id: row[self.id].as_str().unwrap_or_default().to_owned(),
            created: super::instant(number(self.created_at)),
            expires: super::instant(number(self.expires_at)),
            uses: number(self.uses),
            uses_left: number(self.uses_left),
            group_ids: groups
                .iter()
                .filter_map(|id| id.as_str().map(str::to_owned))
                .collect(),
            needs_approval: row[self.needs_approval] == Value::Boolean(true),
            may_replace: row[self.may_replace] == Value::Boolean(true),
        }
    }
}

/// The refusal of a token that does not hold, for whatever reason.
pub(super) fn unknown() -> Refusal {
    Refusal {
        error: "invalid_token",
        description: "The enrolment token is unknown, has expired or is used up.".to_owned(),
    }
}

fn check(wanted: &NewEnrollmentToken) -> Result<(), Error> {
    let wrong = |reason: String| Err(Error::bad_request(reason));
    if !(1..=MOST_USES).contains(&wanted.uses) {
        return wrong(format!(
            "An enrolment token enrols 1 to {MOST_USES} devices."
        ));
    }
    if !(1..=LONGEST).contains(&wanted.lifetime) {
        return wrong("An enrolment token holds for 90 days at most.".to_owned());
    }
    let is_id = |id: &String| (1..=128).contains(&id.len()) && !id.contains(char::is_control);
    if wanted.group_ids.len() > MOST_GROUPS || !wanted.group_ids.iter().all(is_id) {
        return wrong(format!(
            "An enrolment token has at most {MOST_GROUPS} groups, whose ids have 1 to 128 bytes, \
             none of them a control character."
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back() {
        let (tenant, id) = (Uuid::new_v4(), Uuid::new_v4().simple().to_string());
        let secret = "a_b-c";
        let text = TokenText {
            tenant,
            id: &id,
            secret,
        };
        let text = text.to_string();
        let read = TokenText::parse(&text).unwrap();
        assert_eq!((read.id, read.secret), (id.as_str(), secret));
        assert!(read.is_of(&tenant.to_string()));
        assert!(!read.is_of(&Uuid::new_v4().to_string()) && !read.is_of("common"));
    }

    #[test]
    fn other_texts_are_none() {
        let id = "0".repeat(32);
        for text in [
            "",
            "rsenrol",
            "rsenrol___",
            &format!("rsenrol_{id}_{id}"),
            &format!("rsenrol_x_{id}_s"),
            &format!("rsenrol_{id}_x_s"),
            &format!("Rsenrol_{id}_{id}_s"),
            "eyJhbGciOiJFUzI1NiJ9.e30.x",
        ] {
            assert!(TokenText::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn bounds() {
        let sound = NewEnrollmentToken {
            uses: 1,
            lifetime: TICKS_PER_DAY,
            group_ids: vec!["g".to_owned()],
            needs_approval: false,
            may_replace: false,
        };
        assert!(check(&sound).is_ok());
        let refused = |change: &dyn Fn(&mut NewEnrollmentToken)| {
            let mut wanted = sound.clone();
            change(&mut wanted);
            assert!(check(&wanted).is_err(), "{wanted:?}");
        };
        refused(&|wanted| wanted.uses = 0);
        refused(&|wanted| wanted.uses = MOST_USES + 1);
        refused(&|wanted| wanted.lifetime = 0);
        refused(&|wanted| wanted.lifetime = LONGEST + 1);
        refused(&|wanted| wanted.group_ids = vec![String::new()]);
        refused(&|wanted| wanted.group_ids = vec!["a\0".to_owned()]);
        refused(&|wanted| wanted.group_ids = vec!["g".to_owned(); MOST_GROUPS + 1]);
    }
}
