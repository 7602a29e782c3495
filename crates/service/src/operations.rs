//! Which function carries out which operation of the model.

use std::sync::Arc;

use engine::{Answer, Call, Core};
use odata::{Error, ErrorCode};

use crate::graph::Graph;
use crate::{
    approvals, assignments, audit, devices, dispatch, due, global, history, overview,
    payload_links, recount, remote, rules,
};

/// Carries out an operation.
///
/// # Errors
/// Why it cannot be; 400 for one that is in the model alone.
pub(crate) async fn invoke(graph: &Graph, core: Arc<Core>, call: Call) -> Result<Answer, Error> {
    let name = core.model.operation(call.operation).name.clone();
    match name.as_str() {
        "microsoft.graph.assign" => assignments::assign(graph, &core, call).await,
        "microsoft.graph.approve" => approvals::approve(graph, &core, call).await,
        "microsoft.graph.reject" => approvals::reject(graph, &core, call).await,
        "microsoft.graph.cancelApproval" => approvals::cancel_approval(graph, &core, call).await,
        "microsoft.graph.cancelMyRequest" => approvals::cancel_mine(graph, &core, call).await,
        "microsoft.graph.retrieveMyRequests" => approvals::mine(graph, &core, call).await,
        "microsoft.graph.retrieveMyRequestById" => approvals::mine_by_id(graph, &core, call).await,
        "runstate.getRequestedOperation" => approvals::requested(graph, &core, call).await,
        "microsoft.graph.getRemediationSummary" => overview::summary(graph, &core, call).await,
        "microsoft.graph.getRemediationHistory" => overview::history(graph, &core, call).await,
        "microsoft.graph.areGlobalScriptsAvailable" => {
            global::are_available(graph, &core, call).await
        }
        "microsoft.graph.enableGlobalScripts" => global::enable(graph, &core, call).await,
        "microsoft.graph.getGlobalScriptHighestAvailableVersion" => {
            global::highest_version(graph, &core, call).await
        }
        "microsoft.graph.updateGlobalScript" => global::update(graph, &core, call).await,
        "microsoft.graph.validateComplianceScript" => {
            rules::validate_script(graph, &core, call).await
        }
        "microsoft.graph.getAuditCategories" => Ok(audit::categories(&core)),
        "microsoft.graph.getAuditActivityTypes" => audit::activity_types(&core, &call),
        "microsoft.graph.syncDevice" => remote::sync(graph, &core, call).await,
        "microsoft.graph.initiateOnDemandProactiveRemediation" => {
            remote::on_demand(graph, &core, call).await
        }
        "microsoft.graph.executeAction" => remote::execute(graph, &core, call).await,
        "microsoft.graph.hasPayloadLinks" => payload_links::has(graph, &core, call).await,
        "runstate.enrol" => devices::enrol(graph, &core, call).await,
        "runstate.dueScripts" => due::due_scripts(graph, &core, call).await,
        "runstate.stopDispatch" => dispatch::stop(graph, &core, call).await,
        "runstate.resumeDispatch" => dispatch::resume(graph, &core, call).await,
        "runstate.getDispatchStop" => dispatch::show(graph, &core, call).await,
        "runstate.history" => history::read(graph, &core, call).await,
        "runstate.recount" => recount::recount(graph, &core, call).await,
        _ => Err(Error::new(
            ErrorCode::BadRequest,
            format!("The operation '{name}' is not served yet."),
        )),
    }
}
