# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every row of the table in docs/decisions.md, and both sides of every boundary."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import (
    Decision,
    HostKeys,
    Observed,
    Policy,
)
from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CsrFacts
from ansible_collections.certops.resello.tests.unit.plugins.module_utils.lifecycle_facts import (
    BOUGHT,
    HOUR,
    KEY,
    NAMES,
    OPENS,
    OTHER_KEY,
    PAID_END,
    PLAN,
    ask,
    certificate,
    evidence,
    host,
    hosts,
    intent,
    on,
    order,
    over,
    seen,
    serving,
    waiting,
)

PAGE = Path(__file__).parents[4] / "docs" / "decisions.md"
NIGHT = timedelta(days=1)
SECOND = timedelta(seconds=1)
NO_HOSTS = HostKeys()
NOTHING = {"evidence": None, "host_keys": NO_HOSTS}
MORE_NAMES = (*NAMES, "new.example.com")
NAMED = {"names": MORE_NAMES}
WILD = {"names": (*NAMES, "*.shop.example.com")}
SMALL = replace(PLAN, name="PositiveSSL")
LATE_PLAN = replace(PLAN, renew_days_before_expiration=7)
FITS = Policy(names_fit_plan=True)
NEWER = certificate(340, serial="02")
CAPPED = certificate(266, life=99)  # ends on the day of the paid end


@dataclass(frozen=True)
class Scenario:
    """One situation and the line of the page that answers it."""

    row: str
    action: str
    code: str
    what: str
    observed: Observed
    at: datetime
    policy: Policy = field(default_factory=Policy)
    desired: dict[str, Any] = field(default_factory=dict)

    def decide(self) -> Decision:
        return ask(self.observed, self.at, self.policy, **self.desired)


