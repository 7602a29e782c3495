//! Adding what a service says of itself to what its document says.

use super::{Model, Operation, container::Reference};
use crate::annotation::{Annotation, Annotations, Expression};

impl Model {
    /// Annotates the container, a member of it or a path beyond (as
    /// [`target_annotations`](Model::target_annotations) names them). What the document says
    /// already stays: of a record, the properties that it leaves out are added.
    pub fn annotate(&mut self, target: &str, term: &str, value: Expression) {
        let targets = &mut self.targets;
        let place = *self
            .target_places
            .entry(target.to_owned())
            .or_insert_with(|| {
                targets.push((target.to_owned(), Annotations::default()));
                targets.len() - 1
            });
        let Some((_, annotations)) = self.targets.get_mut(place) else {
            return;
        };
        let same = |a: &&mut Annotation| a.qualifier.is_none() && a.term == term;
        match annotations.0.iter_mut().find(same) {
            None => annotations.0.push(Annotation {
                term: term.to_owned(),
                qualifier: None,
                value,
                implied: false,
                annotations: Annotations::default(),
            }),
            Some(there) => complete(&mut there.value, value),
        }
    }

    /// Defines what a function computes: the overload of a qualified name with these parameters, the
    /// binding one left out. Expressions may call what is defined. Answers whether there is one.
    pub fn define(&mut self, name: &str, parameters: &[&str], definition: &str) -> bool {
        let is_meant = |operation: &&mut Operation| {
            let own = operation.own_parameters().iter().map(|p| p.name.as_str());
            operation.name == name && own.eq(parameters.iter().copied())
        };
        let found = self.operations.iter_mut().find(is_meant);
        let is_found = found.is_some();
        if let Some(operation) = found {
            operation.definition = Some(definition.to_owned());
        }
        is_found
    }

    /// Refers to a vocabulary, unless the document does already (CSDL section 4.1).
    pub fn include(&mut self, uri: &str, namespace: &str) {
        let includes = |r: &Reference| r.includes.iter().any(|(n, _)| n == namespace);
        if !self.references.iter().any(includes) {
            self.references.push(Reference {
                uri: uri.to_owned(),
                includes: vec![(namespace.to_owned(), Annotations::default())],
                included_annotations: Vec::new(),
                annotations: Annotations::default(),
            });
        }
    }
}

fn complete(there: &mut Expression, value: Expression) {
    if let (Expression::Record(_, given), Expression::Record(_, further)) = (there, value) {
        for (name, value) in further {
            if !given.iter().any(|(n, _)| *n == name) {
                given.push((name, value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csdl::tests::library;

    #[test]
    fn what_the_document_says_stays() {
        let mut model = library();
        let record = |values: &[(&str, bool)]| {
            let values = values
                .iter()
                .map(|(n, v)| ((*n).to_owned(), Expression::Bool(*v)));
            Expression::Record(None, values.collect())
        };
        let target = "org.library.house/best";
        let description = "Org.OData.Core.V1.Description";
        let before = model
            .target_annotations(target)
            .and_then(|a| a.get(description))
            .cloned();
        model.annotate(target, description, Expression::String("other".to_owned()));
        model.annotate(target, "t", record(&[("a", true)]));
        model.annotate(target, "t", record(&[("a", false), ("b", false)]));
        model.annotate("org.library.house/best/copies", "t", Expression::Int(1));
        let after = model.target_annotations(target).expect("annotations");
        assert!(before.is_some());
        assert_eq!(after.get(description), before.as_ref());
        assert_eq!(after.get("t"), Some(&record(&[("a", true), ("b", false)])));
        let beyond = model.target_annotations("org.library.house/best/copies");
        assert_eq!(beyond.and_then(|a| a.get("t")), Some(&Expression::Int(1)));
    }

    #[test]
    fn a_vocabulary_is_referred_to_once() {
        let mut model = library();
        let before = model.to_xml();
        model.include("https://example.org/other", "Org.OData.Core.V1");
        assert_eq!(model.to_xml(), before);
        model.include("https://example.org/new", "new");
        model.include("https://example.org/new", "new");
        assert_eq!(model.to_xml().matches("Namespace=\"new\"").count(), 1);
    }
}
