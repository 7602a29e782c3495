"""A real server with TLS of its own authority, which the clients are told to trust."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("RUNSTATE_BIN", str(ROOT / "target" / "debug" / "runstate"))
ROLE = "DeviceManagementConfiguration.ReadWrite.All"


class Server:
    def __init__(self, url, data):
        self.url = url
        self.data = data

    def runstate(self, *line, stdin=None):
        """What a command beside the server prints."""
        done = subprocess.run(
            [BINARY, *line, "--data-dir", str(self.data)],
            check=True,
            capture_output=True,
            text=True,
            input=stdin,
        )
        return done.stdout

    def register(self, *arguments):
        """A registered application: tenant, client id, and the secret if it has one."""
        printed = self.runstate("app", "create", "tests", "--role", ROLE, *arguments)
        values = dict(line.split("=", 1) for line in printed.splitlines())
        names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
        return tuple(values.get(name) for name in names)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    line = [BINARY, "serve", "--listen", "127.0.0.1:0", "--tls-self-signed"]
    process = subprocess.Popen(
        [*line, "--data-dir", str(data)], stdout=subprocess.PIPE, text=True
    )
    first = process.stdout.readline()
    assert first.startswith("Runstate listens on https://"), first
    port = first.strip().rsplit(":", 1)[1]
    authority = str(data / "tls" / "ca.pem")
    os.environ["REQUESTS_CA_BUNDLE"] = authority
    os.environ["SSL_CERT_FILE"] = authority
    yield Server(f"https://localhost:{port}", data)
    process.terminate()
    assert process.wait(timeout=30) == 0
