//! Random expressions over things: choices are read from a tape of bytes, so that a shorter or
//! smaller tape makes a simpler expression.

mod operators;

use edm::{ItemType, Primitive, TypeRef, Value};
use odata::expr::{Comparison, Expr, Function, Path, Quantifier, Root, Step};

use super::paths::{find, item, literal, own_path, path_of, steps};

/// What an expression is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::suite) enum Of {
    Boolean,
    Integer,
    Decimal,
    Double,
    Text,
    Date,
    Instant,
    Time,
    Duration,
    Colour,
    Rights,
}

pub(super) const KINDS: [Of; 11] = [
    Of::Boolean,
    Of::Integer,
    Of::Decimal,
    Of::Double,
    Of::Text,
    Of::Date,
    Of::Instant,
    Of::Time,
    Of::Duration,
    Of::Colour,
    Of::Rights,
];

pub(super) struct Tape<'t> {
    bytes: std::slice::Iter<'t, u8>,
    lambdas: usize,
}

impl<'t> Tape<'t> {
    pub(super) fn new(bytes: &'t [u8]) -> Self {
        Self {
            bytes: bytes.iter(),
            lambdas: 0,
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or(0)) % limit
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub(super) fn kind(&mut self) -> Of {
        self.pick(&KINDS)
    }

    /// An expression of a kind.
    pub(super) fn expression(&mut self, of: Of, depth: usize) -> Expr {
        if depth == 0 || self.below(4) == 0 {
            return self.leaf(of);
        }
        let depth = depth - 1;
        if self.below(12) == 0 {
            let branches = vec![
                (
                    self.expression(Of::Boolean, depth),
                    self.expression(of, depth),
                ),
                (
                    literal(Value::Boolean(true), Primitive::Boolean),
                    self.expression(of, depth),
                ),
            ];
            return Expr::Case {
                branches,
                ty: TypeRef::of(item(of)),
            };
        }
        match of {
            Of::Boolean => self.condition(depth),
            Of::Integer => self.integer(depth),
            Of::Decimal => self.decimal(depth),
            Of::Double => self.double(depth),
            Of::Text => self.text(depth),
            Of::Date => match self.below(2) {
                0 => self.call(Function::Date, &[Of::Instant], of, depth),
                _ => self.moved(Of::Date, depth),
            },
            Of::Instant => self.moved(Of::Instant, depth),
            Of::Time => self.call(Function::Time, &[Of::Instant], of, depth),
            Of::Duration => self.duration(depth),
            Of::Colour | Of::Rights => self.leaf(of),
        }
    }

    fn leaf(&mut self, of: Of) -> Expr {
        if self.below(3) == 0 {
            return self.literal(of);
        }
        let own: &[&str] = match of {
            Of::Boolean => &["boolean", "surelyTrue"],
            Of::Integer => &["int32", "int16", "byte", "sbyte", "int64"],
            Of::Decimal => &["decimal", "shape/price"],
            Of::Double => &["double", "single", "shape/size"],
            Of::Text => &[
                "string",
                "surelyString",
                "id",
                "shape/name",
                "machine:label",
            ],
            Of::Date => &["date"],
            Of::Instant => &["instant", "surelyInstant", "shape/drawn"],
            Of::Time => &["timeOfDay"],
            Of::Duration => &["duration"],
            Of::Colour => &["colour", "surelyColour", "motor:fuel"],
            Of::Rights => &["rights"],
        };
        let name = self.pick(own);
        own_path(name)
    }

    fn literal(&mut self, of: Of) -> Expr {
        use Primitive as P;
        let number = i64::try_from(self.below(9)).expect("a small number") - 3;
        let (primitive, text) = match of {
            Of::Boolean => (P::Boolean, self.pick(&["true", "false"]).to_owned()),
            Of::Integer => (P::Int64, number.to_string()),
            Of::Decimal => (
                P::Decimal,
                format!("{number}.{}", self.pick(&["5", "50", "125"])),
            ),
            Of::Double => (
                P::Double,
                format!("{number}.{}", self.pick(&["5", "25", "0"])),
            ),
            Of::Text => (
                P::String,
                self.pick(&["", "a", "B", "é", " x ", "ab", "10", "-7"])
                    .to_owned(),
            ),
            Of::Date => (P::Date, self.pick(&["2024-02-29", "1999-12-31"]).to_owned()),
            Of::Instant => (
                P::DateTimeOffset,
                self.pick(&["2024-02-29T23:30:00.5-03:30", "2001-01-01T00:00:00Z"])
                    .to_owned(),
            ),
            Of::Time => (
                P::TimeOfDay,
                self.pick(&["13:20", "00:00:00.0000001"]).to_owned(),
            ),
            Of::Duration => (
                P::Duration,
                self.pick(&["PT1H", "-P1DT0.0000001S", "PT0S"]).to_owned(),
            ),
            Of::Colour | Of::Rights => {
                let value = match of {
                    Of::Colour => self.pick(&[-1, 5]),
                    _ => self.pick(&[1, 2, 3, 0]),
                };
                return Expr::Literal {
                    value: Value::Enum(value),
                    ty: Some(item(of)),
                };
            }
        };
        literal(
            Value::parse(primitive, &text).expect("a literal"),
            primitive,
        )
    }

    fn condition(&mut self, depth: usize) -> Expr {
        match self.below(11) {
            10 => self.of_collections(),
            0 => {
                let kind = self.kind();
                self.comparison(kind, depth)
            }
            9 => {
                let pattern =
                    self.pick(&["^a", "[a-zé]+\\d?", "b|^$", "\\bx\\b", "^.{2,3}$", "\\W"]);
                let flags = self.pick(&["", "i", "m", "s"]);
                let text = |text: &str| literal(Value::from(text), Primitive::String);
                Expr::Call {
                    function: Function::MatchesPattern,
                    arguments: vec![self.expression(Of::Text, depth), text(pattern), text(flags)],
                    ty: TypeRef::of(item(Of::Boolean)),
                }
            }
            1 => Expr::And(
                self.expression(Of::Boolean, depth).into(),
                self.expression(Of::Boolean, depth).into(),
            ),
            2 => Expr::Or(
                self.expression(Of::Boolean, depth).into(),
                self.expression(Of::Boolean, depth).into(),
            ),
            3 => Expr::Not(self.expression(Of::Boolean, depth).into()),
            4 => {
                let function =
                    self.pick(&[Function::Contains, Function::StartsWith, Function::EndsWith]);
                self.call(function, &[Of::Text, Of::Text], Of::Boolean, depth)
            }
            5 => {
                let kind = self.kind();
                let items = (0..self.below(4)).map(|_| self.literal(kind)).collect();
                Expr::In {
                    needle: self.expression(kind, depth).into(),
                    among: Expr::Collection(items).into(),
                }
            }
            6 => Expr::Has {
                value: self.leaf(Of::Rights).into(),
                flags: self.literal(Of::Rights).into(),
            },
            7 => {
                let of = find(self.pick(&["suite.machine", "suite.motor", "suite.plant"]));
                Expr::IsOf {
                    operand: Expr::Path(Path::instance(TypeRef::of(ItemType::Entity(find(
                        "suite.thing",
                    )))))
                    .into(),
                    ty: TypeRef::of(ItemType::Entity(of)),
                }
            }
            _ => self.lambda(depth),
        }
    }

    fn comparison(&mut self, kind: Of, depth: usize) -> Expr {
        let ordered = [
            Comparison::Eq,
            Comparison::Ne,
            Comparison::Lt,
            Comparison::Le,
            Comparison::Gt,
            Comparison::Ge,
        ];
        let numbers = [Of::Integer, Of::Decimal, Of::Double];
        let other = if numbers.contains(&kind) {
            self.pick(&numbers)
        } else {
            kind
        };
        let op = self.pick(&ordered);
        let left = self.expression(kind, depth);
        let right = match self.below(6) {
            0 => Expr::Literal {
                value: Value::Null,
                ty: None,
            },
            _ => self.expression(other, depth),
        };
        Expr::Compare {
            op,
            left: left.into(),
            right: right.into(),
        }
    }

    fn lambda(&mut self, depth: usize) -> Expr {
        let (name, quantified) = self.pick(&[
            ("strings", "text"),
            ("instants", "instant"),
            ("decimals", "decimal"),
            ("shapes", "shape"),
            ("parts", "item"),
            ("friends", "thing"),
        ]);
        let quantifier = self.pick(&[Quantifier::Any, Quantifier::All]);
        let collection = path_of(own_path(name));
        let variable = Root::Variable(self.lambdas);
        self.lambdas += 1;
        let at = |steps: Vec<Step>, ty: TypeRef| {
            Expr::Path(Path {
                root: variable.clone(),
                steps,
                ty,
            })
        };
        let (left, kind) = match quantified {
            "text" => (at(vec![], TypeRef::of(item(Of::Text))), Of::Text),
            "instant" => (at(vec![], TypeRef::of(item(Of::Instant))), Of::Instant),
            "decimal" => (at(vec![], TypeRef::of(item(Of::Decimal))), Of::Decimal),
            "shape" => {
                let path = path_of(steps("suite.shape", "price"));
                (at(path.steps, path.ty), Of::Decimal)
            }
            "item" => {
                let name = self.pick(&["rank", "thing/int32"]);
                let path = path_of(steps("suite.item", name));
                (at(path.steps, path.ty), Of::Integer)
            }
            _ => {
                let path = path_of(steps("suite.thing", "string"));
                (at(path.steps, path.ty), Of::Text)
            }
        };
        let op = self.pick(&[
            Comparison::Eq,
            Comparison::Ne,
            Comparison::Lt,
            Comparison::Ge,
        ]);
        let right = self.expression(kind, depth.min(1));
        self.lambdas -= 1;
        Expr::Lambda {
            quantifier,
            collection,
            predicate: Some(
                Expr::Compare {
                    op,
                    left: left.into(),
                    right: right.into(),
                }
                .into(),
            ),
        }
    }
}
