//! The suite that every database must pass, on PostgreSQL: on one store, and on two that share a
//! database.
#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    let options = Options {
        writers: 1,
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
    store::store_suite!(super::open_two, if test_postgres::is_installed);
}
