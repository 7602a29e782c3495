"""The official Python SDK, unmodified, reads and writes run states of all five families."""

import datetime

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.device_management.device_health_scripts.item.assign.assign_post_request_body import (
    AssignPostRequestBody,
)
from msgraph_beta.generated.device_management.device_health_scripts.item.device_run_states.device_run_states_request_builder import (
    DeviceRunStatesRequestBuilder,
)
from msgraph_beta.generated.models.all_devices_assignment_target import AllDevicesAssignmentTarget
from msgraph_beta.generated.models.device_compliance_script import DeviceComplianceScript
from msgraph_beta.generated.models.device_compliance_script_device_state import (
    DeviceComplianceScriptDeviceState,
)
from msgraph_beta.generated.models.device_custom_attribute_shell_script import (
    DeviceCustomAttributeShellScript,
)
from msgraph_beta.generated.models.device_health_script import DeviceHealthScript
from msgraph_beta.generated.models.device_health_script_assignment import (
    DeviceHealthScriptAssignment,
)
from msgraph_beta.generated.models.device_health_script_daily_schedule import (
    DeviceHealthScriptDailySchedule,
)
from msgraph_beta.generated.models.device_health_script_device_state import (
    DeviceHealthScriptDeviceState,
)
from msgraph_beta.generated.models.device_management_script import DeviceManagementScript
from msgraph_beta.generated.models.device_management_script_device_state import (
    DeviceManagementScriptDeviceState,
)
from msgraph_beta.generated.models.device_management_script_user_state import (
    DeviceManagementScriptUserState,
)
from msgraph_beta.generated.models.device_shell_script import DeviceShellScript
from msgraph_beta.generated.models.group_assignment_target import GroupAssignmentTarget
from msgraph_beta.generated.models.managed_device import ManagedDevice
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_beta.generated.models.remediation_state import RemediationState
from msgraph_beta.generated.models.run_state import RunState

RAN = datetime.datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30)))


async def make_health_script(client, name="sdk"):
    script = DeviceHealthScript(
        display_name=name,
        publisher="tests",
        detection_script_content=b"#!/bin/sh\nexit 1\n",
        remediation_script_content=b"#!/bin/sh\nexit 0\n",
        run_as32_bit=False,
    )
    return await client.device_management.device_health_scripts.post(script)


async def test_health_scripts(client):
    script = await make_health_script(client)
    assert script.version == "1"
    states = client.device_management.device_health_scripts.by_device_health_script_id(
        script.id
    ).device_run_states
    made = await states.post(
        DeviceHealthScriptDeviceState(
            detection_state=RunState.Fail,
            remediation_state=RemediationState.Success,
            last_state_update_date_time=RAN,
            pre_remediation_detection_script_output="found",
        )
    )
    assert made.detection_state == RunState.Fail
    assert made.last_state_update_date_time == RAN
    one = states.by_device_health_script_device_state_id(made.id)
    changed = await one.patch(DeviceHealthScriptDeviceState(detection_state=RunState.Success))
    assert changed.detection_state == RunState.Success
    assert changed.pre_remediation_detection_script_output == "found"
    read = await one.get()
    assert read.detection_state == RunState.Success
    assert read.remediation_state == RemediationState.Success
    summary = await client.device_management.device_health_scripts.by_device_health_script_id(
        script.id
    ).run_summary.get()
    assert summary.no_issue_detected_device_count == 1
    assert summary.issue_remediated_device_count == 1
    await one.delete()
    with pytest.raises(ODataError) as missing:
        await one.get()
    assert missing.value.response_status_code == 404
    assert missing.value.error.code == "ResourceNotFound"


async def test_compliance_scripts(client):
    scripts = client.device_management.device_compliance_scripts
    script = await scripts.post(
        DeviceComplianceScript(display_name="c", detection_script_content=b"echo {}")
    )
    states = scripts.by_device_compliance_script_id(script.id).device_run_states
    made = await states.post(
        DeviceComplianceScriptDeviceState(detection_state=RunState.Pending, script_output="{}")
    )
    one = states.by_device_compliance_script_device_state_id(made.id)
    changed = await one.patch(
        DeviceComplianceScriptDeviceState(
            detection_state=RunState.ScriptError, script_error="boom"
        )
    )
    assert (changed.detection_state, changed.script_error) == (RunState.ScriptError, "boom")
    summary = await scripts.by_device_compliance_script_id(script.id).run_summary.get()
    assert summary.detection_script_error_device_count == 1


