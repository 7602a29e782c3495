//! Where the audit's tables keep what: found once, by the model and the storage map.

use edm::{ComplexValue, Model, StructuredId, Value};
use store::{TableId, Tables};

use crate::columns::{hidden, property, table_named};
use crate::graph::GraphError;

/// The columns of the events and of the chains, and the complex types of an event.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub(crate) events: TableId,
    pub(crate) chains: TableId,
    pub(super) id: usize,
    pub(super) activity: usize,
    pub(super) activity_type: usize,
    pub(super) display_name: usize,
    pub(super) time: usize,
    pub(super) operation: usize,
    pub(super) result: usize,
    pub(super) actor: usize,
    pub(super) category: usize,
    pub(super) component: usize,
    pub(super) correlation: usize,
    pub(super) resources: usize,
    pub(super) server: usize,
    pub(super) sequence: usize,
    pub(super) previous_hash: usize,
    pub(super) hash: usize,
    pub(super) chain: ChainColumns,
    pub(super) actor_type: StructuredId,
    pub(super) resource_type: StructuredId,
    pub(super) property_type: StructuredId,
    pub(super) tag_type: StructuredId,
}

/// The columns of the chains.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChainColumns {
    pub(super) server: usize,
    pub(super) sequence: usize,
    pub(super) hash: usize,
    pub(super) anchor_sequence: usize,
    pub(super) anchor_hash: usize,
}

impl Columns {
    pub(super) fn of(model: &Model, tables: &Tables) -> Result<Self, GraphError> {
        let named = |name: &str| {
            let found = model.find_structured(&format!("microsoft.graph.{name}"));
            found.ok_or_else(|| GraphError(format!("the model has no {name}")))
        };
        let events = table_named(tables, "audit_event")?;
        let chains = table_named(tables, "audit_chain")?;
        let (table, chain) = (tables.table(events), tables.table(chains));
        let ty = model.structured(named("auditEvent")?);
        Ok(Self {
            events,
            chains,
            id: property(ty, "id")?,
            activity: property(ty, "activity")?,
            activity_type: property(ty, "activityType")?,
            display_name: property(ty, "displayName")?,
            time: property(ty, "activityDateTime")?,
            operation: property(ty, "activityOperationType")?,
            result: property(ty, "activityResult")?,
            actor: property(ty, "actor")?,
            category: property(ty, "category")?,
            component: property(ty, "componentName")?,
            correlation: property(ty, "correlationId")?,
            resources: property(ty, "resources")?,
            server: hidden(table, "server_id")?,
            sequence: hidden(table, "sequence")?,
            previous_hash: hidden(table, "previous_hash")?,
            hash: hidden(table, "hash")?,
            chain: ChainColumns {
                server: hidden(chain, "server_id")?,
                sequence: hidden(chain, "sequence")?,
                hash: hidden(chain, "hash")?,
                anchor_sequence: hidden(chain, "anchor_sequence")?,
                anchor_hash: hidden(chain, "anchor_hash")?,
            },
            actor_type: named("auditActor")?,
            resource_type: named("auditResource")?,
            property_type: named("auditProperty")?,
            tag_type: named("roleScopeTagInfo")?,
        })
    }
}

/// An instance of a complex type with these properties; the others are as the model has them. What the
/// type does not have is left out.
pub(super) fn complex(model: &Model, of: StructuredId, members: Vec<(&str, Value)>) -> Value {
    let ty = model.structured(of);
    let mut values: Vec<Value> = ty.properties.iter().map(|p| p.default.clone()).collect();
    for (name, value) in members {
        if let Some(ordinal) = ty.property(name) {
            values[ordinal] = value;
        }
    }
    Value::Complex(Box::new(ComplexValue { of, values }))
}
