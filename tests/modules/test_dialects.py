# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of one order under every named dialect of the sandbox: it succeeds, or stops for a documented reason."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import MULTI_DOMAIN, PLAN_ID, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play
from ansible_collections.certops.resello.tests.support import pki
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until
from cryptography import x509

NAMES = ("shop.example.com", "www.shop.example.com")
EVERY_DAY = ("standard", "bare", "lagging")  # the others are left to the long run
ANSWERS = ("cross-signed", "other-owners", "late-files", "hidden-references")
GOOD = (
    *EVERY_DAY,
    "old-api",
    "supplier-one",
    "supplier-two",
    "ragged-pages",
    "no-filter",
    "loose-filter",
    "prefix-filter",
    "windows",
    "extending",
    "new-object",
    "greedy",
    *ANSWERS,
)


@dataclass(frozen=True)
class Stop:
    """A dialect in which nobody can buy safely: how many charges it takes to notice, and what is said."""

    charges: int
    says: str
    before: int = 0  # orders of others that are in the account already


STOPS = {
    "no-reference": Stop(charges=0, says="client_reference", before=2),
    "truncating": Stop(charges=1, says="client_reference"),
    "forgetful": Stop(charges=1, says="client_reference"),
}


@pytest.fixture
def control(shop: Shop) -> Control:
    made = Control(shop.folder)
    made.inventory({"web1": HOST})
    return made


def profiles(*names: str) -> list[Any]:
    """Parameters; all but a few are marked slow."""
    return [pytest.param(name, marks=[] if name in EVERY_DAY else [pytest.mark.slow], id=name) for name in names]


def test_every_profile_of_the_sandbox_is_tried(shop: Shop) -> None:
    assert set(shop.sandbox.control("GET", "profiles")["profiles"]) == {*GOOD, *STOPS}


@pytest.mark.parametrize("profile", profiles(*GOOD))
def test_an_order_lives_and_dies(shop: Shop, profile: str) -> None:
    shop.sandbox.settings(profile=profile, issue_delay=0.2)
    shop.options = {"journal_path": str(shop.folder / "journal")}
    item = shop.item("shop", *NAMES)
    order_id = shop.bought(item)["order"]["id"]

    validation = wait_until(lambda: _instructions(shop, item), seconds=20, what="the files to place")
    shop.site.place(validation)
    issued = shop.order(item, wait=True, wait_timeout=30, wait_sleep=0.1)
    assert (issued["rc"], issued["state"]) == (0, "issued"), issued
    leaf = x509.load_pem_x509_certificate(issued["certificate"].encode())
    assert pki.public_der(leaf) == pki.public_der(x509.load_pem_x509_csr(Path(item["csr_path"]).read_bytes()))
    assert issued["chain"].count("BEGIN CERTIFICATE") == 1
    assert "\r" not in issued["fullchain"]

    shop.forget_calls()
    again = shop.order(item)
    assert (again["rc"], again["changed"], again["action"]) == (0, False, "none"), again
    assert (again["certificate"], shop.writing_calls()) == (issued["certificate"], [])
    assert str(again["order"]["id"]) == str(order_id)

    _download(shop, issued)
    assert shop.charges == 1

    ended = shop.order({"client_reference": "shop", "state": "absent", "force": True})
    assert (ended["rc"], ended["outcome"]) == (0, "cancelled"), ended
    assert shop.sandbox.truth(str(order_id))["status"] == "deleted"
    ledger = shop.ledger()
    assert (ledger["charges"], ledger["refunds"], ledger["net"]) == (1, 1, 0)


@pytest.mark.parametrize("profile", profiles(*GOOD))
def test_the_role_buys_installs_and_rests(shop: Shop, control: Control, profile: str) -> None:
    shop.sandbox.settings(profile=profile, issue_delay=0.2)
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    play["roles"][0]["vars"]["ssl_certificate_orders"] = [{"name": "shop", "names": list(NAMES), "plan": PLAN_ID}]
    first = control.play([play])
    assert (first.rc, shop.charges) == (0, 1), first.output
    served = shop.folder / "ssl" / "web1" / "shop" / "current" / "fullchain.pem"
    assert served.read_text().count("BEGIN CERTIFICATE") == 2, "the leaf and one intermediate"
    again = control.play([play])
    assert (again.rc, again.changed, shop.charges) == (0, 0, 1), again.output


