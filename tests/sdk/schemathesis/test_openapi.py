"""Schemathesis over /openapi.json: nothing is answered that the description does not say."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("RUNSTATE_BIN", str(ROOT / "target" / "debug" / "runstate"))
ROLES = [
    "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementManagedDevices.PrivilegedOperations.All",
]
SEED = "20240229"
EXCLUDED = "positive_data_acceptance"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A running server's URL and a token."""
    data = str(tmp_path_factory.mktemp("data"))
    process = subprocess.Popen(
        [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", data],
        stdout=subprocess.PIPE,
        text=True,
    )
    first = process.stdout.readline()
    assert first.startswith("Runstate listens on http://"), first
    roles = [argument for role in ROLES for argument in ("--role", role)]
    token = [BINARY, "token", *roles, "--data-dir", data]
    yield first.split(" on ")[1].strip(), subprocess.check_output(token, text=True).strip()
    process.terminate()
    assert process.wait(timeout=60) == 0


def description(server, root):
    url, token = server
    request = urllib.request.Request(
        f"{url}/{root}/openapi.json", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def run(server, root, document, directory, *arguments):
    """Runs all checks but those that are excluded; every failure fails the test.

    By one worker: Python 3.11 counts the depth of syntax trees in one place for all threads, so that
    two which parse lambdas at once, as Hypothesis does to name strategies, fail now and then.
    """
    url, token = server
    schema = directory / "openapi.json"
    schema.write_text(json.dumps(document))
    done = subprocess.run(
        [pathlib.Path(sys.executable).with_name("st"), "run", schema]
        + ["--url", f"{url}/{root}", "--header", f"Authorization: Bearer {token}"]
        + ["--seed", SEED, "--workers", "1", "--no-shrink", "--continue-on-failure", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    return done.stdout


def test_data_of_all_kinds(server, tmp_path):
    """Valid and invalid, by rote and at random, by themselves and in chains along the links.

    One check cannot hold here, `positive_data_acceptance`: query options are expressions over the
    model's names, which a JSON schema does not describe, so most that it lets pass are refused.
    """
    run(
        server,
        "beta",
        description(server, "beta"),
        tmp_path,
        *("--exclude-checks", EXCLUDED),
        *("--phases", "coverage,fuzzing,stateful", "--max-examples", "3"),
        *("--include-path-regex", "^/$|metadata|deviceHealthScripts|exportJobs"),
    )


def test_what_the_schemas_allow_is_accepted(server, tmp_path):
    """Without query options, valid data is accepted, or what it is for is not there (404)."""
    document = description(server, "beta")
    for path, item in document["paths"].items():
        if not path.endswith("}"):
            # It may remove what is not there.
            item.pop("patch", None)
        for operation in item.values():
            parameters = operation["parameters"]
            operation["parameters"] = [p for p in parameters if "$ref" not in p]
    run(
        server,
        "beta",
        document,
        tmp_path,
        *("--phases", "coverage", "--mode", "positive"),
        # What these take depends on their values, and is told by their error messages.
        *("--exclude-path-regex", "/assign$|exportJobs|runstate.enrol$"),
    )


def test_the_other_version_is_the_same(server, tmp_path):
    """`/v1.0` serves what `/beta` serves, all families of it."""
    document = description(server, "v1.0")
    assert document["paths"] == description(server, "beta")["paths"]
    run(
        server,
        "v1.0",
        document,
        tmp_path,
        *("--exclude-checks", EXCLUDED, "--phases", "fuzzing", "--max-examples", "2"),
    )