ISSUED = seen(order())
SEVERAL = order(csr=CsrFacts((*NAMES, "b.example.com"), KEY))
RENEWED = evidence(last_renewal=on(336), paid_until=on(730), csr_key=OTHER_KEY, serial=None)
GONE = seen(order(), host_keys=hosts(host(), host("web2", answered=False, public_keys=None, deployed=None)))
BROKEN = seen(order(), host_keys=hosts(host(), host("web2", config_test_passes=False)))
LAST_STRETCH = on(199 - 199 / 9)  # a third of the margin is left
NEW_CSR = CsrFacts(NAMES, OTHER_KEY)
SCENARIOS = (
    Scenario("0", "blocked", "duplicate_reference", "twice", seen(order(), duplicate_reference=True), on(1)),
    Scenario("0", "blocked", "reference_unreadable", "lost", seen(order(), reference_trouble="no field"), on(1)),
    Scenario("0", "blocked", "clock_skew", "ahead", seen(order(), clock_skew=HOUR + SECOND), on(1)),
    Scenario("0", "blocked", "clock_skew", "behind", seen(order(), clock_skew=-HOUR - SECOND), on(1)),
    Scenario("1", "wait", "outcome_unknown", "create", seen(intent=intent("create", on(0)), **NOTHING), on(1) - SECOND),
    Scenario(
        "1", "wait", "outcome_unknown", "reissue", seen(order(), intent=intent("reissue", on(9))), on(9) + HOUR - SECOND
    ),
    Scenario("1", "wait", "outcome_unknown", "renew", seen(order(), intent=intent("renew", on(340))), on(343) - SECOND),
    Scenario(
        "1",
        "blocked",
        "renewal_unclear",
        "no CSR",
        seen(order(csr=None), intent=intent("renew", on(340))),
        on(343),
    ),
    Scenario("2b", "blocked", "order_missing", "denied", seen(evidence_absent=True), on(9)),
    Scenario("2b", "blocked", "record_unchecked", "not asked", seen(), on(9)),
    Scenario("2c", "blocked", "expired_early", "record", seen(over("ended", "expired")), PAID_END - 3 * NIGHT),
    Scenario(
        "2c",
        "blocked",
        "expired_early",
        "paid_until",
        seen(over("ended", "expired"), **NOTHING),
        on(300),
        Policy(paid_until=on(303)),
    ),
    Scenario("2c", "blocked", "order_over", "cancelled", seen(over("ended", "canceled"), **NOTHING), on(60)),
    Scenario("2c", "blocked", "order_over", "revoked", seen(over("ended", "revoked"), **NOTHING), on(60)),
    Scenario("2c", "blocked", "order_over", "failed", seen(over("failed", "rejected"), **NOTHING), on(60)),
    Scenario("2c", "blocked", "order_over", "replaced", seen(over("replaced", "reissued"), **NOTHING), on(60)),
    Scenario(
        "2d",
        "blocked",
        "too_many_creates",
        "third in a month",
        seen(over("ended", "expired", created=on(2)), over("ended", "expired", id="order-2", created=on(1)), **NOTHING),
        on(31) - SECOND,
    ),
    Scenario("2d", "create", "create", "none", seen(**NOTHING), on(0)),
    Scenario("2d", "create", "create", "expired", seen(over("ended", "expired")), PAID_END),
    Scenario(
        "2d",
        "create",
        "create",
        "recreate",
        seen(over("ended", "cancelled", ever_issued=False), **NOTHING),
        on(9),
        Policy(recreate=frozenset({"cancelled"})),
    ),
    Scenario("2d", "create", "create", "hold over", seen(intent=intent("create", on(0)), **NOTHING), on(1)),
    Scenario("3", "blocked", "several_live_orders", "two issued", seen(order(), order(id="order-2")), on(9)),
    Scenario(
        "4", "blocked", "record_not_ours", "stranger", seen(evidence_order=order(client_reference="shop2")), on(9)
    ),
    Scenario(
        "4",
        "blocked",
        "not_ours",
        "foreign",
        seen(
            order(csr=CsrFacts(("x.example.org",), KEY), certificate=certificate(names=("x.example.org",))), **NOTHING
        ),
        on(9),
    ),
    Scenario(
        "5b",
        "blocked",
        "waiting_key_lost",
        "no key",
        seen(waiting(), evidence=None, host_keys=hosts(host(public_keys=frozenset()))),
        on(1),
    ),
    Scenario("5a", "validate", "waiting", "records", seen(waiting(), validation_incomplete=True, evidence=None), on(1)),
    Scenario("5a", "wait", "waiting", "all proven", seen(waiting(), evidence=None), on(1)),
    Scenario(
        "5c", "validate", "in_progress", "records", seen(order(bucket="waiting"), validation_incomplete=True), on(133)
    ),
    Scenario("5c", "wait", "in_progress", "all proven", seen(order(bucket="waiting")), on(133)),
    Scenario(
        "5c",
        "wait",
        "in_progress",
        "old serial yet",
        seen(order(updated=on(134)), intent=intent("reissue", on(134))),
        on(135),
    ),
    # The order is called active all along, and the outcome of the reissue has been written down.
    Scenario(
        "5c",
        "wait",
        "in_progress",
        "old certificate yet",
        seen(order(csr=NEW_CSR), evidence=evidence(last_reissue=on(134))),
        on(137) - SECOND,
    ),
    Scenario(
        "14",
        "reissue",
        "reissue",
        "no certificate came of it",
        seen(order(csr=NEW_CSR), evidence=evidence(last_reissue=on(134))),
        on(137),
    ),
    # The same of a renewal: the certificate before it is due meanwhile.
    Scenario(
        "5c",
        "wait",
        "in_progress",
        "old certificate yet, renewed",
        seen(order(certificate=CAPPED), evidence=RENEWED, host_keys=serving(CAPPED)),
        on(339) - SECOND,
    ),
    Scenario(
        "14",
        "reissue",
        "reissue",
        "the renewal gave none",
        seen(order(certificate=CAPPED), evidence=RENEWED, host_keys=serving(CAPPED)),
        on(339),
    ),
    Scenario("5c", "validate", "in_progress", "failed", seen(over("failed", "rejected")), on(140)),
    Scenario(
        "5",
        "wait",
        "certificate_awaited",
        "young",
        seen(order(certificate=None, ever_issued=None), **NOTHING),
        on(7) - SECOND,
    ),
    Scenario(
        "5",
        "blocked",
        "certificate_unknown",
        "old",
        seen(order(certificate=None, ever_issued=None), **NOTHING),
        on(7),
    ),
    Scenario("5", "blocked", "certificate_unknown", "served", seen(order(certificate=None), evidence=None), on(1)),
    Scenario("6", "deploy", "deploy", "never served", seen(order(), host_keys=hosts(host(deployed=None))), on(1)),
    Scenario(
        "6",
        "deploy",
        "deploy",
        "old one",
        seen(order(), host_keys=hosts(host(deployed=certificate(-100, serial="00")))),
        on(1),
    ),
    Scenario("7", "reissue", "reissue_asked", "date", ISSUED, on(9), Policy(reissue_after=BOUGHT + SECOND)),
    Scenario(
        "7",
        "reissue",
        "reissue_asked",
        "date, in W",
        seen(order(certificate=certificate(266))),
        OPENS,
        Policy(reissue_after=on(300)),
    ),
    Scenario("7", "reissue", "names_changed", "added", ISSUED, on(9), desired=NAMED),
    Scenario("7", "blocked", "plan_too_small", "a second domain", seen(order(), plan=SMALL), on(9), desired=NAMED),
    Scenario("7", "blocked", "plan_too_small", "a wildcard", seen(order(), plan=SMALL), on(9), desired=WILD),
    Scenario("7", "reissue", "names_changed", "the plan fits", seen(order(), plan=SMALL), on(9), FITS, desired=WILD),
    Scenario("7", "reissue", "names_changed", "several already", seen(SEVERAL, plan=SMALL), on(9), desired=NAMED),
    Scenario(
        "7", "renew", "names_changed", "added, in W", seen(order(certificate=certificate(266))), OPENS, desired=NAMED
    ),
    Scenario(
        "7",
        "blocked",
        "too_many_reissues",
        "twice a day",
        seen(order(certificate=certificate(8)), evidence=evidence(last_reissue=on(8))),
        on(9) - SECOND,
        desired=NAMED,
    ),
    Scenario(
        "8",
        "blocked",
        "names_not_covered",
        "plan",
        seen(order(csr=CsrFacts(MORE_NAMES, KEY))),
        on(9),
        desired=NAMED,
    ),
    Scenario("9", "blocked", "key_lost", "block", seen(order(), host_keys=hosts(host(public_keys=frozenset()))), on(9)),
    Scenario(
        "9",
        "reissue",
        "key_lost",
        "reissue",
        seen(order(), host_keys=hosts(host(public_keys=frozenset()))),
        on(9),
        Policy(lost_key="reissue"),
    ),
    Scenario(
        "10",
        "blocked",
        "paid_end_conflict",
        "expires",
        seen(order(expires=PAID_END, certificate=certificate(266)), evidence=evidence(paid_until=on(730))),
        PAID_END - 5 * NIGHT,
    ),
    Scenario(
        "10",
        "blocked",
        "auto_renew_silent",
        "five days",
        seen(order(is_auto_renew_enabled=True, certificate=certificate(266))),
        PAID_END - 5 * NIGHT,
    ),
    Scenario(
        "10",
        "blocked",
        "renewal_doubtful",
        "newer certificate",
        seen(order(certificate=NEWER), host_keys=serving(NEWER)),
        on(346),
    ),
    Scenario("10", "renew", "renew", "two thirds", seen(order(certificate=certificate(266))), PAID_END - 20 * NIGHT),
    Scenario("10", "renew", "renew", "due in W", seen(order(certificate=CAPPED)), OPENS),
    Scenario(
        "11",
        "none",
        "auto_renew_awaited",
        "platform",
        seen(order(is_auto_renew_enabled=True, certificate=CAPPED)),
        OPENS,
    ),
    Scenario("11", "none", "renewal_soon", "capped", seen(order(certificate=CAPPED)), OPENS - SECOND),
    Scenario("11", "none", "renewal_soon", "outlives W", seen(order(certificate=certificate(175))), on(308)),
    Scenario(
        "12",
        "blocked",
        "reissue_useless",
        "end kept",
        seen(
            order(certificate=certificate(133, life=66)),
            evidence=evidence(last_reissue=on(133), last_reissue_for_age=True, last_reissue_not_after_before=on(199)),
        ),
        on(177),
    ),
    Scenario(
        "13", "blocked", "reissue_useless", "two days", seen(order(certificate=certificate(90, life=1.99))), on(91.5)
    ),
    Scenario(
        "12",
        "blocked",
        "paid_end_unknown",
        "bare",
        seen(order(certificate=CAPPED), **NOTHING),
        on(335),
    ),
    Scenario(
        "13", "blocked", "too_young", "a day", seen(order(certificate=certificate(100, life=1.9))), on(101) - SECOND
    ),
    Scenario("14", "reissue", "reissue", "due", ISSUED, on(199 - 199 / 3)),
    Scenario(
        "7",
        "blocked",
        "auto_renew_silent",
        "a name, and the order may lapse",
        seen(order(is_auto_renew_enabled=True, certificate=certificate(266))),
        PAID_END - 5 * NIGHT,
        desired=NAMED,
    ),
    Scenario("7", "blocked", "hosts_not_ready", "a silent host", GONE, LAST_STRETCH - SECOND),
    Scenario("7", "blocked", "hosts_not_ready", "by date", GONE, on(9), Policy(reissue_after=BOUGHT + SECOND)),
    Scenario("7", "blocked", "hosts_not_ready", "a failing test", BROKEN, LAST_STRETCH - SECOND),
    Scenario("7", "blocked", "hosts_not_ready", "no new key", ISSUED, LAST_STRETCH - SECOND, desired={"csr": NEW_CSR}),
    Scenario("14", "reissue", "reissue", "goes on without it", GONE, LAST_STRETCH),
    Scenario("14", "reissue", "reissue", "goes on with a failing test", BROKEN, LAST_STRETCH),
    Scenario(
        "15",
        "deploy",
        "deploy_rest",
        "a host behind",
        seen(order(), host_keys=hosts(host(), host("web2", deployed=None))),
        on(9),
    ),
    Scenario("15", "none", "nothing_due", "young", ISSUED, on(9)),
)


