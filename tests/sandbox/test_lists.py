# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists: pages, filters, plans."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.sandbox.surroundings import PLAN_DV, PLAN_OV
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess


def page(sandbox: SandboxProcess, **query: Any) -> dict[str, Any]:
    answer = sandbox.api("GET", "ssl-certificate", params=query)
    assert answer.status_code == 200
    return dict(answer.json())


def references(body: dict[str, Any]) -> list[str]:
    return [row["client_reference"] for row in body["result"]]


def test_250_orders_on_three_pages(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "seed", {"count": 250, "prefix": "p"})
    pages = [page(sandbox, offset=offset) for offset in (0, 100, 200, 300)]
    assert [len(body["result"]) for body in pages] == [100, 100, 50, 0]
    assert [(body["total"], body["limit"], body["offset"]) for body in pages] == [
        (250, 100, 0),
        (250, 100, 100),
        (250, 100, 200),
        (250, 100, 300),
    ]
    assert [reference for body in pages for reference in references(body)] == [f"p{i}" for i in range(1, 251)]


def test_limit_is_capped_and_small_ones_are_honoured(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "seed", {"count": 12, "prefix": "p"})
    assert references(page(sandbox, limit=5, offset=9)) == ["p10", "p11", "p12"]
    sandbox.settings(page_limit=7)
    body = page(sandbox, limit=1000)
    assert (body["limit"], len(body["result"]), body["total"]) == (7, 7, 12)
    assert page(sandbox, limit=0)["result"] == []


@pytest.mark.parametrize("query", [{"limit": "-1"}, {"limit": "many"}, {"offset": "1.5"}, {"offset": "9" * 30}])
def test_paging_that_is_no_number(sandbox: SandboxProcess, query: dict[str, str]) -> None:
    answer = sandbox.api("GET", "ssl-certificate", params=query)
    assert (answer.status_code, list(answer.json()["error"]["message"])) == (422, list(query))


def test_filter_by_reference(sandbox: SandboxProcess, buyer: Buyer) -> None:
    for reference in ("shop", "shop2", "Shop", "#1 a/b", None):
        buyer.order(client_reference=reference)
    assert references(page(sandbox, client_reference="shop")) == ["shop"]
    assert references(page(sandbox, client_reference="#1 a/b")) == ["#1 a/b"]
    assert references(page(sandbox, client_reference="sho")) == []
    sandbox.settings(reference_filter="prefix")
    body = page(sandbox, client_reference="sho")
    assert (references(body), body["total"]) == (["shop", "shop2"], 2)
    sandbox.settings(reference_filter="ignored")
    assert len(references(page(sandbox, client_reference="nothing"))) == 5


def test_filter_by_plan(sandbox: SandboxProcess, buyer: Buyer) -> None:
    fields = dict.fromkeys(("chamber_of_commerce", "department", "approver_first_name", "approver_last_name"), "x")
    buyer.order(client_reference="dv")
    buyer.order(client_reference="ov", plan=PLAN_OV, company_name="Johns inc.", **fields)
    assert references(page(sandbox, plan=PLAN_OV)) == ["ov"]
    assert references(page(sandbox, plan=PLAN_DV, client_reference="ov")) == []


@pytest.mark.slow
def test_a_page_of_ten_thousand_costs_what_a_page_of_a_hundred_does(sandbox: SandboxProcess) -> None:
    def seconds(**query: Any) -> float:
        started = time.monotonic()
        page(sandbox, **query)
        return time.monotonic() - started

    sandbox.control("POST", "seed", {"count": 100, "prefix": "p"})
    small = min(seconds() for _try in range(10))
    sandbox.control("POST", "seed", {"count": 9_900, "prefix": "p"})
    assert references(page(sandbox, client_reference="p7777")) == ["p7777"]
    assert references(page(sandbox, offset=9_900))[-1] == "p10000"
    assert min(seconds(offset=9_900) for _try in range(10)) < 3 * small


def plans(sandbox: SandboxProcess, **query: str) -> list[dict[str, Any]]:
    return list(sandbox.api("GET", "ssl-certificate-plan", params=query).json()["result"])


def test_plans(sandbox: SandboxProcess) -> None:
    rows = plans(sandbox)
    assert {"Comodo", "Symantec", "GeoTrust", "RapidSSL"} <= {row["brand"] for row in rows}
    assert {row["interval"] for row in rows} == {12}
    published = {"id", "name", "description", "brand", "interval", "renew_days_before_expiration", "actions", "product"}
    assert set(rows[0]) == published | {"provisioner"}
    assert [row["name"] for row in plans(sandbox, id=PLAN_DV)] == ["PositiveSSL"]
    assert sandbox.api("GET", f"ssl-certificate-plan/{PLAN_DV}").json()["result"] == rows[0]
    assert sandbox.api("GET", f"ssl-certificate-plan/{PLAN_DV[:-1]}0").status_code == 404


def test_a_part_of_a_plan_name_may_fit_several(sandbox: SandboxProcess) -> None:
    names = [row["name"] for row in plans(sandbox, name="positivessl")]
    assert names == ["PositiveSSL", "PositiveSSL Wildcard", "PositiveSSL Multi-Domain"]
    assert plans(sandbox, name="no such plan") == []
