# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of the decision that guard money and certificates in use: without each of them a story goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._lifecycle import (
    decide,
    freeze,
    open_call,
    paid,
    patience,
    rows_issued,
    rows_order,
)
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import Policy
from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CsrFacts
from ansible_collections.certops.resello.plugins.module_utils._model.holds import Holds, Moment
from ansible_collections.certops.resello.plugins.module_utils._model.memory import Intent
from ansible_collections.certops.resello.tests.unit.plugins.module_utils import lifecycle_facts as facts
from ansible_collections.certops.resello.tests.unit.plugins.module_utils.lifecycle_facts import (
    NAMES,
    OPENS,
    OTHER_KEY,
    PAID_END,
    ask,
    certificate,
    evidence,
    host,
    hosts,
    on,
    order,
    seen,
    serving,
    waiting,
)

DUE = certificate(266, life=99)
RENEWED = evidence(last_renewal=on(336), paid_until=on(730), csr_key=OTHER_KEY, serial=None)
TOUCHED = {"certificate": certificate(266), "updated": on(340)}
NOT_SERVED = hosts(host(deployed=None))

# --- stories: True if the rule did its work --------------------------------------------------------------------------


def renewal_is_followed() -> bool:
    return ask(seen(order(certificate=DUE), evidence=RENEWED, host_keys=serving(DUE)), on(337)).action == "wait"


def renewal_that_extends_ends() -> bool:
    late = evidence(last_renewal=on(361), paid_until=on(730), csr_key=OTHER_KEY)
    return ask(seen(order(certificate=DUE), evidence=late, host_keys=serving(DUE)), on(363)).action == "reissue"


def certificate_that_came_is_deployed() -> bool:
    new = certificate(335, serial="02", public_key_sha256=OTHER_KEY)
    came = order(certificate=new, csr=CsrFacts(NAMES, OTHER_KEY))
    holding = hosts(host(public_keys=frozenset({OTHER_KEY}), deployed=DUE))
    return ask(seen(came, evidence=RENEWED, host_keys=holding), on(337)).action == "deploy"


def certificate_of_an_earlier_call_is_not_taken_for_it() -> bool:
    other = certificate(335.5, serial="02", life=29.5)
    return ask(seen(order(certificate=other), evidence=RENEWED, host_keys=serving(other)), on(337)).action == "wait"


def long_wait_fails() -> bool:
    return bool(ask(seen(waiting(), evidence=None, host_keys=NOT_SERVED), on(3), dcv_type="DNS").overdue)


def freeze_lets_no_certificate_end() -> bool:
    return ask(seen(order()), on(140), Policy(frozen_until=on(190))).action == "reissue"


def freeze_lets_no_paid_period_end() -> bool:
    lives_on = certificate(266, life=199)
    observed = seen(order(certificate=lives_on), host_keys=serving(lives_on))
    return ask(observed, on(347), Policy(frozen_until=PAID_END)).action == "renew"


def refund_is_not_missed() -> bool:
    policy = Policy(wait_at_most=timedelta(days=60))
    return bool(ask(seen(waiting(), evidence=None, host_keys=NOT_SERVED), on(26), policy).overdue)


def key_is_revoked_inside_the_window() -> bool:
    observed = seen(order(certificate=certificate(266)))
    return ask(observed, OPENS, Policy(reissue_after=on(300))).action == "reissue"


def unrecorded_change_is_doubtful() -> bool:
    return ask(seen(order(**TOUCHED)), PAID_END - timedelta(days=20)).code == "renewal_doubtful"


def ignored_automatic_renewal_is_as_doubtful() -> bool:
    observed = seen(order(**TOUCHED, is_auto_renew_enabled=True))
    return ask(observed, PAID_END - timedelta(days=20), Policy(auto_renew="ignore")).code == "renewal_doubtful"


def bare_renewal_is_not_explained_by_the_look_before_it() -> bool:
    policy = Policy(paid_until=PAID_END, paid_until_checked=on(340))
    observed = seen(order(**TOUCHED), evidence=None)
    return ask(observed, PAID_END - timedelta(days=20), policy).code == "renewal_doubtful"


def shown_end_is_given_time() -> bool:
    observed = seen(order(certificate=certificate(266), updated=on(344), expires=PAID_END))
    return ask(observed, on(346)).code == "renewal_doubtful"