def page_lines() -> list[tuple[str, str, str]]:
    """Return (row, action, code) of every line of the page's table."""
    line = re.compile(r"\| (?P<row>\d+[a-d]?) \| [^|]+ \| (?P<action>\w*) \| (?:`(?P<code>[a-z_]+)`)? *\|")
    found = [line.fullmatch(text) for text in PAGE.read_text(encoding="utf-8").splitlines()]
    return [(match["row"], match["action"], match["code"] or "") for match in found if match]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: f"{one.row} {one.code} {one.what}")
def test_row(scenario: Scenario) -> None:
    decision = scenario.decide()
    assert (decision.action, decision.code) == (scenario.action, scenario.code), decision.reason
    assert decision.reason
    assert bool(decision.remedy) or decision.action != "blocked"


def test_the_page_and_the_tests_have_the_same_lines() -> None:
    told = {line for line in page_lines() if line[1]}
    assert told == {(one.row, one.action, one.code) for one in SCENARIOS}


def test_the_page_lists_its_rows_in_order() -> None:
    rows = [int(re.sub(r"\D", "", row)) for row, _action, _code in page_lines()]
    assert rows == sorted(rows)
    assert set(rows) == set(range(16))


COSTS = {"create": "charged", "renew": "charged", "reissue": "assumed_free"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: f"{one.row} {one.code} {one.what}")
def test_cost_and_csr(scenario: Scenario) -> None:
    decision = scenario.decide()
    assert decision.cost == COSTS.get(scenario.action, "free")
    assert decision.csr_required == (scenario.action in COSTS)


