//! Requests that are carried out only when they are approved: with the approval, which is used up, in
//! one transaction.

use std::sync::Arc;

use http::Method;
use odata::Error;

use crate::compose;
use crate::context::Context;
use crate::exchange::Response;
use crate::held;

/// Carries a request out, if it needs no approval or has one.
pub(crate) async fn carry_out(context: Arc<Context>) -> Result<Response, Error> {
    let core = &context.core;
    let approving = match context.request.method {
        Method::GET => None,
        _ => core.service.approval(&core.model, &context.path),
    };
    let Some(approving) = approving else {
        return compose::carry_out(context).await;
    };
    let approval = approving
        .approved(core, &context.request, &context.path)
        .await?;
    held::in_one(core, |inside| {
        let approval = approval.clone();
        let context = Arc::new(Context {
            core: inside,
            ..Context::clone(&context)
        });
        Box::pin(async move {
            let core = &context.core;
            if let Some(approving) = core.service.approval(&core.model, &context.path) {
                approving.spend(core, &context.request, &approval).await?;
            }
            compose::carry_out(context).await
        })
    })
    .await
}
