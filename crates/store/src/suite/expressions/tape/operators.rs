//! Arithmetic, functions and casts, by what they make.

use edm::{Primitive, TypeRef, Value};
use odata::expr::{Arithmetic, Comparison, Expr, Function, Step};

use super::super::paths::{item, literal, own_path, path_of};
use super::{Of, Tape};

impl Tape<'_> {
    pub(super) fn integer(&mut self, depth: usize) -> Expr {
        use Function as F;
        match self.below(8) {
            0 | 1 => {
                let op = self.pick(&[
                    Arithmetic::Add,
                    Arithmetic::Sub,
                    Arithmetic::Mul,
                    Arithmetic::Div,
                    Arithmetic::Mod,
                ]);
                self.arithmetic(op, Of::Integer, Of::Integer, Of::Integer, depth)
            }
            2 => self.call(F::Length, &[Of::Text], Of::Integer, depth),
            3 => self.call(F::IndexOf, &[Of::Text, Of::Text], Of::Integer, depth),
            4 => {
                let (function, of) = self.pick(&[
                    (F::Year, Of::Instant),
                    (F::Month, Of::Date),
                    (F::Day, Of::Instant),
                    (F::Hour, Of::Instant),
                    (F::Minute, Of::Time),
                    (F::Second, Of::Instant),
                    (F::TotalOffsetMinutes, Of::Instant),
                ]);
                self.call(function, &[of], Of::Integer, depth)
            }
            7 => {
                let (path, list) = self.collections();
                Expr::Call {
                    function: F::IndexOf,
                    arguments: vec![path, list],
                    ty: TypeRef::of(item(Of::Integer)),
                }
            }
            5 => {
                let from = self.pick(&[Of::Decimal, Of::Double, Of::Text]);
                self.cast(from, Of::Integer, depth)
            }
            _ => {
                let name = self.pick(&["strings", "parts", "friends", "shapes"]);
                let mut path = path_of(own_path(name));
                path.steps.push(Step::Count);
                path.ty = TypeRef::primitive(Primitive::Int64);
                Expr::Path(path)
            }
        }
    }

    pub(super) fn decimal(&mut self, depth: usize) -> Expr {
        use Function as F;
        match self.below(5) {
            0 => {
                let op = self.pick(&[
                    Arithmetic::Add,
                    Arithmetic::Sub,
                    Arithmetic::Mul,
                    Arithmetic::Div,
                    Arithmetic::Mod,
                ]);
                let other = self.pick(&[Of::Decimal, Of::Integer]);
                self.arithmetic(op, Of::Decimal, other, Of::Decimal, depth)
            }
            1 => self.call(F::FractionalSeconds, &[Of::Instant], Of::Decimal, depth),
            2 => self.call(F::TotalSeconds, &[Of::Duration], Of::Decimal, depth),
            3 => {
                let function = self.pick(&[F::Round, F::Floor, F::Ceiling]);
                self.call(function, &[Of::Decimal], Of::Decimal, depth)
            }
            _ => {
                let from = self.pick(&[Of::Integer, Of::Text]);
                self.cast(from, Of::Decimal, depth)
            }
        }
    }

    pub(super) fn double(&mut self, depth: usize) -> Expr {
        use Function as F;
        match self.below(3) {
            0 => {
                let op = self.pick(&[
                    Arithmetic::Add,
                    Arithmetic::Sub,
                    Arithmetic::Mul,
                    Arithmetic::Mod,
                ]);
                let other = self.pick(&[Of::Double, Of::Integer, Of::Decimal]);
                self.arithmetic(op, Of::Double, other, Of::Double, depth)
            }
            1 => {
                let function = self.pick(&[F::Round, F::Floor, F::Ceiling]);
                self.call(function, &[Of::Double], Of::Double, depth)
            }
            _ => {
                let from = self.pick(&[Of::Integer, Of::Decimal]);
                self.cast(from, Of::Double, depth)
            }
        }
    }

    pub(super) fn text(&mut self, depth: usize) -> Expr {
        use Function as F;
        match self.below(4) {
            0 => self.call(F::Concat, &[Of::Text, Of::Text], Of::Text, depth),
            1 => {
                let function = self.pick(&[F::ToLower, F::ToUpper, F::Trim]);
                self.call(function, &[Of::Text], Of::Text, depth)
            }
            2 => {
                let mut arguments =
                    vec![self.expression(Of::Text, depth), self.literal(Of::Integer)];
                if self.below(2) == 0 {
                    let length = i64::try_from(self.below(4)).expect("a small number");
                    arguments.push(literal(Value::Integer(length), Primitive::Int64));
                }
                Expr::Call {
                    function: F::Substring,
                    arguments,
                    ty: TypeRef::of(item(Of::Text)),
                }
            }
            _ => {
                let from = self.pick(&[
                    Of::Integer,
                    Of::Boolean,
                    Of::Date,
                    Of::Instant,
                    Of::Time,
                    Of::Duration,
                    Of::Colour,
                ]);
                self.cast(from, Of::Text, depth)
            }
        }
    }

    /// A collection of a thing, perhaps a part of it, and another of the same type.
    fn collections(&mut self) -> (Expr, Expr) {
        let (name, of) = self.pick(&[
            ("strings", Of::Text),
            ("decimals", Of::Decimal),
            ("instants", Of::Instant),
        ]);
        let whole = own_path(name);
        let ty = whole.ty().expect("a path has a type");
        let mut part = |from: Expr| {
            let mut arguments = vec![from, self.literal(Of::Integer)];
            if self.below(2) == 0 {
                let length = i64::try_from(self.below(3)).expect("a small number");
                arguments.push(literal(Value::Integer(length), Primitive::Int64));
            }
            Expr::Call {
                function: Function::Substring,
                arguments,
                ty: ty.clone(),
            }
        };
        let other = part(whole.clone());
        let list = match self.below(3) {
            0 => other,
            1 => whole.clone(),
            _ => Expr::Collection((0..=self.below(2)).map(|_| self.literal(of)).collect()),
        };
        (whole, list)
    }

    pub(super) fn of_collections(&mut self) -> Expr {
        use Function as F;
        let (path, list) = self.collections();
        let function = self.pick(&[
            F::Contains,
            F::StartsWith,
            F::EndsWith,
            F::HasSubset,
            F::HasSubsequence,
            F::Length,
        ]);
        if function != F::Length {
            return Expr::Call {
                function,
                arguments: vec![path, list],
                ty: TypeRef::of(item(Of::Boolean)),
            };
        }
        let op = self.pick(&[Comparison::Eq, Comparison::Ne]);
        Expr::Compare {
            op,
            left: path.into(),
            right: list.into(),
        }
    }

    pub(super) fn duration(&mut self, depth: usize) -> Expr {
        match self.below(4) {
            0 => self.arithmetic(
                Arithmetic::Sub,
                Of::Instant,
                Of::Instant,
                Of::Duration,
                depth,
            ),
            1 => self.arithmetic(Arithmetic::Sub, Of::Date, Of::Date, Of::Duration, depth),
            2 => self.arithmetic(
                Arithmetic::Add,
                Of::Duration,
                Of::Duration,
                Of::Duration,
                depth,
            ),
            _ => {
                let op = self.pick(&[Arithmetic::Mul, Arithmetic::Div]);
                let by = self.pick(&[Of::Integer, Of::Decimal]);
                self.arithmetic(op, Of::Duration, by, Of::Duration, depth)
            }
        }
    }

    pub(super) fn moved(&mut self, of: Of, depth: usize) -> Expr {
        let op = self.pick(&[Arithmetic::Add, Arithmetic::Sub]);
        self.arithmetic(op, of, Of::Duration, of, depth)
    }

    fn arithmetic(&mut self, op: Arithmetic, left: Of, right: Of, of: Of, depth: usize) -> Expr {
        Expr::Arithmetic {
            op,
            left: self.expression(left, depth).into(),
            right: self.expression(right, depth).into(),
            ty: item(of),
        }
    }

    pub(super) fn call(
        &mut self,
        function: Function,
        arguments: &[Of],
        of: Of,
        depth: usize,
    ) -> Expr {
        let arguments = arguments.iter().map(|of| self.expression(*of, depth));
        Expr::Call {
            function,
            arguments: arguments.collect(),
            ty: TypeRef::of(item(of)),
        }
    }

    fn cast(&mut self, from: Of, to: Of, depth: usize) -> Expr {
        Expr::Cast {
            operand: self.expression(from, depth).into(),
            ty: TypeRef::of(item(to)),
        }
    }
}
