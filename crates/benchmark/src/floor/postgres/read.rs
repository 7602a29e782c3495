//! Reads: one prepared statement each.

use futures_util::TryStreamExt;
use tokio_postgres::{Client, Row, Statement};

use super::super::export::{Archive, Exported, SQL};
use super::super::question::{Assigned, COUNTERS, PAGE, Question};
use super::super::read::{due, groups, summary, write_device, write_next};
use super::super::sql::today;
use super::super::state::{COLUMNS, Members, write_context};
use super::parameters;
use crate::Failure;

/// A connection with its statements.
pub(super) struct Reader {
    client: Client,
    entity: Statement,
    page: Statement,
    questions: Vec<(Question, Statement)>,
}

impl Reader {
    pub(super) async fn prepare(client: Client) -> Result<Self, Failure> {
        const STATES: &str = "device_health_script_device_state";
        let entity =
            format!("SELECT {COLUMNS} FROM {STATES} WHERE script_id = $1 AND state_key = $2");
        let page = format!(
            "SELECT {COLUMNS} FROM {STATES} WHERE script_id = $1 AND state_key > $2 \
             ORDER BY script_id, state_key LIMIT 101"
        );
        let mut questions = Vec::new();
        for question in Question::ALL {
            questions.push((question, client.prepare(&question.sql()).await?));
        }
        Ok(Self {
            entity: client.prepare(&entity).await?,
            page: client.prepare(&page).await?,
            questions,
            client,
        })
    }

    pub(super) async fn entity(
        &self,
        authority: &str,
        script: &str,
        key: &str,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let bound = parameters![&script, &key];
        let Some(row) = self.client.query_opt(&self.entity, &bound).await? else {
            return Ok(None);
        };
        let mut out = Vec::with_capacity(1_024);
        write_context(&mut out, authority, script);
        out.extend_from_slice(b"/$entity\",");
        members(&row)?.write(&mut out);
        out.push(b'}');
        Ok(Some(out))
    }

    pub(super) async fn page(
        &self,
        authority: &str,
        script: &str,
        after: &str,
    ) -> Result<Vec<u8>, Failure> {
        let bound = parameters![&script, &after];
        let rows = self.client.query(&self.page, &bound).await?;
        write_page(&rows, authority, script, false)
    }

    pub(super) async fn question(
        &self,
        authority: &str,
        id: &str,
        question: Question,
    ) -> Result<Vec<u8>, Failure> {
        let found = self
            .questions
            .iter()
            .find(|(known, _)| known.is_alike(question));
        let (_, statement) = found.ok_or("a question that was not prepared")?;
        let since = today() - 30;
        let rows = match &question {
            Question::Range { from, to } => {
                let bound = parameters![&id, from, to];
                self.client.query(statement, &bound).await?
            }
            Question::Summary => {
                let bound = parameters![&id, &since];
                self.client.query(statement, &bound).await?
            }
            _ => self.client.query(statement, &parameters![&id]).await?,
        };
        let first = || rows.first().ok_or("no row");
        match question {
            Question::Fail | Question::Latest | Question::Range { .. } => {
                write_page(&rows, authority, id, false)
            }
            Question::Devices => write_page(&rows, authority, id, true),
            Question::Groups => {
                let counts = rows
                    .iter()
                    .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
                Ok(groups(
                    authority,
                    id,
                    &counts.collect::<Result<Vec<_>, Failure>>()?,
                ))
            }
            Question::Count => Ok(first()?.try_get::<_, i64>(0)?.to_string().into_bytes()),
            Question::Summary => {
                let mut counts = [0; COUNTERS.len()];
                for (at, count) in counts.iter_mut().enumerate() {
                    *count = first()?.try_get(at)?;
                }
                Ok(summary(
                    authority,
                    id,
                    counts,
                    first()?.try_get(COUNTERS.len())?,
                ))
            }
            Question::Due => {
                let assigned = rows.iter().map(assigned);
                Ok(due(authority, &assigned.collect::<Result<Vec<_>, _>>()?))
            }
        }
    }
}

fn assigned(row: &Row) -> Result<Assigned, tokio_postgres::Error> {
    Ok(Assigned {
        schedule: row.try_get(0)?,
        version: row.try_get(1)?,
        handed: row.try_get(2)?,
        detection: row.try_get(3)?,
    })
}

/// Writes a page of [`COLUMNS`], with each state's device if its columns follow them.
fn write_page(
    rows: &[Row],
    authority: &str,
    script: &str,
    devices: bool,
) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::with_capacity(80 << 10);
    write_context(&mut out, authority, script);
    out.extend_from_slice(b"\",\"value\":[");
    for (i, row) in rows.iter().take(PAGE).enumerate() {
        out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
        members(row)?.write(&mut out);
        if devices {
            let device = [row.try_get(24)?, row.try_get(25)?, row.try_get(26)?];
            write_device(&mut out, device);
        }
        out.push(b'}');
    }
    match rows.get(PAGE - 1) {
        Some(last) if rows.len() > PAGE => {
            write_next(&mut out, authority, script, last.try_get(15)?);
        }
        _ => out.extend_from_slice(b"]}"),
    }
    Ok(out)
}

/// What a row of [`COLUMNS`] shows, borrowed from it.
fn members(row: &Row) -> Result<Members<'_>, tokio_postgres::Error> {
    let output = |at: usize| Ok(row.try_get::<_, Option<&str>>(at)?.map(str::as_bytes));
    Ok(Members {
        script: row.try_get(14)?,
        key: row.try_get(15)?,
        detection: row.try_get(0)?,
        last_update: row.try_get(1)?,
        expected: row.try_get(3)?,
        last_sync: row.try_get(5)?,
        outputs: [output(7)?, output(8)?, output(9)?, output(10)?, output(11)?],
        remediation: row.try_get(12)?,
        filters: row.try_get(13)?,
    })
}

/// The archive of a script's states, row by row as they come.
pub(super) async fn export(client: &Client, script: &str) -> Result<Vec<u8>, Failure> {
    let rows = client.query_raw(SQL, [script]).await?;
    let mut rows = std::pin::pin!(rows);
    let mut archive = Archive::begin()?;
    while let Some(row) = rows.try_next().await? {
        let text = |at: usize| {
            let text = row.try_get::<_, Option<&str>>(at)?;
            Ok::<_, Failure>(text.unwrap_or_default().as_bytes())
        };
        archive.row(&Exported {
            device: text(0)?,
            name: text(1)?,
            detection: row.try_get(2)?,
            remediation: row.try_get(3)?,
            times: [row.try_get(4)?, row.try_get(5)?],
            outputs: [text(6)?, text(7)?],
        })?;
    }
    archive.finish()
}
