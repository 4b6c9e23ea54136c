# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs write down on a host: over what they have seen, on disk, complete at any instant."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.run_module import (
    module_command,
    module_environment,
    module_input,
)

KINDS = ("intent", "evidence", "seen", "placed", "hosts")
FIRST, SECOND = '{"run": 1}\n', '{"run": 2}\n'
ABOUT = {"kind": "intent", "record": {"reference": "shop"}, "version": 1}


def entry(*records: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "shop", "client_reference": "shop", "records": list(records), **more}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def place(machine: Machine, kind: str) -> Path:
    return machine.root / ".records" / f"{sha('shop')}.{kind}"


def written(result: dict[str, Any]) -> dict[str, str]:
    assert result["rc"] == 0, result
    return dict(result["certificates"][0]["records"])


@pytest.mark.parametrize("kind", KINDS)
def test_written_replaced_and_removed(machine: Machine, kind: str) -> None:
    """Under a wide umask too; a second time nothing is to be done."""
    first = machine.prepare(entry({"kind": kind, "content": FIRST}), umask=0)
    assert (first["changed"], written(first)) == (True, {kind: FIRST})
    file = place(machine, kind)
    assert file.read_text() == FIRST
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent)] == [0o600, 0o700]
    again = machine.prepare(entry({"kind": kind, "content": FIRST}))
    assert (again["changed"], written(again)) == (False, {kind: FIRST})
    second = machine.prepare(entry({"kind": kind, "content": SECOND, "replaces": sha(FIRST).upper()}))
    assert (second["changed"], written(second)) == (True, {kind: SECOND})
    gone = machine.prepare(entry({"kind": kind, "replaces": sha(SECOND)}))
    assert (gone["changed"], written(gone)) == (True, {})
    assert list(file.parent.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"content": SECOND},
        {"content": SECOND, "replaces": sha(SECOND)},
        {"replaces": sha(SECOND)},
        {},
    ],
    ids=["none-expected", "another-expected", "removal-of-another", "removal-of-none"],
)
def test_a_record_that_was_not_seen_is_left_and_shown(machine: Machine, change: dict[str, Any]) -> None:
    machine.prepare(entry({"kind": "intent", "content": FIRST}))
    result = machine.prepare(entry({"kind": "intent", **change}))
    assert (result["changed"], written(result)) == (False, {"intent": FIRST})


def test_check_mode_predicts_and_writes_nothing(machine: Machine) -> None:
    made = entry({"kind": "intent", "content": FIRST})
    plan = machine.prepare(made, check=True)
    assert (plan["changed"], written(plan)) == (True, {})
    assert not machine.root.exists()
    machine.prepare(made)
    assert not machine.prepare(made, check=True)["changed"]
    assert machine.prepare(entry({"kind": "intent", "replaces": sha(FIRST)}), check=True)["changed"]
    assert place(machine, "intent").exists()


def test_the_key_of_the_request_is_filled_in(machine: Machine) -> None:
    """Key, request and intent come into being in one run; the same call again changes nothing."""
    asked = {"names": ["shop.example.com"], "create_pending": True, "key_type": "ECDSA"}
    intent = {"kind": "intent", "content": json.dumps(ABOUT), "about_request": True}
    result = machine.prepare(entry(intent, **asked))
    item = result["certificates"][0]
    record = json.loads(written(result)["intent"])["record"]
    assert record == {"reference": "shop", "csr_key": item["pending"][0]["public_key_sha256"]}
    other = {**intent, "content": json.dumps({**ABOUT, "record": {"csr_key": "0" * 64}})}
    refused = machine.prepare(entry({**other, "replaces": sha(written(result)["intent"])}, **asked))
    assert refused["rc"] == 1
    assert "0" * 64 in refused["msg"]
    assert json.loads(place(machine, "intent").read_text())["record"] == record


def test_a_record_about_a_request_needs_one(machine: Machine) -> None:
    intent = {"kind": "intent", "content": json.dumps(ABOUT), "about_request": True}
    result = machine.prepare(entry(intent))
    assert result["rc"] == 1
    assert "needs a certificate request" in result["msg"]
    assert not place(machine, "intent").exists()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 65537], ids=["no-text", "too-large"])
