# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an order has become: its certificate, proven, or what is still missing."""

from __future__ import annotations

from ansible_collections.certops.resello.plugins.module_utils._api import Api
from ansible_collections.certops.resello.plugins.module_utils._download import fetch_bundle, order_key
from ansible_collections.certops.resello.plugins.module_utils._errors import ReselloError
from ansible_collections.certops.resello.plugins.module_utils._item import Item
from ansible_collections.certops.resello.plugins.module_utils._models import Bucket, Order
from ansible_collections.certops.resello.plugins.module_utils._x509 import load_certificate, verify_bundle


class OrderFailedError(ReselloError):
    """The provider gave the order up."""

    error_code = "order_failed"


def is_settled(api: Api, item: Item, order: Order) -> bool:
    """Whether there is nothing left to wait for.

    An order in progress again may be called issued while it still hands out the old certificate, so after a guarded
    call the new certificate must carry the key that was sent.
    """

    if order.bucket is Bucket.WAITING:
        return False
    if order.bucket is not Bucket.ISSUED:
        return True
    key = _sent_key(item)
    if key is None:
        return True
    try:
        return load_certificate(api.download(order.id, "crt")).public_key_sha256 == key
    except ReselloError:
        return False


def _sent_key(item: Item) -> str | None:
    """The key that a create or reissue of this run sent; a renewal may only extend the paid period."""

    if item.action not in ("create", "reissue") or item.wanted is None or item.wanted.csr is None:
        return None
    return item.wanted.csr.public_key_sha256 if item.purchase is not None and item.purchase.sent else None


def collect(api: Api, item: Item, *, check_mode: bool) -> None:
    """Puts the proven certificate or the open validation on the item. Raises ReselloError."""

    order = item.current_order
    if order.bucket is Bucket.WAITING:
        plan = None if item.observation is None else item.observation.plan
        item.validation = api.validation_details(
            order.id, names=_names(item), brand=None if plan is None else plan.brand
        )
    elif order.bucket is Bucket.ISSUED:
        _collect_certificate(api, item, order)
    elif item.error is None and not check_mode and item.action in ("create", "renew", "reissue", "wait", "validate"):
        raise OrderFailedError(
            f"Order {order.id} of {item.client_reference!r} ended as {order.status!r}. It is not bought again by "
            "itself; see the provider's panel for its reason, and 'recreate' for a new order.",
            details={"order_id": order.id, "status": order.status},
        )


def _names(item: Item) -> tuple[str, ...]:
    """The names whose records may be placed: those of the CSR on the order, else those that are wanted."""

    facts = () if item.observation is None else item.observation.facts.orders
    on_order = {name for order in facts if order.csr is not None for name in order.csr.names}
    wanted = () if item.wanted is None else item.wanted.names
    return tuple(sorted(on_order | set(wanted)))


def _collect_certificate(api: Api, item: Item, order: Order) -> None:
    bundle = fetch_bundle(api, order)
    names = () if item.wanted is None else item.wanted.names
    verify_bundle(bundle, public_key_sha256=order_key(api, order), names=names)
    item.bundle = bundle
