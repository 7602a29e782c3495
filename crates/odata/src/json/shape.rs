//! What every entity of a type is written with: its names, escaped once.

use edm::{ItemType, Model, Primitive, Property, StructuredId, TypeRef};

use super::write::write_string;

/// The constant bytes of a structured type's JSON, made once and used for every row.
#[derive(Clone, Debug)]
pub struct EntityShape {
    /// The type.
    pub of: StructuredId,
    type_member: Box<[u8]>,
    properties: Vec<Box<[u8]>>,
    property_types: Vec<Box<[u8]>>,
    navigation: Vec<Box<[u8]>>,
}

impl EntityShape {
    /// Prepares the names of a type.
    #[must_use]
    pub fn new(model: &Model, of: StructuredId) -> Self {
        let ty = model.structured(of);
        let mut type_member = b"\"@odata.type\":".to_vec();
        write_string(&mut type_member, &format!("#{}", ty.name));
        Self {
            of,
            type_member: type_member.into(),
            properties: ty.properties.iter().map(|p| member(&p.name)).collect(),
            property_types: ty.properties.iter().map(|p| type_of(model, p)).collect(),
            navigation: ty.navigation.iter().map(|n| member(&n.name)).collect(),
        }
    }

    /// `"@odata.type":"#ns.type"`.
    #[must_use]
    pub fn type_member(&self) -> &[u8] {
        &self.type_member
    }

    /// `"name":` of the property of an ordinal; empty if the type has none such.
    #[must_use]
    pub fn property(&self, ordinal: usize) -> &[u8] {
        self.properties.get(ordinal).map_or(&[], |name| name)
    }

    /// `"name@odata.type":"#Type",` of the property of an ordinal, which full metadata shows where
    /// JSON does not tell the type (section 4.6.3); empty where it does.
    #[must_use]
    pub fn property_type(&self, ordinal: usize) -> &[u8] {
        self.property_types.get(ordinal).map_or(&[], |ty| ty)
    }

    /// `"name":` of the navigation property of an index; empty if the type has none such.
    #[must_use]
    pub fn navigation(&self, index: usize) -> &[u8] {
        self.navigation.get(index).map_or(&[], |name| name)
    }
}

/// The `@odata.type` of a value that is no entity, which full metadata shows where JSON does not
/// tell the type (section 4.5.3): `#Guid`, `#Collection(String)`, `#ns.Enumeration`.
#[must_use]
pub fn type_control(model: &Model, ty: &TypeRef) -> Option<String> {
    use Primitive::{Boolean, Double, String};
    let told = match ty.item {
        ItemType::Primitive(Boolean | Double | String) => !ty.collection,
        // A complex value says its own type.
        ItemType::Complex(_) => !ty.collection,
        _ => false,
    };
    let name = || model.type_name(ty).replace("Edm.", "");
    (!told).then(|| format!("#{}", name()))
}

fn type_of(model: &Model, property: &Property) -> Box<[u8]> {
    let Some(text) = type_control(model, &property.ty) else {
        return Box::default();
    };
    let mut bytes = Vec::with_capacity(property.name.len() + text.len() + 20);
    write_string(&mut bytes, &format!("{}@odata.type", property.name));
    bytes.push(b':');
    write_string(&mut bytes, &text);
    bytes.push(b',');
    bytes.into()
}

fn member(name: &str) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(name.len() + 3);
    write_string(&mut bytes, name);
    bytes.push(b':');
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_shape_has_the_names_of_its_type() {
        let model = sample::graph();
        let of = sample::structured(model, "deviceHealthScriptDeviceState");
        let shape = EntityShape::new(model, of);
        assert_eq!(
            shape.type_member(),
            br##""@odata.type":"#microsoft.graph.deviceHealthScriptDeviceState""##
        );
        for (ordinal, property) in model.structured(of).properties.iter().enumerate() {
            assert_eq!(
                shape.property(ordinal),
                format!("\"{}\":", property.name).as_bytes()
            );
        }
        assert_eq!(shape.property(0), b"\"id\":");
        assert_eq!(shape.navigation(0), b"\"managedDevice\":");
        assert_eq!(shape.property(usize::MAX), b"");
        assert_eq!(shape.navigation(1), b"");
    }
}