def test_an_unreadable_record_is_never_none(machine: Machine, content: bytes) -> None:
    machine.prepare(entry({"kind": "intent", "content": FIRST}))
    place(machine, "intent").write_bytes(content)
    result = machine.look({"name": "shop", "client_reference": "shop"}, {"name": "mail", "client_reference": "mail"})
    assert result["rc"] == 1
    assert [item["records"] for item in result["certificates"]] == [None, {}]
    assert str(place(machine, "intent")) in result["msg"]
    assert "control panel" in result["msg"]


def test_a_link_in_its_place_is_refused(machine: Machine) -> None:
    machine.prepare(entry({"kind": "intent", "content": FIRST}))
    place(machine, "intent").unlink()
    place(machine, "intent").symlink_to("/etc/passwd")
    assert machine.prepare(entry())["rc"] == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"client_reference": None, "records": [{"kind": "intent"}]}, "without client_reference"),
        ({"records": [{"kind": "intent"}, {"kind": "intent"}]}, "twice"),
        ({"records": [{"kind": "intent", "content": "x" * 65537}]}, "65536 bytes"),
    ],
)
def test_options_that_cannot_be_right(machine: Machine, wrong: dict[str, Any], told: str) -> None:
    result = machine.prepare({**entry(), **wrong})
    assert result["rc"] == 1
    assert told in result["msg"]
    assert not machine.root.exists()


def test_of_two_runs_one_learns_of_the_other(machine: Machine) -> None:
    texts = [json.dumps({"run": number}) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda text: machine.prepare(entry({"kind": "intent", "content": text})), texts))
    kept = place(machine, "intent").read_text()
    assert [result["changed"] for result in results] == [text == kept for text in texts]
    assert {written(result)["intent"] for result in results} == {kept}


@pytest.mark.parametrize(
    ("call", "replaces"),
    [("fsync", None), ("link,linkat", None), ("unlink,unlinkat", None), ("fsync", FIRST), ("rename,renameat", FIRST)],
)
def test_killed_at_any_call_the_record_is_whole(machine: Machine, call: str, replaces: str | None) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    machine.prepare(entry({"kind": "seen", "content": FIRST}, {"kind": "intent", "content": FIRST}))
    if replaces is None:
        place(machine, "intent").unlink()
    change = {"kind": "intent", "content": SECOND, **({"replaces": sha(replaces)} if replaces else {})}
    seen: set[str | None] = set()
    for when in range(1, 5):
        strace = ["strace", "-f", "-qq", "-o", os.devnull, "-P", str(place(machine, "intent").parent)]
        inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}"]
        completed = subprocess.run(
            module_command("ssl_certificate_prepare", prefix=[*strace, *inject]),
            input=module_input({"root": str(machine.root), "certificates": [entry(change)]}),
            capture_output=True,
            env=module_environment(),
            cwd="/",
            timeout=60,
            check=False,
        )
        file = place(machine, "intent")
        seen.add(file.read_text() if file.exists() else None)
        if completed.returncode == 0:
            break
    assert seen <= {replaces, SECOND}
    result = machine.prepare(entry(change))
    assert written(result)["intent"] == SECOND
    names = [path.name for path in place(machine, "intent").parent.iterdir()]
    assert {name.rpartition(".")[2] for name in names if not name.startswith(".new-")} == {"intent", "seen"}
    assert written(machine.prepare(entry({"kind": "intent", "replaces": sha(SECOND)}))) == {"seen": FIRST}
    assert [path.suffix for path in place(machine, "intent").parent.iterdir()] == [".seen"], "leftovers are swept"


def test_what_is_remembered_of_other_orders_is_told_when_asked_for(machine: Machine) -> None:
    machine.prepare(entry(*({"kind": kind, "content": kind} for kind in KINDS)))
    (machine.root / ".records" / "notes.intent").write_text("no record")
    other = {"name": "mail", "client_reference": "mail"}
    asked = {"root": str(machine.root), "certificates": [other], "read_other_records": True}
    told = machine.run("ssl_certificate_host_info", asked)
    (found,) = told["other_records"]
    assert found["name"].startswith("not-served-")
    assert (found["records"], found["error"]) == (
        {kind: kind for kind in ("intent", "evidence", "hosts", "placed")},
        None,
    )
    assert (told["changed"], machine.look(other)["other_records"]) == (False, [])


def test_records_alone_make_no_folder_for_a_certificate(machine: Machine) -> None:
    assert machine.prepare(entry({"kind": "hosts", "content": FIRST}))["changed"]
    assert not (machine.root / "shop").exists()
