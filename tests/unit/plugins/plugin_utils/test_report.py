# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for programs: what was done, and in check mode what would be."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils.report import summary

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
ENDS = {"not_after": "2027-01-24T18:00:00Z"}
DONE = ("bought", "renewed", "reissued")
TO_DO = ("to_buy", "to_renew", "to_reissue")


def order(reference: str, action: str, outcome: str | None = None, **more: Any) -> dict[str, Any]:
    return {"client_reference": reference, "action": action, "outcome": outcome, "state": "issued", **more}


def installation(action: str, *, error: str | None = None, proven: bool | None = True) -> dict[str, Any]:
    return {
        "certificates": [{"name": "shop", "action": action, "error": error}],
        "services": [{"name": "web", "proven": proven}],
    }


def summed(
    results: list[dict[str, Any]], *installations: dict[str, Any], planning: bool, ordering: bool = True
) -> dict[str, Any]:
    """In check mode nothing is ordered: there are only the results of the plan."""
    ordered = [] if planning else results
    return summary(results, ordered, installations, "web1", planning=planning, ordering=ordering, now=NOW)


@pytest.mark.parametrize(
    ("action", "outcome", "done", "to_do"),
    [
        ("create", "bought", "bought", "to_buy"),
        ("create", "recovered", "bought", "to_buy"),
        ("renew", "renewed", "renewed", "to_renew"),
        ("reissue", "reissued", "reissued", "to_reissue"),
        ("wait", "recovered", "bought", None),
        ("none", None, None, None),
        ("deploy", None, None, None),
    ],
)
def test_what_was_done_and_what_would_be_are_told_apart(
    action: str, outcome: str | None, done: str | None, to_do: str | None
) -> None:
    real = summed([order("shop", action, outcome)], planning=False)
    planned = summed([order("shop", action)], planning=True)
    assert {word for word in (*DONE, *TO_DO) if real[word]} == {done} - {None}
    assert {word for word in (*DONE, *TO_DO) if planned[word]} == {to_do} - {None}


def test_check_mode_installed_and_proved_nothing() -> None:
    result = installation("installed", proven=False)
    planned, real = (summed([], result, planning=planning) for planning in (True, False))
    assert (planned["deployed"], planned["to_deploy"], planned["unproven"]) == (
        {"web1": []},
        {"web1": ["shop"]},
        {"web1": []},
    )
    assert (real["deployed"], real["to_deploy"], real["unproven"]) == (
        {"web1": ["shop"]},
        {"web1": []},
        {"web1": ["web"]},
    )


def test_what_is_refused_in_check_mode_is_not_to_be_bought() -> None:
    refused = {"code": "max_creates"}
    planned = summed([order("shop", "create", error=refused)], planning=True)
    assert (planned["to_buy"], planned["deferred"]) == ([], ["shop"])


def test_a_run_that_only_installs_would_order_nothing() -> None:
    planned = summed([order("shop", "renew")], installation("installed"), planning=True, ordering=False)
    assert (planned["to_renew"], planned["to_deploy"]) == ([], {"web1": ["shop"]})


def test_what_could_not_be_installed_is_told_either_way() -> None:
    result = installation("blocked", error="The config test fails.")
    for planning in (True, False):
        assert summed([], result, planning=planning)["not_deployed"] == {"web1": ["shop"]}


def test_days_left_are_whole_days() -> None:
    assert summed([order("shop", "none", certificate_facts=ENDS)], planning=False)["days_left"] == {"shop": 60}
