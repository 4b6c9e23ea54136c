# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the role that share a key and say and keep all they can; then everything is searched for the key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import VALIDATION_FOLDER, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import HOST
from ansible_collections.certops.resello.tests.modules.test_role_fleet import FLEET, fleet_play, folder, keys, served
from ansible_collections.certops.resello.tests.support.secrets_search import (
    LOUDEST,
    ArgumentWatch,
    SecretsSearch,
    loud_settings,
    private_key_parts,
)

SPOKEN = "correct-horse-battery"
ARMOUR = [f"-----BEGIN {kind}PRIVATE KEY-----".encode() for kind in ("", "RSA ", "EC ", "ENCRYPTED ")]
KEY_FILES = ("privkey.pem", "combined.pem", "keystore.p12")


@pytest.fixture
def control(shop: Shop) -> Control:
    """Three hosts whose modules lie in a folder of each."""
    made = Control(shop.folder)
    (shop.site.webroot / VALIDATION_FOLDER).mkdir(parents=True)
    made.inventory({host: {**HOST, "ansible_remote_tmp": str(shop.folder / "left" / host)} for host in FLEET})
    return made


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["RSA", "ECDSA"])
def test_nothing_but_sealed_text_leaves_the_place_of_a_key(
    shop: Shop, control: Control, kind: str, record_property: Callable[[str, object], None]
) -> None:
    left = shop.folder / "left"
    passphrase = shop.folder / "keystore.pass"
    passphrase.write_text(f"{SPOKEN}\n")
    passphrase.chmod(0o600)
    wanted = {"key_type": kind, "pkcs12": {"passphrase_path": str(passphrase)}}
    environment = loud_settings(left)
    outputs = []
    with ArgumentWatch() as watch:
        for hosts in (FLEET[:2], FLEET):  # a purchase whose key goes to another host, then a host that joins
            played = control.play([fleet_play(shop, *hosts, **wanted)], LOUDEST, environment=environment)
            assert (played.rc, shop.charges) == (0, 1), played.output[-6000:]
            outputs.append(played.output)
    assert (len(set(served(shop, *FLEET))), len(keys(shop))) == (1, 1)
    (key,) = keys(shop)
    secret = SecretsSearch({"key": private_key_parts(key.decode()), "passphrase": SPOKEN})
    armour = SecretsSearch({"a private key": ARMOUR})
    harmless = SecretsSearch({"sealed": "-----BEGIN CMS-----"})
    own_places = [passphrase, *(path for path in shop.folder.rglob("*") if path.name in KEY_FILES)]
    for search in (secret, armour, harmless):
        for number, output in enumerate(outputs):
            search.text(f"output {number}", output)
        search.folder(shop.folder, leave_out=own_places)
    # What others run on this machine and the provider's own keys are none of ours.
    secret.arguments(watch.seen)
    secret.folder(Path(shop.sandbox.data_dir))
    assert secret.found + armour.found == []
    # The places are those where something would be: the sealed key was in each of them.
    for place in ("output 0", "output 1", "left/ansible.log", "AnsiballZ_ssl_certificate_prepare.py"):
        assert any(place in found for found in harmless.found), place
    assert not list(shop.folder.rglob("receiving")), "what opens the sealed key is gone"
    assert secret.looked["processes"] > 100
    # And the search knows the key when it sees it: it is in its own places, and nobody else's business.
    own = SecretsSearch({"key": private_key_parts(key.decode())})
    for host in FLEET:
        own.folder(folder(shop, host))
    assert {found.rpartition("/")[2] for found in own.found} == {"privkey.pem", "combined.pem"}
    record_property("looked", dict(secret.looked))
    record_property("sealed text seen", len(harmless.found))
