# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role makes of its variables, its hosts' answers and the engine's results."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils import deployment as deploying
from ansible_collections.certops.resello.plugins.plugin_utils import orders, requests, without_private_key
from ansible_collections.certops.resello.plugins.plugin_utils.observed import renewed
from ansible_collections.certops.resello.tests.support.own_items import items_of_host

HOSTS = ["web1", "web2"]


def seen(name: str, **more: Any) -> dict[str, Any]:
    """What a host answers about one certificate."""
    return {"name": name, "held_public_keys": [], "current": None, "pending": [], "pending_id": None, **more}


def published(host: str, items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """What a host publishes: its items, complete, and one answer each."""
    mine = items_of_host(items, host, HOSTS)
    return {"host": host, "items": mine, "observed": [seen(item["name"], **more) for item in mine]}


def test_the_union_has_each_reference_once_with_all_hosts_of_it() -> None:
    items = [{"name": "shop", "names": ["shop.example.com"], "services": ["nginx"]}]
    union = orders.union([published("web1", items, held_public_keys=["aa"])])
    assert union == [
        {
            "names": ["shop.example.com"],
            "client_reference": "shop",
            "observed": {
                "hosts": [
                    {"name": "web1", "answered": True, "public_keys": ["aa"], "records": {}},
                    {"name": "web2", "answered": False},
                ],
                "named": False,
            },
        }
    ]


@pytest.mark.parametrize(("reload_needed", "needed"), [(True, True), (False, False)])
def test_a_host_whose_services_lack_the_certificate_asks_for_it(reload_needed: bool, needed: bool) -> None:
    items = [{"name": "shop", "hosts": ["web1"]}]
    current = {"certificate": "PEM"}
    (options,) = orders.union([published("web1", items, current=current, reload_needed=reload_needed)])
    assert options["observed"]["hosts"][0].get("certificate_needed", False) is needed


def test_only_an_installation_can_tell_whether_what_follows_a_certificate_is_in_order() -> None:
    """So the hosts where something follows it ask for the certificate every night, and no other host does."""
    one = published("web1", [{"name": "shop"}])
    other = published("web2", [{"name": "shop", "links": [{"path": "/x/cert.pem", "file": "cert"}]}])
    (options,) = orders.union([one, other])
    assert [host.get("certificate_needed", False) for host in options["observed"]["hosts"]] == [False, True]


def test_what_a_host_serves_and_chose_goes_to_the_controller() -> None:
    items = [{"name": "shop", "names": ["shop.example.com"], "hosts": ["web1"]}]
    answers = {
        "current": {"certificate": "PEM"},
        "pending": [{"id": "1", "csr": "old"}, {"id": "2", "csr": "new"}],
        "pending_id": "2",
    }
    options = orders.union([published("web1", items, **answers)])[0]
    assert options["csr_content"] == "new"
    assert options["observed"]["hosts"][0]["certificate_content"] == "PEM"


def test_without_a_chosen_key_no_csr_is_sent() -> None:
    items = [{"name": "shop", "hosts": ["web1"]}]
    options = orders.union([published("web1", items, pending=[{"id": "1", "csr": "old"}])])[0]
    assert "csr_content" not in options


def test_a_csr_of_ones_own_is_used_as_it_is() -> None:
    items = [{"name": "shop", "hosts": ["web1"], "csr_content": "mine"}]
    answers = {"pending": [{"id": "1", "csr": "other"}], "pending_id": "1"}
    assert orders.union([published("web1", items, **answers)])[0]["csr_content"] == "mine"


def test_contact_fields_without_a_value_are_left_out() -> None:
    items = [{"name": "shop", "hosts": ["web1"], "contact": {"city": "Smallville", "address": None}}]
    options = orders.union([published("web1", items)])[0]
    assert options["contact"] == {"city": "Smallville"}


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (
            {"name": "shop", "plan": "A", "key_type": "ECDSA"},
            "shop: The hosts web1 and web2 describe this order differently ",
        ),
        ({"name": "shop", "plan": "B"}, "shop: The hosts web1 and web2 describe this order differently (plan). "),
        ({"name": "SHOP", "client_reference": "SHOP", "plan": "A"}, "SHOP: Another item of the play has the client_"),
    ],
)
def test_hosts_that_contradict_each_other_are_named(other: dict[str, Any], sentence: str) -> None:
    one, both = published("web1", [{"name": "shop", "plan": "A"}]), published("web2", [{**other, "name": "shop"}])
    ((host, wrong),) = orders.contradictions([one, both])
    assert wrong["message"].startswith(sentence)
    assert host in ("web1", "web2")
    assert orders.contradictions([one, one]) == []


