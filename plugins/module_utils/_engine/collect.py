# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an order has become: its certificate, proven, or what is still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._client.api import Api
from .._client.models import Bucket, Order
from .._download import fetch_bundle, order_key
from .._errors import ReselloError, ResponseError
from .._x509.facts import CertificateFacts, load_certificate, verify_bundle
from .item import Item

if TYPE_CHECKING:  # loaded only for an order that waits
    from .._client.validation import ValidationDetails

IN_PROGRESS = ("create", "renew", "reissue", "wait", "validate")


class OrderFailedError(ReselloError):
    """The provider gave the order up."""

    error_code = "order_failed"


def is_settled(api: Api, item: Item, order: Order) -> bool:
    """Whether there is nothing left to wait for.

    An order in progress again may be called issued while it still hands out the old certificate, so the certificate
    must carry the key that was asked for.
    """

    if order.bucket is Bucket.WAITING:
        return False
    if order.bucket is not Bucket.ISSUED:
        return True
    try:
        return load_certificate(api.download(order.id, "crt")).public_key_sha256 == _asked_key(api, item, order)
    except ReselloError:
        return False


def _asked_key(api: Api, item: Item, order: Order) -> str:
    """The key that a create or reissue of this run sent, else the one on the order.

    A renewal may only extend the paid period, and then the certificate keeps its key.
    """

    sent = item.purchase is not None and item.purchase.changed and item.action in ("create", "reissue")
    if sent and item.goal.csr is not None:
        return item.goal.csr.public_key_sha256
    return order_key(api, order)


def collect(api: Api, item: Item, *, check_mode: bool) -> None:
    """Puts the proven certificate or the open validation on the item. Raises ReselloError.

    What every host is known to serve already is not downloaded.
    """

    order = item.current_order
    if order.bucket is Bucket.WAITING:
        item.validation = item.validation or details_of(api, item)
    elif order.bucket is Bucket.ISSUED:
        item.in_use = _in_use_everywhere(item, order)
        if item.in_use is None:
            _collect_certificate(api, item, order)
    elif item.error is None and not check_mode and item.action in IN_PROGRESS:
        raise OrderFailedError(
            f"Order {order.id} of {item.client_reference!r} ended as {order.status!r}. It is not bought again by "
            "itself; see the provider's panel for its reason, and 'recreate' for a new order.",
            details={"order_id": order.id, "status": order.status},
        )


def details_of(api: Api, item: Item) -> ValidationDetails:
    """What is open for the item's order, with the mailbox that was given if the API does not tell."""

    order, plan = item.current_order, None if item.observation is None else item.observation.plan
    details = api.validation_details(
        order.id, names=names_to_validate(item), brand=None if plan is None else plan.brand
    )
    return details.with_order(since=order.waiting_since, mailbox=item.goal.contact["approver_email_address"])


def names_to_validate(item: Item) -> tuple[str, ...]:
    """The names whose records may be placed: those that are wanted.

    The CSR on the order comes from the API, and its key from a host; either could name any domain. So its names count
    only where none are given.
    """

    wanted = item.goal
    if wanted.names:
        return tuple(sorted(wanted.names))
    csrs = [order.csr for order in item.sight.facts.orders if order.csr is not None]
    return tuple(sorted({name for csr in csrs for name in csr.names}))


def _in_use_everywhere(item: Item, order: Order) -> CertificateFacts | None:
    """The order's certificate, if nothing is to be done and each host serves it."""

    wanted = item.goal
    seen = wanted.sighting
    if seen is None or item.action != "none" or wanted.certificate_needed or not seen.is_current(order):
        return None
    served = {None if one is None else one.sha256 for one in wanted.in_use}
    return seen.leaf if served == {seen.leaf.sha256} and set(wanted.names) <= set(seen.leaf.names) else None


def _collect_certificate(api: Api, item: Item, order: Order) -> None:
    bundle = fetch_bundle(api, order)
    key = _asked_key(api, item, order)
    if item.action in IN_PROGRESS and bundle.leaf.public_key_sha256 != key:
        item.in_progress = True
        item.warnings.append(
            f"Order {order.id} still hands out its previous certificate; the new one is not there yet."
        )
        return
    try:
        verify_bundle(bundle, public_key_sha256=key, names=_promised_names(item))
    except ResponseError as error:
        raise ResponseError(
            f"Order {order.id} of {item.client_reference!r}: {error} It was not taken over, and nothing was changed. "
            "Compare the order's CSR and plan in the provider's panel with what is wanted."
        ) from error
    item.bundle = bundle


def _promised_names(item: Item) -> tuple[str, ...]:
    """The names the certificate must have; none while another certificate is only planned or could not be had."""

    return () if item.planned or item.error is not None else item.goal.names