# (scenario that matches, the same one step over the boundary): the code must change to the one named
OVER_THE_BOUNDARY: tuple[tuple[str, Observed, datetime, dict[str, Any], str], ...] = (
    ("skew of exactly the limit", seen(order(), clock_skew=HOUR), on(1), {}, "nothing_due"),
    ("reissue hold over: sent again", seen(order(), intent=intent("reissue", on(133))), on(133) + HOUR, {}, "reissue"),
    ("renew hold over, all unchanged", seen(order(certificate=certificate(266)), intent=intent("renew", on(343),
     before={"serial": "01"})), on(346), {}, "renew"),
    ("record's end within two days of now", seen(over("ended", "expired")), PAID_END - 2 * NIGHT, {}, "create"),
    ("first of two creates 30 days ago", seen(over("ended", "expired", created=on(2)),
     over("ended", "expired", id="order-2", created=on(1)), **NOTHING), on(31), {}, "create"),
    ("one unheard host", seen(waiting(), evidence=None, host_keys=hosts(host(public_keys=frozenset()),
     host("web2", answered=False))), on(1), {}, "waiting"),
    ("a key of a second host", seen(waiting(), evidence=None, host_keys=hosts(host(public_keys=frozenset()),
     host("web2"))), on(1), {}, "waiting"),
    ("keys not known", seen(order(), host_keys=hosts(host(public_keys=None))), on(9), {}, "nothing_due"),
    ("reissue_after met", ISSUED, on(9), {"reissue_after": BOUGHT}, "nothing_due"),
    ("reissue_after to come", ISSUED, on(9), {"reissue_after": on(9) + SECOND}, "nothing_due"),
    ("a second before W, not due", seen(order(certificate=certificate(266))), OPENS - SECOND, {}, "nothing_due"),
    ("W, not due", seen(order(certificate=certificate(266))), OPENS, {}, "nothing_due"),
    ("a second before two thirds", seen(order(certificate=certificate(266))), PAID_END - 20 * NIGHT - SECOND, {},
     "nothing_due"),
    ("five days and a second", seen(order(is_auto_renew_enabled=True, certificate=certificate(266))),
     PAID_END - 5 * NIGHT - SECOND, {}, "nothing_due"),
    ("auto_renew ignored", seen(order(is_auto_renew_enabled=True, certificate=certificate(266))), PAID_END - 20 * NIGHT,
     {"auto_renew": "ignore"}, "renew"),
    ("W too near the end", seen(order(certificate=certificate(168.1))), on(301), {}, "reissue"),
    ("W just early enough", seen(order(certificate=certificate(169.2))), on(302), {}, "renewal_soon"),
    ("late W, but C ends with the paid period", seen(order(certificate=CAPPED), plan=LATE_PLAN), on(340), {},
     "renewal_soon"),
    ("late W, and C ends before the paid period", seen(order(certificate=certificate(263, life=99)),
     plan=LATE_PLAN), on(340), {}, "reissue"),
    ("a day old", seen(order(certificate=certificate(100, life=2))), on(101), {}, "reissue"),
    ("a second before due", ISSUED, on(199 - 199 / 3) - SECOND, {}, "nothing_due"),
    ("a week ago the last reissue moved the end", seen(order(certificate=certificate(133)), evidence=evidence(
     last_reissue=on(133), last_reissue_for_age=True, last_reissue_not_after_before=on(199))), on(266), {}, "reissue"),
    ("stale paid end", seen(order(certificate=certificate(330))), PAID_END + 3 * NIGHT, {}, "nothing_due"),
    ("recreate never for one that issued", seen(over("ended", "revoked"), **NOTHING), on(60),
     {"recreate": frozenset({"revoked"})}, "order_over"),
    ("recreate never for one that may have issued", seen(over("failed", "rejected", ever_issued=None), **NOTHING),
     on(60), {"recreate": frozenset({"failed"})}, "order_over"),
    ("recreate never for a replaced one", seen(over("replaced", "renewed", ever_issued=False), **NOTHING), on(60),
     {"recreate": frozenset({"expired", "failed", "cancelled", "revoked", "replaced"})}, "order_over"),
    ("expired taken out of recreate", seen(over("ended", "expired"), **NOTHING), on(400), {"recreate": frozenset()},
     "order_over"),
)  # fmt: skip


