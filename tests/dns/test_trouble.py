# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong between the module and the server: a plain message with a remedy, and nothing placed unnoticed."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.opcode
import pytest
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.nsupdate import Nsupdate, tsig_key
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.place import Placing
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.types import Record
from ansible_collections.certops.resello.tests.dns.conftest import IDN, SHOP
from ansible_collections.certops.resello.tests.dns.keeper import MODULE, Keeper, cname, errors, txt
from ansible_collections.certops.resello.tests.support.dns_tree import DnsTree
from ansible_collections.certops.resello.tests.support.named import Named, free_port
from ansible_collections.certops.resello.tests.support.run_module import (
    module_command,
    module_environment,
    module_input,
)

WANTED = [cname(f"_5c1f.{SHOP}"), txt(SHOP), txt(IDN)]
OTHER = base64.b64encode(b"another secret of 32 bytes ......").decode()


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"secret": OTHER}, "does not accept the signature of the TSIG key update-key (BADSIG). Nothing was changed"),
        ({"key_name": "nobody"}, "does not know the TSIG key nobody (BADKEY). Nothing was changed"),
        ({"key_algorithm": "hmac-sha512"}, "the TSIG key update-key (BADKEY). Nothing was changed"),
        ({"key_name": None, "secret": None}, "refuses this to no TSIG key (REFUSED)"),
        ({"zones": ["co.uk", "example"]}, "NOTAUTH"),
    ],
)
def test_what_the_server_refuses(bind: Keeper, state: str, options: dict[str, object], said: str) -> None:
    """Check mode is refused alike."""
    result = bind.run(state, WANTED, check=state == "absent", **options)
    assert (result["rc"], result["changed"], result["placed"]) == (1, False, [])
    assert len(errors(result)) == len(WANTED)
    for error in errors(result):
        assert said in error
    assert bind.key_secret not in str(result) and OTHER not in str(result)


def test_clocks_that_differ(bind: Keeper) -> None:
    result = bind.run("present", WANTED, prefix=["faketime", "-f", "+1h"])
    assert (result["rc"], result["placed"]) == (1, [])
    assert "BADTIME" in errors(result)[0] and "Set the clocks" in errors(result)[0]


def test_a_secondary_is_not_asked_to_change(bind: Keeper, tree: DnsTree) -> None:
    result = bind.run("present", [txt(SHOP)], server=tree.address("secondary"), key_name=None, secret=None)
    assert (result["rc"], result["placed"]) == (1, [])
    assert "Give the primary" in errors(result)[0] or "is the primary" in errors(result)[0]


def test_a_resolver_is_no_primary(bind: Keeper, tree: DnsTree) -> None:
    result = bind.run("present", [txt(SHOP)], server=tree.resolver, key_name=None, secret=None)
    assert "does not serve a zone that shop.co.uk is in. Give the zone's primary" in errors(result)[0]


def test_nobody_listens(bind: Keeper) -> None:
    result = bind.run("present", WANTED, server="127.0.0.1", port=free_port())
    assert (result["rc"], result["placed"]) == (1, [])
    assert "refuses the connection, so nothing was sent" in result["msg"]


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_name_with_an_address_that_does_not_answer(policy: Keeper, protocol: str) -> None:
    """As a name with IPv6 and IPv4 addresses, where nothing listens on the first."""
    key = tsig_key(policy.key_name, "hmac-sha256", policy.key_secret)
    server = Nsupdate("ns.example", policy.port, protocol, key, timeout=3)
    server._addresses = ("127.0.0.2", policy.address)
    record = Record(SHOP, "TXT", "0q7m2kz4v9x1b8n3w6", 60)
    (outcome,) = Placing(server, "present", check_mode=False).run([record])
    assert (outcome.error, outcome.placed) == (None, True)
    assert server._addresses == (policy.address,)


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_server_that_does_not_answer(bind: Keeper, tree: DnsTree, protocol: str) -> None:
    tree.front("primary").silent = True
    try:
        result = bind.run("present", WANTED, protocol=protocol, timeout=1)
    finally:
        tree.front("primary").silent = False
    assert (result["rc"], result["changed"], result["placed"]) == (1, False, [])
    assert all("did not answer within 1 seconds" in error for error in errors(result))


def test_a_server_that_cannot_be_found(bind: Keeper) -> None:
    result = bind.run("present", WANTED, server="no-such-host.invalid")
    assert "The name server no-such-host.invalid cannot be found" in result["msg"]


@pytest.fixture
def lossy(tree: DnsTree) -> Iterator[list[bool]]:
    """The primary makes changes whose answers get lost; a list of which answers, True is lost. Needs udp."""
    losses: list[bool] = []

    def lose(question: bytes, answer: bytes) -> bytes | None:
        message = dns.message.from_wire(question, ignore_trailing=True, keyring=False)
        change = message.opcode() == dns.opcode.UPDATE and bool(message.sections[2])
        return None if change and losses and losses.pop(0) else answer

    tree.front("primary").rewrite = lose
    yield losses
    tree.front("primary").rewrite = None


