# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the purchase to the renewal with one host dead each night in turn, and a reply that is lost."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Iterator

import pytest
from ansible_collections.certops.resello.tests.modules.nights import Nights
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.support.any_time import AnyTime

FLEET = ("web1", "web2", "web3")
QUIET_DAYS = (60, 120, 180, 240, 300, 333)  # after the purchase
RENEWAL_DAYS = range(334, 351)  # the window opens on day 335, the certificate is due on day 338


@pytest.fixture(scope="module")
def modules() -> Iterator[AnyTime]:
    if shutil.which("faketime") is None:
        pytest.skip("no faketime")
    with AnyTime() as started:
        yield started


def bought(shop: Shop, modules: AnyTime, count: int) -> Nights:
    """One order on so many hosts, served by all of them."""
    shop.sandbox.settings(certificate_days=398)
    nights = Nights(shop, modules, FLEET[:count], {"renew_before": "60d"})  # so that nothing is reissued before
    nights.run()
    assert (shop.charges, nights.run().is_quiet) == (1, True), nights.told()
    return nights


def lose_reply(shop: Shop, phase: str) -> None:
    """Of the next renewal: the provider does it (after), or never gets it (before)."""
    shop.sandbox.control("POST", "faults", {"fault": "drop", "phase": phase, "operation": "renew", "how": "rst"})


@pytest.mark.parametrize("phase", ["after", "before"])
@pytest.mark.parametrize("count", [2, 3])
def test_one_dead_host_each_night_and_a_lost_reply(shop: Shop, modules: AnyTime, count: int, phase: str) -> None:
    nights = bought(shop, modules, count)
    dead = itertools.cycle(nights.hosts)
    for day in QUIET_DAYS:
        nights.pass_days(day - nights.day)
        assert nights.run(next(dead)).is_quiet, nights.told()
    lose_reply(shop, phase)
    for day in RENEWAL_DAYS:
        nights.pass_days(day - nights.day)
        nights.run(next(dead))
        assert shop.charges <= 2, nights.told()
    last = [nights.run().is_quiet for _night in range(3)][-1]
    sys.stdout.write(f"{nights.told()}\n")  # which nights renew, and which say what
    assert (shop.charges, last) == (2, True), nights.told()
    renewed = next(
        number for number, (day, _dead, text) in enumerate(nights.said) if day and text.startswith("charged")
    )
    before = {dead: text for _day, dead, text in nights.said[:renewed] if "renewal due since" in text}
    if count == len(FLEET):
        assert not before, "two of three are enough, whoever is dead"
        return
    assert nights.said[renewed][1] == "web2", "the half with the first host is enough"
    assert before["web1"].startswith("shop: renewal due since ")
    assert (
        "not sent, nothing charged. 1 of 2 hosts took part; web1, the first of hosts by name, did not."
        in before["web1"]
    )


def test_a_host_that_missed_a_renewal_gets_its_certificate_when_it_comes_back(shop: Shop, modules: AnyTime) -> None:
    """The renewal was found again and its certificate came within the same second: the order's date says nothing."""
    nights = bought(shop, modules, 3)
    nights.pass_days(337)
    nights.run()
    lose_reply(shop, "after")
    for _night in range(2):
        nights.pass_days(1)
        nights.run("web2")
    assert shop.charges == 2, nights.told()
    actions = []
    for _night in range(3):
        nights.pass_days(1)
        report = nights.run()
        actions.append(report.plan[0]["action"])
    assert actions == ["deploy", "none", "none"], nights.told()
    assert report.is_quiet, nights.told()
