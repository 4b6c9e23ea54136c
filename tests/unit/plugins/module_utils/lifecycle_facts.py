# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builders of facts for the tests of decisions: an ordinary shop with 199-day certificates, one year paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.certops.resello.plugins.module_utils._lifecycle.decide import decide
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import (
    Decision,
    Desired,
    HostFacts,
    HostKeys,
    Observed,
    Policy,
)
from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CertificateFacts, CsrFacts
from ansible_collections.certops.resello.plugins.module_utils._model.marks import Marks
from ansible_collections.certops.resello.plugins.module_utils._model.memory import Evidence, Intent
from ansible_collections.certops.resello.plugins.module_utils._model.orders import Order
from ansible_collections.certops.resello.plugins.module_utils._model.plans import Plan

BOUGHT = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
PAID_END = datetime(2027, 11, 23, 12, 0, tzinfo=timezone.utc)
OPENS = PAID_END - timedelta(days=30)
NAMES = ("shop.example.com", "www.shop.example.com")
KEY, OTHER_KEY = "a" * 64, "b" * 64
SERIAL = "01"
PLAN = Plan("plan-1", interval_months=12, renew_days_before_expiration=30)
HOUR = timedelta(hours=1)


def on(days: float) -> datetime:
    return BOUGHT + timedelta(days=days)


def certificate(begins: float = 0, life: float = 199, **changes: Any) -> CertificateFacts:
    facts = CertificateFacts(
        names=NAMES,
        serial=SERIAL,
        not_before=on(begins),
        not_after=on(begins + life),
        public_key_sha256=KEY,
        sha256="c" * 64,
    )
    return replace(facts, **changes)


def order(**changes: Any) -> Order:
    facts = Order(
        id="order-1",
        client_reference="shop",
        bucket="issued",
        status="active",
        created=BOUGHT,
        updated=BOUGHT,
        is_auto_renew_enabled=False,
        ever_issued=True,
        plan_id="plan-1",
        csr=CsrFacts(NAMES, KEY),
        certificate=certificate(),
    )
    return replace(facts, **changes)


def waiting(**changes: Any) -> Order:
    return order(**{"bucket": "waiting", "status": "pending", "certificate": None, "ever_issued": False, **changes})


def over(bucket: str, status: str, **changes: Any) -> Order:
    return order(**{"bucket": bucket, "status": status, "certificate": None, **changes})


def evidence(**changes: Any) -> Evidence:
    """``last_renewal`` and ``last_reissue`` stand for the only call of their kind."""
    for call, noted in (("last_renewal", "renewals"), ("last_reissue", "reissues")):
        if call in changes:
            changes[noted] = (changes.pop(call),)
    facts = Evidence(
        reference="shop",
        order_id="order-1",
        recorded=BOUGHT,
        bought=BOUGHT,
        plan_id="plan-1",
        paid_until=PAID_END,
        serial=SERIAL,
        updated=BOUGHT,
    )
    return replace(facts, **changes)


def intent(action: str, started: datetime, *, before: dict[str, Any] | None = None, **changes: Any) -> Intent:
    """The API's clock was not heard when it was written, unless ``started_local`` says that it was."""
    heard = "started_local" in changes
    facts = Intent(
        action=action,
        reference="shop",
        run_id="run-0",
        phase="sent",
        started_local=changes.pop("started_local", started),
        started=started if heard else None,
        order_id=None if action == "create" else "order-1",
        csr_key=OTHER_KEY,
        before=Marks(**{"status": "active", "updated": BOUGHT, "serial": SERIAL, "csr_key": KEY, **(before or {})}),
    )
    return replace(facts, **changes)


def host(name: str = "web1", **changes: Any) -> HostFacts:
    return replace(HostFacts(name, True, frozenset({KEY}), certificate()), **changes)


def hosts(*facts: HostFacts) -> HostKeys:
    return HostKeys(facts or (host(),))


def serving(certificate: CertificateFacts) -> HostKeys:
    """One host that serves this certificate and holds its key."""
    return hosts(host(deployed=certificate))


def known_keys(changes: dict[str, Any]) -> frozenset[str]:
    """The keys of the records, as an observation puts them together."""
    mine, begun = changes.get("evidence", evidence()), changes.get("intent")
    return frozenset(mine.keys if mine else ()) | ({begun.csr_key} - {None} if begun else set())


def seen(*orders: Order, **changes: Any) -> Observed:
    changes.setdefault("recorded_keys", known_keys(changes))
    facts = Observed(orders=orders, evidence=evidence(), plan=PLAN, host_keys=hosts(), clock_skew=timedelta(0))
    return replace(facts, **changes)


def ask(observed: Observed, at: datetime, policy: Policy | None = None, **desired: Any) -> Decision:
    return decide(Desired(**{"client_reference": "shop", "names": NAMES, **desired}), observed, at, policy or Policy())