def test_an_answer_that_is_lost_is_looked_up(bind: Keeper, lossy: list[bool]) -> None:
    wanted = [txt(f"_lost.{SHOP}")]
    lossy.append(True)
    result = bind.run("present", wanted, protocol="udp", timeout=1)
    assert (result["rc"], result["changed"], len(result["placed"])) == (0, True, 1)
    lossy.append(True)
    gone = bind.run("absent", wanted, protocol="udp", timeout=1)
    assert (gone["rc"], gone["changed"]) == (0, True)


def test_a_server_that_dies_with_the_answer(bind: Keeper, tree: DnsTree) -> None:
    """What may have been added counts as placed."""
    front = tree.front("primary")

    def die(question: bytes, answer: bytes) -> bytes | None:
        message = dns.message.from_wire(question, ignore_trailing=True, keyring=False)
        if message.opcode() == dns.opcode.UPDATE and message.sections[2]:
            front.silent = True
            return None
        return answer

    front.rewrite = die
    try:
        result = bind.run("present", [txt(f"_maybe.{SHOP}")], protocol="udp", timeout=1)
    finally:
        front.rewrite, front.silent = None, False
    assert (result["rc"], result["changed"], len(result["placed"])) == (1, True, 1)
    assert "may have been made" in errors(result)[0]
    assert bind.run("absent", result["placed"])["changed"] is True


def test_an_answer_without_a_signature_is_not_believed(bind: Keeper, tree: DnsTree) -> None:
    def strip(_question: bytes, answer: bytes) -> bytes:
        message = dns.message.from_wire(answer, keyring=False)
        bare = dns.message.make_response(dns.message.make_query("shop.co.uk.", "SOA"))
        bare.id, bare.answer, bare.authority = message.id, message.answer, message.authority
        bare.question = message.question
        bare.flags = message.flags | dns.flags.AA
        return bare.to_wire()

    tree.front("primary").rewrite = strip
    try:
        result = bind.run("present", WANTED, protocol="udp")
    finally:
        tree.front("primary").rewrite = None
    assert (result["rc"], result["placed"]) == (1, [])
    assert "answered without a signature" in errors(result)[0]


def test_a_zone_that_cannot_be_written(tmp_path: Path, tree: DnsTree) -> None:
    key = f'key certificates {{ algorithm hmac-sha256; secret "{tree.key_secret}"; }};'
    journal = tmp_path / "journal"
    journal.mkdir()
    zone = (
        f'zone "{SHOP}" {{ type primary; file "shop.zone"; journal "journal"; allow-update {{ key certificates; }}; }};'
    )
    (tmp_path / "shop.zone").write_text("$TTL 60\n@ SOA ns hostmaster 1 60 10 600 2\n@ NS ns\nns A 127.0.0.1\n")
    server = Named(tmp_path, options=["recursion no;"], blocks=[key, zone])
    server.start()
    try:
        result = Keeper("127.0.0.1", server.port, "certificates", tree.key_secret).run("present", [txt(SHOP)])
    finally:
        server.stop()
    assert (result["rc"], result["placed"]) == (1, [])
    assert "SERVFAIL" in errors(result)[0] and "journal" in errors(result)[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"secret": "no base64!"}, "secret: is not base64"),
        ({"secret": None}, "secret: is missing, key_name is given"),
        ({"key_name": None}, "key_name: is missing, secret is given"),
        ({"key_name": "a..b"}, "key_name (given: 'a..b'): is not a name of a TSIG key"),
        ({"port": 0}, "port (given: '0'): is not between 1 and 65535"),
        ({"timeout": 0}, "timeout (given: '0.0'): is not more than 0 seconds"),
        ({"server": None}, "provider is nsupdate but all of the following are missing: server"),
        ({"names": ["a b"]}, "names (given: 'a b')"),
    ],
)
def test_options_that_cannot_be_used(bind: Keeper, options: dict[str, object], said: str) -> None:
    result = bind.run("present", WANTED, **options)
    assert result["rc"] == 1 and said in result["msg"]
    assert "placed" not in result
    assert "no base64!" not in str(result)


def test_killed_at_any_message(bind: Keeper) -> None:
    """After a kill there is nothing but records of the list, and removing what check mode named cleans up."""
    before = bind.dump(SHOP, IDN)
    predicted = bind.run("present", WANTED, check=True)["placed"]
    left = []
    for number in range(1, 30):
        command = module_command(MODULE, prefix=_kill_at(number))
        completed = subprocess.run(
            command,
            input=module_input(bind.arguments("present", WANTED)),
            capture_output=True,
            env=module_environment(),
            timeout=120,
            check=False,
        )
        now = bind.dump(SHOP, IDN)
        assert before <= now
        left.append(len(now - before))
        assert left[-1] <= len(WANTED)
        if left[-1]:
            bind.run("absent", predicted)
            assert bind.dump(SHOP, IDN) == before
        if completed.returncode == 0:
            break
    assert completed.returncode == 0 and number > 4
    assert 0 in left and len(WANTED) in left and len(set(left)) > 2  # also in the middle


def _kill_at(number: int) -> list[str]:
    """Kill the module when it is about to send its n-th message."""
    return [
        "strace",
        "-f",
        "-qq",
        "-o",
        os.devnull,
        "-e",
        "trace=sendto",
        "-e",
        f"inject=sendto:signal=KILL:when={number}",
    ]
