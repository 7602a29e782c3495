//! The suite that every database must pass, on PostgreSQL: on one store, and on two that share a
//! database.
#![cfg(test)]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use edm::Model;
use odata::Error;
use postgres::{Client, NoTls};
use store::clock::Clock;
use store::{Dialect, Job, ReadJob, Store, Tables, Transaction, Verdict};
use store_postgres::{Options, Postgres, Target};

/// The address of a database with these tables beside those that its migrations make.
fn database(tables: &Tables) -> String {
    let server = test_postgres::postgres().expect("asked for before");
    let url = server.new_database();
    let mut client = Client::connect(&url, NoTls).unwrap();
    let statements = store::ddl::create(tables, Dialect::Postgres);
    client.batch_execute(&statements).unwrap();
    url
}

/// One writer: the suite takes commands that wait together for carried out in their order.
fn store(url: &str, model: Arc<Model>, tables: Arc<Tables>, clock: Arc<dyn Clock>) -> Postgres {
    store_of(1, url, model, tables, clock)
}

fn store_of(
    writers: usize,
    url: &str,
    model: Arc<Model>,
    tables: Arc<Tables>,
    clock: Arc<dyn Clock>,
) -> Postgres {
    let options = Options {
        writers,
        readers: 2,
        ..Options::default()
    };
    let target = Target::parse(url).unwrap();
    Postgres::open(&target, options, model, tables, clock).unwrap()
}

fn open(model: Arc<Model>, tables: Arc<Tables>, clock: Arc<dyn Clock>) -> Box<dyn Store> {
    Box::new(store(&database(&tables), model, tables, clock))
}

store::store_suite!(open, if test_postgres::is_installed);

/// Two stores on one database that take turns, command by command and read by read. Commands that
/// wait together go to one of them, which keeps their order.
struct Two {
    stores: [Postgres; 2],
    waiting: Arc<AtomicUsize>,
    turn: AtomicUsize,
    reads: AtomicUsize,
}

struct Counted {
    job: Box<dyn Job>,
    waiting: Arc<AtomicUsize>,
}

impl Job for Counted {
    fn run(&mut self, transaction: &mut dyn Transaction) -> Verdict {
        self.job.run(transaction)
    }

    fn settle(self: Box<Self>, outcome: Result<(), Error>) {
        // First: who hears the outcome may send the next one.
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        self.job.settle(outcome);
    }
}

impl Store for Two {
    fn submit(&self, job: Box<dyn Job>) {
        if self.waiting.fetch_add(1, Ordering::SeqCst) == 0 {
            self.turn.fetch_add(1, Ordering::SeqCst);
        }
        let waiting = Arc::clone(&self.waiting);
        let turn = self.turn.load(Ordering::SeqCst) % 2;
        self.stores[turn].submit(Box::new(Counted { job, waiting }));
    }

    fn submit_read(&self, job: Box<dyn ReadJob>) -> Result<(), Error> {
        let turn = self.reads.fetch_add(1, Ordering::SeqCst) % 2;
        self.stores[turn].submit_read(job)
    }
}

fn open_two(model: Arc<Model>, tables: Arc<Tables>, clock: Arc<dyn Clock>) -> Box<dyn Store> {
    let url = database(&tables);
    let one = || store(&url, model.clone(), tables.clone(), clock.clone());
    Box::new(Two {
        stores: [one(), one()],
        waiting: Arc::default(),
        turn: AtomicUsize::new(0),
        reads: AtomicUsize::new(0),
    })
}

mod two_stores_on_one_database {
    store::store_suite!(writes: super::open_two, if test_postgres::is_installed);
}

/// A store with several writers that gets one command at a time, so that their order is kept while
/// whichever writer is free carries the next one out.
#[derive(Clone)]
struct Several {
    store: Arc<Postgres>,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    busy: bool,
    jobs: VecDeque<Box<dyn Job>>,
}

struct Next {
    job: Box<dyn Job>,
    all: Several,
}

impl Several {
    fn carry_out(&self, job: Box<dyn Job>) {
        let all = self.clone();
        self.store.submit(Box::new(Next { job, all }));
    }
}

impl Job for Next {
    fn run(&mut self, transaction: &mut dyn Transaction) -> Verdict {
        self.job.run(transaction)
    }

    fn settle(self: Box<Self>, outcome: Result<(), Error>) {
        let next = {
            let mut waiting = self.all.waiting.lock().unwrap();
            let next = waiting.jobs.pop_front();
            waiting.busy = next.is_some();
            next
        };
        if let Some(next) = next {
            self.all.carry_out(next);
        }
        let Self { job, all } = *self;
        // Who hears the outcome may close the store.
        drop(all);
        job.settle(outcome);
    }
}

impl Store for Several {
    fn submit(&self, job: Box<dyn Job>) {
        let mut waiting = self.waiting.lock().unwrap();
        if waiting.busy {
            return waiting.jobs.push_back(job);
        }
        waiting.busy = true;
        drop(waiting);
        self.carry_out(job);
    }

    fn submit_read(&self, job: Box<dyn ReadJob>) -> Result<(), Error> {
        self.store.submit_read(job)
    }
}

fn open_several(model: Arc<Model>, tables: Arc<Tables>, clock: Arc<dyn Clock>) -> Box<dyn Store> {
    let url = database(&tables);
    Box::new(Several {
        store: Arc::new(store_of(4, &url, model, tables, clock)),
        waiting: Arc::default(),
    })
}

mod several_writers_in_one_store {
    store::store_suite!(writes: super::open_several, if test_postgres::is_installed);
}
