//! The finished archives, for whoever has the URL.

use std::sync::Arc;

use bytes::Bytes;
use edm::Value;
use engine::Core;
use engine::exchange::{Download, Downloads};
use futures_util::stream;
use odata::Error;
use store::BoxFuture;
use subtle::ConstantTimeEq;

use crate::graph::Graph;

/// The archives of a service.
pub struct Archives {
    core: Arc<Core>,
    graph: Graph,
}

impl Archives {
    /// The archives that the export jobs of a service make.
    #[must_use]
    pub fn new(core: Arc<Core>, graph: Graph) -> Self {
        Self { core, graph }
    }
}

impl Downloads for Archives {
    fn open(&self, name: String, secret: String) -> BoxFuture<'_, Result<Option<Download>, Error>> {
        Box::pin(async move {
            let (graph, shared, id) = (self.graph.clone(), self.core.clone(), name.clone());
            let found = self
                .core
                .read(move |reader| {
                    let exports = &graph.exports;
                    let job = reader.get(exports.jobs, &[Value::String(id.clone())])?;
                    let now = shared.clock.now();
                    Ok(job.and_then(|job| {
                        let columns = exports.columns;
                        let known = job[columns.secret].as_str().unwrap_or_default();
                        // How much of a guess is right must not show in the time that it takes.
                        let right: bool = known.as_bytes().ct_eq(secret.as_bytes()).into();
                        let valid = match &job[columns.expires] {
                            Value::DateTimeOffset(time) => time.ticks > now.ticks,
                            _ => false,
                        };
                        let done = job[columns.status].as_i64() == Some(exports.status.completed);
                        (right && valid && done)
                            .then(|| (job[columns.length].as_i64(), job[columns.chunks].as_i64()))
                    }))
                })
                .await?;
            let Some((Some(length), Some(chunks))) = found else {
                return Ok(None);
            };
            let length = u64::try_from(length).map_err(Error::internal)?;
            let (graph, core, job) = (self.graph.clone(), self.core.clone(), name.clone());
            let pieces = stream::unfold(0, move |number| {
                let (graph, core, job) = (graph.clone(), core.clone(), job.clone());
                async move {
                    if number >= chunks {
                        return None;
                    }
                    Some((piece(&graph, &core, job, number).await, number + 1))
                }
            });
            Ok(Some(Download {
                file_name: format!("{name}.zip"),
                media_type: "application/zip",
                length,
                pieces: Box::pin(pieces),
            }))
        })
    }
}

async fn piece(graph: &Graph, core: &Arc<Core>, job: String, number: i64) -> Result<Bytes, Error> {
    let chunks = graph.exports.chunks;
    let key = [Value::String(job), Value::Integer(number)];
    let row = core
        .read(move |reader| reader.get(chunks.table, &key))
        .await?;
    match row.map(|mut row| std::mem::take(&mut row[chunks.content])) {
        Some(Value::Binary(content)) => Ok(content.into()),
        // It expired while it was being fetched.
        _ => Err(Error::internal("an archive that is not whole")),
    }
}
