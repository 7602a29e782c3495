//! Collections, entities, and what their navigation properties lead to.

use odata::Methods;
use odata::path::{PathKind, Segment};
use odata::uri::ResourceKind;
use serde_json::{Map, Value, json};

use super::answers::{self, READ, WRITE};
use super::place::Place;
use super::schemas::Sent;
use super::{Writer, parameters, schemas};
use crate::methods;
use crate::permissions::Action;
use crate::replacement;
use crate::unserved::legal;

impl Writer<'_> {
    /// A collection, its members, and what is bound to it.
    pub(super) fn collection(&mut self, place: &Place) {
        let methods = legal(ResourceKind::EntityCollection);
        let served = self.served(place, PathKind::EntityCollection(place.of));
        let entity = schemas::reference(self.model, place.of);
        let page = answers::entities(self.model, place.of);
        if served.contains("GET") {
            self.method(place, "get", Action::Read, &methods.read, None, |r| {
                r.insert("200".to_owned(), answers::json_of("A page", &page));
            });
        }
        if served.contains("POST") {
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
        if served.contains("PATCH") {
            let one = self.sent(place, Sent::Member);
            let create = served
                .contains("POST")
                .then(|| self.sent(place, Sent::Create));
            let changes = schemas::changes(self.model, place.of, &one, create);
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
        if !place.referred {
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
        let served = self.served(place, PathKind::Entity(place.of));
        let entity = schemas::reference(self.model, place.of);
        if served.contains("GET") {
            self.method(place, "get", Action::Read, &methods.read, None, |r| {
                r.insert("200".to_owned(), answers::json_of("The entity", &entity));
                r.insert("204".to_owned(), answers::nothing());
            });
        }
        for (method, name) in [("PATCH", "patch"), ("PUT", "put")] {
            if served.contains(method) {
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
        if served.contains("DELETE") {
            self.method(place, "delete", Action::Delete, &[], None, |r| {
                r.insert("204".to_owned(), answers::nothing());
            });
        }
        // What is bound to it is described where the entity lives.
        if place.referred {
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
            let Some(place) = place.along(model, index) else {
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
        count.segments.push(Segment::Count);
        if self.served(&count, PathKind::Count).is_empty() {
            return;
        }
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

    /// The methods that are served at a place.
    fn served(&self, place: &Place, kind: PathKind) -> Methods {
        methods::served(self.core, &place.resource(kind))
    }

    /// Adds a method.
    pub(super) fn method(
        &mut self,
        place: &Place,
        method: &str,
        action: Action,
        options: &[&str],
        body: Option<Value>,
        answers: impl FnOnce(&mut Map<String, Value>),
    ) {
        let security = self.security(place, action);
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

    /// The alternatives of permissions that allow an action; empty if the model asks for none.
    fn security(&self, place: &Place, action: Action) -> Vec<Value> {
        let permissions = &self.core.permissions;
        let accepted = |path: &str| permissions.accepted(path, action).unwrap_or_default();
        let alternatives = accepted(&place.target).iter();
        let mut alternatives: Vec<Vec<&str>> =
            alternatives.map(|scope| vec![scope.as_str()]).collect();
        if place.referred
            && let Some(home) = permissions.home(place.of)
        {
            let further = accepted(home);
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
        let alternatives = alternatives.iter();
        alternatives.map(|all| json!({ "bearer": all })).collect()
    }
}
