# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is due inside a freeze is not sent, and is reported as such."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play

TODAY = datetime.now(timezone.utc).date()


def days(number: int) -> str:
    return (TODAY + timedelta(days=number)).isoformat()


NOW = {"start": days(-1), "end": days(3)}


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
def test_a_reissue_waits_for_the_end_of_the_freeze(shop: Shop, check: bool) -> None:
    reference, name = shop.seeded(age_days=150)
    item = shop.mailed(reference, name)
    result = shop.orders([item], check=check, freeze=[NOW])
    (entry,) = result["certificates"]
    assert (result["rc"], result["changed"], shop.writing_calls()) == (0, False, [])
    assert (entry["action"], entry["code"], entry["frozen_until"]) == ("none", "frozen", f"{days(4)}T00:00:00Z")
    assert entry["next_date"] == entry["frozen_until"]
    over = shop.orders([item], check=check, freeze=[{"start": days(-9), "end": days(-2)}])
    assert (over["certificates"][0]["action"], over["certificates"][0]["frozen_until"]) == ("reissue", None)


def test_a_certificate_that_would_come_into_its_last_days_is_not_held_back(shop: Shop) -> None:
    reference, name = shop.seeded(age_days=176)  # 23 days are left, the last 20 are its last days
    result = shop.orders([shop.mailed(reference, name)], freeze=[NOW])
    (entry,) = result["certificates"]
    assert (entry["action"], entry["outcome"]) == ("reissue", "reissued")
    assert any("does not hold this reissue back" in note for note in entry["notes"])


def test_a_window_that_cannot_be_read_sends_nothing(shop: Shop) -> None:
    result = shop.orders([shop.item()], freeze=[{"start": "Fri 16:00", "end": "Mon 06:00", "timezone": "Mars/Base"}])
    assert (result["rc"], shop.charges, shop.calls()) == (1, 0, [])
    assert "freeze[0] (given: 'Fri 16:00 to Mon 06:00')" in result["msg"]
    assert "no time zone 'Mars/Base'" in result["msg"]


def test_the_role_reports_what_is_held_back_and_changes_nothing(shop: Shop) -> None:
    control = Control(shop.folder)
    control.inventory({"web1": HOST})
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    variables = play["roles"][0]["vars"]
    first = control.play([play])
    assert (first.rc, shop.charges) == (0, 1), first.output
    (item,) = variables["ssl_certificate_orders"]
    item.update(names=[*item["names"], "more.example.com"], names_fit_plan=True)  # which makes a reissue due
    variables["ssl_certificate_freeze"] = [NOW]
    shop.forget_calls()
    played = control.play([play])
    assert (played.rc, played.changed, shop.writing_calls()) == (0, 0, []), played.output
    assert f"shop: ssl_certificate_freeze holds back what is due until {days(4)}T00:00:00Z" in played.output
    assert "waiting:" in played.output
    variables["ssl_certificate_freeze"] = []
    after = control.play([play])
    assert "The reissue was not sent" in after.output, "without the freeze it is due, and too young"
