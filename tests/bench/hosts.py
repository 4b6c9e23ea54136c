# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed hosts whose certificates are in place: one with many of them, and those that the whole role looks after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.bench.account import MAILBOX, Account
from ansible_collections.certops.resello.tests.support.run_module import run_module
from ansible_collections.certops.resello.tests.support.throwaway_ca import ThrowawayCa

SERVICES = [{"name": "web"}, {"name": "mail"}]


def full_host(folder: Path, count: int) -> Path:
    """Install ``count`` certificates below the folder; return a file with the variables of the task that did it."""
    names = [f"site{number}.example.com" for number in range(count)]
    wanted = [{"name": name, "names": [name], "key_type": "ECDSA", "create_pending": True} for name in names]
    root = str(folder / "root")
    made = _done("ssl_certificate_prepare", {"root": root, "certificates": wanted})
    authority = ThrowawayCa.make()
    installed = [
        {
            "name": entry["name"],
            "names": [entry["name"]],
            "certificate": authority.sign_request(entry["pending"][0]["csr"]),
            "chain": authority.intermediate.pem,
            "services": [SERVICES[number % len(SERVICES)]["name"]],
        }
        for number, entry in enumerate(made["certificates"])
    ]
    variables = {"root": root, "installed": installed, "services": SERVICES}
    _done("ssl_certificate_install", {"root": root, "certificates": installed, "services": SERVICES})
    path = folder / "full-host.json"
    path.write_text(json.dumps(variables), encoding="utf-8")
    return path


def orders_for(account: Account, hosts: list[str], count: int) -> Path:
    """A file with the variables of a play of the role, with ``count`` orders for each host."""
    orders = {
        host: [
            {"name": f"new-{host}-{number}", "names": [f"{host}-{number}.example.com"], "hosts": [host]}
            for number in range(count)
        ]
        for host in hosts
    }
    variables = {
        **account.credentials,
        "root": str(account.folder / "hosts"),
        "orders": orders,
        "contact": {"approver_email_address": MAILBOX},
    }
    path = account.folder / "role.json"
    path.write_text(json.dumps(variables), encoding="utf-8")
    return path


def _done(module: str, options: dict[str, Any]) -> dict[str, Any]:
    result = run_module(module, options)
    if result["rc"]:
        raise RuntimeError(f"{module} failed: {result['msg']}")
    return result
