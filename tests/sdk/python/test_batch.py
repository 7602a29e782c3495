"""The batches of the official SDK's core, unmodified: many requests of the beta SDK in one."""

import pytest
from kiota_abstractions.api_error import APIError
from msgraph_beta.generated.models.device_health_script import DeviceHealthScript
from msgraph_beta.generated.models.device_health_script_device_state import (
    DeviceHealthScriptDeviceState,
)
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_beta.generated.models.run_state import RunState
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_content_collection import (
    BatchRequestContentCollection,
)
from msgraph_core.requests.batch_request_item import BatchRequestItem


@pytest.fixture
def batch(client):
    return BatchRequestBuilder(client.request_adapter, {"XXX": ODataError})


async def make_states(client, count):
    """A script with run states; answers the builders of both."""
    scripts = client.device_management.device_health_scripts
    script = await scripts.post(
        DeviceHealthScript(display_name="batched", detection_script_content=b"echo")
    )
    states = scripts.by_device_health_script_id(script.id).device_run_states
    for number in range(count):
        await states.post(DeviceHealthScriptDeviceState(id=f"state-{number}"))
    one = [states.by_device_health_script_device_state_id(f"state-{n}") for n in range(count)]
    return states, one


async def test_twenty_updates(client, batch):
    states, one = await make_states(client, 20)
    content = BatchRequestContent()
    for number, state in enumerate(one):
        wanted = RunState.Fail if number % 2 else RunState.Success
        request = state.to_patch_request_information(
            DeviceHealthScriptDeviceState(detection_state=wanted)
        )
        content.add_request(None, BatchRequestItem(request, id=str(number)))
    answers = await batch.post(content)
    assert answers.get_response_status_codes() == {str(n): 200 for n in range(20)}
    for number, state in enumerate(one):
        wanted = RunState.Fail if number % 2 else RunState.Success
        assert (await state.get()).detection_state == wanted
    assert len((await states.get()).value) == 20


async def test_requests_of_all_kinds(client, batch):
    states, one = await make_states(client, 1)
    scripts = client.device_management.device_health_scripts
    body = DeviceHealthScript(display_name="made by a batch", detection_script_content=b"echo")
    content = BatchRequestContent()
    for name, request in {
        "list": scripts.to_get_request_information(),
        "one": one[0].to_get_request_information(),
        "make": scripts.to_post_request_information(body),
        "gone": states.by_device_health_script_device_state_id("no").to_get_request_information(),
        "delete": one[0].to_delete_request_information(),
    }.items():
        depends = ["one"] if name == "delete" else None
        content.add_request(name, BatchRequestItem(request, id=name, depends_on=depends))
    answers = await batch.post(content)
    codes = {"list": 200, "one": 200, "make": 201, "gone": 404, "delete": 204}
    assert answers.get_response_status_codes() == codes
    for name in codes:
        assert answers.get_response_by_id(name).headers["request-id"]
    made = answers.get_response_by_id("make")
    assert made.content_type.startswith("application/json")
    assert answers.get_response_by_id("delete").body is None
    listed = await scripts.get()
    assert "made by a batch" in [script.display_name for script in listed.value]


async def test_more_than_one_batch(client, batch):
    _, one = await make_states(client, 1)
    collection = BatchRequestContentCollection()
    for number in range(25):
        request = one[0].to_get_request_information()
        collection.add_batch_request_item(BatchRequestItem(request, id=str(number)))
    answers = await batch.post(collection)
    codes = [batch.get_response_status_codes() for batch in answers.get_responses()]
    assert [len(of_one) for of_one in codes] == [20, 5]
    assert {code for of_one in codes for code in of_one.values()} == {200}


async def test_a_refused_batch_is_an_error(client, batch):
    content = BatchRequestContent()
    request = client.device_management.to_get_request_information()
    content.add_request("a", BatchRequestItem(request, id="a"))
    content.requests["a"].method = "TRACE"
    with pytest.raises(APIError) as refused:
        await batch.post(content)
    assert refused.value.response_status_code == 400
    assert "TRACE" in refused.value.error.message
