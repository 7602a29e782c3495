//! The sales of the examples in the OData Extension for Data Aggregation 4.0 (section 2.3), in
//! memory, and expressions about them.

use std::borrow::Cow;
use std::cell::OnceCell;

use edm::{ComplexValue, ItemType, Model, StructuredId, TypeRef, Value};

use super::values::value;
use crate::eval::{EvalError, Instance, Related};
use crate::expr::{Arithmetic, Comparison, Expr, Function, Path, Root, Step};

const MODEL: &str = r#"<?xml version="1.0"?>
<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.01"><edmx:DataServices>
<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="m">
  <ComplexType Name="Address"><Property Name="City" Type="Edm.String"/></ComplexType>
  <ComplexType Name="Abroad" BaseType="m.Address"><Property Name="Land" Type="Edm.String"/></ComplexType>
  <EntityType Name="Customer"><Key><PropertyRef Name="ID"/></Key>
    <Property Name="ID" Type="Edm.String" Nullable="false"/>
    <Property Name="Name" Type="Edm.String"/>
    <Property Name="Tags" Type="Collection(Edm.String)"/>
    <Property Name="Address" Type="m.Address"/>
    <Property Name="Others" Type="Collection(m.Address)"/>
    <NavigationProperty Name="Sales" Type="Collection(m.Sale)"/>
  </EntityType>
  <EntityType Name="Vip" BaseType="m.Customer"><Property Name="Discount" Type="Edm.Int32"/></EntityType>
  <EntityType Name="Product"><Key><PropertyRef Name="ID"/></Key>
    <Property Name="ID" Type="Edm.String" Nullable="false"/>
    <Property Name="Name" Type="Edm.String"/>
    <Property Name="TaxRate" Type="Edm.Decimal" Scale="variable"/>
    <NavigationProperty Name="Sales" Type="Collection(m.Sale)"/>
  </EntityType>
  <EntityType Name="Sale"><Key><PropertyRef Name="ID"/></Key>
    <Property Name="ID" Type="Edm.Int32" Nullable="false"/>
    <Property Name="Amount" Type="Edm.Decimal" Scale="variable"/>
    <NavigationProperty Name="Customer" Type="m.Customer"/>
    <NavigationProperty Name="Product" Type="m.Product"/>
  </EntityType>
</Schema></edmx:DataServices></edmx:Edmx>"#;

/// An entity with what it leads to.
pub(in crate::eval) struct Node {
    of: StructuredId,
    values: Vec<Value>,
    related: OnceCell<Vec<Vec<&'static Node>>>,
    single: bool,
}

impl Instance for Node {
    fn of(&self) -> Option<StructuredId> {
        Some(self.of)
    }

    fn property(&self, _: StructuredId, ordinal: usize) -> Result<Cow<'_, Value>, EvalError> {
        let value = self.values.get(ordinal).map(Cow::Borrowed);
        Ok(value.unwrap_or(Cow::Owned(Value::Null)))
    }

    fn navigation(&self, _: StructuredId, index: usize) -> Result<Related<'_>, EvalError> {
        let related = self.related.get().and_then(|related| related.get(index));
        let mut instances = related
            .into_iter()
            .flatten()
            .map(|node| *node as &dyn Instance);
        Ok(if self.single {
            Related::One(instances.next())
        } else {
            Related::Many(instances.collect())
        })
    }

    fn searchable(&self) -> Result<Vec<Cow<'_, str>>, EvalError> {
        let texts = self.values.iter().filter_map(Value::as_str);
        Ok(texts.map(Cow::Borrowed).collect())
    }
}

/// The model and its entities.
pub(in crate::eval) struct World {
    pub(in crate::eval) model: &'static Model,
    pub(in crate::eval) customers: Vec<&'static Node>,
    pub(in crate::eval) products: Vec<&'static Node>,
    pub(in crate::eval) sales: Vec<&'static Node>,
}

impl World {
    /// Builds it; tests leak it, so that entities may lead to one another.
    pub(in crate::eval) fn new() -> Self {
        let model: &'static Model = Box::leak(Box::new(Model::from_csdl(MODEL).expect("a model")));
        let mut world = Self {
            model,
            customers: Vec::new(),
            products: Vec::new(),
            sales: Vec::new(),
        };
        let nothing = || [Value::Null, Value::Collection(Vec::new())];
        world.customers = vec![
            world.entity(
                "Customer",
                &["'C1'", "'Joe'", "['new','big']"],
                world.addresses(),
            ),
            world.entity("Vip", &["'C2'", "'Sue'", "['big']"], nothing()),
            world.entity("Customer", &["'C3'", "'Sue'", "[]"], nothing()),
            world.entity("Customer", &["'C4'", "'Luc'", "[]"], nothing()),
        ];
        world.products = vec![
            world.entity("Product", &["'P1'", "'Sugar'", "0.06"], []),
            world.entity("Product", &["'P2'", "'Coffee'", "0.06"], []),
            world.entity("Product", &["'P3'", "'Paper'", "0.14"], []),
            world.entity("Product", &["'P4'", "'Pencil'", "0.14"], []),
        ];
        world.sell();
        world
    }

