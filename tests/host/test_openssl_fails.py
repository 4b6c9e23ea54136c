# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program openssl is missing, fails, or does something else than it was asked for."""

from __future__ import annotations

import os
import shutil
from typing import Any

from ansible_collections.certops.resello.tests.support.machine import Machine

FAST: dict[str, Any] = {
    "name": "shop",
    "names": ["shop.example.com", "www.shop.example.com"],
    "key_type": "ECDSA",
    "create_pending": True,
}


def with_openssl(machine: Machine, script: str) -> dict[str, str]:
    """Return the environment of a host on which a script stands in for openssl."""
    tools = machine.folder / "bin"
    tools.mkdir()
    (tools / "openssl").write_text(script)
    (tools / "openssl").chmod(0o755)
    return {"PATH": f"{tools}:{os.environ['PATH']}"}


def test_missing_openssl_is_said_with_a_remedy(machine: Machine) -> None:
    result = machine.prepare(FAST, env={"PATH": str(machine.folder)})
    assert result["failed"]
    assert "Install the package openssl" in result["msg"]
    assert not machine.root.exists()


def test_failing_openssl_leaves_nothing(machine: Machine) -> None:
    path = with_openssl(machine, "#!/bin/sh\necho 'no entropy today' >&2\nexit 3\n")
    result = machine.prepare(FAST, env=path)
    assert result["failed"]
    assert "no entropy today" in result["msg"]
    assert list((machine.root / "shop" / "pending").iterdir()) == []


def test_key_type_of_the_request_is_checked(machine: Machine) -> None:
    real = shutil.which("openssl")
    wrong = f"{real} genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"
    path = with_openssl(machine, f'#!/bin/sh\n[ "$1" = genpkey ] && exec {wrong}\nexec {real} "$@"\n')
    result = machine.prepare(FAST, env=path)
    assert "RSA 2048" in result["msg"]
    assert list((machine.root / "shop" / "pending").iterdir()) == []


def test_what_was_made_before_something_failed_is_told(machine: Machine) -> None:
    real = shutil.which("openssl")
    path = with_openssl(machine, f'#!/bin/sh\ncase "$*" in *-x509*) exit 3;; esac\nexec {real} "$@"\n')
    (made,) = machine.prepare({**FAST, "placeholder": True}, env=path)["certificates"]
    (seen,) = machine.look({"name": "shop"})["certificates"]
    assert (made["created"], len(made["pending"]), bool(made["error"])) == (True, 1, True)
    told = {key: value for key, value in seen.items() if key in made}
    assert {**told, "error": made["error"]} == {key: made[key] for key in told}
    assert {"pending", "held_public_keys", "current"} <= {*told}
