# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may have a certificate in use is cancelled with permission only, whatever its status word says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._model.orders import is_known_status
from ansible_collections.certops.resello.plugins.module_utils._purchase import types as t
from ansible_collections.certops.resello.tests.search.account import NOW, REFERENCE, Account, order, request

DAY = timedelta(days=1)


def evidence(**fields: Any) -> t.Evidence:
    return replace(t.Evidence(reference=REFERENCE, order_id="1", recorded=NOW - DAY), **fields)


def open_reissue(**fields: Any) -> t.Intent:
    """Sent three hours ago, its hold is over, and nothing moved."""
    before = t.Marks("pending", NOW, csr_key="K")
    began = NOW - timedelta(hours=3)
    base = t.Intent("reissue", REFERENCE, "run-0", "sent", "L", began, began, order_id="1", before=before)
    return replace(base, **fields)


class Mute(Account):
    """An account that does not tell whether there is a certificate."""

    def answer(self, effect: t.Effect) -> t.Answer:
        return t.Fact(None, known=False) if isinstance(effect, t.DownloadSerial) else super().answer(effect)


ALIVE = {
    "it is issued": Account(orders={"1": order("1", bucket="issued", status="active")}),
    "it was issued on 2027-03-01": Account(orders={"1": order("1", provisioned=NOW)}),
    "it is being reissued": Account(orders={"1": order("1", status="Reissue")}),
    "its status 'odd' is not known here": Account(orders={"1": order("1", status="odd")}),
    "its certificate 0a can be downloaded": Account(orders={"1": order("1")}, serials={"1": "0a"}),
    "whether it has a certificate could not be read": Mute(orders={"1": order("1")}),
    "a reissue of it was sent on": Account(orders={"1": order("1")}, records=t.Records(intent=open_reissue())),
    "our records name a certificate of it": Account(
        orders={"1": order("1")}, records=t.Records(evidence=evidence(reissues=(NOW - DAY,)))
    ),
}


@pytest.mark.parametrize("reason", ALIVE)
def test_what_may_be_in_use_is_not_cancelled(reason: str) -> None:
    account = replace(ALIVE[reason], effects=[])
    result = account.run(request("cancel"))
    assert (result.outcome, result.code, account.posts()) == ("blocked", "issued", []), result
    assert f"may be in use: {reason}" in result.message
    assert "No money was spent" in result.message
    assert "Set force, or only_if_younger_than" in result.message


@pytest.mark.parametrize("permission", [{"force": True}, {"only_if_younger_than": DAY}])
@pytest.mark.parametrize("reason", ALIVE)
def test_what_may_be_in_use_is_cancelled_with_permission(reason: str, permission: dict[str, Any]) -> None:
    account = replace(ALIVE[reason], orders=dict(ALIVE[reason].orders), effects=[])
    assert account.run(request("cancel", **permission)).outcome == "cancelled"
    assert account.records.intent is None


def test_an_order_whose_certificate_was_downloaded_once_is_not_cancelled() -> None:
    account = Account(orders={"1": order("1")})
    result = account.run(request("cancel", seen_order_id="1"))
    assert (result.code, account.posts()) == ("issued", [])


def test_a_reissue_that_turns_out_to_be_done_is_remembered_when_it_comes_to_cancelling() -> None:
    """The download denies the certificate while the order is reissued; only the intent knows."""
    account = Account(orders={"1": order("1", csr_key="L")}, records=t.Records(intent=open_reissue()))
    assert account.run(request("cancel")).code == "issued"
    assert account.posts() == []


@pytest.mark.parametrize("change", [{"evidence": evidence()}, {"evidence": evidence(order_id="7", serial="0a")}])
def test_records_that_name_no_certificate_of_it_do_not_keep_it(change: dict[str, Any]) -> None:
    account = Account(orders={"1": order("1")}, records=t.Records(**change))
    assert account.run(request("cancel")).outcome == "cancelled"


# --- duplicates (R6) ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"status": "odd"}, {}),
        ({"status": "reissue"}, {}),
        ({}, {"evidence": evidence(order_id="2", renewals=(NOW - DAY,))}),
        ({}, {"seen_order_id": "2"}),
    ],
    ids=["unknown status", "being reissued", "renewed by us", "certificate seen"],
)
def test_a_duplicate_that_may_have_issued_is_left_and_listed(fields: dict[str, Any], asked: dict[str, Any]) -> None:
    account = Account(orders={"1": order("1"), "2": order("2", **fields)})
    wanted = request("settle", orders=tuple(account.orders.values()), has_journal=False, **asked)
    result = account.run(wanted)
    assert (account.posts(), result.duplicates_left) == ([], ("2",))


def test_a_duplicate_that_issues_before_the_call_is_left() -> None:
    account = Account(orders={"1": order("1"), "2": order("2")})
    rows = tuple(account.orders.values())
    account.orders["2"] = order("2", provisioned=NOW)
    result = account.run(request("settle", orders=rows))
    assert (account.posts(), result.duplicates_left) == ([], ("2",))


# --- several live orders: another host may serve any of them ------------------------------------------------------


@pytest.mark.parametrize("action", ["settle", "cancel", "create"])
@pytest.mark.parametrize(
    "second",
    [{"csr_key": "L"}, {"csr_key": "L", "created": NOW + 20 * DAY}, {"status": "odd"}],
    ids=["tangled", "succession", "no duplicate for certain"],
)
def test_no_message_advises_to_end_what_another_host_may_serve(action: str, second: dict[str, Any]) -> None:
    first = order("1", bucket="issued", status="active")
    account = Account(orders={"1": first, "2": order("2", **second)})
    result = account.run(request(action, orders=tuple(account.orders.values())))
    said = [result.message, *result.warnings]
    assert account.posts() == []
    assert any("Find out first which one is in use, also by hosts of other inventories" in text for text in said)
    assert not any("cancel" in text.lower().replace("the cancellation was not sent", "") for text in said), said


# --- status words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "known"), [("Pending", True), ("in_progress", True), ("awaiting supplier", False), ("", False)]
)
def test_status_words_are_known_or_not(word: str, known: bool) -> None:
    assert is_known_status(word) is known