@pytest.mark.parametrize(("observed", "at", "policy", "code"), [row[1:] for row in OVER_THE_BOUNDARY],
                         ids=[row[0] for row in OVER_THE_BOUNDARY])  # fmt: skip
def test_the_other_side(observed: Observed, at: datetime, policy: dict[str, Any], code: str) -> None:
    decision = ask(observed, at, Policy(**policy))
    assert decision.code == code, decision.reason


def test_the_reason_carries_its_numbers() -> None:
    decision = ask(ISSUED, on(133))
    assert decision.reason == (
        "certificate ends in 66 days (2027-06-10), 33 % of its 199 days; paid until 2027-11-23 (our record), "
        "renewable from 2027-10-24; due: reissue, which revokes the certificate now in use"
    )


REMEMBERED = {"evidence": evidence(csr_key=KEY), "places": ("web1",)}


def test_a_recorded_order_without_its_reference_is_used_and_reported() -> None:
    lost = order(client_reference=None)
    decision = ask(seen(evidence_order=lost, **REMEMBERED), on(9))
    assert (decision.code, decision.order_id) == ("nothing_due", "order-1")
    assert "lost its client_reference" in decision.warnings[0]


@pytest.mark.parametrize("days", [9, 133, 345])
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"client_reference": "shop2"}, "carries the reference 'shop2'"),
        ({"client_reference": "Shop"}, "carries the reference 'Shop'"),
        ({"csr": CsrFacts(NAMES, OTHER_KEY)}, "does not carry a key of our records"),
        ({"csr": None}, "could not be read"),
        ({"csr": CsrFacts((*NAMES, "bank.example.net"), KEY)}, "names that are not wanted here: bank.example.net"),
    ],
)
def test_a_record_leads_to_no_order_of_somebody_else(changes: dict[str, Any], why: str, days: int) -> None:
    """Whatever the host says of keys, of records and of what it serves."""
    foreign = order(**{"client_reference": None, **changes})
    decision = ask(seen(evidence_order=foreign, **REMEMBERED), on(days))
    assert (decision.action, decision.code, decision.order_id) == ("blocked", "record_not_ours", None)
    assert decision.reason.startswith("our record on web1 names order order-1 ")
    assert why in decision.reason
    assert "adopt to order-1" in decision.remedy


