//! What types annotate of members that they inherit.

use crate::annotation::Annotations;
use crate::model::{Model, StructuredType};

impl Model {
    /// What a type annotates of its inherited members beyond what its base does, by the members'
    /// paths.
    pub(crate) fn overrides(&self, ty: &StructuredType) -> Vec<(String, Annotations)> {
        let Some(base) = ty.base.map(|id| self.structured(id)) else {
            return Vec::new();
        };
        let properties = ty.properties.iter().zip(&base.properties);
        let properties =
            properties.map(|(own, base)| (&own.name, &own.annotations, &base.annotations));
        let navigation = ty.navigation.iter().zip(&base.navigation);
        let navigation =
            navigation.map(|(own, base)| (&own.name, &own.annotations, &base.annotations));
        properties
            .chain(navigation)
            .map(|(name, own, base)| {
                let beyond = own.0.iter().filter(|a| !base.0.contains(a)).cloned();
                (format!("{}/{name}", ty.name), Annotations(beyond.collect()))
            })
            .filter(|(_, annotations)| !annotations.0.is_empty())
            .collect()
    }
}
