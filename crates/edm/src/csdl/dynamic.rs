//! Dynamic expressions (CSDL XML sections 14.4.2 to 14.4.14), which are evaluated per instance:
//! read, kept and written, never computed here.

use super::Fault;
use super::document::Reader;
use super::types::TYPE;
use super::xml::Element;
use crate::annotation::{Dynamic, Expression};

/// An operator: its name, its attributes, the least and the greatest number of operands.
type Operator = (&'static str, &'static [&'static str], usize, usize);

const OPERATORS: [Operator; 25] = [
    ("And", &[], 2, 2),
    ("Or", &[], 2, 2),
    ("Not", &[], 1, 1),
    ("Eq", &[], 2, 2),
    ("Ne", &[], 2, 2),
    ("Gt", &[], 2, 2),
    ("Ge", &[], 2, 2),
    ("Lt", &[], 2, 2),
    ("Le", &[], 2, 2),
    ("Has", &[], 2, 2),
    ("In", &[], 2, 2),
    ("Add", &[], 2, 2),
    ("Sub", &[], 2, 2),
    ("Neg", &[], 1, 1),
    ("Mul", &[], 2, 2),
    ("Div", &[], 2, 2),
    ("DivBy", &[], 2, 2),
    ("Mod", &[], 2, 2),
    ("Apply", &["Function"], 0, usize::MAX),
    ("Cast", &TYPE, 1, 1),
    ("IsOf", &TYPE, 1, 1),
    ("If", &[], 2, 3),
    ("LabeledElement", &["Name"], 1, 1),
    ("UrlRef", &[], 1, 1),
    // Annotated: a plain one is a constant.
    ("Null", &[], 0, 0),
];

impl Reader {
    /// The dynamic expression of an element. Depth is bounded by that of the document.
    pub(super) fn dynamic(&self, element: &Element) -> Result<Expression, Fault> {
        let operator = OPERATORS.iter().find(|(name, ..)| *name == element.name);
        let Some((operator, attributes, least, greatest)) = operator else {
            return Err(element.fault("no expression of CSDL"));
        };
        let holds_value = matches!(*operator, "Cast" | "IsOf" | "LabeledElement" | "UrlRef");
        let values: &[&str] = if holds_value {
            &super::annotations::SIMPLE
        } else {
            &[]
        };
        element.only(&[attributes, values])?;
        let operands = if holds_value {
            self.value_of(element)?.into_iter().collect()
        } else {
            let operands = element.children.iter().filter(|c| c.name != "Annotation");
            operands
                .map(|c| self.expression(c))
                .collect::<Result<Vec<_>, _>>()?
        };
        if !(*least..=*greatest).contains(&operands.len()) {
            return Err(element.fault(format!(
                "{} operands are not as many as it takes",
                operands.len()
            )));
        }
        if let Some(required @ ("Function" | "Type" | "Name")) = attributes.first().copied() {
            element.require(required)?;
        }
        let attributes = attributes.iter().filter_map(|name| {
            let text = element.get(name)?;
            Some((*name, self.names.type_expression(text)))
        });
        Ok(Expression::Dynamic(Box::new(Dynamic {
            operator,
            attributes: attributes.collect(),
            operands,
            annotations: self.inline(element)?,
        })))
    }
}
