"""What the official SDK's own retry handler makes of a server that throttles."""

import time

import pytest
from conftest import client_of, started
from msgraph_beta.generated.models.device_health_script import DeviceHealthScript


@pytest.fixture
def throttled(tmp_path):
    yield from started(tmp_path, "--throttle-app-writes", "2")


async def test_it_waits_as_told_and_succeeds(throttled):
    scripts = client_of(throttled).device_management.device_health_scripts
    begun = time.monotonic()
    made = [
        await scripts.post(DeviceHealthScript(display_name=name, detection_script_content=b"echo"))
        for name in ("one", "two", "three")
    ]
    assert len({script.id for script in made}) == 3
    # The third was refused first: its window is 20 seconds from the first.
    assert time.monotonic() - begun > 15
    assert len((await scripts.get()).value) == 3
