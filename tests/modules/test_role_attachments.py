# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays of the role with what follows a certificate on its host: keystores, links, copies, files put there by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play
from ansible_collections.certops.resello.tests.support.throwaway_ca import ThrowawayCa, key_pem, new_key
from cryptography.hazmat.primitives.serialization import pkcs12

SPOKEN = "correct horse, battery"


@pytest.fixture
def control(shop: Shop) -> Control:
    made = Control(shop.folder)
    made.inventory({"web1": HOST})
    place(shop).mkdir()
    return made


def place(shop: Shop) -> Path:
    """The folder of a daemon whose paths cannot be changed."""
    return shop.folder / "daemon"


def links(shop: Shop) -> dict[str, Any]:
    kinds = ("fullchain", "privkey")
    return {"links": [{"path": str(place(shop) / f"{kind}.pem"), "file": kind} for kind in kinds]}


def play(shop: Shop, *, role: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The role for one order. Changes are to the order, ``role`` are further variables."""
    made = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    variables = made["roles"][0]["vars"]
    variables["ssl_certificate_orders"][0].update(changes)
    variables.update(role or {})
    return made


def version(shop: Shop) -> Path:
    """The version in use."""
    return (shop.folder / "ssl" / "web1" / "shop" / "current").resolve()


def test_keystore_links_and_copies_follow_the_certificate(shop: Shop, control: Control) -> None:
    copy = place(shop) / "all.p12"
    everything = {**links(shop), "copies": [{"path": str(copy), "file": "pkcs12"}], "pkcs12": {"friendly_name": "web"}}
    wanted = play(shop, role={"ssl_certificate_pkcs12_passphrase": SPOKEN}, **everything)
    planned = control.play([wanted], check=True)
    assert planned.rc == 0, planned.output
    assert list(place(shop).iterdir()) == []
    played = control.play([wanted], "-vvvv")
    assert (played.rc, shop.charges) == (0, 1), played.output
    assert planned.changed == played.changed, planned.output
    assert SPOKEN not in planned.output + played.output
    assert (place(shop) / "fullchain.pem").read_bytes() == (version(shop) / "fullchain.pem").read_bytes()
    assert (place(shop) / "privkey.pem").is_symlink()
    assert copy.read_bytes() == (version(shop) / "keystore.p12").read_bytes()
    store = pkcs12.load_pkcs12(copy.read_bytes(), SPOKEN.encode())
    assert (store.cert is not None and store.cert.friendly_name, len(store.additional_certs)) == (b"web", 1)
    again = control.play([wanted])
    assert (again.rc, again.changed) == (0, 0), again.output
    # What was taken away by hand comes back in the next night, without an order.
    (place(shop) / "fullchain.pem").unlink()
    copy.unlink()
    shop.forget_calls()
    foreseen, mended = control.play([wanted], check=True), control.play([wanted])
    assert (mended.rc, mended.changed) == (0, foreseen.changed), mended.output
    assert (place(shop) / "fullchain.pem").exists()
    assert copy.exists()
    assert shop.writing_calls() == []


def test_a_keystore_and_a_link_that_are_asked_for_later_cost_nothing(shop: Shop, control: Control) -> None:
    assert control.play([play(shop)]).rc == 0
    passphrase = shop.folder / "passphrase"
    passphrase.write_text(f"{SPOKEN}\n")
    passphrase.chmod(0o600)
    shop.forget_calls()
    later = play(shop, **links(shop), pkcs12={"passphrase_path": str(passphrase), "encryption": "3des"})
    played = control.play([later])
    assert played.rc == 0, played.output
    assert pkcs12.load_pkcs12((version(shop) / "keystore.p12").read_bytes(), SPOKEN.encode()).key is not None
    assert (place(shop) / "privkey.pem").read_bytes() == (version(shop) / "privkey.pem").read_bytes()
    assert shop.writing_calls() == []
    again = control.play([later])
    assert (again.rc, again.changed) == (0, 0), again.output


def by_hand(shop: Shop) -> dict[str, str]:
    """Put a pair there as a person would."""
    ca = ThrowawayCa.make()
    key = new_key()
    leaf = ca.intermediate.sign(key.public_key(), ["shop.example.com"])
    texts = {"fullchain": f"{leaf}{ca.intermediate.pem}", "privkey": key_pem(key)}
    for kind, text in texts.items():
        path = place(shop) / f"{kind}.pem"
        path.write_text(text)
        path.chmod(0o600)
    return texts


def test_files_put_there_by_hand_are_adopted_only_when_told(shop: Shop, control: Control) -> None:
    texts = by_hand(shop)
    refused = control.play([play(shop, **links(shop))])
    assert (refused.rc, refused.failed, shop.charges) == (2, 1, 0), refused.output
    assert "adopt_files: true" in refused.output
    assert {kind: (place(shop) / f"{kind}.pem").read_text() for kind in texts} == texts
    played = control.play([play(shop, **links(shop), adopt_files=True)])
    assert (played.rc, shop.charges) == (0, 1), played.output
    for kind in texts:
        path = place(shop) / f"{kind}.pem"
        assert path.is_symlink()
        assert path.read_bytes() == (version(shop) / path.name).read_bytes()
    # The way back: the old pair is a version, byte for byte.
    versions = version(shop).parent.iterdir()
    assert texts["privkey"] in [(one / "privkey.pem").read_text() for one in versions]
    again = control.play([play(shop, **links(shop), adopt_files=True)])
    assert (again.rc, again.changed) == (0, 0), again.output


def test_a_mistake_in_what_follows_is_found_before_anything_is_bought(shop: Shop, control: Control) -> None:
    for wrong, word in (
        ({"links": [{"path": "/x", "file": "keystore"}]}, "keystore"),
        ({"pkcs12": {"passphrase": SPOKEN}}, "passphrase"),
        ({"copies": [{"file": "combined"}]}, "path"),
    ):
        played = control.play([play(shop, **wrong)])
        assert (played.rc, played.changed) == (2, 0), played.output
        assert word in played.output
        assert SPOKEN not in played.output, "a secret in the wrong place is not repeated"
    assert shop.calls() == []


@pytest.mark.parametrize("trouble", ["no folder", "foreign file", "no passphrase"])
def test_what_could_not_be_installed_is_not_ordered(shop: Shop, control: Control, trouble: str) -> None:
    wanted: dict[str, Any] = links(shop)
    if trouble == "no folder":
        place(shop).rmdir()
    elif trouble == "foreign file":
        (place(shop) / "privkey.pem").write_text("somebody's")
    else:
        wanted = {"pkcs12": {"passphrase_path": str(place(shop) / "passphrase")}}
    refused = control.play([play(shop, **wanted)])
    assert (refused.rc, refused.failed, shop.charges) == (2, 1, 0), refused.output
    (message,) = refused.messages().values()
    assert message.startswith("shop: ")
    assert str(place(shop)) in message
    assert "not bought, because it could not be installed. No money was spent." in message
    place(shop).mkdir(exist_ok=True)
    (place(shop) / "privkey.pem").unlink(missing_ok=True)
    (place(shop) / "passphrase").write_text(SPOKEN)
    (place(shop) / "passphrase").chmod(0o600)
    bought = control.play([play(shop, **wanted)])
    assert (bought.rc, shop.charges) == (0, 1), bought.output
