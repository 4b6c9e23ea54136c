# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The input and the output of a decision about one certificate.

Plain frozen records without behaviour. All dates are aware UTC datetimes, all names lower-case A-labels, all public
keys the lower-case hexadecimal SHA-256 of the DER SubjectPublicKeyInfo. ``None`` always means "not known", never
"no": an unknown fact may lead neither to a charge nor to the revocation of a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from .._model.certificates import CertificateFacts, CsrFacts
from .._model.holds import Holds
from .._model.limits import LARGEST_SKEW
from .._model.memory import Evidence, Intent
from .._model.orders import Order
from .._model.plans import Plan
from .._model.quorum import Callers

# What to do. Paid or irreversible calls are create, renew and reissue; validate is a free retry of domain control
# validation.
Action = Literal["none", "wait", "validate", "deploy", "create", "renew", "reissue", "blocked"]

Cost = Literal["charged", "assumed_free", "free"]


@dataclass(frozen=True)
class RenewBefore:
    """How long before its end a certificate is due: ``days``, or ``share`` of its life (1 is all of it)."""

    days: float | None = None
    share: float | None = None


@dataclass(frozen=True)
class HostFacts:
    """One host that serves (or will serve) the certificate.

    ``public_keys`` are the keys it holds (pending and installed); None if they are not known, as in use of the module
    with a local certificate only. ``deployed`` is the certificate it serves now (D); None if it serves none, or was
    not reachable. ``config_test_passes``: its services accept their configuration today; None: not checked.
    """

    name: str
    answered: bool = True
    public_keys: frozenset[str] | None = None
    deployed: CertificateFacts | None = None
    config_test_passes: bool | None = None


@dataclass(frozen=True)
class HostKeys:
    """Every host of this certificate, reachable or not. Without hosts, nothing is known of hosts."""

    hosts: tuple[HostFacts, ...] = ()


@dataclass(frozen=True)
class Desired:
    """The operator's settings for one certificate.

    ``names`` may be empty if only the reference is known (then names are not compared). ``csr`` is the available CSR
    for a paid or irreversible call, if any. ``dcv_type`` and ``validation_level`` determine how long a certificate may
    take.
    """

    client_reference: str
    names: tuple[str, ...] = ()
    csr: CsrFacts | None = None
    dcv_type: str | None = None
    validation_level: str = "dv"


@dataclass(frozen=True)
class Observed:
    """What was observed: every order with exactly this reference (ended ones too), and what hosts and records report.

    ``evidence`` is our record of an order that we did not end, ``recorded_keys`` are the keys that the order carries by
    our records, ``places`` the hosts that store the records, for messages. ``intent`` is a call that was sent and whose
    outcome was not written down. ``evidence_order`` is the answer to a GET of the evidence's order id;
    ``evidence_absent`` is True if that GET found nothing. ``clock_skew`` is controller minus server, None if not
    measured. ``reference_trouble`` says why references cannot be read back (empty: they can). ``callers`` are the hosts
    that a call needs, where the hosts are its memory.
    """

    orders: tuple[Order, ...] = ()
    evidence: Evidence | None = None
    recorded_keys: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    evidence_order: Order | None = None
    evidence_absent: bool = False
    intent: Intent | None = None
    plan: Plan | None = None
    host_keys: HostKeys = HostKeys()
    clock_skew: timedelta | None = None
    reference_trouble: str = ""
    duplicate_reference: bool = False
    validation_incomplete: bool | None = None
    callers: Callers | None = None


@dataclass(frozen=True)
class Policy:
    """The operator's rules. ``certificates`` is the number of certificates of the run (no spread below ten).

    ``paid_until_checked`` is when a person made sure at the provider that the paid period ends as we know it.
    ``names_fit_plan``: a person made sure that the plan covers the wanted names. ``wait_at_most`` is how long a paid
    order may be without its certificate (None: the usual time for its kind of validation). ``frozen_until`` is the end
    of the freeze that holds now (None: there is none).
    """

    renew_before: RenewBefore = RenewBefore(share=1 / 3)
    spread: bool = True
    certificates: int = 1
    recreate: frozenset[str] = frozenset({"expired"})
    reissue_after: datetime | None = None
    paid_until: datetime | None = None
    paid_until_checked: datetime | None = None
    wait_at_most: timedelta | None = None
    auto_renew: Literal["respect", "ignore"] = "respect"
    lost_key: Literal["block", "reissue"] = "block"
    names_fit_plan: bool = False
    frozen_until: datetime | None = None
    max_skew: timedelta = LARGEST_SKEW
    holds: Holds = field(default_factory=Holds)


@dataclass(frozen=True)
class Decision:
    """What to do with one certificate, why, what it costs, and when to check again.

    ``code`` is a short stable word for the row of the table that decided. ``reason`` is one sentence with its numbers;
    ``remedy`` says what a person must do (never empty when blocked). ``order_id`` is the order that the action is for
    (None for create); ``duplicates`` are orders that protocol rule R6 allows to delete, whatever the action is.
    ``csr_required`` asks for a fresh CSR, except with ``same_csr``: send the CSR of the open intent again.
    ``explained_by_age`` is True if the passing of time alone explains a paid or irreversible call (for the limit of
    rule R8). ``alarm`` is True if the deployed certificate is so near its end that anything but "none" must fail the
    task. ``overdue`` says what is wrong if a certificate has been awaited for too long (empty: not too long yet).
    ``awaited_key`` is the key of the awaited certificate, if our record of the call has it. ``frozen_until`` is until
    when a freeze holds back the exchange of what serves (None: it does not). ``next_date`` is when the
    decision may change by time alone.
    """

    action: Action
    code: str
    reason: str
    cost: Cost = "free"
    csr_required: bool = False
    same_csr: bool = False
    next_date: datetime | None = None
    remedy: str = ""
    warnings: tuple[str, ...] = ()
    order_id: str | None = None
    duplicates: tuple[str, ...] = ()
    certificate_ends: datetime | None = None
    due: datetime | None = None
    paid_end: datetime | None = None
    renewable_from: datetime | None = None
    explained_by_age: bool = False
    alarm: bool = False
    overdue: str = ""
    awaited_key: str | None = None
    frozen_until: datetime | None = None

    def without_call(self, action: Action, *, code: str, reason: str, until: datetime | None) -> Decision:
        """The decision not to make the call yet, with all that is known of the order."""
        return replace(
            self,
            action=action,
            code=code,
            reason=reason,
            cost="free",
            csr_required=False,
            same_csr=False,
            next_date=until,
        )
