"""The program in docs/audit.md, as it stands there, verifies what `runstate audit export` writes."""

import json
import subprocess
import sys
import urllib.request

import pytest
from conftest import BINARY, ROOT, started


def program():
    """The only Python in the document."""
    text = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    blocks = text.split("```python\n")
    assert len(blocks) == 2
    return blocks[1].split("```")[0]


@pytest.fixture
def export(tmp_path):
    """Some events, a line each."""
    data = tmp_path / "data"
    running = started(data)
    url, token = next(running)
    for name in ["one", 'Ünïcode \U0001f600 "quoted" \\ \u2028', "three"]:
        request = urllib.request.Request(
            f"{url}/beta/deviceManagement/deviceHealthScripts",
            data=json.dumps({"displayName": name, "publisher": "us"}).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 201
    subprocess.run([BINARY, "key", "rotate", "--now", "--data-dir", str(data)], check=True)
    written = subprocess.run(
        [BINARY, "audit", "export", "--format", "jsonl", "--data-dir", str(data)],
        check=True,
        capture_output=True,
    ).stdout
    yield written.decode()
    with pytest.raises(StopIteration):
        next(running)


def verified(lines):
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program()],
        input=lines.encode(),
        capture_output=True,
        check=False,
    )


def test_it_verifies_what_is_written_and_nothing_else(export):
    lines = export.splitlines(keepends=True)
    assert len(lines) > 3
    right = verified(export)
    assert right.returncode == 0, right.stderr
    last = json.loads(lines[-1])
    assert last["hash"] in right.stdout.decode()
    changed = export.replace('"three"', '"thr33"')
    assert changed != export
    for wrong in [changed, "".join(lines[:1] + lines[2:]), "".join(lines[:1] + lines[2:0:-1])]:
        assert verified(wrong).returncode != 0
