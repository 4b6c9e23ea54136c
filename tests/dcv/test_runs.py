# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the module: what it does in odd networks, within which limits, how it waits, and what it refuses."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.dcv.world import CONTENT, SECTIGO, World, file, probe, record
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.support.dns_relay import Front
from ansible_collections.certops.resello.tests.support.dns_tree import DnsTree, Zone
from ansible_collections.certops.resello.tests.support.hostile_server import HostileServer, reply
from ansible_collections.certops.resello.tests.support.named import free_port
from ansible_collections.certops.resello.tests.support.run_module import run_module

SHOP = {"names": ["shop.example"], "records": [probe("shop.example")]}


@pytest.fixture
def changed(world: World) -> Iterator[World]:
    """The world, whose fronts a test may change."""
    fronts = [world.tree.front(role) for role in ("primary", "secondary", "resolver", "registry")]
    before = [Front(**front.__dict__) for front in fronts]
    yield world
    for front, old in zip(fronts, before, strict=True):
        front.__dict__.update(old.__dict__)


def check_of(result: dict[str, Any], name: str) -> dict[str, Any]:
    assert "certificates" in result, result
    return next(check for check in result["certificates"][0]["checks"] if check["check"] == name)


def test_everything_passes_and_check_mode_says_the_same(world: World) -> None:
    results = [world.look(SHOP, check=check) for check in (False, True)]
    assert [result["ready"] for result in results] == [True, True]
    assert [result["changed"] for result in results] == [False, False]
    assert results[0]["certificates"] == results[1]["certificates"] or len(results[0]["certificates"]) == 1
    assert results[0]["failing"] == results[0]["unknown"] == []
    assert "warnings" not in results[0]
    assert results[0]["certificates"][0]["provisional"] is False


def test_before_the_order_exists_nothing_is_looked_for(world: World) -> None:
    result = world.look({"names": ["shop.example", "new.shop.example"]})
    entry = result["certificates"][0]
    assert (entry["verdict"], entry["provisional"]) == ("pass", True)
    assert {check["check"] for check in entry["checks"]} == {"existence", "dnssec", "caa"}


def test_sample_order_of_the_provider_passes_with_a_warning(world: World) -> None:
    sample = {
        "names": ["shop.example"],
        "dcv_type": "EMAIL",
        "brand": "Comodo",
        "approver_email_address": "john.doe@example.com",
    }
    result = world.look(sample)
    assert result["failing"] == []
    assert check_of(result, "mailbox")["verdict"] == "unknown"
    assert len(result["warnings"]) == 1
    assert "2028-03-14" in result["certificates"][0]["notes"][0]


def test_checks_can_be_left_out(world: World) -> None:
    result = world.look(SHOP, checks=["caa"])
    assert [check["check"] for check in result["certificates"][0]["checks"]] == ["caa"]


def test_udp_and_tcp_and_both_address_families_are_asked(world: World) -> None:
    check = check_of(world.look(SHOP, transports=["udp", "tcp"]), "dns_record")
    asked = {(answer["address"], answer["transport"]) for answer in check["answers"]}
    servers = {world.tree.address("primary"), world.tree.address("secondary")}
    assert asked >= {(address, transport) for address in servers for transport in ("udp", "tcp")}
    only_4 = check_of(world.look(SHOP, ip_versions=[4]), "dns_record")
    assert {answer["address"] for answer in only_4["answers"]} == servers


def test_port_53_blocked_falls_back_to_the_resolver(world: World) -> None:
    result = world.look(SHOP, nameserver_port=free_port(), checks=["dns_record"])
    check = check_of(result, "dns_record")
    assert (check["verdict"], result["ready"]) == ("pass", True)
    assert f"by the resolver {world.tree.resolver}" in check["reason"]


def test_port_53_blocked_and_the_resolver_does_not_have_it(world: World) -> None:
    missing = {"names": ["shop.example"], "records": [record("shop.example", "_x.shop.example", "CNAME", SECTIGO)]}
    check = check_of(world.look(missing, nameserver_port=free_port(), checks=["dns_record"]), "dns_record")
    assert check["verdict"] == "unknown"
    assert "perhaps not yet" in check["reason"]


def test_no_resolver_answers(world: World) -> None:
    result = world.look(
        {**SHOP, "names": ["shop.example", "a.b.c.shop.example"]}, resolvers=[f"127.53.0.19:{world.tree.port}"]
    )
    assert (result["failing"], result["unknown"]) == ([], ["c0"])
    assert {check["verdict"] for check in result["certificates"][0]["checks"]} == {"unknown"}


