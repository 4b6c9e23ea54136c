# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The longest nightly job with nothing to do: many certificates on one host. Its time is printed, not judged."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.runner.fleet import serve_seeded
from ansible_collections.certops.resello.tests.runner.jobs import Awx, seconds
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

AGE = 30  # days
LONGEST_SILENCE = 120  # seconds without an event, after which a person takes the job for dead


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_nothing_due(awx: Awx, sandbox: SandboxProcess, capfd: pytest.CaptureFixture[str], count: int) -> None:
    root = Path(awx.variables["ssl_certificate_root"])
    awx.variables["ssl_certificate_orders"] = serve_seeded(sandbox, root, count=count, age_days=AGE)
    awx.variables["ssl_certificate_defaults"]["dcv_type"] = "DNS"
    first = measured(awx, sandbox, capfd, f"{count} certificates, nothing due, first night")
    assert any("download" in path for path in first)
    night = measured(awx, sandbox, capfd, f"{count} certificates, nothing due, any other night")
    assert [path for path in night if "download" in path] == []


def measured(awx: Awx, sandbox: SandboxProcess, capfd: pytest.CaptureFixture[str], what: str) -> list[str]:
    """Run one job from a fresh directory, print what it took, and return the paths it asked for."""
    sandbox.control("DELETE", "requests")
    job = awx.run("basic")
    assert job.status == "successful", job.stdout.read()[-3000:]
    wall, gap = seconds(job)
    calls = sandbox.control("GET", "requests")["requests"]
    note = f"{what}: {wall:.1f} s, longest silence {gap:.1f} s, {len(calls)} requests"
    with capfd.disabled():
        sys.stdout.write(f"\n{note}\n")
    assert job.stats["changed"] == {}
    assert {call["method"] for call in calls} == {"GET"}
    assert sandbox.control("GET", "ledger")["charges"] == 0
    assert gap < LONGEST_SILENCE
    return [call["path"] for call in calls]
