# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A placeholder lets a service start; it is never taken for a certificate, and gives way to the first one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.run_module import run_module
from cryptography import x509
from cryptography.x509.oid import NameOID

ENTRY: dict[str, Any] = {"name": "shop", "names": ["shop.example.com", "*.shop.example.com"], "placeholder": True}
CONFIG = """
daemon off;
pid {place}/pid;
error_log {place}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {place}/body;
  server {{
    listen 127.0.0.1:48443 ssl;
    ssl_certificate {current}/fullchain.pem;
    ssl_certificate_key {current}/privkey.pem;
    ssl_trusted_certificate {current}/chain.pem;
  }}
}}
"""


def test_placeholder_is_no_certificate(machine: Machine) -> None:
    predicted = machine.prepare(ENTRY, check=True)
    assert predicted["changed"]
    assert not machine.root.exists()
    result = machine.prepare(ENTRY)
    item = result["certificates"][0]
    assert (result["changed"], item["placeholder"], item["current"]) == (True, True, None)
    assert (item["held_public_keys"], item["pending"], item["reload_needed"]) == ([], [], False)
    leaf = x509.load_pem_x509_certificate((machine.root / "shop" / "current" / "cert.pem").read_bytes())
    assert leaf.subject == leaf.issuer
    assert [part.value for part in leaf.subject] == ["placeholder, not issued yet"]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ENTRY["names"]
    before = machine.picture()
    assert not machine.prepare(ENTRY)["changed"]
    assert machine.picture() == before
    assert "needs a name" in machine.prepare({"name": "mail", "placeholder": True})["msg"]


def test_first_certificate_replaces_it_and_it_is_a_rollback(machine: Machine) -> None:
    machine.prepare(ENTRY)
    placeholder = machine.current()
    entry = {**machine.ordered(), "services": ["web"]}
    only_placeholder = ["sh", "-c", f'[ "$(readlink {machine.root}/shop/current)" = versions/{placeholder} ]']
    refusing = machine.service(validate_command=only_placeholder)
    failed = machine.install(entry, services=[refusing])
    assert failed["failed"]
    assert machine.current() == placeholder
    seen = machine.prepare(ENTRY)["certificates"][0]
    assert (seen["placeholder"], seen["current"], seen["reload_needed"]) == (True, None, False)
    assert machine.install(entry, services=[machine.service()])["changed"]
    seen = machine.prepare(ENTRY)["certificates"][0]
    assert (seen["placeholder"], seen["current"]["certificate"]) == (False, entry["certificate"])
    assert not machine.prepare(ENTRY)["changed"]
    for _number in range(3):
        machine.install({**machine.ordered(fresh_pending=True), "services": ["web"]}, services=[machine.service()])
    assert not (machine.root / "shop" / "versions" / str(placeholder)).exists()


def test_it_is_made_anew_before_it_ends_and_a_real_one_is_never_touched(machine: Machine) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("no faketime")
    machine.prepare(ENTRY)
    first = machine.current()
    assert not machine.prepare(ENTRY, prefix=["faketime", "-f", "+59d"])["changed"]
    assert machine.prepare(ENTRY, prefix=["faketime", "-f", "+61d"])["changed"]
    assert machine.current() != first
    machine.install(machine.ordered())
    issued = machine.current()
    assert not machine.prepare(ENTRY, prefix=["faketime", "-f", "+300d"])["changed"]
    (machine.root / "shop" / "current" / "cert.pem").write_text("damaged\n")
    assert not machine.prepare(ENTRY)["changed"]
    assert machine.current() == issued


def test_only_our_name_signed_by_itself_is_a_placeholder(machine: Machine) -> None:
    """A certificate of an authority with that common name is a certificate."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "placeholder, not issued yet")])
    entry = machine.ordered()
    leaf = x509.load_pem_x509_certificate(entry["certificate"].encode())
    assert leaf.subject != name
    machine.install(entry)
    assert not machine.prepare(ENTRY)["certificates"][0]["placeholder"]


def test_nginx_starts_with_it(machine: Machine) -> None:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("no nginx")
    config = machine.folder / "nginx.conf"
    config.write_text(CONFIG.format(place=machine.folder, current=machine.root / "shop" / "current"))
    test = [nginx, "-t", "-p", str(machine.folder), "-c", str(config)]
    assert subprocess.run(test, capture_output=True, check=False).returncode != 0
    machine.prepare(ENTRY)
    done = subprocess.run(test, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_key_of_a_service_that_is_not_root(machine: Machine) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to give files to others")
    options = {"root": str(machine.root), "certificates": [ENTRY], "group": "nogroup"}
    assert run_module("ssl_certificate_prepare", options)["changed"]
    key: Path = machine.root / "shop" / "current" / "privkey.pem"
    assert (key.stat().st_mode & 0o777, key.stat().st_gid) == (0o640, 65534)
