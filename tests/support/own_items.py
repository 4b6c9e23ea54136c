# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Items of ssl_certificate_orders as a host serves them, for tests of what comes after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.items import Around
from ansible_collections.certops.resello.plugins.plugin_utils.own_orders import OwnOrders, own_orders


def sorted_items(
    items: Sequence[Any], host: str, play_hosts: Sequence[str], *, defaults: dict[str, Any] | None = None, **around: Any
) -> OwnOrders:
    """What a host makes of a list without templates."""
    settled = Around(host=host, play_hosts=play_hosts, **{"services": ["nginx", "haproxy", "postfix"], **around})
    return own_orders(list(items), lambda value: value, defaults=defaults or {}, around=settled)


def items_of_host(items: Sequence[Any], host: str, play_hosts: Sequence[str], **more: Any) -> list[dict[str, Any]]:
    """The items that the host serves, all of which are right."""
    found = sorted_items(items, host, play_hosts, **more)
    assert found.wrong == []
    return found.items
