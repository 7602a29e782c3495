//! Vocabulary annotations (OData CSDL 4.01, section 14).

/// An annotation: a term applied to a model element, with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// The term's full name, such as `Org.OData.Core.V1.Computed` (never an alias).
    pub term: String,
    /// The qualifier, if any.
    pub qualifier: Option<String>,
    /// The value; an annotation without one has the term's default, `true` for tagging terms.
    pub value: Expression,
    /// Whether the document leaves the value to the term's default.
    pub implied: bool,
    /// The annotations of this annotation itself.
    pub annotations: Annotations,
}

/// A dynamic expression (CSDL sections 14.4.2 to 14.4.14).
#[derive(Clone, Debug, PartialEq)]
pub struct Dynamic {
    /// The name in CSDL XML: `And`, `Or`, `Not`, `Eq`, `Ne`, `Gt`, `Ge`, `Lt`, `Le`, `Has`, `In`,
    /// `Add`, `Sub`, `Neg`, `Mul`, `Div`, `DivBy`, `Mod`, `Apply`, `Cast`, `IsOf`, `If`,
    /// `LabeledElement`, `UrlRef`, or `Null` if it is annotated.
    pub operator: &'static str,
    /// What it has beside its operands, by the names of CSDL XML: the `Function` of `Apply`, the
    /// `Type` of `Cast` and `IsOf` with its facets, the `Name` of `LabeledElement`.
    pub attributes: Vec<(&'static str, String)>,
    /// The operands in order.
    pub operands: Vec<Expression>,
    /// Its annotations.
    pub annotations: Annotations,
}

/// The value of an annotation: the constant and dynamic expressions that we read and write back.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// `Null`.
    Null,
    /// `Bool`.
    Bool(bool),
    /// `Int`.
    Int(i64),
    /// `String`.
    String(String),
    /// `Decimal` or `Float`, as written.
    Number(String),
    /// `Date`, `DateTimeOffset`, `Duration`, `Guid`, `Binary`, `TimeOfDay`: the name and the text.
    Literal(String, String),
    /// `EnumMember`: one or more qualified members, as written.
    EnumMember(String),
    /// `Path`, `PropertyPath`, `NavigationPropertyPath`, `AnnotationPath`, `AnyPropertyPath`,
    /// `ModelElementPath`, `LabeledElementReference`: the name of the expression and the path.
    Path(String, String),
    /// An expression that is evaluated for an instance.
    Dynamic(Box<Dynamic>),
    /// `Collection`.
    Collection(Vec<Expression>),
    /// `Record`: its type, if named, and its property values in order. Annotations within a
    /// record stand among them as in CSDL JSON: `@Term#Qualifier` annotates the record,
    /// `property@Term#Qualifier` a property value, and a further `@Term` the annotation itself.
    Record(Option<String>, Vec<(String, Expression)>),
}

impl Expression {
    /// The value of a record's property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Expression> {
        match self {
            Self::Record(_, values) => values.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The items of a collection; empty for any other expression.
    #[must_use]
    pub fn items(&self) -> &[Expression] {
        match self {
            Self::Collection(items) => items,
            _ => &[],
        }
    }

    /// The text of a string or path expression.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(s) | Self::Path(_, s) | Self::EnumMember(s) => Some(s),
            _ => None,
        }
    }

    /// The truth of a Boolean expression.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The number of an integer expression.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            _ => None,
        }
    }
}

/// The annotations of one model element, in document order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations(pub Vec<Annotation>);

impl Annotations {
    /// Adds an annotation; false if there is already one of that term and qualifier.
    pub(crate) fn add(&mut self, annotation: Annotation) -> bool {
        let free = self.place(&annotation).is_none();
        if free {
            self.0.push(annotation);
        }
        free
    }

    /// Adds an annotation in place of one of the same term and qualifier, if there is one.
    pub(crate) fn set(&mut self, annotation: Annotation) {
        match self.place(&annotation).and_then(|at| self.0.get_mut(at)) {
            Some(there) => *there = annotation,
            None => self.0.push(annotation),
        }
    }

    fn place(&self, annotation: &Annotation) -> Option<usize> {
        self.0
            .iter()
            .position(|a| a.term == annotation.term && a.qualifier == annotation.qualifier)
    }

    /// The value of the unqualified annotation with this term.
    #[must_use]
    pub fn get(&self, term: &str) -> Option<&Expression> {
        self.0
            .iter()
            .find(|a| a.qualifier.is_none() && a.term == term)
            .map(|a| &a.value)
    }

    /// Whether the element carries this tagging term as true.
    #[must_use]
    pub fn is_tagged(&self, term: &str) -> bool {
        self.get(term)
            .and_then(Expression::as_bool)
            .unwrap_or(false)
    }
}
