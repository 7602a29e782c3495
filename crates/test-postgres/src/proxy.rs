//! A proxy before a server that loses connections when a test says so: above all right before and
//! right after a commit reaches the server.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What becomes of a commit on its way, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The connection is lost before the commit reaches the server.
    LostBefore,
    /// The commit is carried out; the connection is lost before its answer arrives.
    LostAfter,
    /// The client's connection is lost; the commit reaches the server this much later.
    Late(Duration),
}

#[derive(Default)]
struct Shared {
    server: Mutex<PathBuf>,
    fates: Mutex<Vec<Fate>>,
    away: AtomicBool,
    leaves: AtomicBool,
    cut: AtomicUsize,
    streams: Mutex<Vec<TcpStream>>,
}

/// A TCP address on the loopback interface that leads to a server's unix socket.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// A proxy before the server at a unix socket.
    ///
    /// # Panics
    /// If no address is free.
    #[must_use]
    pub fn before(server: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free address");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared::default());
        *lock(&shared.server) = server.to_owned();
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                if shared.away.load(Ordering::SeqCst) {
                    continue;
                }
                std::thread::spawn(move || {
                    // Whatever fails is a lost connection, which is what this is for.
                    let _ = relay(&shared, client);
                });
            }
        });
        Self { address, shared }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a database behind it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.address)
    }

    /// Lets the next commits that are sent meet these fates, one each.
    pub fn doom(&self, fates: &[Fate]) {
        lock(&self.shared.fates).extend(fates.iter().rev());
    }

    /// Takes the server away when the next commit has met its fate.
    pub fn leave_after_doom(&self) {
        self.shared.leaves.store(true, Ordering::SeqCst);
    }

    /// How many commits have met their fate so far.
    #[must_use]
    pub fn doomed(&self) -> usize {
        self.shared.cut.load(Ordering::SeqCst)
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        for stream in lock(&self.shared.streams).drain(..) {
            // It may be gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Takes the server away: all connections are cut and new ones refused, until it is back.
    pub fn take_away(&self, away: bool) {
        self.shared.away.store(away, Ordering::SeqCst);
        if away {
            self.cut();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn relay(shared: &Arc<Shared>, mut client: TcpStream) -> io::Result<()> {
    let mut server = UnixStream::connect(&*lock(&shared.server))?;
    lock(&shared.streams).push(client.try_clone()?);
    let silenced = Arc::new(AtomicBool::new(false));
    let (mut from, mut to, mute) = (server.try_clone()?, client.try_clone()?, silenced.clone());
    let answers = std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            if mute.load(Ordering::SeqCst) {
                continue;
            }
            if to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        // A client whose commit was doomed learns of its loss when the commit has met its fate.
        if !mute.load(Ordering::SeqCst) {
            let _ = to.shutdown(Shutdown::Both);
        }
    });
    let outcome = requests(shared, &mut client, &mut server, &silenced);
    let _ = (
        client.shutdown(Shutdown::Both),
        server.shutdown(Shutdown::Both),
    );
    let _ = answers.join();
    outcome
}

fn requests(
    shared: &Shared,
    client: &mut TcpStream,
    server: &mut UnixStream,
    silenced: &AtomicBool,
) -> io::Result<()> {
    let mut typed = false;
    loop {
        let message = read_message(client, typed)?;
        // The first message has no type, nor has the question for TLS before it.
        typed |= message.get(4..8) != Some(&80_877_103_u32.to_be_bytes());
        let commits = message.first() == Some(&b'Q') && message.ends_with(b" COMMIT\0");
        let fate = if commits {
            lock(&shared.fates).pop()
        } else {
            None
        };
        match fate {
            None => server.write_all(&message)?,
            Some(fate) => {
                silenced.store(true, Ordering::SeqCst);
                if shared.leaves.load(Ordering::SeqCst) {
                    shared.away.store(true, Ordering::SeqCst);
                }
                if fate != Fate::LostBefore {
                    if let Fate::Late(delay) = fate {
                        shared.cut.fetch_add(1, Ordering::SeqCst);
                        client.shutdown(Shutdown::Both)?;
                        std::thread::sleep(delay);
                    }
                    server.write_all(&message)?;
                    // The server ends what it was sent before it sees that the client is gone.
                    server.shutdown(Shutdown::Write)?;
                    while !matches!(server.read(&mut [0; 4096]), Ok(0) | Err(_)) {}
                }
                if !matches!(fate, Fate::Late(_)) {
                    shared.cut.fetch_add(1, Ordering::SeqCst);
                }
                return Ok(());
            }
        }
    }
}

/// A message with its head (PostgreSQL documentation, "Message Formats").
fn read_message(client: &mut TcpStream, typed: bool) -> io::Result<Vec<u8>> {
    let head = if typed { 5 } else { 4 };
    let mut message = vec![0; head];
    client.read_exact(&mut message)?;
    let length = message[head - 4..]
        .try_into()
        .map(u32::from_be_bytes)
        .unwrap_or(0);
    let body = usize::try_from(length).unwrap_or(0).saturating_sub(4);
    message.resize(head + body, 0);
    client.read_exact(&mut message[head..])?;
    Ok(message)
}
