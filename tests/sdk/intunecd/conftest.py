"""Fresh servers behind a front for graph.microsoft.com, and IntuneCD as its users call it."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

import pytest
from front import GRAPH, Front, certificate

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("RUNSTATE_BIN", str(ROOT / "target" / "debug" / "runstate"))
ROLE = "DeviceManagementConfiguration.ReadWrite.All"


class Server:
    """A server with a fresh data directory, and a client of it."""

    def __init__(self, data):
        arguments = ["serve", "--listen", "127.0.0.1:0", "--public-url", f"https://{GRAPH}"]
        self.process = subprocess.Popen(
            [BINARY, *arguments, "--data-dir", str(data)], stdout=subprocess.PIPE, text=True
        )
        first = self.process.stdout.readline()
        assert first.startswith("Runstate listens on http://"), first
        self.url = first.split(" on ")[1].strip()
        host, port = self.url.removeprefix("http://").split(":")
        self.address = (host, int(port))
        token = [BINARY, "token", "--role", ROLE, "--data-dir", str(data)]
        self.token = subprocess.check_output(token, text=True).strip()

    def send(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.url}/beta/deviceManagement/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=60) == 0


@pytest.fixture
def start(tmp_path):
    """Starts a server; every one that was started ends with the test."""
    started = []

    def start_one():
        started.append(Server(tmp_path / f"data-{len(started)}"))
        return started[-1]

    yield start_one
    for server in started:
        server.stop()


@pytest.fixture
def intunecd(tmp_path):
    """Runs one of IntuneCD's commands against a server; answers what it printed."""
    key, cert = certificate(tmp_path)
    front = Front(key, cert)
    environment = {
        name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
    }
    environment |= {"HTTPS_PROXY": front.url, "REQUESTS_CA_BUNDLE": str(cert)}

    def run(server, command, *arguments):
        front.backend = server.address
        program = pathlib.Path(sys.executable).with_name(f"IntuneCD-{command}")
        done = subprocess.run(
            [program, "--token", server.token, "--exit-on-error", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "[ERROR]" not in done.stdout and "Failed" not in done.stdout, done.stdout
        return done.stdout

    yield run
    front.close()