def renewal_without_an_end_is_not_repeated() -> bool:
    mine = evidence(paid_until=None, bought=None, last_renewal=on(340), updated=on(340))
    observed = seen(order(**TOUCHED), evidence=mine)
    return ask(observed, on(350), Policy(paid_until=PAID_END)).code == "renewal_doubtful"


def either_clock_holds() -> bool:
    def held(**changes: Any) -> bool:
        begun = facts.intent("renew", on(340), **changes)
        observed = seen(order(), intent=begun, clock_skew=timedelta(minutes=30))
        return ask(observed, on(343) + timedelta(minutes=20)).code == "outcome_unknown"

    return held(started_local=on(340) - timedelta(minutes=30)) and not held()


# --- mutants: (where, name, replacement, the story that goes wrong) ---------------------------------------------------


def by_one_clock(begun: Intent, now: Moment, holds: Holds) -> timedelta:
    return max(begun.begun + holds.of(begun.action) - now.local, timedelta(0))


def nothing(*_args: Any, **_named: Any) -> None:
    return None


def no(*_args: Any, **_named: Any) -> bool:
    return False


def yes(*_args: Any, **_named: Any) -> bool:
    return True


def long_ago(_life: timedelta) -> timedelta:
    """Before the end of a certificate is after it."""
    return timedelta(days=-999)


def unsaid(*_args: Any, **_named: Any) -> str:
    return ""


MUTANTS: dict[str, tuple[Any, str, Any, Callable[[], bool]]] = {
    "a recorded call is forgotten": (open_call, "_recorded", nothing, renewal_is_followed),
    "a renewal is awaited to the end": (open_call, "LAST_DAYS", timedelta(0), renewal_that_extends_ends),
    "a certificate never comes": (open_call, "_has_come", no, certificate_that_came_is_deployed),
    "any young certificate has come": (
        open_call,
        "_has_come",
        lambda call, case: case.order.certificate.not_before > call.begun - timedelta(days=2),
        certificate_of_an_earlier_call_is_not_taken_for_it,
    ),
    "an open call is nothing": (rows_order, "open_call", nothing, renewal_is_followed),
    "a wait has no end": (decide, "impatient", lambda _case, decision: decision, long_wait_fails),
    "a wait is never over": (patience.Wait, "is_over", no, long_wait_fails),
    "the refund runs out": (patience, "BEFORE_REFUND_ENDS", timedelta(0), refund_is_not_missed),
    "reissue_after is not asked for by itself": (
        rows_issued,
        "_reissue_asked",
        unsaid,
        key_is_revoked_inside_the_window,
    ),
    "what is recorded explains every change": (
        paid,
        "_explained",
        lambda _updated, question: question.evidence is not None and question.evidence.paid_until is not None,
        unrecorded_change_is_doubtful,
    ),
    "the same under an ignored automatic renewal": (
        paid,
        "_explained",
        lambda _updated, question: question.evidence is not None,
        ignored_automatic_renewal_is_as_doubtful,
    ),
    "whoever has looked once has looked for ever": (
        paid,
        "_checked",
        lambda question, _changed: question.policy.paid_until_checked is not None,
        bare_renewal_is_not_explained_by_the_look_before_it,
    ),
    "a shown end is believed at once": (paid, "_not_renewed_since", yes, shown_end_is_given_time),
    "a renewal whose end is unknown is forgotten": (
        paid,
        "_renewal_without_an_end",
        unsaid,
        renewal_without_an_end_is_not_repeated,
    ),
    "a freeze knows no last days": (freeze, "alarm_before", long_ago, freeze_lets_no_certificate_end),
    "a freeze knows no paid period": (freeze, "_period_would_end", no, freeze_lets_no_paid_period_end),
    "one clock is enough": (Intent, "held_for", by_one_clock, either_clock_holds),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, attribute, replacement, story = MUTANTS[name]
    monkeypatch.setattr(where, attribute, replacement)
    assert not story(), "nobody noticed that the rule is gone"


@pytest.mark.parametrize("name", MUTANTS)
def test_without_the_mutant_the_story_goes_well(name: str) -> None:
    assert MUTANTS[name][3]()