def test_the_failed_call_of_somebody_else_is_not_validated_again() -> None:
    foreign = order(client_reference="shop2", bucket="failed", status="failed")
    assert ask(seen(evidence_order=foreign, **REMEMBERED), on(9)).code == "record_not_ours"


def test_a_record_without_a_key_proves_nothing() -> None:
    lost = order(client_reference=None)
    assert ask(seen(evidence_order=lost, evidence=evidence()), on(9)).code == "record_not_ours"


def test_an_order_of_another_reference_is_nobody() -> None:
    assert ask(seen(order(client_reference="shop2"), **NOTHING), on(9)).code == "create"


def test_waiting_is_not_green_at_the_end_of_the_deployed_certificate() -> None:
    observed = seen(order(bucket="waiting"))
    assert not ask(observed, on(199 - 19.9)).alarm
    assert ask(observed, on(199 - 19.9) + SECOND).alarm
    assert not ask(ISSUED, on(9)).alarm


def test_a_host_that_cannot_be_served_stops_no_reissue() -> None:
    two = seen(order(), host_keys=hosts(host(), host("web2", deployed=None)))
    assert ask(two, on(133)).action == "reissue"


def test_the_same_csr_is_sent_again() -> None:
    assert ask(seen(intent=intent("create", on(0)), **NOTHING), on(1)).same_csr
    assert not ask(seen(**NOTHING), on(1)).same_csr
    assert ask(seen(order(), intent=intent("reissue", on(133))), on(134)).same_csr
    assert ask(seen(order(), intent=intent("reissue", on(133), names=NAMES[::-1])), on(134)).same_csr


@pytest.mark.parametrize("names", [NAMES[:1], (*NAMES, "more.shop.example.com")])
def test_another_csr_is_sent_for_other_names(names: tuple[str, ...]) -> None:
    """The CSR of the open call does not ask for them."""
    decision = ask(seen(order(), intent=intent("reissue", on(133), names=names)), on(134))
    assert (decision.action, decision.csr_required, decision.same_csr) == ("reissue", True, False)


def test_a_renewal_that_took_effect_and_was_not_written_down_is_not_bought_again() -> None:
    renewed = order(certificate=certificate(266, serial="02"), updated=on(340))
    mine = serving(certificate(266, serial="02"))
    observed = seen(renewed, intent=intent("renew", on(340), before={"serial": "02"}), host_keys=mine)
    assert ask(observed, on(350)).code == "nothing_due"
    assert ask(observed, on(350)).paid_end == PAID_END.replace(year=2028)
    assert ask(seen(order(certificate=certificate(266))), on(350)).code == "renew"


def test_an_old_record_does_not_beat_a_later_end() -> None:
    observed = seen(order(certificate=certificate(300), expires=PAID_END.replace(year=2028)))
    assert ask(observed, on(350)).code == "nothing_due"


def test_bare_modules_renew_on_paid_until_once() -> None:
    policy = Policy(paid_until=PAID_END)
    untouched = seen(order(certificate=certificate(266), updated=on(266)), **NOTHING)
    assert ask(untouched, on(350), policy).code == "renew"
    for changes in ({"updated": on(346)}, {"updated": None}, {"certificate": certificate(346)}):
        touched = seen(order(**{"certificate": certificate(266), "updated": on(266), **changes}), **NOTHING)
        assert ask(touched, on(350), policy).code == "renewal_doubtful"


def test_bare_task_with_only_the_api() -> None:
    """No hosts, no record, no paid end: create, wait, validate, adopt, reissue when due; never renew, never deploy."""
    assert ask(seen(**NOTHING), on(0)).action == "create"
    assert ask(seen(waiting(), **NOTHING), on(0)).action == "wait"
    assert ask(seen(waiting(), validation_incomplete=True, **NOTHING), on(0)).action == "validate"
    assert ask(seen(order(), **NOTHING), on(1)).action == "none"
    assert ask(seen(order(), **NOTHING), on(133)).action == "reissue"
    assert ask(seen(order(certificate=certificate(266)), **NOTHING), on(360)).action == "none"


