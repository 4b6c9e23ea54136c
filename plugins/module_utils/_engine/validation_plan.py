# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names of an order are validated again, by which method, and with as few calls as possible. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from .._client.validation import ValidationDetails, ValidationRecord
from .._errors import ConfigurationError

NONE, RETRY, SWITCH = "none", "retry", "switch"


@dataclass(frozen=True)
class ValidationWish:
    """What is wanted for one order. Without a method the present one counts, without names all of them.

    ``retry``: names whose method stays are requested too. ``mailbox_counts``: another mailbox is a difference.
    """

    method: str | None = None
    mailbox: str | None = None
    names: tuple[str, ...] = ()
    retry: bool = True
    mailbox_counts: bool = True


@dataclass(frozen=True)
class NamePlan:
    """One name: its method and mailbox before and after, and what is requested for it (none, retry or switch)."""

    name: str
    done: bool
    before: str | None
    after: str | None
    mailbox: str | None
    action: str


@dataclass(frozen=True)
class ValidateCall:
    """One request. ``domain`` None: for the whole order. ``action`` is switch if any of the names is."""

    method: str
    mailbox: str | None
    domain: str | None
    names: tuple[str, ...]
    action: str


@dataclass(frozen=True)
class ValidationPlan:
    """What is requested for each name, and the calls for it."""

    names: tuple[NamePlan, ...] = ()
    calls: tuple[ValidateCall, ...] = ()

    @property
    def action(self) -> str:
        """The strongest action of any name."""
        actions = {name.action for name in self.names}
        return SWITCH if SWITCH in actions else RETRY if RETRY in actions else NONE


def plan_validation(
    details: ValidationDetails, wish: ValidationWish, *, order_method: str | None, order_names: Sequence[str]
) -> ValidationPlan:
    """Compare the open validations with what is wanted.

    ``order_method`` and ``order_names`` replace details that are still empty. Names that are proven are left alone.
    Raises ConfigurationError for a name that the order does not have, a wildcard by FILE, EMAIL without a mailbox, and
    a method that is not known.
    """
    records = details.records
    if not records and details.complete is not True:
        records = tuple(ValidationRecord(name=name, method=order_method or "") for name in order_names)
    _check_names(wish, records)
    plans = tuple(_plan_of(record, wish, order_method) for record in records)
    return ValidationPlan(names=plans, calls=tuple(_calls(plans)))


def _check_names(wish: ValidationWish, records: Sequence[ValidationRecord]) -> None:
    known = {record.name for record in records}
    strange = [name for name in wish.names if name not in known]
    if strange:
        raise ConfigurationError(
            option="names",
            value=strange[0],
            problem=f"is not a name that the provider validates for this order ({', '.join(sorted(known)) or 'none'})",
            remedy="Name some of these, or leave 'names' out for all. Nothing was sent.",
        )


def _plan_of(record: ValidationRecord, wish: ValidationWish, order_method: str | None) -> NamePlan:
    before = record.method or order_method
    chosen = not record.done and (not wish.names or record.name in wish.names)
    after = wish.method or before
    mailbox_asked = after == "EMAIL" and wish.mailbox is not None and wish.mailbox_counts
    if not chosen or (after == before and not mailbox_asked and not wish.retry):
        return NamePlan(record.name, record.done, before, before, record.email, NONE)
    if after is None:
        raise ConfigurationError(
            option="dcv_type",
            problem=f"is missing, and the provider does not say how {record.name} is validated",
            remedy="Choose EMAIL, FILE or DNS. Nothing was sent.",
        )
    mailbox = _mailbox(record, wish) if after == "EMAIL" else None
    if after == "FILE" and record.name.startswith("*."):
        raise ConfigurationError(
            option="dcv_type",
            value="FILE",
            problem=f"cannot prove control for the wildcard {record.name}",
            remedy="Use DNS or EMAIL. Nothing was sent.",
        )
    other_mailbox = after == "EMAIL" and record.email is not None and mailbox != record.email and wish.mailbox_counts
    switched = after != before or other_mailbox
    action = SWITCH if switched else RETRY if wish.retry else NONE
    return NamePlan(record.name, record.done, before, after, mailbox, action)


def _mailbox(record: ValidationRecord, wish: ValidationWish) -> str:
    mailbox = wish.mailbox or record.email
    if mailbox is None:
        raise ConfigurationError(
            option="email_address",
            problem=f"is missing, and {record.name} is to be validated by EMAIL",
            remedy=f"Name the mailbox that approves, for example admin@{record.name}. Nothing was sent.",
        )
    return mailbox


def _calls(plans: Sequence[NamePlan]) -> list[ValidateCall]:
    """One call for the whole order if every name is open and gets the same; else one for each name."""
    asked = [plan for plan in plans if plan.action != NONE]
    if len({(plan.after, plan.mailbox) for plan in asked}) == 1 and len(asked) == len(plans):
        return [_call(asked, domain=None)]
    return [_call([plan], domain=plan.name) for plan in asked]


def _call(plans: Sequence[NamePlan], *, domain: str | None) -> ValidateCall:
    first = plans[0]
    return ValidateCall(
        method=first.after or "",
        mailbox=first.mailbox,
        domain=domain,
        names=tuple(plan.name for plan in plans),
        action=SWITCH if any(plan.action == SWITCH for plan in plans) else RETRY,
    )