def test_second_resolver_is_asked_when_the_first_does_not_answer(world: World) -> None:
    result = world.look(SHOP, resolvers=[f"127.53.0.19:{world.tree.port}", world.resolver])
    assert result["ready"] is True


def test_total_time_is_capped_and_what_was_not_asked_is_unknown(world: World) -> None:
    slow = {"names": ["slow.site.example"], "dcv_type": "FILE", "records": [file("slow.site.example")]}
    result = world.look(slow, SHOP, total_timeout=0.001)
    verdicts = {check["verdict"] for entry in result["certificates"] for check in entry["checks"]}
    assert verdicts == {"unknown"}
    assert "no time was left" in str(result["warnings"])


def test_a_server_that_answers_nonsense_is_named(changed: World) -> None:
    changed.tree.front("secondary").rewrite = lambda _question, answer: answer[:20]
    check = check_of(changed.look(SHOP), "dns_record")
    assert check["verdict"] == "pass"
    assert "ns-secondary.shop.example (127.53.0.12) answers something that is not an answer" in check["reason"]


def test_an_answer_to_another_question_is_not_taken(changed: World) -> None:
    changed.tree.front("secondary").rewrite = lambda _question, answer: bytes([answer[0] ^ 255]) + answer[1:]
    check = check_of(changed.look(SHOP), "dns_record")
    assert check["verdict"] == "pass"
    assert "ns-secondary.shop.example" in check["reason"]


def test_a_lost_packet_is_sent_again(changed: World) -> None:
    seen: list[bytes] = []

    def lose_the_first(question: bytes, answer: bytes) -> bytes | None:
        seen.append(question)
        return None if len(seen) == 1 else answer

    changed.tree.front("secondary").rewrite = lose_the_first
    check = check_of(changed.look(SHOP), "dns_record")
    assert {answer["verdict"] for answer in check["answers"]} == {"pass"}
    assert len(seen) > 1


def test_a_server_without_tcp_is_named_for_long_answers(changed: World) -> None:
    changed.tree.front("secondary").tcp = False
    long = {
        "names": ["shop.example"],
        "records": [record("shop.example", "_big.shop.example", "TXT", "0003" + "x" * 200)],
    }
    check = check_of(changed.look(long, checks=["dns_record"]), "dns_record")
    assert check["verdict"] == "pass"
    assert {answer["address"]: answer["verdict"] for answer in check["answers"]}["127.53.0.12"] == "unknown"


def test_backends_that_are_listed_are_asked_even_if_link_local(world: World) -> None:
    certificate = {
        "names": ["good.site.example"],
        "dcv_type": "FILE",
        "records": [file("good.site.example")],
        "backends": [f"127.80.0.3:{world.http_port}", "[::1]:1"],
    }
    check = check_of(world.look(certificate, checks=["file"]), "file")
    places = {answer["address"]: answer for answer in check["answers"]}
    assert places[f"127.80.0.3:{world.http_port}"]["found"] == "HTTP 404"
    assert places["[::1]:1"]["verdict"] == "unknown"
    assert check["verdict"] == "fail"