def test_warns_when_a_valid_certificate_has_no_order() -> None:
    decision = ask(seen(evidence=None), on(9))
    assert decision.action == "create"
    assert "api_url" in decision.warnings[0]


def test_a_reissue_dated_back_to_midnight_satisfies_reissue_after() -> None:
    dated_back = order(certificate=certificate(9.5, serial="02"))
    policy, mine = Policy(reissue_after=on(10)), serving(certificate(9.5, serial="02"))
    remembered = seen(dated_back, host_keys=mine, evidence=evidence(last_reissue=on(10.1)))
    assert ask(remembered, on(12), policy).action == "none"
    assert ask(seen(dated_back, host_keys=mine), on(12), policy).code == "reissue_asked"


def test_names_a_ca_adds_or_covers_are_no_difference() -> None:
    added = order(csr=CsrFacts(NAMES[:1], KEY))
    assert ask(seen(added), on(9)).action == "none"
    wild = order(csr=CsrFacts(("*.example.com",), KEY), certificate=certificate(names=("*.example.com",)))
    assert ask(seen(wild), on(9), names=("shop.example.com",)).action == "none"
    assert ask(seen(wild), on(9), names=("a.shop.example.com",)).code == "names_changed"


@pytest.mark.parametrize("known", ["evidence", "key", "csr", "deployed"])
def test_ours_without_a_common_name(known: str) -> None:
    moved = order(csr=CsrFacts(("old.example.com",), KEY), certificate=certificate(names=("old.example.com",)))
    changes: dict[str, dict[str, Any]] = {
        "evidence": {"host_keys": NO_HOSTS},
        "key": {"evidence": None, "host_keys": hosts(host(deployed=None))},
        "csr": {"evidence": None, "host_keys": NO_HOSTS},
        "deployed": {"evidence": None, "host_keys": hosts(host(public_keys=None))},
    }
    csr = CsrFacts(NAMES, KEY if known == "csr" else OTHER_KEY)
    assert ask(seen(moved, **changes[known]), on(9), csr=csr).code != "not_ours"


def test_a_renewal_that_only_extended_does_not_hide_a_name() -> None:
    """The CSR of that renewal is on the order, the certificate was made from the one before."""
    newer = order(csr=CsrFacts(MORE_NAMES, OTHER_KEY))
    decision = ask(seen(newer), on(9), names=MORE_NAMES)
    assert (decision.action, decision.code) == ("reissue", "names_changed")
    assert ask(seen(newer, **NOTHING), on(9), names=MORE_NAMES).code == "names_not_covered"


def test_an_api_that_shows_the_first_csr_for_ever_is_asked_once() -> None:
    stale = order(csr=CsrFacts(NAMES, OTHER_KEY))
    asked = evidence(last_reissue=on(0), last_reissue_for_age=False)
    assert ask(seen(stale), on(9), names=MORE_NAMES).code == "names_changed"
    assert ask(seen(stale, evidence=asked), on(9), names=MORE_NAMES).code == "names_not_covered"


def test_a_host_that_is_not_ready_is_named() -> None:
    blocked = ask(GONE, on(150))
    assert "web2 did not take part" in blocked.reason
    assert blocked.next_date == LAST_STRETCH
    late = ask(BROKEN, LAST_STRETCH)
    assert any("web2" in said for said in late.warnings)


def test_a_short_life_leaves_no_room_for_waiting() -> None:
    """Ten days are more than the whole margin of a six-day certificate."""
    short = seen(order(certificate=certificate(0, life=6)), host_keys=replace(GONE.host_keys))
    assert ask(short, on(5)).action == "reissue"


@pytest.mark.parametrize("passes", [True, None])
def test_what_was_not_asked_is_no_reason(passes: bool | None) -> None:
    ready = seen(order(), host_keys=hosts(host(config_test_passes=passes, public_keys=frozenset({KEY, OTHER_KEY}))))
    assert ask(ready, on(150), csr=NEW_CSR).action == "reissue"
    unasked = seen(order(), host_keys=hosts(host(public_keys=None)))
    assert ask(unasked, on(150), csr=NEW_CSR).action == "reissue"
