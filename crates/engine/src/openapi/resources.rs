//! Collections, entities, and what their navigation properties lead to.

use odata::uri::ResourceKind;
use serde_json::{Map, Value, json};

use super::answers::{self, READ, WRITE};
use super::place::Place;
use super::schemas::Sent;
use super::{Writer, parameters, schemas};
use crate::permissions::Action;
use crate::replacement;
use crate::unserved::legal;

/// The restrictions of the Capabilities vocabulary, and which property says no.
fn restriction(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Read => ("ReadRestrictions", "Readable"),
        Action::Insert => ("InsertRestrictions", "Insertable"),
        Action::Update => ("UpdateRestrictions", "Updatable"),
        Action::Delete => ("DeleteRestrictions", "Deletable"),
    }
}

impl Writer<'_> {
    /// A collection, its members, and what is bound to it.
    pub(super) fn collection(&mut self, place: &Place) {
        let methods = legal(ResourceKind::EntityCollection);
        let entity = schemas::reference(self.model, place.of);
        let page = answers::entities(self.model, place.of);
        self.method(place, "get", Action::Read, &methods.read, None, |r| {
            r.insert("200".to_owned(), answers::json_of("A page", &page));
        });
        if methods.methods.contains(&"POST") && !place.borrowed {
            let body = self.sent(place, Sent::Create);
            self.method(
                place,
                "post",
                Action::Insert,
                &methods.write,
                Some(body),
                |r| {
                    r.insert("201".to_owned(), answers::json_of("What was made", &entity));
                    r.insert("204".to_owned(), answers::nothing());
                },
            );
        }
        if methods.methods.contains(&"PATCH") && !place.borrowed {
            let one = self.sent(place, Sent::Member);
            let changes = schemas::changes(self.model, place.of, &one);
            let body = if self.core.service.profile().patches_members {
                json!({ "anyOf": [one, changes] })
            } else {
                changes
            };
            let delta = answers::page(&json!({ "type": "object" }));
            self.method(
                place,
                "patch",
                Action::Update,
                &methods.write,
                Some(body),
                |r| {
                    let schema = json!({ "anyOf": [entity, delta] });
                    r.insert(
                        "200".to_owned(),
                        answers::json_of("What was changed", &schema),
                    );
                    r.insert("204".to_owned(), answers::nothing());
                },
            );
        }
        self.count(place);
        if !place.borrowed {
            self.operations(place, true);
        }
        let member = place.member(self.model);
        self.entity(&member, ResourceKind::Entity);
        self.link(place, &member);
    }

    /// Says how what a POST made leads to its own operations: its key is in the answer.
    fn link(&mut self, place: &Place, member: &Place) {
        let ty = self.model.structured(member.of);
        let mut parameters = Map::new();
        for (at, key) in member.keys.iter().enumerate() {
            let Some(name) = key["name"].as_str() else {
                continue;
            };
            let made = at
                .checked_sub(place.keys.len())
                .and_then(|at| ty.key.get(at));
            let property = made.and_then(|ordinal| ty.properties.get(*ordinal));
            let value = match property {
                Some(property) => format!("$response.body#/{}", property.name),
                None => format!("$request.path.{name}"),
            };
            parameters.insert(name.to_owned(), value.into());
        }
        let mut links = Map::new();
        for method in ["get", "patch", "delete"] {
            let operation = self.paths.get(&member.template).map(|item| &item[method]);
            if let Some(id) = operation.and_then(|o| o["operationId"].as_str()) {
                let link = json!({ "operationId": id, "parameters": parameters });
                links.insert(method.to_owned(), link);
            }
        }
        let made = self
            .paths
            .get_mut(&place.template)
            .and_then(|item| item.pointer_mut("/post/responses/201"));
        if let Some(made) = made {
            made["links"] = links.into();
        }
    }

    /// One entity, what is bound to it and what it leads to.
    pub(super) fn entity(&mut self, place: &Place, kind: ResourceKind) {
        let methods = legal(kind);
        let entity = schemas::reference(self.model, place.of);
        self.method(place, "get", Action::Read, &methods.read, None, |r| {
            r.insert("200".to_owned(), answers::json_of("The entity", &entity));
            r.insert("204".to_owned(), answers::nothing());
        });
        for (method, name) in [("PATCH", "patch"), ("PUT", "put")] {
            if methods.methods.contains(&method) && !place.borrowed {
                let body = match method {
                    "PUT" => self.replacing(place),
                    _ => self.sent(place, Sent::Update),
                };
                self.method(
                    place,
                    name,
                    Action::Update,
                    &methods.write,
                    Some(body),
                    |r| {
                        r.insert("200".to_owned(), answers::json_of("As it is now", &entity));
                        r.insert("204".to_owned(), answers::nothing());
                    },
                );
            }
        }
        if methods.methods.contains(&"DELETE") && !place.borrowed {
            self.method(place, "delete", Action::Delete, &[], None, |r| {
                r.insert("204".to_owned(), answers::nothing());
            });
        }
        // What is bound to a borrowed entity is described where the entity lives.
        if place.borrowed {
            return;
        }
        self.operations(place, false);
        let model = self.model;
        for (index, navigation) in model.structured(place.of).navigation.iter().enumerate() {
            let is_stored = self
                .core
                .tables
                .navigation(&self.core.model, place.of, index)
                .is_some();
            let Some(place) = place.along(model, navigation) else {
                continue;
            };
            if !is_stored {
                // Nothing lives there; what is bound to the collection is served all the same.
                self.operations(&place, navigation.collection);
            } else if navigation.collection {
                self.collection(&place);
            } else {
                self.entity(&place, ResourceKind::Entity);
            }
        }
    }

    fn count(&mut self, place: &Place) {
        let mut count = place.clone();
        count.template.push_str("/$count");
        let options = legal(ResourceKind::Count).read;
        let text = json!({ "type": "string", "pattern": "^[0-9]+$" });
        self.method(&count, "get", Action::Read, &options, None, |r| {
            let content = json!({ "text/plain": { "schema": text } });
            let answer = json!({ "description": "How many there are", "content": content });
            r.insert("200".to_owned(), answer);
        });
    }

    /// What a client sends to make or change an entity here.
    fn sent(&self, place: &Place, what: Sent) -> Value {
        let body = schemas::choice(self.model, place.of, what.suffix());
        match what {
            Sent::Create => self.demanding(place, body, self.core.required(place.of)),
            Sent::Update | Sent::Member => body,
        }
    }

    /// What a client sends to replace the entity here.
    fn replacing(&self, place: &Place) -> Value {
        let ty = self.model.structured(place.of);
        // What a binding may give instead is not demanded as a property.
        let bound = |ordinal: &usize| {
            let mut navigation = 0..ty.navigation.len();
            navigation.any(|index| replacement::constrains(ty, index, *ordinal))
        };
        let required: Vec<usize> = replacement::required(ty).filter(|at| !bound(at)).collect();
        self.demanding(place, self.sent(place, Sent::Update), &required)
    }

    /// A body that must give these properties, by ordinal, and not null.
    fn demanding(&self, place: &Place, body: Value, ordinals: &[usize]) -> Value {
        let properties = &self.model.structured(place.of).properties;
        let required: Vec<&str> = ordinals
            .iter()
            .filter_map(|at| Some(properties.get(*at)?.name.as_str()))
            .collect();
        if required.is_empty() {
            return body;
        }
        let given = required
            .iter()
            .map(|name| ((*name).to_owned(), json!({ "not": { "type": "null" } })));
        let given: Map<String, Value> = given.collect();
        json!({ "allOf": [body], "required": required, "properties": given })
    }

    /// Adds a method, unless nobody may use it.
    pub(super) fn method(
        &mut self,
        place: &Place,
        method: &str,
        action: Action,
        options: &[&str],
        body: Option<Value>,
        answers: impl FnOnce(&mut Map<String, Value>),
    ) {
        let Some(security) = self.security(place, action) else {
            return;
        };
        let errors: &[u16] = if method == "get" { &READ } else { &WRITE };
        let mut responses = answers::errors(errors);
        answers(&mut responses);
        let mut parameters = place.keys.clone();
        parameters.extend(parameters::references(options));
        let mut operation = json!({
            "operationId": Place::operation_id(method, &place.template),
            "tags": [place.tag],
            "parameters": parameters,
            "responses": responses,
        });
        if let Some(schema) = body {
            operation["requestBody"] = json!({
                "required": true, "content": { "application/json": { "schema": schema } },
            });
        }
        if !security.is_empty() {
            operation["security"] = security.into();
        }
        self.add(&place.template, method, operation);
    }

    /// The alternatives of permissions that allow an action; `None` if nothing does, and empty if
    /// the model asks for none.
    fn security(&self, place: &Place, action: Action) -> Option<Vec<Value>> {
        if self.refused(place, action) {
            return None;
        }
        let permissions = &self.core.permissions;
        if !permissions.any() {
            return Some(Vec::new());
        }
        let accepted = permissions.accepted(&place.target, action)?;
        let mut alternatives: Vec<Vec<&str>> =
            accepted.iter().map(|scope| vec![scope.as_str()]).collect();
        if place.borrowed
            && let Some(home) = permissions.home(place.of)
        {
            let further = permissions.accepted(home, action)?;
            let pairs = alternatives.iter().flat_map(|scopes| {
                further.iter().map(|scope| {
                    let mut all = scopes.clone();
                    if !all.contains(&scope.as_str()) {
                        all.push(scope);
                    }
                    all
                })
            });
            alternatives = pairs.collect();
        }
        Some(
            alternatives
                .iter()
                .map(|all| json!({ "bearer": all }))
                .collect(),
        )
    }

    /// Whether the served model says that the action is impossible.
    fn refused(&self, place: &Place, action: Action) -> bool {
        let (term, property) = restriction(action);
        let term = format!("Org.OData.Capabilities.V1.{term}");
        let annotations = self.model.target_annotations(&place.target);
        let value = annotations.and_then(|a| a.get(&term)?.property(property)?.as_bool());
        value == Some(false)
    }
}
