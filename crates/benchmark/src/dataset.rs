//! A database of one size: loaded over the product's own API, copied for the floors, measured in
//! cells, and checked at the end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::cell::{self, Wanted};
use crate::cli::RunArguments;
use crate::contest::{Contest, start_floor};
use crate::database::{self, Database};
use crate::load::Plan;
use crate::operation::{self, DeepPage, Operation, Subject};
use crate::product::{self, Product};
use crate::report::{Cell, ProductFigures};
use crate::{Failure, bar};

/// The page that is asked for as one deep in the list, where the list has as many.
const DEEP: u64 = 10_000;

/// Loads so many states and measures them in cells, each of which is given away when it is done.
///
/// # Errors
/// If anything cannot be set up, or an answer is wrong.
pub(crate) fn measure(
    arguments: &RunArguments,
    (program, directory): (&Path, &Path),
    states: u64,
    cells: &[Wanted],
    mut keep: impl FnMut(Cell) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut database = database::open(arguments.database.as_deref(), directory)?;
    let data = directory.join("product");
    let product = Product::new(program.to_owned(), data, database.product_arguments())?;
    let loaded = load(&product, database.as_ref(), states)?;
    bar::about("copying the database for the floors");
    database.copy()?;
    let operations = cell::chosen(
        arguments,
        operation::all(&loaded.subject, loaded.deep.clone()),
    )?;
    let mut contest = start(arguments, &product, database.as_ref(), &loaded)?;
    agree(&contest, database.as_ref(), &operations)?;
    for wanted in cells {
        let figures = loaded.figures.clone();
        let deep = loaded.deep.number;
        let cell = cell::measure(arguments, &mut contest, &operations, *wanted, figures, deep)?;
        keep(cell)?;
    }
    contest.server.stop()?;
    bar::about("checking what the product wrote");
    database.verify()?;
    bar::done("every counter is what the rows say, and every state's latest run is in the history");
    Ok(())
}

/// The product loaded and stopped, with what was measured on the way.
struct Loaded {
    subject: Subject,
    deep: DeepPage,
    figures: ProductFigures,
}

fn load(product: &Product, database: &dyn Database, states: u64) -> Result<Loaded, Failure> {
    let server = product.start()?;
    let peer = product.peer(&server);
    let (subject, load_rate) = product::load(&peer, states)?;
    let memory_after_load = server.memory();
    bar::done(&format!("loaded {states} states, {load_rate:.0} a second"));
    let deep = product::walk(&peer, &subject, DEEP)?;
    bar::done(&format!("followed next links to page {}", deep.number));
    server.stop()?;
    bar::about("measuring the database");
    let storage = database.storage(states)?;
    bar::about("measuring starts");
    let [ready, answered] = product::cold_start(product, &subject)?;
    let seconds = |rounds: Vec<Duration>| rounds.iter().map(Duration::as_secs_f64).collect();
    Ok(Loaded {
        subject,
        deep,
        figures: ProductFigures {
            database: database.name().to_owned(),
            load_rate,
            storage,
            memory_after_load,
            memory_after_run: None,
            ready_seconds: seconds(ready),
            answered_seconds: seconds(answered),
        },
    })
}

fn start(
    arguments: &RunArguments,
    product: &Product,
    database: &dyn Database,
    loaded: &Loaded,
) -> Result<Contest, Failure> {
    let server = product.start()?;
    let window = arguments.window();
    let states = loaded.subject.states;
    Ok(Contest {
        product: product.peer(&server),
        server,
        floor: start_floor(database.floor_arguments(), states)?,
        subject: loaded.subject.clone(),
        plan: Plan {
            connections: 1,
            warm_up: (window / 4).max(Duration::from_millis(200)),
            window,
        },
        sequence: Arc::new(AtomicU64::new(states)),
    })
}

/// Product and floors answer the same, and write the same.
fn agree(
    contest: &Contest,
    database: &dyn Database,
    operations: &[Arc<dyn Operation>],
) -> Result<(), Failure> {
    bar::about("comparing the answers of product and floors");
    let writes = |operation: &&Arc<dyn Operation>| operation.writes();
    for operation in operations.iter().filter(writes) {
        contest.agree(operation.as_ref())?;
    }
    if operations.iter().any(|operation| operation.writes()) {
        database.compare()?;
    }
    // Behind the writes: what reads leave, such as the job of an export, the floors do not write.
    for operation in operations.iter().filter(|operation| !operation.writes()) {
        contest.agree(operation.as_ref())?;
    }
    bar::done("product and floors answer the same and write the same rows");
    Ok(())
}
