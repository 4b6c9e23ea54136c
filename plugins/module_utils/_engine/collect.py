# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of an order: its verified certificate, or what is still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._client.api import Api
from .._download import fetch_bundle, is_not_there_yet, order_key, said_of
from .._errors import ReselloError, ResponseError
from .._model.orders import ISSUED, REPLACED, WAITING, Order
from .._x509.facts import CertificateFacts, load_certificate, verify_bundle
from .item import Item

if TYPE_CHECKING:  # loaded only for an order that waits
    from .._client.validation import ValidationDetails

SENDING = ("create", "renew", "reissue")
IN_PROGRESS = ("create", "renew", "reissue", "wait", "validate")


EXTENSION = (
    " A renewal may only extend the paid period: if no certificate for the new key has come after 72 hours, the "
    "previous one stays in use."
)


class OrderFailedError(ReselloError):
    """The provider gave up the order."""

    error_code = "order_failed"


def is_settled(api: Api, item: Item, order: Order) -> bool:
    """Whether there is nothing left to wait for.

    An order in progress again may be called issued while it still hands out the old certificate. So the certificate
    must carry the key that was sent.
    """

    if order.bucket == WAITING:
        return False
    if order.bucket != ISSUED:
        return True
    try:
        return load_certificate(api.download(order.id, "crt")).public_key_sha256 == _asked_key(api, item, order)
    except ReselloError:
        return False


def _asked_key(api: Api, item: Item, order: Order) -> str:
    """The key that this run sent, or that our record says was sent; else the key on the order."""

    awaited = None if item.decision is None else item.decision.awaited_key
    return _sent_key(item) or awaited or order_key(api, order)


def _sent_key(item: Item) -> str | None:
    """The key that this run sent; None if it sent none.

    A renewal with an unknown outcome may not have been carried out. Then the present certificate stays in use.
    """

    done = item.purchase
    if done is None or not done.changed or item.action not in SENDING or item.desired.csr is None:
        return None
    unclear = item.action == "renew" and done.outcome == "pending_unknown"
    return None if unclear else item.desired.csr.public_key_sha256


def collect(api: Api, item: Item, *, check_mode: bool) -> None:
    """Put the verified certificate or the open validation on the item. Raises ReselloError.

    A certificate that every host is known to serve already is not downloaded.
    """

    if item.current_order.bucket == REPLACED and item.error is None and _sent_key(item) is not None:
        item.order = _successor(api, item)
    order = item.current_order
    if order.bucket == WAITING:
        item.validation = item.validation or details_of(api, item)
    elif order.bucket == ISSUED:
        item.in_use = _in_use_everywhere(item, order)
        if item.in_use is None:
            _collect_certificate(api, item, order)
    elif item.error is None and not check_mode and item.action in IN_PROGRESS:
        raise OrderFailedError(
            f"Order {order.id} of {item.client_reference!r} ended as {order.status!r}. It is not bought again by "
            "itself; see the provider's panel for its reason, and 'recreate' for a new order.",
            details={"order_id": order.id, "status": order.status},
        )


def _successor(api: Api, item: Item) -> Order:
    """The order that replaced the one this run renewed or reissued: some providers make a new order."""

    from .order_reader import OrderReader  # noqa: PLC0415  # only where a provider makes a new order

    old, reference = item.current_order, item.client_reference
    reader = OrderReader(api, workers=1)
    for order in reader.with_references(api.list_orders(client_reference=reference)):
        if order.live and order.client_reference == reference and order_key(api, order) == _sent_key(item):
            return order
    raise OrderFailedError(
        f"{reference}: the {item.action} of order {old.id} was done, and that order is {old.status!r} now: another "
        "order replaced it, and none with this reference carries the key that was sent. Nothing is bought again by "
        f"itself. Find that order in the provider's panel by its names, and have its reference set to {reference}.",
        details={"order_id": old.id, "status": old.status},
    )


def details_of(api: Api, item: Item) -> ValidationDetails:
    """What is not validated yet for the item's order. The given mailbox is added if the API does not show it."""

    order = item.current_order
    details = api.validation_details(order.id, names=names_to_validate(item), brand=item.brand)
    return details.with_order(since=order.waiting_since, mailbox=item.desired.contact["approver_email_address"])


def names_to_validate(item: Item) -> tuple[str, ...]:
    """The names whose validation records may be placed: the wanted ones.

    The CSR on the order comes from the API, and its key from a host; either could name any domain. So its names count
    only if no names are given.
    """

    wanted = item.desired
    if wanted.names:
        return tuple(sorted(wanted.names))
    csrs = [order.csr for order in item.observed.facts.orders if order.csr is not None]
    return tuple(sorted({name for csr in csrs for name in csr.names}))


def _in_use_everywhere(item: Item, order: Order) -> CertificateFacts | None:
    """The order's certificate, if nothing is to be done and every host serves it."""

    wanted = item.desired
    seen = wanted.downloaded
    if seen is None or item.action != "none" or wanted.certificate_needed or not seen.is_current(order):
        return None
    served = {None if one is None else one.sha256 for one in wanted.in_use}
    return seen.leaf if served == {seen.leaf.sha256} and set(wanted.names) <= set(seen.leaf.names) else None


def _collect_certificate(api: Api, item: Item, order: Order) -> None:
    try:
        bundle = fetch_bundle(api, order)
    except ReselloError as error:
        if not is_not_there_yet(error) or (item.error is None and item.action not in IN_PROGRESS):
            raise
        item.in_progress = True
        item.warnings.append(
            f"Order {order.id} is {order.status!r}, but its certificate cannot be downloaded yet.{said_of(error)}"
        )
        return
    key = _asked_key(api, item, order)
    if item.action in IN_PROGRESS and bundle.leaf.public_key_sha256 != key:
        item.in_progress = True
        item.warnings.append(
            f"Order {order.id} still hands out its previous certificate; the new one is not there yet."
            + (EXTENSION if item.action == "renew" else "")
        )
        return
    try:
        verify_bundle(bundle, public_key_sha256=key, names=_promised_names(item))
    except ResponseError as error:
        raise ResponseError(
            f"Order {order.id} of {item.client_reference!r}: {error} It was not used, and nothing was changed. "
            "Compare the order's CSR and plan in the provider's panel with what is wanted."
        ) from error
    item.bundle = bundle


def _promised_names(item: Item) -> tuple[str, ...]:
    """The names the certificate must have; none while another is only planned, is held back or was not obtained."""

    held_back = item.decision is not None and item.decision.code == "frozen"
    return () if item.planned or held_back or item.error is not None else item.desired.names
