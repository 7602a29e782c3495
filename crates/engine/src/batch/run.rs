//! The order in which the requests of a batch run, and what the failure of one means for others
//! (OData 4.01 Protocol, section 11.7.7.4; JSON Format, section 19.4).

use std::ops::Range;

use futures_util::future::join_all;
use http::{HeaderName, Method};
use odata::batch::{self, Answer, Format};
use odata::{Error, ErrorCode};
use store::Verdict;

use super::part::{Done, failed_dependency, refers};
use crate::exchange::{Effect, Request};
use crate::handler::Engine;
use crate::held::{Event, Events};
use crate::request_ids::{CLIENT_REQUEST_ID, RequestIds};

const MAX_VERSION: HeaderName = HeaderName::from_static("odata-maxversion");

/// The most bytes that the answers of a batch hold before further requests are refused.
const MOST_BYTES: usize = 64 << 20;

/// How a batch is gone through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    /// The first error ends it.
    pub(super) stops: bool,
    /// Requests that say nothing of each other may run beside each other.
    pub(super) beside: bool,
}

/// A batch on its way.
pub(super) struct Run<'e> {
    pub(super) engine: &'e Engine,
    pub(super) outer: &'e Request,
    pub(super) requests: Vec<batch::Request>,
    /// The answers, by position.
    pub(super) done: Vec<Option<Done>>,
    order: Order,
}

impl<'e> Run<'e> {
    pub(super) fn new(
        engine: &'e Engine,
        outer: &'e Request,
        requests: Vec<batch::Request>,
        order: Order,
    ) -> Self {
        let done = vec![None; requests.len()];
        Self {
            engine,
            outer,
            requests,
            done,
            order,
        }
    }

    /// Runs all requests, or those up to the first error.
    pub(super) async fn carry_out(mut self) -> Self {
        let mut at = 0;
        while at < self.requests.len() {
            let range = match &self.requests[at].group {
                Some(_) => self.group_at(at),
                None => self.stretch_at(at),
            };
            at = range.end;
            if self.requests[range.start].group.is_some() {
                self.group(range.clone()).await;
            } else {
                self.alone(range.clone()).await;
            }
            if self.order.stops && !range.clone().all(|index| self.succeeded(index)) {
                break;
            }
        }
        for (request, done) in self.requests.iter().zip(&self.done) {
            if let Some(done) = done {
                done.log(request);
            }
        }
        self
    }

    fn succeeded(&self, index: usize) -> bool {
        self.done[index].as_ref().is_some_and(Done::succeeded)
    }

    /// The requests of the group that begins at a position.
    fn group_at(&self, at: usize) -> Range<usize> {
        let group = &self.requests[at].group;
        let rest = self.requests[at..].iter();
        at..at + rest.take_while(|request| request.group == *group).count()
    }

    /// The requests from a position on whose order nobody can tell: reads, and updates of
    /// resources of which none is within another.
    fn stretch_at(&self, at: usize) -> Range<usize> {
        let mut end = at + 1;
        while self.order.beside
            && !self.order.stops
            && end < self.requests.len()
            && self.may_join(at..end, end)
        {
            end += 1;
        }
        at..end
    }

    fn may_join(&self, stretch: Range<usize>, next: usize) -> bool {
        let alone = |r: &batch::Request| {
            r.group.is_none() && r.depends_on.is_empty() && r.condition.is_none() && !refers(r)
        };
        let next = &self.requests[next];
        let path = path(next);
        self.requests[stretch].iter().all(|other| {
            alone(other)
                && alone(next)
                && other.method == next.method
                && match next.method {
                    "GET" => true,
                    "PATCH" => apart(path, self::path(other)),
                    _ => false,
                }
        })
    }

    /// Runs requests that belong to no group.
    async fn alone(&mut self, range: Range<usize>) {
        let mut running = Vec::with_capacity(range.len());
        for index in range.clone() {
            running.push(self.one(self.engine, index));
        }
        let done = join_all(running).await;
        for (index, done) in range.zip(done) {
            self.done[index] = Some(done);
        }
    }

    /// Runs a group in one transaction.
    async fn group(&mut self, range: Range<usize>) {
        if let Some(error) = range.clone().find_map(|index| self.unmet(index, &range)) {
            for index in range {
                self.done[index] = Some(self.failed(index, &error));
            }
            return;
        }
        // Counted once, however often the group is repeated, and before anything of it runs.
        let counted = |index: usize| Some((index, self.count(index).err()?));
        if let Some((index, error)) = range.clone().find_map(counted) {
            self.done[index] = Some(self.failed(index, &error));
            self.undo(range, index);
            return;
        }
        let mut events = Events::begin(self.engine.core.store.as_ref());
        let mut failed = None;
        let mut drains = false;
        let outcome = loop {
            match events.next().await {
                Event::Settled(outcome) => break outcome,
                Event::Begun(attempt) => {
                    let inside = self.engine.within(attempt.store());
                    failed = self.attempt(&inside, range.clone()).await;
                    drains = inside.core.has_deferred();
                    let verdict = match failed {
                        None => Verdict::Commit,
                        Some(_) => Verdict::Rollback,
                    };
                    attempt.end(verdict);
                }
            }
        };
        match (failed, outcome) {
            (None, Ok(())) if drains => self.engine.core.drain(),
            (None, Ok(())) => {}
            (None, Err(error)) => {
                for index in range {
                    self.done[index] = Some(self.failed(index, &error));
                }
            }
            (Some(failed), _) => self.undo(range, failed),
        }
    }

    /// Runs a group's requests up to the first that fails, and says which.
    async fn attempt(&mut self, inside: &Engine, range: Range<usize>) -> Option<usize> {
        self.done[range.clone()].fill(None);
        for index in range {
            let done = self.one(inside, index).await;
            let succeeded = done.succeeded();
            self.done[index] = Some(done);
            if !succeeded {
                return Some(index);
            }
        }
        None
    }

