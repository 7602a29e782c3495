"""A real server for the official SDK: the binary, a fresh data directory, a real token."""

import os
import pathlib
import subprocess

import pytest
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from msgraph_beta import GraphRequestAdapter, GraphServiceClient

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("RUNSTATE_BIN", str(ROOT / "target" / "debug" / "runstate"))
ROLES = [
    "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementManagedDevices.ReadWrite.All",
    "DeviceManagementManagedDevices.PrivilegedOperations.All",
]


def started(data, *arguments):
    """A server with more arguments, until the generator goes on: its URL and a token."""
    process = subprocess.Popen(
        [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", str(data), *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    first = process.stdout.readline()
    assert first.startswith("Runstate listens on http://"), first
    url = first.split(" on ")[1].strip()
    roles = [argument for role in ROLES for argument in ("--role", role)]
    token = subprocess.run(
        [BINARY, "token", *roles, "--data-dir", str(data)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    yield url, token
    process.terminate()
    assert process.wait(timeout=30) == 0


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    yield from started(tmp_path_factory.mktemp("data"))


class StaticToken(AccessTokenProvider):
    """The token that `runstate token` printed."""

    def __init__(self, token):
        self.token = token

    async def get_authorization_token(self, uri, additional_authentication_context=None):
        return self.token

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator([])


def client_of(server):
    """A client of the SDK, as its users make one."""
    url, token = server
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(StaticToken(token)))
    adapter.base_url = f"{url}/beta"
    return GraphServiceClient(request_adapter=adapter)


@pytest.fixture
def client(server):
    return client_of(server)
