//! Dynamic properties in expressions (OData 4.01 URL Conventions, section 5.1.1.15). Nothing but an
//! instance says of what type one is, so the place where it stands asks for a type: what is of
//! another is null there. Numbers are asked for as `Edm.Double`.

use edm::{ItemType, Primitive, TypeRef};

use super::bind_literal::retype;
use super::bind_type::{is_numeric, primitive};
use super::binder::Binder;
use crate::expr::{Arithmetic, Expr, Path, Step};

/// The types that `$orderby` asks a dynamic property for, one after the other: values of the last
/// come behind those of the others.
const ORDERED: [Primitive; 8] = [
    Primitive::Guid,
    Primitive::Duration,
    Primitive::TimeOfDay,
    Primitive::Date,
    Primitive::DateTimeOffset,
    Primitive::String,
    Primitive::Double,
    Primitive::Boolean,
];

impl Binder<'_, '_> {
    /// Whether a path leads to a dynamic property.
    pub(super) fn is_dynamic(&self, path: &Path) -> bool {
        match path.steps.as_slice() {
            [.., Step::Property { of, ordinal }, Step::Dynamic(_)] => {
                self.model.structured(*of).dynamic == Some(*ordinal)
            }
            _ => false,
        }
    }

    /// Asks a dynamic property for a type. Any other expression, and a type that cannot be asked
    /// for, leaves it as it is.
    pub(super) fn ask(&self, expr: &mut Expr, wanted: ItemType) {
        let Expr::Path(path) = expr else { return };
        let asked = match wanted {
            ItemType::Primitive(number) if is_numeric(number) => Primitive::Double,
            ItemType::Primitive(primitive) if ORDERED.contains(&primitive) => primitive,
            _ => return,
        };
        if self.is_dynamic(path) {
            path.steps.push(Step::Typed(asked));
            path.ty = TypeRef::primitive(asked);
        }
    }

    /// Asks the dynamic property on one side of an operator for the type of the other side, which
    /// is a number of the same type then.
    pub(super) fn ask_both(&self, left: &mut Expr, right: &mut Expr) {
        self.ask_beside(left, right);
        self.ask_beside(right, left);
    }

    fn ask_beside(&self, expr: &mut Expr, other: &mut Expr) {
        let was_dynamic = matches!(expr, Expr::Path(path) if self.is_dynamic(path));
        let Some(ty) = other.ty().filter(|ty| was_dynamic && !ty.collection) else {
            return;
        };
        self.ask(expr, ty.item);
        if let Some(ty) = expr.ty() {
            retype(other, ty.item);
        }
    }

    /// As [`Self::ask_both`], for arithmetic: what stands beside a point in time is a duration.
    pub(super) fn ask_operands(&self, op: Arithmetic, left: &mut Expr, right: &mut Expr) {
        let is_instant = |expr: &Expr| {
            matches!(
                primitive(expr),
                Some(Primitive::Date | Primitive::DateTimeOffset)
            )
        };
        let additive = matches!(op, Arithmetic::Add | Arithmetic::Sub);
        if additive && is_instant(left) {
            self.ask(right, ItemType::Primitive(Primitive::Duration));
        }
        self.ask_both(left, right);
        // Two of them are numbers.
        for operand in [left, right] {
            self.ask(operand, ItemType::Primitive(Primitive::Double));
        }
    }

    /// What `$orderby` sorts by, for a dynamic property: by its values of each type in turn.
    pub(super) fn ordered(&self, expr: Expr) -> Vec<Expr> {
        match &expr {
            Expr::Path(path) if self.is_dynamic(path) => {}
            _ => return vec![expr],
        }
        let ask = |primitive: &Primitive| {
            let mut term = expr.clone();
            self.ask(&mut term, ItemType::Primitive(*primitive));
            term
        };
        // Of two types, the values of one are null where those of the other are asked for, and
        // null comes first.
        ORDERED.iter().rev().map(ask).collect()
    }
}
