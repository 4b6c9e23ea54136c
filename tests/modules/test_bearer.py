# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bearer tokens that live five seconds."""

from __future__ import annotations

import json
import time

from ansible_collections.certops.resello.tests.modules.shop import TOKEN, Shop
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until

LIFETIME = 5


def test_a_wait_outlives_three_tokens(shop: Shop) -> None:
    shop.sandbox.settings(token_lifetime=LIFETIME)
    item = shop.mailed()
    order = shop.bought({**item, **shop.bearer})["order"]
    shop.forget_calls()
    began = time.monotonic()
    process = shop.start("ssl_certificate", **item, **shop.bearer, wait=True, wait_timeout=120, wait_sleep=0.3)
    wait_until(lambda: shop.calls() or None, seconds=60, what="the first look")
    time.sleep(3 * LIFETIME + 0.5)
    shop.sandbox.approve(order["id"])
    result = json.loads(process.communicate(timeout=120)[0])
    assert (result["state"], result["changed"]) == ("issued", False), result
    assert time.monotonic() - began > 3 * LIFETIME
    tokens = [call for call in shop.calls(tokens=True) if call.endswith(TOKEN)]
    assert len(tokens) > 3
    calls = shop.sandbox.control("GET", "requests")["requests"]
    assert 401 not in {call["status"] for call in calls}, "no token was used after its end"
    assert {call["auth"] for call in calls if not call["path"].endswith(TOKEN)} == {"bearer"}
