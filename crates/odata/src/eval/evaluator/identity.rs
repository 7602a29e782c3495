//! Which entities are the same.

use std::cmp::Ordering;

use edm::{Model, StructuredId, Value};

use super::super::error::EvalError;
use super::super::instance::Instance;
use super::super::order::order;

/// What tells an entity from all others: the type that declares its key, and the key (OData 4.01
/// Protocol, section 4.1). Instances without a key are the same only if they are one.
#[derive(Clone, Debug)]
pub(in crate::eval) struct Identity {
    of: Option<StructuredId>,
    key: Vec<Value>,
    address: usize,
}

impl Identity {
    pub(in crate::eval) fn new(model: &Model, instance: &dyn Instance) -> Result<Self, EvalError> {
        if let Some(of) = instance.of() {
            let ty = model.structured(of);
            let key = ty.key.iter().map(|ordinal| {
                let value = instance.property(of, *ordinal)?;
                Ok(value.into_owned())
            });
            let key = key.collect::<Result<Vec<_>, EvalError>>()?;
            if !key.is_empty() {
                return Ok(Self {
                    of: Some(declares_key(model, of)),
                    key,
                    address: 0,
                });
            }
        }
        Ok(Self {
            of: None,
            key: Vec::new(),
            address: std::ptr::from_ref(instance).cast::<()>().addr(),
        })
    }
}

/// The type, or the one that it derives from, that has a key first.
fn declares_key(model: &Model, of: StructuredId) -> StructuredId {
    let mut at = of;
    while let Some(base) = model.structured(at).base {
        if model.structured(base).key.is_empty() {
            break;
        }
        at = base;
    }
    at
}

impl Ord for Identity {
    fn cmp(&self, other: &Self) -> Ordering {
        let keys = self.key.iter().zip(&other.key);
        self.of
            .cmp(&other.of)
            .then(self.address.cmp(&other.address))
            .then_with(|| {
                keys.map(|(left, right)| order(left, right))
                    .find(|order| order.is_ne())
                    .unwrap_or(Ordering::Equal)
            })
    }
}

impl PartialOrd for Identity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Identity {}
