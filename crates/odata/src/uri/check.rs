//! What is legal on what: one table of resources, methods and query options (OData 4.01 Protocol,
//! section 11; URL Conventions, section 5.1).

use edm::{ItemType, TypeRef};

use crate::Error;
use crate::path::{PathKind, Resource, Segment, Target};
use crate::query::{ExpandItem, QueryOptions};

const FILTER: u16 = 1;
const ORDERBY: u16 = 1 << 1;
const SELECT: u16 = 1 << 2;
const EXPAND: u16 = 1 << 3;
const TOP: u16 = 1 << 4;
const SKIP: u16 = 1 << 5;
const COUNT: u16 = 1 << 6;
const SKIP_TOKEN: u16 = 1 << 7;
const FORMAT: u16 = 1 << 8;

/// Options that pick among many.
const MANY: u16 = FILTER | ORDERBY | TOP | SKIP | COUNT | SKIP_TOKEN | FORMAT;
/// Options that shape each.
const SHAPE: u16 = SELECT | EXPAND | FORMAT;

/// The options' names by bit.
const OPTIONS: [(u16, &str); 9] = [
    (FILTER, "$filter"),
    (ORDERBY, "$orderby"),
    (SELECT, "$select"),
    (EXPAND, "$expand"),
    (TOP, "$top"),
    (SKIP, "$skip"),
    (COUNT, "$count"),
    (SKIP_TOKEN, "$skiptoken"),
    (FORMAT, "$format"),
];

/// One kind of resource: its methods, and the options that are legal when it is read and when it
/// is written to (of a write, the options shape the answer).
#[derive(Debug)]
struct Row {
    what: &'static str,
    allow: &'static str,
    read: u16,
    write: u16,
}

/// The kinds of resources: the rows of [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table says what each is")]
pub enum Kind {
    ServiceDocument,
    Metadata,
    Batch,
    EntityCollection,
    Entity,
    Singleton,
    Complex,
    Value,
    RawValue,
    Count,
    ReferenceCollection,
    Reference,
    Action,
    FunctionOfMany,
    FunctionOfOne,
    FunctionOfValue,
}

/// In the order of [`Kind`]. Options that the standard allows and the service does not serve yet
/// (such as `$filter` on a collection of complex values) are not legal here either: none is ever
/// accepted and ignored.
const TABLE: [Row; 16] = [
    Row {
        what: "the service document",
        allow: "GET, HEAD",
        read: FORMAT,
        write: 0,
    },
    Row {
        what: "$metadata",
        allow: "GET, HEAD",
        read: FORMAT,
        write: 0,
    },
    Row {
        what: "$batch",
        allow: "POST",
        read: 0,
        write: FORMAT,
    },
    Row {
        what: "a collection of entities",
        allow: "GET, HEAD, POST, PATCH",
        read: MANY | SHAPE,
        write: SHAPE,
    },
    Row {
        what: "one entity",
        allow: "GET, HEAD, PATCH, DELETE",
        read: SHAPE,
        write: SHAPE,
    },
    // A singleton is always there: neither made nor deleted.
    Row {
        what: "a singleton",
        allow: "GET, HEAD, PATCH",
        read: SHAPE,
        write: SHAPE,
    },
    Row {
        what: "a complex property",
        allow: "GET, HEAD",
        read: FORMAT,
        write: 0,
    },
    Row {
        what: "a primitive property",
        allow: "GET, HEAD",
        read: FORMAT,
        write: 0,
    },
    Row {
        what: "a raw value",
        allow: "GET, HEAD",
        read: FORMAT,
        write: 0,
    },
    Row {
        what: "/$count",
        allow: "GET, HEAD",
        read: FILTER,
        write: 0,
    },
    Row {
        what: "references (/$ref of a collection)",
        allow: "POST",
        read: 0,
        write: SHAPE,
    },
    Row {
        what: "a reference (/$ref of one entity)",
        allow: "GET, HEAD, PUT, DELETE",
        read: FORMAT,
        write: 0,
    },
    Row {
        what: "an action",
        allow: "POST",
        read: 0,
        write: SELECT | FORMAT,
    },
    Row {
        what: "a function that returns entities",
        allow: "GET, HEAD",
        read: SELECT | FORMAT,
        write: 0,
    },
    Row {
        what: "a function that returns one entity",
        allow: "GET, HEAD",
        read: SELECT | FORMAT,
        write: 0,
    },
    Row {
        what: "a function that returns a value",
        allow: "GET, HEAD",
        read: FORMAT,
        write: 0,
    },
];

const _: () = assert!(Kind::FunctionOfValue as usize + 1 == TABLE.len());

