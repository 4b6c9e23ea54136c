# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For which names validation records may be placed: neither a hostile API nor a host can smuggle a domain in."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.certops.resello.plugins.module_utils._engine.collect import names_to_validate
from ansible_collections.certops.resello.plugins.module_utils._engine.desired import Wanted
from ansible_collections.certops.resello.plugins.module_utils._engine.item import Item
from ansible_collections.certops.resello.plugins.module_utils._engine.observe import Observation
from ansible_collections.certops.resello.plugins.module_utils._lifecycle import types as lifecycle
from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CsrFacts
from ansible_collections.certops.resello.plugins.module_utils._model.orders import Order
from ansible_collections.certops.resello.plugins.module_utils._purchase.types import Records

OURS, FOREIGN = "aa", "ff"


def item(*, wanted: tuple[str, ...], on_order: tuple[str, ...], key: str) -> Item:
    """An item whose order shows a CSR for these names and this key; our host holds the key OURS."""
    order = Order(id="1", client_reference="shop", bucket="waiting", csr=CsrFacts(on_order, key))
    goal = Wanted(
        client_reference="shop",
        state="present",
        plan=None,
        names=wanted,
        csr=None,
        dcv_type="FILE",
        validation_level="dv",
        contact={},
        ee_reference_order_id=None,
        hosts=(lifecycle.HostFacts(name="web", public_keys=frozenset({OURS})),),
        policy=lifecycle.Policy(reissue_after=datetime(2026, 1, 1, tzinfo=timezone.utc)),
        force=False,
        only_if_younger_than=None,
    )
    sight = Observation(orders=(), records=Records(), facts=lifecycle.Observed(orders=(order,)), plan=None)
    return Item(client_reference="shop", wanted=goal, observation=sight)


@pytest.mark.parametrize(
    ("wanted", "on_order", "key", "expected"),
    [
        (("a.example",), ("a.example", "victim.example"), OURS, ("a.example",)),  # the host says that it holds the key
        (("a.example",), ("a.example", "victim.example"), FOREIGN, ("a.example",)),
        ((), ("a.example",), FOREIGN, ("a.example",)),
    ],
)
def test_names_of_a_csr_count_only_if_nothing_else_is_known(
    wanted: tuple[str, ...], on_order: tuple[str, ...], key: str, expected: tuple[str, ...]
) -> None:
    assert names_to_validate(item(wanted=wanted, on_order=on_order, key=key)) == expected