def test_host_header_path_and_nothing_else_is_sent(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password planted\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    seen = world.sites["good"].seen
    seen.clear()
    certificate = {"names": ["good.site.example"], "dcv_type": "FILE", "records": [file("good.site.example")]}
    assert world.look(certificate, checks=["file"])["ready"] is True
    assert seen[0].path == f"/.well-known/pki-validation/{certificate['records'][0]['file_name']}"
    assert seen[0].headers["host"] == f"good.site.example:{world.http_port}"
    assert set(seen[0].headers) == {"host", "accept", "accept-encoding", "user-agent", "connection"}


def test_addresses_given_replace_those_of_the_dns(world: World) -> None:
    certificate = {"names": ["lost.site.example"], "dcv_type": "FILE", "records": [file("lost.site.example")]}
    result = world.look(certificate, addresses={"lost.site.example": ["127.80.0.1"]}, checks=["file"])
    assert result["ready"] is True


def test_redirect_within_the_name_by_the_cas_rule(world: World) -> None:
    path = "/.well-known/pki-validation/moved"
    with HostileServer(
        reply(301, b"", {"Location": path}), reply(200, CONTENT.encode()), address="127.81.0.1", port=world.http_port
    ) as server:
        certificate = {"names": ["good.site.example"], "dcv_type": "FILE", "records": [file("good.site.example")]}
        given = {"addresses": {"good.site.example": [server.address[0]]}, "checks": ["file"]}
        verdicts = []
        for brand, follow in (
            ("DigiCert", "auto"),
            ("Sectigo", "auto"),
            ("Sectigo", "same_name"),
            ("DigiCert", "never"),
        ):
            server._turn = 0
            result = world.look({**certificate, "brand": brand}, follow_redirects=follow, **given)
            verdicts.append(check_of(result, "file")["verdict"])
        assert verdicts == ["pass", "fail", "pass", "fail"]


def test_waits_until_every_server_has_it() -> None:
    zone = Zone("live.example", "@ A 127.0.0.1", servers=("primary", "secondary"), updates=True)
    with DnsTree([zone]) as tree:
        options = {
            "certificates": [
                {
                    "client_reference": "live",
                    "names": ["live.example"],
                    "dcv_type": "DNS",
                    "brand": "Sectigo",
                    "records": [probe("live.example")],
                }
            ],
            "resolvers": [f"{tree.resolver}:{tree.port}"],
            "nameserver_port": tree.port,
            "checks": ["dns_record"],
        }
        before = run_module("ssl_certificate_preflight_info", options)
        later = threading.Timer(2, tree.update, ["live.example", [f"_ab 2 CNAME {SECTIGO}."]])
        later.start()
        after = run_module(
            "ssl_certificate_preflight_info", {**options, "wait": True, "wait_sleep": 0.2, "wait_timeout": 60}
        )
        later.join()
    assert (before["ready"], before["failing"]) == (False, ["live"])
    assert after["ready"] is True


def test_wait_ends_and_says_what_is_missing(world: World) -> None:
    missing = {"names": ["shop.example"], "records": [record("shop.example", "_x.shop.example", "CNAME", SECTIGO)]}
    result = world.look(missing, wait=True, wait_sleep=0.2, wait_timeout=1)
    assert result["failing"] == ["c0"]


def test_bad_input_is_one_clear_error(world: World) -> None:
    result = world.look({**SHOP, "backends": ["http://x/"]})
    assert result["rc"] != 0
    assert result["msg"].startswith("backends (given: 'http://x/'): is not an address")
    assert "\n" not in result["msg"]


def test_issuers_of_another_ca_can_be_given(world: World) -> None:
    certificate = {"names": ["denies.example"], "brand": "Acme SSL"}
    result = world.look(certificate, caa_issuers={"acme": ["digicert.com"]}, checks=["caa"])
    assert result["ready"] is True


def test_hundred_certificates_share_one_start_and_what_was_asked(world: World) -> None:
    front = world.tree.front("resolver")
    front.questions.clear()
    names = [f"h{number}.shop.example" for number in range(100)]
    result = world.look(*({"names": [name]} for name in names), max_concurrency=8, checks=["caa"])
    assert result["ready"] is True
    assert len(result["certificates"]) == 100
    # 100 names themselves; zone and parents are asked once.
    assert len(front.questions) < 100 * 3


def test_a_task_succeeds_although_checks_fail_and_warns_of_what_is_not_known(world: World, tmp_path: Path) -> None:
    """Ansible takes some words in a result for its own, so this runs the task and not only the module."""
    control = Control(tmp_path)
    control.inventory({"web1": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}})
    certificates = [
        {"client_reference": "no", "names": ["denies.example"]},
        {"client_reference": "perhaps", "names": ["account.example"]},
    ]
    look = {
        "name": "Look",
        "certops.resello.ssl_certificate_preflight_info": world.options(certificates),
        "register": "preflight",
    }
    told = {
        "name": "Tell",
        "ansible.builtin.debug": {"msg": "{{ [preflight.ready, preflight.failing, preflight.unknown] | to_json }}"},
    }
    played = control.play([{"name": "Preflight", "hosts": "web1", "gather_facts": False, "tasks": [look, told]}])
    assert (played.rc, played.changed, played.failed) == (0, 0, 0), played.output
    assert '[false, [\\"no\\"], [\\"perhaps\\"]]' in played.output, played.output
    assert "perhaps: not known: caa: CAA of account.example allows this CA for one account" in " ".join(
        played.output.split()
    )
