# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All cases in one start of the module, as a run has it: one certificate each."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.tests.dcv.cases import CASES, Case
from ansible_collections.certops.resello.tests.dcv.world import World


@pytest.fixture(scope="module")
def result(world: World) -> dict[str, Any]:
    return world.look(*({**case.certificate, "client_reference": case.name} for case in CASES), total_timeout=120)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdict_and_reason(result: dict[str, Any], case: Case) -> None:
    entry = next(entry for entry in result["certificates"] if entry["client_reference"] == case.name)
    check = next(check for check in entry["checks"] if check["check"] == case.check)
    assert check["verdict"] == case.verdict, check
    assert [words for words in case.words if words not in check["reason"]] == [], check
    assert bool(check["remedy"]) == (case.verdict != "pass") or case.check == "existence", check


def test_totals(result: dict[str, Any]) -> None:
    assert result["rc"] == 0
    assert result["changed"] is False
    assert result["ready"] is False
    verdicts = {entry["client_reference"]: entry["verdict"] for entry in result["certificates"]}
    assert result["failing"] == [name for name, verdict in verdicts.items() if verdict == "fail"]
    assert result["unknown"] == [name for name, verdict in verdicts.items() if verdict == "unknown"]
    assert len(result["warnings"]) == 21  # twenty and how many more


def test_each_server_is_in_the_result(result: dict[str, Any]) -> None:
    entry = next(
        entry for entry in result["certificates"] if entry["client_reference"] == "record: an outdated secondary"
    )
    answers = {
        answer["server"]: answer
        for check in entry["checks"]
        for answer in check["answers"]
        if check["check"] == "dns_record"
    }
    assert {server: answer["verdict"] for server, answer in answers.items()} == {
        "ns-primary.stale.example": "pass",
        "ns-stale.stale.example": "fail",
    }
    assert answers["ns-stale.stale.example"]["address"] == "127.53.0.13"
