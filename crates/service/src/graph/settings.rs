//! What is set when the service starts.

use std::sync::Arc;

use super::Graph;
use crate::approvals::Hold;
use crate::limits::Limits;

impl Graph {
    /// Demands that somebody else approves a change of scripts before it is carried out.
    #[must_use]
    pub fn with_approval_of_scripts(mut self) -> Self {
        self.hold = Some(Hold::new(&self.approvals, &self.layout));
        self
    }

    /// The server whose chain of audit events is written: its own, for as long as its data lives.
    #[must_use]
    pub fn with_server(mut self, server: &str) -> Self {
        Arc::make_mut(&mut self.audit).server = server.to_owned();
        self
    }

    /// Other limits than those of [`Limits::default`].
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        let profile = Arc::make_mut(&mut self.profile);
        profile.page_size = limits.page;
        profile.max_page_size = limits.largest_page;
        profile.batch.max_requests = limits.batch_requests;
        self.history_days = limits.history_days;
        self
    }
}
