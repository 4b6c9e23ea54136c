# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cancellation is written down like any other call, so that nobody pays for an order that is about to end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.certops.resello.plugins.module_utils._model.holds import Moment
from ansible_collections.certops.resello.plugins.module_utils._model.quorum import Callers, HostList, Member
from ansible_collections.certops.resello.plugins.module_utils._purchase import types as t
from ansible_collections.certops.resello.tests.search.account import NOW, REFERENCE, Account, order, request, swallowed

ISSUED = order("1", bucket="issued", status="active")


def marked(account: Account) -> t.Intent:
    """The intent that was there when the call was made."""
    written = [effect.intent for effect in account.effects if isinstance(effect, t.WriteIntent)]
    assert isinstance(account.posts()[-1], t.PostDelete)
    return written[-1]


def test_the_intent_of_a_cancellation_is_written_first_and_becomes_evidence() -> None:
    account = Account(orders={"1": ISSUED})
    result = account.run(request("cancel", force=True, csr_key=None))
    intent = marked(account)
    assert (intent.action, intent.phase, intent.order_id) == ("cancel", "sent", "1")
    assert (result.outcome, account.records.intent) == ("cancelled", None)
    assert account.records.evidence is not None
    assert account.records.evidence.ended == NOW


@pytest.mark.parametrize("action", ["renew", "reissue"])
def test_nobody_pays_for_an_order_that_is_being_cancelled(action: str) -> None:
    account = Account(orders={"1": ISSUED}, on_post=swallowed)
    assert account.run(request("cancel", force=True)).outcome == "cancel_pending"
    assert account.records.intent is not None
    other = request(action, run_id="run-2", target=ISSUED, orders=(ISSUED,), csr_key="L")
    held = account.run(other)
    assert (held.outcome, held.code, len(account.posts())) == ("blocked", "outcome_unknown", 1)
    account.now = NOW + timedelta(hours=25)
    account.on_post = None
    assert account.run(other).sent


@pytest.mark.parametrize("action", ["renew", "create"])
def test_a_cancellation_that_was_done_is_found(action: str) -> None:
    account = Account(orders={"1": ISSUED}, on_post=swallowed)
    account.run(request("cancel", force=True))
    account.on_post = None
    account.carry_out(t.PostDelete("1"))
    ended = account.orders["1"]
    found = account.run(request(action, run_id="run-2", target=ended, orders=(ended,), csr_key="L"))
    assert (found.outcome, found.money_spent, found.sent) == ("recovered", "no", False)
    assert account.records.evidence is not None
    assert (account.records.intent, account.records.evidence.ended) == (None, NOW)


def test_the_next_run_cancels_once_more_by_the_same_id() -> None:
    account = Account(orders={"1": ISSUED}, on_post=swallowed)
    account.run(request("cancel", force=True))
    account.on_post = None
    assert account.run(request("cancel", run_id="run-2", force=True)).outcome == "cancelled"
    assert len(account.posts()) == 2


def test_a_refused_cancellation_is_no_open_call() -> None:
    account = Account(orders={"1": ISSUED}, on_post=lambda _account, _effect: t.Posted("rejected", message="no"))
    assert account.run(request("cancel", force=True)).outcome == "rejected"
    assert account.records.intent is None


def test_cancelling_needs_the_hosts_that_any_other_call_needs() -> None:
    long_ago = Moment(NOW - timedelta(days=300), NOW - timedelta(days=300))
    memory = HostList(REFERENCE, ("web1", "web2"), long_ago, mature=True)
    callers = Callers(
        REFERENCE, memory.hosts, (Member("web2", memory=memory, remembers=True), Member("web1", takes_part=False))
    )
    account = Account(orders={"1": ISSUED})
    result = account.run(request("cancel", force=True, callers=callers))
    assert (result.outcome, result.code, account.posts()) == ("blocked", "hosts_missing", [])
    assert result.message == (
        "shop: cancellation, not sent, nothing charged. 1 of 2 hosts took part; web1, the first of hosts by name, did "
        "not. If web1 is gone, take it off hosts: the run 72 h later cancels."
    )
