//! One table: the resources that a path can address, their methods and query options (OData 4.01
//! Protocol, section 11; URL Conventions, section 5.1).

/// Query options, a bit each.
pub(super) type Options = u32;

pub(super) const FILTER: Options = 1;
pub(super) const ORDERBY: Options = 1 << 1;
pub(super) const SELECT: Options = 1 << 2;
pub(super) const EXPAND: Options = 1 << 3;
pub(super) const TOP: Options = 1 << 4;
pub(super) const SKIP: Options = 1 << 5;
pub(super) const COUNT: Options = 1 << 6;
pub(super) const SKIP_TOKEN: Options = 1 << 7;
pub(super) const FORMAT: Options = 1 << 8;
pub(super) const APPLY: Options = 1 << 9;
pub(super) const COMPUTE: Options = 1 << 10;
pub(super) const SEARCH: Options = 1 << 11;
pub(super) const DELTA_TOKEN: Options = 1 << 12;
pub(super) const ID: Options = 1 << 13;
pub(super) const INDEX: Options = 1 << 14;
pub(super) const SCHEMA_VERSION: Options = 1 << 15;

/// Legal wherever there is an answer.
const ANSWER: Options = FORMAT | SCHEMA_VERSION;
/// Options that pick among many.
const MANY: Options = FILTER | ORDERBY | TOP | SKIP | COUNT | SKIP_TOKEN;
/// Options that shape each.
const SHAPE: Options = SELECT | EXPAND | COMPUTE | ANSWER;

/// The options' names by bit.
pub(super) const OPTIONS: [(Options, &str); 16] = [
    (FILTER, "$filter"),
    (ORDERBY, "$orderby"),
    (SELECT, "$select"),
    (EXPAND, "$expand"),
    (TOP, "$top"),
    (SKIP, "$skip"),
    (COUNT, "$count"),
    (SKIP_TOKEN, "$skiptoken"),
    (FORMAT, "$format"),
    (APPLY, "$apply"),
    (COMPUTE, "$compute"),
    (SEARCH, "$search"),
    (DELTA_TOKEN, "$deltatoken"),
    (ID, "$id"),
    (INDEX, "$index"),
    (SCHEMA_VERSION, "$schemaversion"),
];

/// One kind of resource: its methods, and the options that are legal when it is read, when it is
/// written to (the options shape the answer), and when it is deleted.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) allow: &'static str,
    pub(super) read: Options,
    pub(super) write: Options,
    pub(super) delete: Options,
}

/// The kinds of resources: the rows of `TABLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table says what each is")]
pub enum Kind {
    ServiceDocument,
    Metadata,
    Batch,
    EntityById,
    EntityCollection,
    FilteredCollection,
    Each,
    Entity,
    Singleton,
    Complex,
    Complexes,
    Primitive,
    Primitives,
    Member,
    RawValue,
    StreamProperty,
    MediaStream,
    Count,
    SetReferences,
    ReferenceCollection,
    Reference,
    MemberReference,
    EntityReference,
    Action,
    Function,
}

const fn resource(
    what: &'static str,
    allow: &'static str,
    read: Options,
    write: Options,
    delete: Options,
) -> Row {
    Row {
        what,
        allow,
        read,
        write,
        delete,
    }
}

/// In the order of [`Kind`]. The options of operations are those of what they return.
pub(super) static TABLE: [Row; ROWS] = [
    resource("the service document", "GET, HEAD", ANSWER, 0, 0),
    resource("$metadata", "GET, HEAD", ANSWER, 0, 0),
    resource("$batch", "POST", 0, ANSWER, 0),
    resource("$entity", "GET, HEAD", SHAPE | ID, 0, 0),
    resource(
        "a collection of entities",
        "GET, HEAD, POST, PATCH",
        MANY | SHAPE | SEARCH | APPLY | DELTA_TOKEN,
        SHAPE | INDEX,
        0,
    ),
    // What is filtered is no place to make entities in.
    resource(
        "a filtered collection of entities",
        "GET, HEAD",
        MANY | SHAPE | SEARCH | APPLY,
        0,
        0,
    ),
    resource(
        "every member of a collection ($each)",
        "PATCH, DELETE",
        0,
        SHAPE,
        ANSWER,
    ),
    resource(
        "one entity",
        "GET, HEAD, PATCH, PUT, DELETE",
        SHAPE,
        SHAPE,
        ANSWER,
    ),
    // A singleton is always there: neither made nor deleted.
    resource("a singleton", "GET, HEAD, PATCH, PUT", SHAPE, SHAPE, 0),
    resource(
        "a complex property",
        "GET, HEAD, PATCH, PUT, DELETE",
        SHAPE,
        SHAPE,
        ANSWER,
    ),
    // Values without identity can be replaced and added to, not patched (Protocol 11.4.9.4).
    resource(
        "a collection of complex values",
        "GET, HEAD, POST, PUT, DELETE",
        MANY | SHAPE | SEARCH,
        SHAPE | INDEX,
        ANSWER,
    ),
    resource(
        "a primitive property",
        "GET, HEAD, PATCH, PUT, DELETE",
        ANSWER,
        ANSWER,
        ANSWER,
    ),
    resource(
        "a collection of primitive values",
        "GET, HEAD, POST, PUT, DELETE",
        MANY | SEARCH | ANSWER,
        ANSWER | INDEX,
        ANSWER,
    ),
    resource(
        "a member of a collection of values",
        "GET, HEAD",
        SHAPE,
        0,
        0,
    ),
    resource(
        "a raw value",
        "GET, HEAD, PUT, DELETE",
        ANSWER,
        ANSWER,
        ANSWER,
    ),
    resource(
        "a stream property",
        "GET, HEAD, PUT, DELETE",
        ANSWER,
        ANSWER,
        ANSWER,
    ),
    resource(
        "a media stream",
        "GET, HEAD, PUT, DELETE",
        ANSWER,
        ANSWER,
        ANSWER,
    ),
    resource(
        "/$count",
        "GET, HEAD",
        FILTER | SEARCH | APPLY | SCHEMA_VERSION,
        0,
        0,
    ),
    resource(
        "references to the members of an entity set",
        "GET, HEAD",
        MANY | SEARCH | ANSWER,
        0,
        0,
    ),
    resource(
        "references (/$ref of a collection)",
        "GET, HEAD, POST, PUT, DELETE",
        MANY | SEARCH | ANSWER,
        SHAPE,
        ID | ANSWER,
    ),
    resource(
        "a reference (/$ref of one entity)",
        "GET, HEAD, PUT, DELETE",
        ANSWER,
        ANSWER,
        ANSWER,
    ),
    resource(
        "a reference to a member (/$ref behind its key)",
        "GET, HEAD, DELETE",
        ANSWER,
        0,
        ANSWER,
    ),
    resource(
        "the reference to an entity itself",
        "GET, HEAD",
        ANSWER,
        0,
        0,
    ),
    resource("an action", "POST", 0, 0, 0),
    resource("a function", "GET, HEAD", 0, 0, 0),
];

const ROWS: usize = Kind::Function as usize + 1;

/// The row of a kind of resource.
pub(super) fn row(kind: Kind) -> &'static Row {
    &TABLE[kind as usize]
}
