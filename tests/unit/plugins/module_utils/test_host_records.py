# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records that the hosts hand to a run, and what the run tells them to write down."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._engine.host_records import KEY_TO_BE_MADE, HostRecords
from ansible_collections.certops.resello.plugins.module_utils._model import serialisation
from ansible_collections.certops.resello.plugins.module_utils._model.holds import Moment
from ansible_collections.certops.resello.plugins.module_utils._purchase import types as t
from ansible_collections.certops.resello.tests.search.account import NOW, REFERENCE

RUN = "1" * 32
OWN = t.Intent("create", REFERENCE, RUN, "sent", "K", NOW, NOW, on_hosts=True)
FOREIGN = replace(OWN, run_id="2" * 32)
OLD = t.Evidence(REFERENCE, "1", NOW)
NEW = replace(OLD, order_id="2", recorded=NOW + timedelta(days=1))


def host(name: str, *written: t.Intent | t.Evidence, **more: Any) -> dict[str, Any]:
    """What a host hands over; without `answered` it did not answer."""
    kinds = {t.Intent: "intent", t.Evidence: "evidence"}
    texts = {kinds[type(record)]: serialisation.encode(record) for record in written}
    return {"name": name, "answered": True, "records": texts, **more}


def carried(*hosts: dict[str, Any], **wish: Any) -> HostRecords:
    return HostRecords([{"client_reference": REFERENCE, "hosts": list(hosts), **wish}], run_id=RUN)


def seen(memory: HostRecords) -> t.Records:
    found = memory.read(REFERENCE)
    assert isinstance(found, t.Records), found
    return found


def sha(record: t.Intent | t.Evidence) -> str:
    return hashlib.sha256(serialisation.encode(record).encode()).hexdigest()


def test_hosts_that_hold_the_same_are_told_nothing() -> None:
    memory = carried(host("web1", OLD, FOREIGN), host("web2", OLD, FOREIGN))
    assert seen(memory) == t.Records(FOREIGN, OLD)
    assert memory.writes(REFERENCE) == []


@pytest.mark.parametrize(
    "hosts", [[], [host("web1", records=None)], [host("web1", answered=False)]], ids=["none", "silent", "no-answer"]
)
def test_without_records_of_its_hosts_a_reference_is_not_carried(hosts: list[dict[str, Any]]) -> None:
    memory = carried(*hosts)
    assert REFERENCE not in memory
    assert memory.writes(REFERENCE) == []
    memory.give_back(REFERENCE)


def test_hosts_in_another_order_are_the_same_list() -> None:
    """`groups['web']` may have another order in each job: no list that changed, so nothing waits."""
    now = Moment(NOW, NOW)
    one, other = carried(host("web1"), host("web2")), carried(host("web2"), host("web1"))
    found = [memory.callers(REFERENCE, now=now) for memory in (one, other)]
    assert [None if callers is None else callers.hosts for callers in found] == [("web1", "web2")] * 2


def test_the_newest_evidence_counts_and_goes_to_all_hosts() -> None:
    memory = carried(host("web1", OLD), host("web2", NEW), host("web3"), host("web4", answered=False))
    assert seen(memory).evidence == NEW
    told = {change["host"]: (change["content"], change["replaces"]) for change in memory.writes(REFERENCE)}
    assert told == {"web1": (serialisation.encode(NEW), sha(OLD)), "web3": (serialisation.encode(NEW), None)}


@pytest.mark.parametrize(
    ("there", "counts"),
    [
        ([OWN, OWN], OWN),
        ([OWN, None], OWN),
        ([OWN, FOREIGN], FOREIGN),
        ([FOREIGN, None], FOREIGN),
        ([FOREIGN, replace(FOREIGN, run_id="3", action="renew")], replace(FOREIGN, run_id="3", action="renew")),
        ([replace(OWN, csr_key=None), OWN], OWN),
    ],
    ids=["own-everywhere", "own-somewhere", "own-and-another", "another-somewhere", "longest-hold", "with-key"],
)
def test_which_intent_counts(there: list[t.Intent | None], counts: t.Intent | None) -> None:
    hosts = [host(f"web{at}", *([intent] if intent else [])) for at, intent in enumerate(there)]
    assert seen(carried(*hosts)).intent == counts


def test_own_intents_are_given_back_and_those_of_others_are_not() -> None:
    memory = carried(host("web1", OWN), host("web2", FOREIGN))
    memory.give_back(REFERENCE)
    assert memory.writes(REFERENCE) == [
        {
            "host": "web1",
            "kind": "intent",
            "content": None,
            "replaces": sha(OWN),
            "about_request": False,
        }
    ]


def test_a_plan_marks_its_intent_on_all_hosts_and_the_first_one_fills_in_its_key() -> None:
    memory = carried(host("web1"), host("web2", FOREIGN))
    planned = replace(OWN, csr_key=KEY_TO_BE_MADE, on_hosts=None)
    refused = memory.would_write(planned)
    assert isinstance(refused, t.IntentAnswer)
    assert not refused.written
    answer = memory.would_write(planned, replaces=FOREIGN.token)
    assert isinstance(answer, t.IntentAnswer)
    assert answer.written
    told = memory.writes(REFERENCE)
    assert [(change["host"], change["replaces"], change["about_request"]) for change in told] == [
        ("web1", None, True),
        ("web2", sha(FOREIGN), False),
    ]
    for change in told:
        record = json.loads(change["content"])["record"]
        assert ("csr_key" in record, record["on_hosts"], record["phase"]) == (False, True, "sent")


@pytest.mark.parametrize("own", ["csr_content", "csr_path"])
def test_the_key_of_an_own_csr_is_known(own: str) -> None:
    memory = carried(host("web1"), **{own: "CSR"})
    memory.write_intent(OWN)
    (change,) = memory.writes(REFERENCE)
    assert (change["content"], change["about_request"]) == (serialisation.encode(OWN), False)


def test_an_outcome_takes_the_intent_s_place() -> None:
    memory = carried(host("web1", OWN))
    memory.promote(NEW, OWN.token)
    told = {change["kind"]: change["content"] for change in memory.writes(REFERENCE)}
    assert told == {"evidence": serialisation.encode(NEW), "intent": None}
    assert seen(memory) == t.Records(None, NEW)


@pytest.mark.parametrize(
    "text",
    ["{", "", serialisation.encode(replace(OWN, reference="other")), serialisation.encode(OLD)],
    ids=["cut", "empty", "of-another-reference", "of-another-kind"],
)
def test_a_record_that_cannot_be_read_is_never_none(text: str) -> None:
    memory = carried(host("web1", OLD), host("web2", records={"intent": text}))
    found = memory.read(REFERENCE)
    assert isinstance(found, t.JournalFailed)
    assert "web2" in found.reason
    assert isinstance(memory.write_intent(OWN), t.JournalFailed)
    assert memory.writes(REFERENCE) == []


def test_purchases_that_were_not_found_again_are_remembered() -> None:
    lost = replace(NEW, reference_kept=False)
    assert carried(host("web1", lost)).with_lost_reference() == (lost,)
    assert carried(host("web1", NEW)).with_lost_reference() == ()
