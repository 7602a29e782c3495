//! The load: keep-alive connections that each send the next request when the answer to the last
//! one is there. The client shares the machine with what it measures, so it does little: raw TCP,
//! requests written by hand, the head of an answer searched for its status and length.

pub(crate) mod answer;
pub(crate) mod client;
pub(crate) mod export;
pub(crate) mod histogram;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::Failure;
use crate::operation::{Operation, Pace};
use histogram::Histogram;

/// Of so many answers on a connection one body is looked into; the status of every one is.
const SAMPLE: u64 = 64;

/// Who is asked.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What stands before every path, such as `/beta`.
    pub(crate) prefix: String,
    /// The bearer token: floors are sent it too, and do not read it.
    pub(crate) token: String,
    /// Whether it is a floor.
    pub(crate) is_floor: bool,
}

impl Peer {
    /// Writes a request. `headers` are whole lines.
    pub(crate) fn request(
        &self,
        out: &mut Vec<u8>,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) {
        let Self {
            address,
            prefix,
            token,
            ..
        } = self;
        // Writing to a vector cannot fail.
        let _ = write!(
            out,
            "{method} {prefix}{path} HTTP/1.1\r\nHost: {address}\r\n\
             Authorization: Bearer {token}\r\nAccept: application/json\r\n{headers}"
        );
        if !body.is_empty() {
            let _ = write!(
                out,
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            );
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
    }
}

/// How much load, for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Connections at once.
    pub(crate) connections: usize,
    /// How long answers are not counted yet.
    pub(crate) warm_up: Duration,
    /// How long they are.
    pub(crate) window: Duration,
}

/// What a measurement found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    /// Requests answered a second.
    pub(crate) rate: f64,
    /// The median time from request to answer.
    pub(crate) p50: Duration,
    /// The 99th percentile.
    pub(crate) p99: Duration,
    /// Requests answered in all, in the warm-up and after the window too.
    pub(crate) answered: u64,
    /// What one of them cost the server in processor time, where the system says so.
    pub(crate) cost: Option<Duration>,
    /// The most resident memory in bytes that the server had meanwhile, where the system says so.
    pub(crate) memory: Option<u64>,
}

/// What the connections of a measurement share.
struct Course {
    operation: Arc<dyn Operation>,
    peer: Peer,
    sequence: Arc<AtomicU64>,
    begin: Instant,
    end: Instant,
    /// Whether an answer behind the end was counted: the first one of its connection.
    late: AtomicBool,
    answered: AtomicU64,
    failed: AtomicBool,
}

/// Measures an operation on a peer, by its pace.
///
/// # Errors
/// If a connection breaks or an answer is wrong: such a run has no figures.
pub(crate) fn measure(
    operation: &Arc<dyn Operation>,
    peer: &Peer,
    plan: Plan,
    sequence: &Arc<AtomicU64>,
) -> Result<Measured, Failure> {
    let scan = match operation.pace() {
        Pace::Steady => false,
        Pace::Scan => true,
        Pace::Export => {
            let number = sequence.fetch_add(1, Ordering::Relaxed);
            return export::measure(operation.as_ref(), peer, number);
        }
    };
    let warm_up = if scan { Duration::ZERO } else { plan.warm_up };
    let begin = Instant::now() + warm_up;
    let course = Arc::new(Course {
        operation: operation.clone(),
        peer: peer.clone(),
        sequence: sequence.clone(),
        begin,
        end: begin + plan.window,
        late: AtomicBool::new(false),
        answered: AtomicU64::new(0),
        failed: AtomicBool::new(false),
    });
    let connections = operation.connections(plan.connections).max(1);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let threads = cores.min(connections);
    let latencies = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let share = connections / threads + usize::from(thread < connections % threads);
                let course = &course;
                scope.spawn(move || run_thread(course, share))
            })
            .collect();
        let mut merged = Histogram::default();
        let mut outcome = Ok(());
        for thread in running {
            match thread.join() {
                Ok(Ok(latencies)) => merged.merge(&latencies),
                Ok(Err(failure)) => outcome = Err(failure),
                Err(_) => outcome = Err("a thread of the client panicked".into()),
            }
        }
        outcome.map(|()| merged)
    })?;
    // Few long answers do not fill a window: the last ones end behind it.
    let window = if scan || course.late.load(Ordering::Relaxed) {
        begin.elapsed()
    } else {
        plan.window
    };
    let rate = latencies.total() as f64 / window.as_secs_f64();
    Ok(Measured {
        rate,
        p50: latencies.quantile(0.5),
        p99: latencies.quantile(0.99),
        answered: course.answered.load(Ordering::Relaxed),
        cost: None,
        memory: None,
    })
}

/// A share of the connections on one thread: no work moves between threads.
fn run_thread(course: &Arc<Course>, connections: usize) -> Result<Histogram, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let local = LocalSet::new();
    let running: Vec<_> = (0..connections)
        .map(|_| local.spawn_local(drive(course.clone())))
        .collect();
    local.block_on(&runtime, async {
        let mut merged = Histogram::default();
        for connection in running {
            merged.merge(&connection.await??);
        }
        Ok(merged)
    })
}

async fn drive(course: Arc<Course>) -> Result<Histogram, Failure> {
    let outcome = converse(&course).await;
    if outcome.is_err() {
        course.failed.store(true, Ordering::Relaxed);
    }
    outcome.map_err(|failure| {
        let (name, prefix) = (course.operation.name(), &course.peer.prefix);
        format!("{name} on {prefix}: {failure}").into()
    })
}

async fn converse(course: &Course) -> Result<Histogram, Failure> {
    let Course {
        operation, peer, ..
    } = course;
    let mut stream = TcpStream::connect(peer.address).await?;
    stream.set_nodelay(true)?;
    let (mut latencies, mut asked) = (Histogram::default(), 0u64);
    let (mut request, mut buffer) = (Vec::new(), Vec::with_capacity(64 << 10));
    while !course.failed.load(Ordering::Relaxed) {
        let number = course.sequence.fetch_add(1, Ordering::Relaxed);
        request.clear();
        operation.request(peer, number, &mut request);
        let sent = Instant::now();
        stream.write_all(&request).await?;
        buffer.clear();
        let answer = loop {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("the connection was closed before the answer".into());
            }
            if let Some(answer) = answer::parse(&buffer)? {
                break answer;
            }
        };
        let received = Instant::now();
        let body = &buffer[answer.body..answer.end];
        if answer.status != operation.status() {
            let body = String::from_utf8_lossy(body);
            return Err(format!("answered {}: {body}", answer.status).into());
        }
        course.answered.fetch_add(1, Ordering::Relaxed);
        if asked % SAMPLE == 0 && !peer.prefix.starts_with(crate::floor::BYTES) {
            operation.check(number, body)?;
        }
        asked += 1;
        // Counted by when it ends: each request then has the same chance, however long it takes.
        // And each connection counts one answer at least.
        let late = received >= course.end && latencies.total() == 0;
        if (course.begin..course.end).contains(&received) || late {
            latencies.record(received - sent);
        }
        if received >= course.end {
            course.late.fetch_or(late, Ordering::Relaxed);
            break;
        }
        crate::interrupt::check()?;
    }
    Ok(latencies)
}
