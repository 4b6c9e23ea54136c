# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays of the role in which several hosts serve one certificate: one order, one key, and all of them have it."""

from __future__ import annotations

import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import PLAN_ID, VALIDATION_FOLDER, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play
from ansible_collections.certops.resello.tests.support.host_memory import remember_hosts
from cryptography import x509

FLEET = ("web1", "web2", "web3")


@pytest.fixture
def control(shop: Shop) -> Control:
    made = Control(shop.folder)
    (shop.site.webroot / VALIDATION_FOLDER).mkdir(parents=True)  # one for all hosts, so only one of them would make it
    made.inventory(dict.fromkeys(FLEET, HOST))
    return made


def fleet_play(shop: Shop, *hosts: str, role: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The role for one order that all these hosts serve. Changes are to the order, ``role`` are further variables."""
    play = role_play(shop, module_defaults={GROUP: shop.credentials})
    order = {"name": "shop", "names": ["shop.example.com"], "plan": PLAN_ID, "hosts": list(hosts), **changes}
    variables = play["roles"][0]["vars"]
    variables.update({"ssl_certificate_orders": [order], **(role or {})})
    return {**play, "hosts": ",".join(FLEET)}


def folder(shop: Shop, host: str) -> Path:
    return shop.folder / "ssl" / host / "shop"


def served(shop: Shop, *hosts: str) -> list[int]:
    """The serial number that each host serves, after a look at its key."""
    serials = []
    for host in hosts:
        current = folder(shop, host) / "current"
        assert stat.S_IMODE((current / "privkey.pem").stat().st_mode) == 0o600
        serials.append(x509.load_pem_x509_certificate((current / "cert.pem").read_bytes()).serial_number)
    return serials


def keys(shop: Shop) -> set[bytes]:
    return {(folder(shop, host) / "current" / "privkey.pem").read_bytes() for host in FLEET}


def test_one_order_for_three_hosts(shop: Shop, control: Control) -> None:
    play = fleet_play(shop, *FLEET)
    planned = control.play([play], check=True)
    assert planned.rc == 0, planned.output
    played = control.play([play])
    assert (played.rc, shop.charges) == (0, 1), played.output
    assert planned.changed == played.changed, planned.output + played.output
    assert (len(set(served(shop, *FLEET))), len(keys(shop))) == (1, 1)
    for host in FLEET:
        assert [path.suffix for path in sorted((folder(shop, host).parent / ".records").glob("*.*"))][:1] == [
            ".evidence"
        ]
    again = control.play([play])
    assert (again.rc, again.changed, shop.charges) == (0, 0, 1), again.output


def test_a_host_that_joins_gets_key_and_certificate_without_an_order(shop: Shop, control: Control) -> None:
    assert control.play([fleet_play(shop, "web1", "web2")]).rc == 0
    shop.forget_calls()
    planned = control.play([fleet_play(shop, *FLEET)], check=True)
    assert planned.rc == 0, planned.output
    played = control.play([fleet_play(shop, *FLEET)])
    assert played.rc == 0, played.output
    assert planned.changed == played.changed, planned.output + played.output
    assert len(set(served(shop, *FLEET))) == 1
    assert shop.writing_calls() == []


def test_a_run_limited_to_a_host_that_joins_changes_no_order(shop: Shop, control: Control) -> None:
    assert control.play([fleet_play(shop, "web1", "web2")]).rc == 0
    before = served(shop, "web1", "web2")
    shop.forget_calls()
    # Whatever is allowed and wanted: the hosts that are not asked may hold the key and serve.
    for changes in ({}, {"lost_key": "reissue"}, {"reissue_after": "2026-01-01", "lost_key": "reissue"}):
        limited = control.play([fleet_play(shop, *FLEET, **changes)], "--limit", "web3")
        assert (limited.rc, limited.failed) == (2, 1), limited.output
        (message,) = limited.messages().values()
        assert message.count("does not hold the private key") == 1, message
        assert "without --limit" in message
    assert shop.writing_calls() == []
    whole = control.play([fleet_play(shop, *FLEET)])
    assert whole.rc == 0, whole.output
    assert shop.writing_calls() == []
    assert served(shop, *FLEET) == [*before, before[0]]


def known_by_all(shop: Shop) -> tuple[str, str]:
    """Put an issued order into the account that all hosts have known for long; returns its reference and its name."""
    reference, name = shop.seeded(age_days=30)
    for host in FLEET:
        root = shop.folder / "ssl" / host
        root.mkdir(mode=0o711, parents=True, exist_ok=True)
        remember_hosts(root, reference, FLEET)
    return reference, name


@pytest.mark.parametrize("wanted", [{"lost_key": "reissue"}, {"reissue_after": "yesterday"}], ids=["lost", "asked"])
def test_a_run_limited_to_one_host_never_reissues(shop: Shop, control: Control, wanted: dict[str, str]) -> None:
    reference, name = known_by_all(shop)
    if "reissue_after" in wanted:
        wanted = {"reissue_after": f"{datetime.now(timezone.utc) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}
    play = fleet_play(shop, *FLEET, client_reference=reference, names=[name], **wanted)
    limited = control.play([play], "--limit", "web3")
    assert (limited.rc, limited.failed) == (2, 1), limited.output
    assert shop.writing_calls() == []


def test_one_refused_order_beside_one_granted(shop: Shop, control: Control) -> None:
    """The granted one is served on all hosts, and the run fails for the other."""
    play = fleet_play(shop, *FLEET)
    names = ["a.example.com", "b.example.net"]  # more than the plan covers
    play["roles"][0]["vars"]["ssl_certificate_orders"].append(
        {"name": "refused", "names": names, "plan": PLAN_ID, "hosts": list(FLEET)}
    )
    played = control.play([play])
    assert (played.rc, played.failed, shop.charges) == (2, 3, 1), played.output
    assert (len(set(served(shop, *FLEET))), len(keys(shop))) == (1, 1)
    assert not (shop.folder / "ssl" / "web1" / "refused" / "current").exists()
    assert sorted(played.messages()) == list(FLEET)
    assert all(text.startswith("refused: the purchase was refused by the API") for text in played.messages().values())


def test_a_reissue_waits_for_all_hosts_and_reaches_all(shop: Shop, control: Control) -> None:
    reference, name = known_by_all(shop)
    mark = shop.folder / "web2-is-broken"
    test = f"[ {{{{ inventory_hostname }}}} != web2 ] || [ ! -e {mark} ]"
    picky = [{"name": "picky", "validate_command": ["sh", "-c", test], "reload_command": ["true"]}]
    wanted = {"client_reference": reference, "names": [name], "lost_key": "reissue", "services": ["picky"]}
    play = fleet_play(shop, *FLEET, role={"ssl_certificate_services": picky}, **wanted)
    mark.touch()
    blocked = control.play([play])
    assert blocked.rc != 0
    assert "the configuration test fails on web2" in blocked.output, blocked.output
    assert shop.writing_calls() == []
    mark.unlink()
    played = control.play([play])
    assert played.rc == 0, played.output
    assert (len(set(served(shop, *FLEET))), len(keys(shop))) == (1, 1)
    assert [call.rpartition("/")[2] for call in shop.writing_calls()].count("reissue") == 1


def test_a_lost_key_is_blocked_and_reissued_once_when_told(shop: Shop, control: Control) -> None:
    reference, name = known_by_all(shop)
    blocked = control.play([fleet_play(shop, *FLEET, client_reference=reference, names=[name])])
    entry = control.play([with_entry(fleet_play(shop, *FLEET, client_reference=reference, names=[name]), "deploy")])
    # One message for each host: what cannot be installed for want of its key is not tried.
    for played in (blocked, entry):
        messages = played.messages()
        assert sorted(messages) == list(FLEET), played.output
        assert all("no host holds the key" in text and " | " not in text for text in messages.values()), messages
        assert "private key for the certificate" not in played.output
    assert shop.writing_calls() == []
    played = control.play([fleet_play(shop, *FLEET, client_reference=reference, names=[name], lost_key="reissue")])
    assert played.rc == 0, played.output
    assert (len(set(served(shop, *FLEET))), len(keys(shop))) == (1, 1)
    assert [call.rpartition("/")[2] for call in shop.writing_calls()].count("reissue") == 1


def broken_on_web1(shop: Shop) -> dict[str, Any]:
    """A service whose configuration is accepted until a new certificate is in place on web1."""
    flag = f"{shop.folder}/ssl/web1/shop/current/cert.pem"
    seen = f"{shop.folder}/seen.pem"
    test = f"if [ {{{{ inventory_hostname }}}} = web1 ] && [ -e {flag} ] && ! cmp -s {flag} {seen}; then exit 1; fi"
    services = [{"name": "picky", "validate_command": ["sh", "-c", test], "reload_command": ["true"]}]
    return {"ssl_certificate_services": services}


def test_the_first_host_that_fails_stops_the_others_after_a_purchase(shop: Shop, control: Control) -> None:
    (shop.folder / "seen.pem").write_text("")
    played = control.play([fleet_play(shop, *FLEET, role=broken_on_web1(shop), services=["picky"])])
    assert (played.rc, shop.charges) == (2, 1), played.output
    assert "because it failed on web1 first" in played.output
    assert [(folder(shop, host) / "current").exists() for host in FLEET] == [False, False, False]
    again = control.play([fleet_play(shop, *FLEET)])
    assert (again.rc, shop.charges) == (0, 1), again.output
    assert len(set(served(shop, *FLEET))) == 1


def with_entry(play: dict[str, Any], entry: str, **more: Any) -> dict[str, Any]:
    """The same role by another of its entry points."""
    role = play["roles"][0]
    tasks = [{"ansible.builtin.import_role": {"name": role["role"], "tasks_from": entry}, "vars": role["vars"]}]
    return {**{key: value for key, value in play.items() if key != "roles"}, "tasks": tasks, **more}


def test_issue_in_one_play_and_deploy_in_batches(shop: Shop, control: Control) -> None:
    whole = fleet_play(shop, *FLEET)
    refused = control.play([{**whole, "serial": 1}])
    assert "tasks_from" in refused.output
    assert shop.writing_calls() == []
    ordered = control.play([with_entry(whole, "issue")])
    assert (ordered.rc, shop.charges) == (0, 1), ordered.output
    assert [(folder(shop, host) / "current").exists() for host in FLEET] == [False, False, False]
    shop.forget_calls()
    played = control.play([with_entry(whole, "deploy", serial=1)])
    assert played.rc == 0, played.output
    assert len(set(served(shop, *FLEET))) == 1
    assert shop.writing_calls() == []


@pytest.mark.parametrize("entry", ["issue", "deploy", "placeholder"])
def test_every_entry_point_takes_the_variables_of_main(shop: Shop, control: Control, entry: str) -> None:
    play = with_entry(role_play(shop, "web1", module_defaults={GROUP: shop.credentials}), entry)
    play["tasks"][0]["vars"] = {**play["tasks"][0]["vars"], "ssl_certificate_keep_versions": "many"}
    refused = control.play([play])
    assert (refused.rc, shop.charges) == (2, 0), refused.output
    assert "ssl_certificate_keep_versions" in refused.output
