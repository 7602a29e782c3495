//! An archive's way into the database: in pieces, each with a renewed lease on the job.

use std::sync::Arc;

use edm::Value;
use edm::time::TICKS_PER_SECOND;
use engine::Core;
use engine::audit::Origin;
use odata::Error;
use store::Row;

use super::work::{Ending, LEASE, end, mine, save};
use crate::graph::Graph;

/// Bytes of a piece.
const PIECE: usize = 256 << 10;

/// The pieces of an archive on their way into the database.
pub(super) struct Pieces<'a> {
    graph: &'a Graph,
    core: &'a Arc<Core>,
    job: &'a Row,
    waiting: Vec<u8>,
    length: i64,
    count: i64,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(graph: &'a Graph, core: &'a Arc<Core>, job: &'a Row) -> Self {
        Self {
            graph,
            core,
            job,
            waiting: Vec::new(),
            length: 0,
            count: 0,
        }
    }

    /// Adds bytes, and renews the lease. `false`: the job is gone.
    pub(super) async fn add(&mut self, bytes: Vec<u8>) -> Result<bool, Error> {
        self.waiting.extend_from_slice(&bytes);
        while self.waiting.len() >= PIECE {
            let rest = self.waiting.split_off(PIECE);
            let piece = std::mem::replace(&mut self.waiting, rest);
            if !self.store(piece).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes what is left; the job is completed.
    pub(super) async fn finish(mut self, rest: Vec<u8>) -> Result<(), Error> {
        let there = self.add(rest).await?;
        let last = std::mem::take(&mut self.waiting);
        if there && (last.is_empty() || self.store(last).await?) {
            let (length, chunks) = (self.length, self.count);
            end(
                self.graph,
                self.core,
                self.job,
                Ending::Completed { length, chunks },
            )
            .await?;
        }
        Ok(())
    }

    async fn store(&mut self, piece: Vec<u8>) -> Result<bool, Error> {
        let (graph, shared, id) = (
            self.graph.clone(),
            self.core.clone(),
            self.job[self.graph.id].clone(),
        );
        let (attempt, number) = (self.job[graph.exports.columns.attempts].clone(), self.count);
        self.count += 1;
        self.length += i64::try_from(piece.len()).unwrap_or(i64::MAX);
        self.core
            .write(Origin::server(self.core), move |transaction| {
                let exports = &graph.exports;
                let Some(old) = mine(transaction, exports, &id, &attempt)? else {
                    return Ok(false);
                };
                let mut new = old.clone();
                let until = shared.clock.now().ticks + LEASE * TICKS_PER_SECOND;
                new[exports.columns.lease_until] = Value::Integer(until);
                save(&shared, transaction, exports, &old, &new)?;
                let mut row = graph.blank(exports.chunks.table);
                row[exports.chunks.job_id] = id.clone();
                row[exports.chunks.chunk] = Value::Integer(number);
                row[exports.chunks.content] = Value::Binary(piece.clone());
                transaction.insert(exports.chunks.table, &row)
            })
            .await
    }
}