@pytest.mark.parametrize(
    ("collection", "by_id", "script"),
    [
        (
            "device_management_scripts",
            "by_device_management_script_id",
            DeviceManagementScript(display_name="m", script_content=b"exit 0", file_name="m.ps1"),
        ),
        (
            "device_shell_scripts",
            "by_device_shell_script_id",
            DeviceShellScript(display_name="s", script_content=b"#!/bin/sh\n", file_name="s.sh"),
        ),
        (
            "device_custom_attribute_shell_scripts",
            "by_device_custom_attribute_shell_script_id",
            DeviceCustomAttributeShellScript(
                display_name="a", custom_attribute_name="a", script_content=b"#!/bin/sh\n"
            ),
        ),
    ],
)
async def test_platform_scripts(client, collection, by_id, script):
    scripts = getattr(client.device_management, collection)
    made = await scripts.post(script)
    item = getattr(scripts, by_id)(made.id)
    assert (await item.get()).script_content == script.script_content
    user = await item.user_run_states.post(
        DeviceManagementScriptUserState(user_principal_name="ada@example.org")
    )
    by_user = item.user_run_states.by_device_management_script_user_state_id(user.id)
    state = await by_user.device_run_states.post(
        DeviceManagementScriptDeviceState(
            run_state=RunState.Fail, error_code=9, last_state_update_date_time=RAN
        )
    )
    one = item.device_run_states.by_device_management_script_device_state_id(state.id)
    assert (await one.get()).error_code == 9
    through_user = by_user.device_run_states.by_device_management_script_device_state_id(state.id)
    await through_user.patch(DeviceManagementScriptDeviceState(run_state=RunState.Success))
    assert (await one.get()).run_state == RunState.Success
    summary = await item.run_summary.get()
    assert (summary.success_device_count, summary.success_user_count) == (1, 1)
    assert (await by_user.get()).success_device_count == 1
    await item.delete()


async def test_assignments(client):
    script = await make_health_script(client, "assigned")
    item = client.device_management.device_health_scripts.by_device_health_script_id(script.id)
    daily = DeviceHealthScriptDailySchedule(interval=1, time=datetime.time(18, 0), use_utc=True)
    await item.assign.post(
        AssignPostRequestBody(
            device_health_script_assignments=[
                DeviceHealthScriptAssignment(
                    target=GroupAssignmentTarget(group_id="g-1"),
                    run_remediation_script=True,
                    run_schedule=daily,
                ),
                DeviceHealthScriptAssignment(
                    target=AllDevicesAssignmentTarget(), run_remediation_script=False
                ),
            ]
        )
    )
    assignments = (await item.assignments.get()).value
    assert {type(a.target) for a in assignments} == {
        GroupAssignmentTarget,
        AllDevicesAssignmentTarget,
    }
    group = next(a for a in assignments if isinstance(a.target, GroupAssignmentTarget))
    assert group.id == f"{script.id}:g-1"
    assert group.run_schedule.time == datetime.time(18, 0)


async def test_pages_and_expansion(client):
    script = await make_health_script(client, "paged")
    device = await client.device_management.managed_devices.post(
        ManagedDevice(managed_device_name="pc-1")
    )
    item = client.device_management.device_health_scripts.by_device_health_script_id(script.id)
    for number in range(7):
        await item.device_run_states.post(
            DeviceHealthScriptDeviceState(
                id=f"{script.id}:{device.id}" if number == 0 else f"state-{number}",
                detection_state=RunState.Fail if number % 2 else RunState.Success,
            )
        )
    Query = DeviceRunStatesRequestBuilder.DeviceRunStatesRequestBuilderGetQueryParameters
    query = Query(
        top=3,
        count=True,
        filter="detectionState eq 'success'",
        expand=["managedDevice"],
        orderby=["id desc"],
    )
    page = await item.device_run_states.get(RequestConfiguration(query_parameters=query))
    assert page.odata_count == 4
    seen = list(page.value)
    while page.odata_next_link:
        page = await item.device_run_states.with_url(page.odata_next_link).get()
        seen += page.value
    assert len({state.id for state in seen}) == 4
    assert {state.managed_device.managed_device_name for state in seen if state.managed_device} == {"pc-1"}


async def test_lists_carry_no_content(client):
    script = await make_health_script(client, "listed")
    scripts = client.device_management.device_health_scripts
    listed = [s for s in (await scripts.get()).value if s.id == script.id]
    assert [s.detection_script_content for s in listed] == [None]
    read = await scripts.by_device_health_script_id(script.id).get()
    assert read.detection_script_content == b"#!/bin/sh\nexit 1\n"
