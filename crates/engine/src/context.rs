//! A request on a path of the container: bound, negotiated and permitted.

use std::sync::Arc;

use http::Method;
use odata::Error;
use odata::path::{ResourcePath, Segment};
use odata::query::QueryOptions;
use store::{Reader, Transaction};

use crate::access::Permit;
use crate::audit::{Origin, audited};
use crate::change::Edit;
use crate::core::Core;
use crate::delta::Tracking;
use crate::exchange::Request;
use crate::format;
use crate::links::{self, Place};
use crate::negotiate::Negotiated;
use crate::projection;

/// What every part of the engine needs of one request. It is shared with the threads of the store
/// that carry the request out.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) core: Arc<Core>,
    pub(crate) request: Request,
    pub(crate) path: ResourcePath,
    pub(crate) options: QueryOptions,
    pub(crate) negotiated: Negotiated,
    pub(crate) permit: Permit,
    pub(crate) tracking: Tracking,
}

impl Context {
    /// The same request with options that mean the same, or less.
    pub(crate) fn with_options(&self, options: QueryOptions) -> Self {
        Self {
            core: Arc::clone(&self.core),
            request: self.request.clone(),
            path: self.path.clone(),
            options,
            negotiated: self.negotiated.clone(),
            permit: self.permit,
            tracking: self.tracking.clone(),
        }
    }

    /// Whether an update is answered without the entity: as the client prefers, or else as the
    /// service does. Who says what to show of it wants it shown (OData 4.01 Protocol, sections 11.4.2
    /// and 11.4.3).
    pub(crate) fn minimal(&self) -> bool {
        if self.shapes() {
            return false;
        }
        match self.negotiated.return_given {
            true => self.negotiated.minimal,
            false => self.core.service.profile().updates_answer_nothing,
        }
    }

    /// Whether `$select` or `$expand` is given.
    pub(crate) fn shapes(&self) -> bool {
        self.options.select.is_some() || !self.options.expand.is_empty()
    }

    /// What changes of rows need.
    pub(crate) fn edit(&self) -> Edit<'_> {
        Edit {
            core: &self.core,
            root: self.root(),
            path: &self.request.path,
            permit: self.permit,
            caller: &self.request.caller,
        }
    }

    /// Where the resource lives that the path addresses.
    pub(crate) fn place(&self) -> Place<'_> {
        Place::of(&self.core, &self.request, &self.path)
    }

    /// What URLs in the request are relative to: the service root, and its own path behind it.
    pub(crate) fn base(&self) -> (&str, &str) {
        (self.root(), &self.request.path)
    }

    /// The service root that links begin with.
    pub(crate) fn root(&self) -> &str {
        &self.request.service_root
    }

    /// The context URL of an answer with an entity or a collection of them (OData 4.01 Protocol,
    /// sections 10.2 to 10.11).
    pub(crate) fn context_url(&self, entity: bool) -> String {
        let segments = &self.path.segments;
        let root = self.root();
        let reads = self.request.method == Method::GET;
        if reads && matches!(segments.last(), Some(Segment::Reference)) {
            let fragment = if entity { "$ref" } else { "Collection($ref)" };
            return format!("{root}/$metadata#{fragment}");
        }
        // What is made by a POST to `$ref` is an entity of the collection.
        let shown = links::without_reference(segments);
        let path = links::context_path(&self.core, shown);
        let list = self.projection();
        let uncast = shown.iter().rfind(|s| !matches!(s, Segment::Cast(_)));
        let entity = entity && !matches!(uncast, Some(Segment::Singleton(_)));
        let suffix = if entity { "/$entity" } else { "" };
        format!("{root}/$metadata#{path}{list}{suffix}")
    }

    /// What the answer has of its entities, as context URLs list it.
    pub(crate) fn projection(&self) -> String {
        projection::list(&self.core.model, &self.options, self.negotiated.version)
    }

    /// Checks that an answer of a media type is acceptable.
    ///
    /// # Errors
    /// 406.
    pub(crate) fn accept(&self, media: &'static str) -> Result<(), Error> {
        format::accept(&self.request.headers, self.options.format.as_deref(), media)
    }

    /// Reads in a snapshot.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        mut run: impl FnMut(&Self, &mut dyn Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let context = Arc::clone(self);
        store::read(self.core.store.as_ref(), move |reader| {
            run(&context, reader)
        })
        .await
    }

    /// Carries out a command.
    pub(crate) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        mut run: impl FnMut(&Self, &mut dyn Transaction) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let context = Arc::clone(self);
        store::write(self.core.store.as_ref(), move |transaction| {
            let origin = || Origin::of(&context.request);
            audited(&context.core, transaction, origin, |watched| {
                run(&context, watched)
            })
        })
        .await
    }
}
