# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which order belongs to a reference: references are compared exactly, and differences in spelling are only a warning.

Before a purchase: does another order of the account already cover what is wanted? Where a record names an order: does
the order really belong to this reference? A record may come from a host, so the order itself must confirm it.
"""

from __future__ import annotations

from typing import Iterable

from .spelling import names_of, same_names, same_spelling
from .types import Neighbour, Order, PurchaseRequest, Refusal

ANY_ORDER = "*"  # cannot be a reference
MOST_SHOWN = 5


# --- before a purchase --------------------------------------------------------------------------------------------


def neighbours_refusal(request: PurchaseRequest) -> Refusal | None:
    """Why an order of this account under another reference forbids the purchase; None if none does."""
    if not request.names:
        return None  # a plan without names and CSR; no purchase is made from it
    others = tuple(one for one in request.neighbours if not _is_allowed(one.order, request.beside))
    same = tuple(one for one in others if one.order.names is not None and same_names(one.order.names, request.names))
    if same:
        return _same_names(request, same)
    hidden = tuple(one for one in others if one.order.names is None)
    failed = next((one for one in hidden if one.failed), None)
    if failed is not None:
        return Refusal("look_up_failed", f"order {failed.order.id} could not be read ({failed.failed})")
    spelt = tuple(one for one in hidden if _is_spelt_alike(one.order, request.reference))
    if spelt:
        return Refusal(
            "other_spelling_live",
            f"{_listed(spelt)} of this account looks like the same order with another spelling of its reference, and "
            "the names in its CSR cannot be read",
        )
    unknown = tuple(one for one in hidden if _is_unsure(one))
    if not unknown:
        return None
    return Refusal(
        "names_unreadable",
        f"{len(unknown)} live orders of this account do not show their names in the list and could not all be read one "
        f"by one; one of them may be this one: {_listed(unknown)}",
    )


def successor_refusal(request: PurchaseRequest) -> Refusal | None:
    """Why a younger order without our reference, or with a similar one, forbids the renewal; None if no order does.

    A provider may renew with a new order that loses the reference. The old order then stays as it was, and every run
    would renew it again.
    """
    others = (one for one in request.neighbours if not _is_allowed(one.order, request.beside))
    same = tuple(one for one in others if one.order.names is not None and same_names(one.order.names, request.names))
    if not same:
        return None
    found = _same_names(request, same)
    return Refusal(
        "renewed_already", f"{found.message}, and is younger than the order that is due: it may be its renewal"
    )


def successor_remedy(request: PurchaseRequest, refusal: Refusal) -> str:
    """What a person must do about it."""
    same = next((one.order.id for one in request.neighbours if one.order.id in refusal.message), "")
    return (
        f"If it is the renewal, have its reference set to {request.reference} in the provider's panel. If both are "
        f"wanted, name it in beside: [{same}]."
    )


def neighbours_remedy(request: PurchaseRequest, refusal: Refusal) -> str:
    """What a person must do about it, with the options of the order."""
    others = tuple(one.order.id for one in request.neighbours if not _is_allowed(one.order, request.beside))
    if refusal.code == "look_up_failed":
        return "Run again when the API answers."
    if refusal.code == "names_unreadable":
        return (
            "If the order already exists, set adopt to its id. If it is none of them, set beside: ['*'] for one run, "
            "which allows a purchase beside any order. Ask the provider to show the CSR of each order."
        )
    same = next((one.order.id for one in request.neighbours if one.order.id in refusal.message), others[0])
    return (
        f"If it is the order for this certificate, set adopt: {same}, and it is taken over. If both are wanted, name "
        f"it in beside: [{same}]."
    )


def _same_names(request: PurchaseRequest, same: tuple[Neighbour, ...]) -> Refusal:
    names = ", ".join(sorted(names_of(request.names)))
    alike = any(_is_spelt_alike(one.order, request.reference) for one in same)
    hint = "; it looks like the same order with another spelling of its reference" if alike else ""
    verb = "asks" if len(same) == 1 else "ask"
    text = f"{_listed(same)} of this account {verb} for exactly the same names ({names}){hint}"
    return Refusal("same_names_live", text)


def _is_unsure(one: Neighbour) -> bool:
    """Whether it may be the wanted order: it was not read one by one, or it shows no reference."""
    return not one.read or not one.order.client_reference


def _is_spelt_alike(order: Order, reference: str) -> bool:
    return bool(order.client_reference) and same_spelling(order.client_reference or "", reference)


def _is_allowed(order: Order, beside: frozenset[str]) -> bool:
    return ANY_ORDER in beside or order.id in beside or order.client_reference in beside


def _listed(found: tuple[Neighbour, ...]) -> str:
    shown = [f"order {one.order.describe} with {_reference_of(one.order)}" for one in found[:MOST_SHOWN]]
    more = f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return ", ".join(shown) + more


def _reference_of(order: Order) -> str:
    return f"the reference {order.client_reference!r}" if order.client_reference else "no reference"


# --- what a record names ------------------------------------------------------------------------------------------


def record_objection(order: Order, request: PurchaseRequest, keys: Iterable[str | None]) -> str | None:
    """Why the order that a record names does not belong to this reference; None if it does.

    It belongs if it carries the reference. If it lost it: if it carries a key of our records and only names of this
    certificate.
    """
    if order.client_reference == request.reference:
        return None
    if order.client_reference:
        return f"carries the reference {order.client_reference!r}"
    if order.csr_key is None or order.csr_key not in set(keys):
        return "shows no reference, and its CSR does not carry a key of our records"
    if order.names is None or not names_of(order.names) <= names_of(request.names):
        return "shows no reference, and it is not certain that it asks for names of this certificate only"
    return None
