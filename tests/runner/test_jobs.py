# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs of docs/awx.md: killed, cancelled, timed out, checked. Money is spent once, and no secret is left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.certops.resello.tests.runner.jobs import (
    FILES,
    FORMS,
    TEMPLATES,
    Awx,
    credential_type,
    injected,
    kept_by,
    kill_container,
    seconds,
)
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess, wait_until
from ansible_collections.certops.resello.tests.unit.test_collection_consistency import fragment

SECRETS = {"basic": {"api_key"}, "openid": {"client_secret"}}
NOBODY = "127.0.0.9"  # the site does not answer here, so nothing is ever proven


def calls(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return list(sandbox.control("GET", "requests")["requests"])


def waits(sandbox: SandboxProcess) -> bool:
    """Whether the job has bought and polls."""
    operations = [call["operation"] for call in calls(sandbox)]
    return "create" in operations and operations[operations.index("create") :].count("list") >= 3


def charges(sandbox: SandboxProcess) -> int:
    return int(sandbox.control("GET", "ledger")["charges"])


def served(awx: Awx) -> bool:
    return (Path(awx.variables["ssl_certificate_root"]) / "shop" / "current" / "fullchain.pem").exists()


def finish_elsewhere(awx: Awx, sandbox: SandboxProcess) -> None:
    """The next job, from another fresh directory, goes on with the order; the one after has nothing to do."""
    bought = [order["id"] for order in sandbox.control("GET", "orders")["orders"]]
    assert (charges(sandbox), served(awx)) == (1, False)
    sandbox.settings(resolve={"*": "127.0.0.1"})
    job = awx.run("basic")
    assert (job.status, job.rc) == ("successful", 0), job.stdout.read()
    assert served(awx)
    assert charges(sandbox) == 1
    assert [order["id"] for order in sandbox.control("GET", "orders")["orders"]] == bought
    again = awx.run("basic")
    assert (again.status, again.stats["changed"]) == ("successful", {})
    assert charges(sandbox) == 1
    assert len(set(awx.jobs)) >= 3


def test_killed_while_waiting(awx: Awx, sandbox: SandboxProcess) -> None:
    sandbox.settings(resolve={"*": NOBODY})
    job = awx.start("basic")
    wait_until(lambda: waits(sandbox) or None, seconds=240, what="the job waits")
    assert kill_container(job) >= 3  # ansible-runner, ansible-playbook, the module
    finish_elsewhere(awx, sandbox)


def test_cancelled_while_waiting(awx: Awx, sandbox: SandboxProcess) -> None:
    sandbox.settings(resolve={"*": NOBODY})
    job = awx.run("basic", cancel_callback=lambda: waits(sandbox))
    assert job.status == "canceled"
    finish_elsewhere(awx, sandbox)


def test_out_of_time_while_waiting(awx: Awx, sandbox: SandboxProcess) -> None:
    """The limit strikes in the wait: it is long enough for the purchase, and the proof never comes."""
    sandbox.settings(resolve={"*": NOBODY})
    wall, _gap = seconds(awx.run("basic", "check"))
    job = awx.run("basic", timeout=int(40 + 6 * wall))
    assert job.status == "timeout"
    assert waits(sandbox)
    finish_elsewhere(awx, sandbox)


@pytest.mark.parametrize("kind", FORMS)
def test_check_job_only_reads(awx: Awx, sandbox: SandboxProcess, kind: str) -> None:
    """Fetching a token is no call to the API."""
    job = awx.run(kind, "check")
    assert job.status == "successful", job.stdout.read()
    asked = [call for call in calls(sandbox) if call["operation"] != "token"]
    assert {call["method"] for call in asked} == {"GET"}
    assert {call["operation"] for call in asked} >= {"list"}
    assert "shop: would be ordered" in job.stdout.read()
    assert job.stats["changed"]["web1"] > 0
    assert charges(sandbox) == 0
    assert not served(awx)


@pytest.mark.parametrize("kind", FORMS)
def test_no_credential_is_left_in_what_the_job_keeps(awx: Awx, sandbox: SandboxProcess, kind: str) -> None:
    """As many words as AWX lets a user ask for; and one job that fails, because errors like to quote."""
    first = awx.run(kind, verbosity=5)
    assert first.status == "successful", first.stdout.read()
    sandbox.control("POST", "faults", {"fault": "status", "operation": "list", "times": 20, "body": "html"})
    assert awx.run(kind, verbosity=5).status == "failed"
    secrets = [sandbox.info[name].encode() for name in ("api_key", "api_client_secret", "control_token")]
    kept = {f"{job.name}/{name}": content for job in awx.jobs for name, content in kept_by(job).items()}
    assert sum("job_events" in name for name in kept) > 20
    assert [name for name, content in kept.items() if any(secret in content for secret in secrets)] == []


@pytest.mark.parametrize("kind", FORMS)
def test_credential_type_is_one(kind: str) -> None:
    """Every field is used by an injector, every secret field is marked, and every variable is one the modules read."""
    content = credential_type(kind)
    fields = content["inputs"]["fields"]
    form = {entry["id"]: f"value of {entry['id']}" for entry in fields}
    assert set(FORMS[kind]) == set(form) == set(content["inputs"]["required"])
    assert sorted(injected(kind, form).values()) == sorted(form.values())
    assert {entry["id"] for entry in fields if entry.get("secret")} == SECRETS[kind]
    assert all(entry["type"] == "string" and entry["label"] for entry in fields)
    documented = str(fragment("certops.resello.connection"))
    assert [name for name in content["injectors"]["env"] if f"E({name})" not in documented] == []


def test_workflow_asks_a_person_between_plan_and_run() -> None:
    workflow = yaml.safe_load((FILES / "workflow.yml").read_text())
    nodes = {node["identifier"]: node for node in workflow["workflow_nodes"]}
    after = {
        name: [one["identifier"] for one in node.get("related", {}).get("success_nodes", [])]
        for name, node in nodes.items()
    }
    assert after == {"plan": ["approval"], "approval": ["run"], "run": []}
    templates = {name: node["unified_job_template"] for name, node in nodes.items()}
    assert templates["plan"]["name"] == TEMPLATES["check"]["name"]
    assert templates["approval"]["type"] == "workflow_approval"
    assert templates["run"]["name"] == TEMPLATES["run"]["name"]