    fn entity(
        &self,
        name: &str,
        values: &[&str],
        more: impl IntoIterator<Item = Value>,
    ) -> &'static Node {
        let mut values: Vec<Value> = values.iter().map(|text| value(text)).chain(more).collect();
        if name == "Vip" {
            values.push(Value::Integer(10));
        }
        Box::leak(Box::new(Node {
            of: self.id(name),
            values,
            related: OnceCell::new(),
            single: name == "Sale",
        }))
    }

    /// A complex value of a derived type, and a collection with one of either type.
    fn addresses(&self) -> [Value; 2] {
        let address = |name: &str, values: &[&str]| {
            Value::Complex(Box::new(ComplexValue {
                of: self.id(name),
                values: values.iter().map(|text| value(text)).collect(),
            }))
        };
        let abroad = address("Abroad", &["'Rome'", "'Italy'"]);
        let both = vec![abroad.clone(), address("Address", &["'Bonn'"])];
        [abroad, Value::Collection(both)]
    }

    /// The sales: amount, customer and product; and the ways back from both.
    fn sell(&mut self) {
        let sales = [
            ("1d", 0, 2),
            ("2d", 0, 0),
            ("4d", 0, 1),
            ("8d", 1, 1),
            ("4d", 1, 2),
            ("2d", 2, 0),
            ("1d", 2, 2),
            ("2d", 2, 2),
        ];
        for (id, (amount, customer, product)) in (1..).zip(sales) {
            let sale = self.entity("Sale", &[&id.to_string(), amount], []);
            let related = vec![vec![self.customers[customer]], vec![self.products[product]]];
            sale.related.set(related).ok().expect("set once");
            self.sales.push(sale);
        }
        for (through, nodes) in [&self.customers, &self.products].into_iter().enumerate() {
            for node in nodes {
                let leads_here = |sale: &&'static Node| {
                    let related = sale.related.get().expect("set above");
                    std::ptr::eq(related[through][0], *node)
                };
                let related = self.sales.iter().copied().filter(leads_here).collect();
                node.related.set(vec![related]).ok().expect("set once");
            }
        }
    }

    pub(in crate::eval) fn id(&self, name: &str) -> StructuredId {
        self.model
            .find_structured(&format!("m.{name}"))
            .expect(name)
    }

    /// A path from an entity type: property names, `m.Type` for casts, `$count`, and `=name` for
    /// dynamic properties.
    pub(in crate::eval) fn path_from(&self, of: &str, root: Root, text: &str) -> Path {
        let mut at = Some(self.id(of));
        let mut ty = TypeRef::of(ItemType::Entity(self.id(of)));
        let mut steps = Vec::new();
        for name in text.split('/').filter(|name| !name.is_empty()) {
            steps.push(match (name, at) {
                ("$count", _) => Step::Count,
                _ if name.starts_with('=') => Step::Dynamic(name[1..].to_owned()),
                _ if name.starts_with("m.") => {
                    at = Some(self.model.find_structured(name).expect(name));
                    Step::Cast(at.expect(name))
                }
                (_, Some(of)) => self.member(of, name, &mut at, &mut ty),
                _ => panic!("{text}"),
            });
        }
        Path { root, steps, ty }
    }

    fn member(
        &self,
        of: StructuredId,
        name: &str,
        at: &mut Option<StructuredId>,
        ty: &mut TypeRef,
    ) -> Step {
        let declared = self.model.structured(of);
        if let Some(ordinal) = declared.property(name) {
            *ty = declared.properties[ordinal].ty.clone();
            *at = ty.item.structured();
            return Step::Property { of, ordinal };
        }
        let index = declared.navigation_property(name).expect(name);
        let target = declared.navigation[index].target;
        *at = Some(target);
        *ty = TypeRef {
            collection: declared.navigation[index].collection,
            ..TypeRef::of(ItemType::Entity(target))
        };
        Step::Navigation { of, index }
    }

    /// A path from a sale.
    pub(in crate::eval) fn sale(&self, text: &str) -> Expr {
        Expr::Path(self.path_from("Sale", Root::Instance, text))
    }
}

pub(in crate::eval) fn literal(text: &str) -> Expr {
    Expr::Literal {
        value: value(text),
        ty: None,
    }
}

pub(in crate::eval) fn compared(left: Expr, op: Comparison, right: Expr) -> Expr {
    Expr::Compare {
        op,
        left: Box::new(left),
        right: Box::new(right),
    }
}

pub(in crate::eval) fn eq(left: Expr, right: Expr) -> Expr {
    compared(left, Comparison::Eq, right)
}

pub(in crate::eval) fn computed(left: Expr, op: Arithmetic, right: Expr) -> Expr {
    Expr::Arithmetic {
        op,
        ty: decimal().item,
        left: Box::new(left),
        right: Box::new(right),
    }
}

pub(in crate::eval) fn called(function: Function, arguments: Vec<Expr>, ty: TypeRef) -> Expr {
    Expr::Call {
        function,
        arguments,
        ty,
    }
}

pub(in crate::eval) fn decimal() -> TypeRef {
    TypeRef::primitive(edm::Primitive::Decimal)
}
