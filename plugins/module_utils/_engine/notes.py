# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages about an item beside its result: why it is blocked, and what the user must know."""

from __future__ import annotations

from typing import Any, Mapping

from .._lifecycle.types import Decision
from .._model.orders import Order
from .trouble import BlockedError

MONEY_SAID = frozenset({"hosts_missing", "hosts_changed"})  # their reasons say what was charged


def left_behind(wish: Mapping[str, Any], action: str) -> list[str]:
    """A note on hosts that knew the order and are no longer on its list: they may still serve its certificate."""

    hosts = (host for host in wish.get("hosts") or () if not host.get("listed", True))
    names = [host["name"] for host in hosts if (host.get("records") or {}).get("evidence")]
    if not names:
        return []
    call = "reissue" if action == "reissue" else "cancellation"
    return [
        f"{', '.join(names)} knew this order and {'is' if len(names) == 1 else 'are'} not in hosts any more. "
        f"The {call} revokes the certificate there too, if it is still served; nothing is installed on hosts "
        "off the list."
    ]


def unread_dates(order: Order) -> str:
    return (
        f"Order {order.id} shows {' and '.join(order.unread_dates)}, which cannot be read as a date. It counts as not "
        "shown, so that what depends on it is left to a person."
    )


def blocked(reference: str, decision: Decision) -> BlockedError:
    money = "" if decision.code in MONEY_SAID else " No money was spent."
    return BlockedError(
        f"{reference}: {decision.reason}.{money} {decision.remedy}".strip(),
        code=decision.code,
        details={"remedy": decision.remedy},
    )