@pytest.mark.parametrize(
    ("other", "noted"),
    [
        ({}, 1),
        ({"key_type": "ECDSA"}, 0),
        ({"plan": "B"}, 0),
        ({"names": ["other.example.com"]}, 0),
        ({"state": "absent"}, 0),
    ],
)
def test_a_purchase_of_what_another_item_has_too_is_noted(other: dict[str, Any], noted: int) -> None:
    one = {"name": "shop", "names": ["a.example.com"], "plan": "A"}
    known = [published("web1", [one, {**one, "name": "copied", **other}])]
    results = [{"client_reference": "shop", "action": "none"}, {"client_reference": "copied", "action": "create"}]
    notes = orders.bought_alike(known, results)
    assert len(notes) == noted
    assert all(note.startswith("shop and copied: these items have the same names") for note in notes)
    assert orders.bought_alike(known, results[:1]) == []


def test_hosts_may_use_a_certificate_differently() -> None:
    one = published("web1", [{"name": "shop", "services": ["nginx"]}])
    other = published("web2", [{"name": "shop", "services": ["haproxy"]}])
    assert len(orders.union([one, other])) == 1


def result(**more: Any) -> dict[str, Any]:
    """One result of the engine."""
    return {
        "client_reference": "shop",
        "state": "waiting",
        "action": "none",
        "csr_required": False,
        "public_keys": [],
        "error": None,
        "certificate": None,
        "certificate_facts": None,
        "reason": None,
        "validation": None,
        **more,
    }


ITEM = {"name": "shop", "client_reference": "shop", "names": ["shop.example.com"], "hosts": ["web1"]}


def test_a_first_order_takes_any_fitting_key_and_a_reissue_a_fresh_one() -> None:
    create = requests.requests([ITEM], [result(action="create", csr_required=True)], "web1", [])
    noted = {"client_reference": "shop", "records": []}
    assert create == [{"name": "shop", "names": ["shop.example.com"], "create_pending": True, **noted}]
    reissue = requests.requests([ITEM], [result(action="reissue", csr_required=True, public_keys=["aa"])], "web1", [])
    assert reissue == [{**create[0], "fresh_pending": True, "not_public_key_sha256": ["aa"]}]


def test_a_call_that_is_sent_again_gets_the_key_it_was_sent_with() -> None:
    planned = result(action="reissue", csr_required=True, public_keys=["aa"], resend_public_key="bb")
    assert requests.requests([ITEM], [planned], "web1", [])[0]["prefer_public_key_sha256"] == "bb"


def test_a_certificate_that_its_host_cannot_read_is_left_out_and_the_others_are_not() -> None:
    entry = published("web1", [{"name": "shop", "hosts": ["web1"]}, {"name": "mail", "hosts": ["web1"]}])
    entry["observed"][0]["error"] = "damaged"
    assert [options["client_reference"] for options in orders.union([entry])] == ["mail"]


def test_a_host_that_cannot_read_its_copy_counts_as_one_that_did_not_answer() -> None:
    items = [{"name": "shop", "hosts": HOSTS}]
    union = orders.union([published("web1", items, error="damaged"), published("web2", items)])
    assert [host["answered"] for host in union[0]["observed"]["hosts"]] == [False, True]


@pytest.mark.parametrize(
    ("item", "planned"),
    [
        (ITEM, result()),
        (ITEM, result(csr_required=True, action="create", error={"message": "blocked"})),
        ({**ITEM, "csr_content": "mine"}, result(csr_required=True, action="create")),
        (ITEM, result(client_reference="another", csr_required=True, action="create")),
    ],
)
def test_no_key_is_made_for(item: dict[str, Any], planned: dict[str, Any]) -> None:
    assert requests.requests([item], [planned], "web1", []) == []


