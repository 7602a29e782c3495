//! Expressions as clients write them: what is never reached may fail, and what is long or deep
//! stays an answer or a refusal.

use edm::Value;
use odata::expr::Expr;
use odata::query::QueryOptions;
use odata::uri::{Limits, parse_request};
use odata::{Error, ErrorCode};

use super::super::Opener;
use super::super::world::{World, model, of_owner, row, table};

/// A database with one thing, and its owner.
fn with_a_thing(open: Opener) -> (World, Value) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, things) = table("thing");
    let thing = row(
        things,
        &[
            ("owner", owner.clone()),
            ("id", Value::from("a")),
            ("boolean", Value::Boolean(false)),
            ("int32", Value::Integer(7)),
            (
                "instant",
                Value::DateTimeOffset(edm::time::DateTimeOffset::MIN),
            ),
        ],
    );
    world.fill(id, &[thing]);
    (world, owner)
}

pub(super) fn filter(text: &str) -> Result<Expr, Error> {
    let query = format!("$filter={text}");
    let bound = parse_request(model(), &Limits::default(), "things", Some(&query));
    let (_, QueryOptions { filter, .. }) = bound?;
    Ok(filter.expect("a filter was given"))
}

/// How many of an owner's things a condition holds for.
pub(super) fn counted(world: &World, owner: &Value, condition: &Expr) -> Result<u64, Error> {
    let (condition, owner) = (condition.clone(), owner.clone());
    world.try_read(move |reader| {
        let mut select = of_owner("thing", &owner);
        select.filter = vec![&condition];
        reader.count(&select)
    })
}

/// Operations that fail, of operands that a database may compute before it reads a row.
const FAILING: [&str; 12] = [
    "{1} div {0} eq 1",
    "{1} mod {0} eq 1",
    "{1.5} div {0} eq 1",
    "{1.5} mod {0} eq 1",
    "{1e0} mod {0} eq 1",
    "{9223372036854775807} add {1} eq 1",
    "- {-9223372036854775808} eq 1",
    "{2024-01-01} add {duration'P9000000D'} eq 2024-01-01",
    "{2024-01-01T00:00:00Z} sub {duration'P9000000D'} eq 2024-01-01T00:00:00Z",
    "{duration'PT1S'} div {0} eq duration'PT1S'",
    "{duration'P1000000D'} mul {100} eq duration'PT1S'",
    "substring({'abc'},{0},{-1}) eq 'a'",
];

/// Ways to write a constant: as itself, and so that only a database sees that it is one.
const CONSTANTS: [&str; 4] = [
    "@",
    "(@)",
    "case(false and boolean:null,true:@)",
    "case(id eq null:null,surelyTrue ne null:@)",
];

/// Places that no row leads to.
const UNREACHED: [&str; 7] = [
    "case(true:true,true:@)",
    "case(boolean:@,true:true)",
    "case(id eq null:@,true:true)",
    "false and (@) or true",
    "boolean and (@) or id eq 'a'",
    "true or (@)",
    "not (boolean and (@))",
];

/// The operation with each `{…}` written in a way.
fn written(operation: &str, constant: &str) -> String {
    let mut out = String::new();
    let mut rest = operation;
    while let Some((before, behind)) = rest.split_once('{') {
        let (value, behind) = behind.split_once('}').expect("a closing brace");
        out.push_str(before);
        out.push_str(&constant.replace('@', value));
        rest = behind;
    }
    out + rest
}

/// What fails where no row leads to is no reason to refuse a query.
pub fn what_is_never_reached_may_fail(open: Opener) {
    let (world, owner) = with_a_thing(open);
    for failing in FAILING {
        for constant in CONSTANTS {
            let failing = written(failing, constant);
            for place in UNREACHED {
                let text = place.replace('@', &failing);
                let condition = filter(&text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
                let found = counted(&world, &owner, &condition);
                assert!(matches!(found, Ok(1)), "{text}: {found:?}");
            }
            let condition = filter(&failing).expect("it can be read");
            let found = counted(&world, &owner, &condition).map_err(|error| error.code);
            assert_eq!(found, Err(ErrorCode::BadRequest), "{failing}");
        }
    }
}

/// What is long or deep is carried out or refused, and no text grows without end.
pub fn what_is_deep_is_answered_or_refused(open: Opener) {
    let (world, owner) = with_a_thing(open);
    let nested = |times: usize, around: &str, inner: &str| {
        (0..times).fold(inner.to_owned(), |text, _| around.replace('@', &text))
    };
    let deep = [
        (60, "cast(@,Edm.Int16)", "int32", "@ eq 7"),
        (40, "date(cast(@,Edm.DateTimeOffset))", "date", "@ eq null"),
        (80, "(@) add duration'PT1S'", "instant", "@ ne null"),
        (60, "(@) and 1 div int32 eq 0", "boolean", "@ or true"),
        (60, "(1 div int32 eq 0) and (@)", "boolean", "@ or true"),
        (
            40,
            "case(@:1 div int32 eq 0,true:true)",
            "boolean",
            "@ or true",
        ),
        (80, "concat(@,'a')", "string", "@ eq null"),
        (45, "not (@)", "boolean", "@ or true"),
    ];
    for (times, around, inner, whole) in deep {
        let text = whole.replace('@', &nested(times, around, inner));
        let condition = filter(&text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        match counted(&world, &owner, &condition) {
            Ok(found) => assert_eq!(found, 1, "{text}"),
            Err(error) => assert_eq!(error.code, ErrorCode::BadRequest, "{text}: {error:?}"),
        }
    }
}