/// What is legal on a kind of resource, for documents that describe the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Legal {
    /// The methods, such as `GET`.
    pub methods: Vec<&'static str>,
    /// The query options when it is read, with their `$`.
    pub read: Vec<&'static str>,
    /// The query options when it is written to or, of an action, invoked.
    pub write: Vec<&'static str>,
}

/// What [`check`] lets pass on a kind of resource.
#[must_use]
pub fn legal(kind: Kind) -> Legal {
    let row = &TABLE[kind as usize];
    let named = |bits| {
        let options = OPTIONS.iter().filter(move |(bit, _)| bits & bit != 0);
        options.map(|(_, name)| *name).collect()
    };
    Legal {
        methods: row.allow.split(", ").collect(),
        read: named(row.read),
        write: named(row.write),
    }
}

/// Whether the method and every query option are legal on the resource. HEAD is as GET.
///
/// # Errors
/// 405 with the allowed methods; 400 naming the option and what it is legal on.
pub fn check(resource: &Resource, options: &QueryOptions, method: &str) -> Result<(), Error> {
    let row = &TABLE[kind(resource) as usize];
    if !row.allow.split(", ").any(|allowed| allowed == method) {
        return Err(Error::method_not_allowed(
            row.allow,
            format!(
                "The method {method} is not allowed on {}. Allowed: {}.",
                row.what, row.allow
            ),
        ));
    }
    let legal = match method {
        "GET" | "HEAD" => row.read,
        "DELETE" => row.write & FORMAT,
        _ => row.write,
    };
    let illegal = given(options) & !legal;
    if let Some((bit, name)) = OPTIONS.iter().find(|(bit, _)| illegal & bit != 0) {
        let on: Vec<_> = TABLE
            .iter()
            .filter(|r| r.read & bit != 0)
            .map(|r| r.what)
            .collect();
        return Err(Error::bad_request(format!(
            "The query option {name} is not legal for {method} of {}. It is legal when reading {}.",
            row.what,
            on.join(", ")
        ))
        .with_target(*name));
    }
    options.expand.iter().try_for_each(check_expanded)
}

/// The options nested in `$expand`: those of one entity or of many (URL Conventions 5.1.3.1).
fn check_expanded(item: &ExpandItem) -> Result<(), Error> {
    let legal = if item.collection { MANY | SHAPE } else { SHAPE } & !(SKIP_TOKEN | FORMAT);
    let illegal = given(&item.options) & !legal;
    if let Some((_, name)) = OPTIONS.iter().find(|(bit, _)| illegal & bit != 0) {
        return Err(Error::bad_request(format!(
            "The query option {name} is not legal inside $expand of a navigation property that leads to one entity."
        ))
        .with_target(*name));
    }
    item.options.expand.iter().try_for_each(check_expanded)
}

fn given(options: &QueryOptions) -> u16 {
    let bit = |present: bool, bit: u16| if present { bit } else { 0 };
    bit(options.filter.is_some(), FILTER)
        | bit(!options.orderby.is_empty(), ORDERBY)
        | bit(options.select.is_some(), SELECT)
        | bit(!options.expand.is_empty(), EXPAND)
        | bit(options.top.is_some(), TOP)
        | bit(options.skip.is_some(), SKIP)
        | bit(options.count, COUNT)
        | bit(options.skip_token.is_some(), SKIP_TOKEN)
        | bit(options.format.is_some(), FORMAT)
}

fn kind(resource: &Resource) -> Kind {
    let path = match resource {
        Resource::ServiceDocument => return Kind::ServiceDocument,
        Resource::Metadata => return Kind::Metadata,
        Resource::Batch => return Kind::Batch,
        Resource::EntityById { .. } => return Kind::Entity,
        Resource::Path(path) => path,
    };
    match &path.kind {
        PathKind::EntityCollection(_) => Kind::EntityCollection,
        PathKind::Entity(_) => match path.segments.last() {
            Some(Segment::Singleton(_)) => Kind::Singleton,
            _ => Kind::Entity,
        },
        PathKind::Property(TypeRef {
            item: ItemType::Complex(_),
            ..
        }) => Kind::Complex,
        PathKind::Property(_) => Kind::Value,
        PathKind::PropertyValue(_) | PathKind::Stream => Kind::RawValue,
        PathKind::Count => Kind::Count,
        PathKind::ReferenceCollection(_) => Kind::ReferenceCollection,
        PathKind::Reference(_) => Kind::Reference,
        PathKind::Action(_) => Kind::Action,
        PathKind::Function(_) => match path.target {
            Some(Target {
                item: ItemType::Entity(_),
                collection: true,
                ..
            }) => Kind::FunctionOfMany,
            Some(Target {
                item: ItemType::Entity(_),
                ..
            }) => Kind::FunctionOfOne,
            _ => Kind::FunctionOfValue,
        },
    }
}