INTENT = {"host": "web1", "kind": "intent", "content": "{}", "replaces": None, "about_request": True}
HERE = {name: value for name, value in INTENT.items() if name != "host"}


def test_the_intent_is_written_where_the_key_is_made() -> None:
    planned = result(action="create", csr_required=True, records=[INTENT, {**INTENT, "host": "web2"}])
    (request,) = requests.requests([ITEM], [planned], "web1", [])
    assert (request["create_pending"], request["client_reference"], request["records"]) == (True, "shop", [HERE])
    own = requests.requests([{**ITEM, "csr_content": "mine"}], [planned], "web1", [])
    assert own == [{"name": "shop", "client_reference": "shop", "records": [HERE]}]


def test_only_what_is_to_be_written_on_this_host_is_asked_of_it() -> None:
    planned = result(records=[{**INTENT, "host": "web2"}])
    assert requests.record_requests([ITEM], [planned], "web1") == []
    assert requests.record_requests([ITEM], [], "web2") == []
    assert requests.record_requests([ITEM], [planned], "web2")[0]["records"] == [HERE]


def test_a_later_step_renews_what_was_observed() -> None:
    first = [seen("shop", pending_id="1", records={}), seen("mail", records={})]
    chosen = seen("shop", pending_id="2", records={"intent": "{}"}, error=None)
    assert renewed(first, [chosen]) == [chosen, first[1]]
    wrote = seen("shop", pending_id=None, records={"evidence": "{}"}, error=None)
    assert renewed(first, [wrote])[0] == {**first[0], "records": {"evidence": "{}"}, "error": None}
    assert [one["name"] for one in renewed(first, [seen("other")])] == ["shop", "mail", "other"]


ISSUED = result(
    state="issued", certificate="LEAF", chain="CHAIN", certificate_facts={"sha256": "aa", "not_before": "2026-11-02"}
)


@pytest.mark.parametrize(
    ("observed", "installs"),
    [
        ([seen("shop")], True),
        ([], True),
        ([seen("shop", current={"sha256": "aa", "not_before": "2026-11-02"})], False),
        ([seen("shop", current={"sha256": "bb", "not_before": "2026-11-01"})], True),
        ([seen("shop", current={"sha256": "aa", "not_before": "2026-11-02"}, reload_needed=True)], True),
        ([seen("shop", current={"sha256": "cc", "not_before": "2026-11-03"})], False),
        ([seen("shop", current={"sha256": "cc", "not_before": "2026-11-03"}, reload_needed=True)], False),
    ],
)
def test_only_what_is_not_in_place_is_installed(observed: list[dict[str, Any]], installs: bool) -> None:
    plan = deploying.deployment([ITEM], [ISSUED], observed)
    assert [entry["name"] for entry in plan] == (["shop"] if installs else [])


@pytest.mark.parametrize(
    ("current", "installs"),
    [
        ({"sha256": "bb", "not_before": "2026-11-01", "not_after": "2027-02-01T00:00:00Z"}, False),
        ({"sha256": "bb", "not_before": "2026-11-01", "not_after": "2027-01-02T00:00:00Z"}, True),  # it ends inside
        ({"sha256": "aa", "not_before": "2026-11-02", "not_after": "2027-02-01T00:00:00Z"}, True),  # only not loaded
        (None, True),
    ],
)
def test_inside_a_freeze_no_certificate_is_exchanged_that_outlives_it(
    current: dict[str, Any] | None, installs: bool
) -> None:
    held = {**ISSUED, "frozen_until": "2027-01-04T05:00:00Z"}
    plan = deploying.deployment([ITEM], [held], [seen("shop", current=current, reload_needed=True)])
    assert [entry["name"] for entry in plan] == (["shop"] if installs else [])