def test_records_above_a_name_and_names_in_unicode_are_understood(shop: Shop) -> None:
    shop.sandbox.settings(profile="other-owners")
    names = ("www.xn--bcher-kva.example.com", "www.shop.example.com")
    result = shop.order(shop.item("shop", *names, plan=MULTI_DOMAIN, dcv_type="DNS"))
    assert result["rc"] == 0, result
    records = {one["name"]: one for one in result["validation"]["records"]}
    assert set(records) == set(names)
    assert {one["refused"] for one in records.values()} == {None}, records
    assert {one["record_name"].partition(".")[2] for one in records.values()} == {
        "xn--bcher-kva.example.com",
        "shop.example.com",
    }


def test_the_chain_of_a_bundle_with_a_dead_root_is_installed(shop: Shop) -> None:
    shop.sandbox.settings(profile="cross-signed")
    issued = shop.issued(shop.item("shop"))
    assert issued["chain"].count("BEGIN CERTIFICATE") == 1
    dest = str(shop.folder / "shop.pem")
    downloaded = shop.run("ssl_certificate_download", client_reference="shop", format="fullchain", dest=dest)
    assert (downloaded["rc"], Path(dest).read_text()) == (0, issued["fullchain"]), downloaded


def _instructions(shop: Shop, item: dict[str, Any]) -> dict[str, Any] | None:
    """What to place, as soon as the provider tells it for every name."""
    result = shop.order(item)
    assert (result["rc"], result["changed"], result["state"]) == (0, False, "waiting"), result
    validation: dict[str, Any] = result["validation"]
    return validation if len(validation["records"]) == len(NAMES) else None


def _download(shop: Shop, issued: dict[str, Any]) -> None:
    shop.options = {}
    for file_format in ("fullchain", "crt", "ca", "pkcs7", "zip"):
        dest = str(shop.folder / f"shop.{file_format}")
        given: dict[str, Any] = {"client_reference": "shop", "format": file_format, "dest": dest}
        result = shop.run("ssl_certificate_download", **given)
        assert (result["rc"], result["changed"]) == (0, True), (file_format, result)
    assert (shop.folder / "shop.fullchain").read_text() == issued["fullchain"]
    fullchain, root = str(shop.folder / "shop.fullchain"), shop.sandbox.info["issuer_ca_path"]
    command = ["openssl", "verify", "-CAfile", root, "-untrusted", fullchain, fullchain]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(STOPS))
def test_who_cannot_be_found_again_stops_everything(shop: Shop, profile: str) -> None:
    stop = STOPS[profile]
    result = shop.orders(_three_items(shop, profile), recovery_timeout=2)
    assert result["rc"] == 1, result
    assert stop.says in str(result["msg"]) + str(result.get("certificates")), result
    assert shop.charges == stop.charges


@pytest.mark.parametrize("profile", profiles(*sorted(STOPS)))
def test_and_the_next_run_buys_nothing_more(shop: Shop, profile: str) -> None:
    items = _three_items(shop, profile)
    shop.orders(items, recovery_timeout=2)
    again = shop.orders(items, recovery_timeout=2)
    assert (again["rc"], shop.charges) == (1, STOPS[profile].charges), again


def test_a_reissue_that_never_leaves_active_is_waited_for(shop: Shop) -> None:
    shop.sandbox.settings(profile="extending", issue_delay=3600)
    reference, name = shop.seeded(age_days=150)
    item = shop.item(reference, name, dcv_type="DNS")
    given = {"journal_path": str(shop.folder / "journal")}
    first = shop.order(item, **given)
    assert (first["rc"], first["action"], first["changed"]) == (0, "reissue", True), first
    shop.forget_calls()
    second = shop.order({**item, "csr_path": shop.csr(name)}, **given)
    assert (second["rc"], second["action"], second["changed"]) == (0, "wait", False), second
    assert "its certificate is not there yet" in second["reason"]
    assert shop.writing_calls() == []


def _three_items(shop: Shop, profile: str) -> list[dict[str, Any]]:
    if STOPS[profile].before:
        shop.sandbox.control("POST", "seed", {"count": STOPS[profile].before})
    shop.sandbox.settings(profile=profile)
    shop.options = {"journal_path": str(shop.folder / "journal")}
    return [shop.item(f"shop-{number}") for number in range(3)]