    /// What the others of a group answer when one has failed: nothing of them was kept.
    fn undo(&mut self, range: Range<usize>, failed: usize) {
        let message = format!(
            "{} of the same atomicity group failed; nothing of the group was kept.",
            self.name(failed)
        );
        let error = failed_dependency(message);
        for index in range.filter(|index| *index != failed) {
            self.done[index] = Some(self.failed(index, &error));
        }
    }

    /// What a request is called in a message.
    fn name(&self, index: usize) -> String {
        match &self.requests[index].id {
            Some(id) => format!("The request '{id}'"),
            None => format!("The request at position {index}"),
        }
    }

    /// Why a request may not run, because of others outside of its group.
    fn unmet(&self, index: usize, own: &Range<usize>) -> Option<Error> {
        let request = &self.requests[index];
        if request.condition.is_some() {
            // JSON Format 4.01, section 19.1: so a service answers that has no conditions.
            let message = "The condition 'if' of a request is not supported.";
            return Some(failed_dependency(message).with_target("if"));
        }
        let mut others = request
            .depends_on
            .iter()
            .filter(|other| !own.contains(other));
        let failed = others.find(|other| !self.succeeded(**other))?;
        let message = format!("{}, which it depends on, failed.", self.name(*failed));
        Some(failed_dependency(message).with_target("dependsOn"))
    }

    /// Counts a request as one that its caller sent.
    fn count(&self, index: usize) -> Result<(), Error> {
        let Some(throttle) = &self.engine.core.throttle else {
            return Ok(());
        };
        let request = &self.requests[index];
        let method: Method = request.method.parse().map_err(Error::internal)?;
        // A batch within a batch is refused; it costs what a read does.
        let effect = Effect::of(&method, path(request)).unwrap_or(Effect::Reads);
        throttle.count(&self.outer.caller, effect)
    }

    /// Runs one request.
    async fn one(&self, engine: &Engine, index: usize) -> Done {
        let (own, size) = (index..index, self.size());
        let prepared = match self.unmet(index, &own) {
            Some(error) => Err(error),
            None if size > MOST_BYTES => Err(too_large()),
            None if self.requests[index].group.is_none() => {
                self.count(index).and_then(|()| self.prepare(index))
            }
            None => self.prepare(index),
        };
        let request = match prepared {
            Ok(request) => request,
            Err(error) => return self.failed(index, &error),
        };
        let ids = RequestIds::of(&request.headers);
        let asked = request.clone();
        match engine.within_batch(request).await {
            Ok(response) => Done::answered(&asked, response, ids),
            Err(error) => Done::failed(&self.engine.core, &asked.headers, &error, ids),
        }
    }

    /// A request that did not run.
    fn failed(&self, index: usize, error: &Error) -> Done {
        let mut headers = http::HeaderMap::new();
        let version = self.outer.headers.get(&MAX_VERSION);
        headers.extend(version.map(|version| (MAX_VERSION, version.clone())));
        for (name, value) in &self.requests[index].headers {
            let mut known = [CLIENT_REQUEST_ID, MAX_VERSION].into_iter();
            let name = known.find(|known| known == name.as_str());
            if let (Some(name), Ok(value)) = (name, http::HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        let ids = RequestIds::of(&headers);
        Done::failed(&self.engine.core, &headers, error, ids)
    }

    fn size(&self) -> usize {
        let done = self.done.iter().flatten();
        done.map(|done| done.response.body.len()).sum()
    }

    /// The answers of the requests that ran, as a format frames them.
    pub(super) fn answers(self, read_as: Format, write_as: Format) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(self.requests.len());
        let mut at = 0;
        while at < self.requests.len() {
            let range = match &self.requests[at].group {
                Some(_) => self.group_at(at),
                None => at..at + 1,
            };
            at = range.end;
            let in_group = self.requests[range.start].group.is_some();
            if in_group && (read_as, write_as) == (Format::Multipart, Format::Multipart) {
                answers.extend(self.change_set(range));
                continue;
            }
            for index in range {
                if let Some(done) = &self.done[index] {
                    let mut answer = done.answer(&self.requests[index]);
                    if write_as == Format::Multipart {
                        // Parts that answer JSON are no change sets: each has its id.
                        answer.group = None;
                    }
                    answers.push(answer);
                }
            }
        }
        answers
    }

    /// The answers to a change set: one by one, or its failure alone (Protocol, section 11.7.7.5).
    fn change_set(&self, range: Range<usize>) -> Vec<Answer> {
        let framed = |index: usize| Some(self.done[index].as_ref()?.answer(&self.requests[index]));
        let answers: Vec<Answer> = range.filter_map(framed).collect();
        let own = |answer: &&Answer| answer.status >= 300 && answer.status != 424;
        let failed = answers
            .iter()
            .find(own)
            .or_else(|| answers.iter().find(|answer| answer.status >= 300));
        match failed {
            None => answers,
            Some(failed) => vec![Answer {
                group: None,
                ..failed.clone()
            }],
        }
    }
}

/// The path of a request's URL, as it is written.
fn path(request: &batch::Request) -> &str {
    let path = request.url.split(['?', '#']).next().unwrap_or("");
    path.trim_end_matches('/')
}

/// Whether neither of two paths is within the other.
fn apart(a: &str, b: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '(']))
    };
    !within(a, b) && !within(b, a)
}

fn too_large() -> Error {
    let message = format!(
        "The answers of this batch hold more than {MOST_BYTES} bytes; ask for the rest in another."
    );
    Error::new(ErrorCode::RequestEntityTooLarge, message)
}