@pytest.mark.parametrize(
    "attached",
    [{"links": [{"path": "/x/cert.pem", "file": "cert"}]}, {"copies": [{"path": "/x/all.pem"}]}, {"pkcs12": {}}],
)
@pytest.mark.parametrize(("not_before", "installs"), [("2026-11-02", True), ("2026-11-03", False)])
def test_what_follows_a_certificate_is_put_in_order_every_night(
    attached: dict[str, Any], not_before: str, installs: bool
) -> None:
    served = seen("shop", current={"sha256": "aa" if installs else "cc", "not_before": not_before})
    plan = deploying.deployment([{**ITEM, **attached, "adopt_files": True}], [ISSUED], [served])
    assert [{key: entry[key] for key in (*attached, "adopt_files")} for entry in plan] == (
        [{**attached, "adopt_files": True}] * installs
    )


KEY = {**ISSUED, "certificate_facts": {**ISSUED["certificate_facts"], "public_key_sha256": "kk"}}
BLOCKED = {"message": "no host holds the key", "code": "key_lost"}


@pytest.mark.parametrize(
    ("held", "error", "expected"),
    [
        ({"web1": ["kk"], "web2": []}, None, []),
        ({"web1": [], "web2": ["kk"]}, None, [("web2", "does not hold the private key")]),
        ({"web1": []}, None, [(None, "Run once with a host of its list that holds it")]),
        ({"web1": [], "web2": []}, BLOCKED, [(None, "no host holds the key")]),
    ],
)
def test_a_certificate_without_its_key_is_not_offered_to_install(
    held: dict[str, list[str]], error: Any, expected: list[tuple[Any, str]]
) -> None:
    entries = [published(host, [{"name": "shop"}], held_public_keys=keys) for host, keys in held.items()]
    items = entries[0]["items"]
    found = without_private_key.without_private_key(items, [{**KEY, "error": error}], "web1", entries)
    assert [entry["held_by"] for entry in found] == [holder for holder, _words in expected]
    assert all(words in entry["error"] for entry, (_holder, words) in zip(found, expected, strict=True))
    if error:
        assert found[0]["error"] == error["message"]


def test_the_key_of_what_is_still_to_be_ordered_is_not_missing() -> None:
    entries = [published("web1", [{"name": "shop", "hosts": ["web1"]}])]
    renewal = {**KEY, "action": "renew"}
    assert without_private_key.without_private_key(entries[0]["items"], [renewal], "web1", entries, planning=True) == []
    assert without_private_key.without_private_key(entries[0]["items"], [renewal], "web1", entries)


@pytest.mark.parametrize(("dcv_type", "announced"), [("FILE", 1), ("DNS", 1), ("EMAIL", 0)])
def test_check_mode_announces_no_installation_of_what_a_person_must_approve_first(
    dcv_type: str, announced: int
) -> None:
    ordered = result(action="create", state="absent", certificate=None)
    plan = deploying.deployment([{**ITEM, "dcv_type": dcv_type}], [ordered], [], planning=True)
    assert len(plan) == announced


def test_services_come_from_presets_and_the_user_wins() -> None:
    own = [{"name": "nginx", "reload_command": ["mine"]}, {"name": "mine", "reload_command": ["x"]}]
    assert deploying.service_options(["nginx", "mine"], own) == [
        {"name": "nginx", "preset": "nginx", "reload_command": ["mine"]},
        {"name": "mine", "reload_command": ["x"]},
    ]
    assert deploying.service_options(["nginx"], own, only=deploying.TEST_OPTIONS) == [
        {"name": "nginx", "preset": "nginx"}
    ]


def test_endpoints_of_an_item_are_handed_to_its_installation() -> None:
    endpoints = [{"port": 8443}]
    (plan,) = deploying.deployment([{**ITEM, "services": ["nginx"], "endpoints": endpoints}], [ISSUED], [])
    assert plan["endpoints"] == endpoints


def test_nothing_is_installed_for_an_order_that_waits_or_brings_its_own_csr() -> None:
    assert deploying.deployment([ITEM], [result()], []) == []
    assert deploying.deployment([{**ITEM, "csr_content": "mine"}], [ISSUED], []) == []
