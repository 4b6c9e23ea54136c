# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real servers show at their ports decides: proven, kept, broken and taken back, or nothing to be proven."""

from __future__ import annotations

import hashlib
import ssl
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.ports import free_port
from ansible_collections.certops.resello.tests.support.services import (
    Haproxy,
    Nginx,
    Server,
    Site,
)
from ansible_collections.certops.resello.tests.support.throwaway_ca import key_pem, new_key

NAME = "shop.example.com"


def sha256(certificate: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


def site(machine: Machine, name: str = "shop") -> Site:
    return Site(f"{name}.example.com", machine.root / name / "current")


def used_by(entry: dict[str, Any], *services: str, **more: Any) -> dict[str, Any]:
    return {**entry, "services": list(services), **more}


def installed(machine: Machine, *names: str) -> list[dict[str, Any]]:
    """Install certificates for no service, so that a server can be started with them."""
    entries = [machine.ordered(name) for name in names or ("shop",)]
    machine.install(*entries)
    return entries


def renewed(machine: Machine, name: str = "shop") -> dict[str, Any]:
    return machine.ordered(name, fresh_pending=True)


def seen(result: dict[str, Any], service: int = 0) -> list[tuple[str | None, str | None, str | None]]:
    entries = result["services"][service]["endpoints"]
    return [(entry["before"], entry["after"], entry["verdict"]) for entry in entries]


def test_check_mode_shows_what_is_there_and_reloads_nothing(machine: Machine) -> None:
    (old,) = installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        new = used_by(renewed(machine), "nginx")
        predicted = machine.install(new, services=[server.service], check=True)
        assert seen(predicted) == [(sha256(old["certificate"]), None, None)]
        assert predicted["services"][0]["reloaded"]
        assert server.leaf_sha256() == sha256(old["certificate"])
        service = machine.install(new, services=[server.service])["services"][0]
        assert (service["proven"], service["reloaded"], service["validated"]) == (True, True, True)


def test_service_that_shows_its_certificate_is_not_stopped_whatever_its_command_says(machine: Machine) -> None:
    installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        new = used_by(renewed(machine), "nginx")
        passive = {**server.service, "reload_only_if_running": True, "running_command": ["false"]}
        service = machine.install(new, services=[passive])["services"][0]
        assert (service["stopped"], service["reloaded"], service["proven"]) == (False, True, True)


def test_several_certificates_behind_one_server_are_each_seen_by_name(machine: Machine) -> None:
    installed(machine, "one", "two", "three")
    with Nginx(machine.folder / "server", [site(machine, name) for name in ("one", "two", "three")]) as server:
        new = [used_by(renewed(machine, name), "nginx") for name in ("one", "three")]
        result = machine.install(*new, services=[server.service])
        assert result["rc"] == 0, result
        assert [after for _before, after, _verdict in seen(result)] == [sha256(entry["certificate"]) for entry in new]
        assert result["services"][0]["proven"]


def test_reload_that_changes_nothing_is_not_believed(machine: Machine) -> None:
    """It returns 0, the port keeps the old certificate: that is a failed reload, and the next run repeats it."""
    (old,) = installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        new = used_by(renewed(machine), "nginx")
        lying = {**server.service, "reload_command": ["true"], "proof_timeout": 1}
        result = machine.install(new, services=[lying])
        service = result["services"][0]
        assert (result["rc"], service["reloaded"], service["reload_needed"], service["proven"]) == (
            1,
            True,
            True,
            False,
        )
        assert "still shows the previous certificate" in service["error"]
        assert result["certificates"][0]["action"] == "installed"
        assert seen(result) == [(sha256(old["certificate"]), sha256(old["certificate"]), "kept")]
        assert machine.look({"name": "shop"})["certificates"][0]["reload_needed"]
        again = machine.install(new, services=[server.service])
        assert (again["rc"], again["certificates"][0]["action"]) == (0, "unchanged")
        assert (again["services"][0]["reloaded"], again["services"][0]["proven"]) == (True, True)


def test_server_that_went_back_by_itself_is_reloaded(machine: Machine) -> None:
    """A journal that says all is well does not stand against what the port shows."""
    (old,) = installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        new = used_by(renewed(machine), "nginx")
        machine.install(
            new,
            services=[
                {**server.service, "endpoints": []},
            ],
        )
        (machine.root / ".journal" / "nginx.json").rename(machine.folder / "kept")
        server.sites[0] = Site(NAME, machine.root / "shop" / "versions" / version_of(machine, old))
        server.stop()
        server.start()
        server.sites[0] = site(machine)
        server.configure()
        (machine.folder / "kept").rename(machine.root / ".journal" / "nginx.json")
        for check in (True, False):
            result = machine.install(new, services=[server.service], check=check)
            assert (result["rc"], result["changed"], result["services"][0]["reloaded"]) == (0, True, True)
        assert server.leaf_sha256() == sha256(new["certificate"])


def version_of(machine: Machine, entry: dict[str, Any]) -> str:
    folder = machine.root / entry["name"] / "versions"
    return next(path.name for path in folder.iterdir() if (path / "cert.pem").read_text() == entry["certificate"])


def breaking(server: Nginx) -> dict[str, Any]:
    """Return the service with a reload that takes the port down if the version that the file `bad` names is in use."""
    current = server.sites[0].folder
    stop = f"kill $(cat {server.pid_file}); sleep 0.5"
    start = " ".join(server.start_command)
    bad = f"$(readlink {current}) = versions/$(cat {server.folder}/bad)"
    return {
        **server.service,
        "reload_command": ["sh", "-c", f"{stop}; if [ {bad} ]; then exit 0; fi; {start}"],
        "proof_timeout": 2,
    }


def test_port_that_is_dead_afterwards_is_brought_back(machine: Machine) -> None:
    (old,) = installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        new = used_by(renewed(machine), "nginx")
        (server.folder / "bad").write_text(predicted(machine, new))
        before = machine.current()
        result = machine.install(new, services=[breaking(server)])
        assert result["rc"] == 1
        error = result["certificates"][0]["error"]
        assert "refused the connection, and it answered before" in error
        assert "previous one is in use again" in error
        assert (machine.current(), result["certificates"][0]["action"]) == (before, "failed")
        service = result["services"][0]
        assert (service["error"], service["reload_needed"], service["proven"]) == (None, False, True)
        assert server.leaf_sha256() == sha256(old["certificate"])


def test_server_restarted_while_a_refused_certificate_was_in_use_comes_back(machine: Machine) -> None:
    """Somebody restarts it between the switch and the failing config test: it cannot start with what it finds."""
    (old,) = installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        new = used_by(renewed(machine), "nginx")
        (server.folder / "bad").write_text(predicted(machine, new))
        bad = f"$(readlink {server.sites[0].folder}) = versions/$(cat {server.folder}/bad)"
        test = ["sh", "-c", f"if [ {bad} ]; then kill $(cat {server.pid_file}); sleep 0.5; exit 9; fi"]
        result = machine.install(new, services=[{**breaking(server), "validate_command": test}])
        assert "previous one is in use again" in result["certificates"][0]["error"]
        service = result["services"][0]
        assert (service["reloaded"], service["error"], service["proven"]) == (True, None, True)
        assert server.leaf_sha256() == sha256(old["certificate"])


def predicted(machine: Machine, entry: dict[str, Any]) -> str:
    return str(machine.install({**entry, "services": []}, check=True)["certificates"][0]["version"])


def test_dead_predecessor_is_never_brought_back(machine: Machine) -> None:
    """After a reissue the old certificate is dead: the new files stay, the service must be looked at."""
    installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        new = used_by(renewed(machine), "nginx", replaces_revoked=True, remove_older=True)
        (server.folder / "bad").write_text(predicted(machine, new))
        result = machine.install(new, services=[breaking(server)])
        assert result["rc"] == 1
        assert "the reissue revoked" in result["certificates"][0]["error"]
        assert machine.current() == (server.folder / "bad").read_text()
        assert result["services"][0]["reload_needed"]
        (server.folder / "bad").unlink()
        repaired = machine.install(new, services=[breaking(server)])
        # The port was dead before this run, so the new certificate is seen as soon as it is up.
        assert (repaired["rc"], repaired["services"][0]["proven"]) == (0, True), repaired
        assert [path.name for path in (machine.root / "shop" / "versions").iterdir()] == [machine.current()]


def test_what_was_shown_before_a_switch_is_no_proof_after_it(machine: Machine) -> None:
    """The new files stay, because the old certificate is revoked; the service still shows the old one."""
    (old,) = installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        machine.install(used_by(old, "nginx"), services=[server.service])
        new = used_by(renewed(machine), "nginx", replaces_revoked=True)
        bad = predicted(machine, new)
        test = ["sh", "-c", f"[ $(readlink {server.sites[0].folder}) != versions/{bad} ]"]
        result = machine.install(new, services=[{**server.service, "validate_command": test}])
        assert machine.current() == bad
        assert seen(result) == [(sha256(old["certificate"]), sha256(old["certificate"]), None)]
        assert result["services"][0]["reload_needed"]


def test_a_service_without_a_reload_is_not_said_to_be_reloaded(machine: Machine) -> None:
    installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        service = {"name": "nginx", "endpoints": [server.endpoint], "proof_timeout": 2}
        (told,) = machine.install(used_by(renewed(machine), "nginx"), services=[service])["services"]
        assert told["error"].startswith("nginx has no command to reload it, but ")
        assert "still shows the previous certificate" in told["error"]


def test_one_that_breaks_the_server_is_found_among_others(machine: Machine) -> None:
    names = ("one", "two", "three")
    installed(machine, *names)
    with Nginx(machine.folder / "server", [site(machine, name) for name in names]) as server:
        new = [used_by(renewed(machine, name), "nginx") for name in names]
        bad = predicted(machine, new[1])
        unless_bad = f'[ "$(readlink {machine.root}/two/current)" != versions/{bad} ] || exit 9'
        reload = ["sh", "-c", f"{unless_bad}; {' '.join(server.reload_command)}"]
        result = machine.install(*new, services=[{**server.service, "reload_command": reload}])
        assert [item["action"] for item in result["certificates"]] == ["installed", "failed", "installed"]
        assert "returned 9" in result["certificates"][1]["error"]
        assert result["services"][0]["error"] is None
        assert result["services"][0]["proven"]


def test_reload_that_fails_with_any_certificate_blames_none(machine: Machine) -> None:
    installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        new = used_by(renewed(machine), "nginx")
        result = machine.install(new, services=[{**server.service, "reload_command": ["sh", "-c", "exit 5"]}])
        assert (result["rc"], result["certificates"][0]["action"]) == (1, "installed")
        assert "fails with the previous certificate too" in result["services"][0]["error"]
        counting = ["sh", "-c", f"echo >> {machine.folder}/reloads; exit 5"]
        machine.install(new, services=[{**server.service, "reload_command": counting}])
        assert len((machine.folder / "reloads").read_text()) == 1, "known not to be the certificate's fault"
        assert machine.install(new, services=[server.service])["services"][0]["proven"]


def test_port_that_was_dead_before_proves_nothing_and_blames_nobody(machine: Machine) -> None:
    installed(machine)
    new = used_by(renewed(machine), "web")
    service = machine.service(endpoints=[{"port": free_port()}])
    result = machine.install(new, services=[service])
    assert (result["rc"], result["certificates"][0]["action"]) == (0, "installed")
    assert (result["services"][0]["proven"], result["services"][0]["reload_needed"]) == (False, False)
    assert seen(result) == [(None, None, "unproven")]
    assert "refused the connection" in str(result["warnings"])
    assert '"unproven": ["shop"]' in (machine.root / ".journal" / "web.json").read_text()


def test_without_endpoints_nothing_is_proven_and_nothing_is_warned(machine: Machine) -> None:
    result = machine.install(used_by(machine.ordered(), "web"), services=[machine.service(endpoints=[])])
    assert (result["rc"], result["services"][0]["proven"], result["services"][0]["endpoints"]) == (0, False, [])
    assert "warnings" not in result


def test_foreign_certificate_before_and_after(machine: Machine) -> None:
    """A server whose configuration does not use the installed files yet."""
    key = new_key()
    foreign = machine.ca.intermediate.sign(key.public_key(), [NAME])
    elsewhere = Site(NAME, machine.folder / "elsewhere")
    elsewhere.plant(foreign, machine.ca.intermediate.pem, key_pem(key))
    with Nginx(machine.folder / "server", [elsewhere]) as server:
        new = used_by(machine.ordered(), "nginx")
        result = machine.install(new, services=[{**server.service, "proof_timeout": 1}])
        assert (result["rc"], result["services"][0]["proven"]) == (0, False)
        assert seen(result) == [(sha256(foreign), sha256(foreign), "unproven")]
        assert "configuration may not use" in str(result["warnings"])
        # And the day it does:
        server.sites[0] = site(machine)
        server.configure()
        newer = used_by(renewed(machine), "nginx")
        result = machine.install(newer, services=[server.service])
        assert seen(result) == [(sha256(foreign), sha256(newer["certificate"]), "proven")]


@pytest.mark.parametrize("kind", [Nginx, Haproxy], ids=lambda kind: kind.name)
def test_proxy_protocol_at_a_real_server(machine: Machine, kind: type[Server]) -> None:
    if kind.missing():
        pytest.skip(kind.missing())
    installed(machine)
    with kind(machine.folder / "server", [site(machine)], proxy_protocol=True, accept_proxy=True) as server:
        new = used_by(renewed(machine), kind.name)
        untold = machine.install(new, services=[server.service])
        assert (untold["rc"], untold["services"][0]["proven"]) == (0, False)
        assert "expects the PROXY protocol" in untold["services"][0]["endpoints"][0]["reason"]
        newer = used_by(renewed(machine), kind.name)
        told = {**server.service, "endpoints": [{**server.endpoint, "proxy_protocol": True}]}
        assert machine.install(newer, services=[told])["services"][0]["proven"]


@pytest.mark.parametrize("newest", ["TLSv1.2", "TLSv1.3"])
def test_client_certificates_wanted_by_a_real_server(machine: Machine, newest: str) -> None:
    if Haproxy.missing():
        pytest.skip(Haproxy.missing())
    installed(machine)
    authority = machine.folder / "clients.pem"
    authority.write_text(machine.ca.root.pem)
    with Haproxy(machine.folder / "server", [site(machine)], client_ca=authority, newest=newest) as server:
        result = machine.install(used_by(renewed(machine), "haproxy"), services=[server.service])
        assert (result["rc"], result["services"][0]["proven"]) == (0, True), result


def test_certificate_with_endpoints_of_its_own(machine: Machine) -> None:
    installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        usual = {**server.service, "endpoints": [{"port": free_port()}]}
        new = used_by(renewed(machine), "nginx", endpoints=[server.endpoint])
        result = machine.install(new, services=[usual])
        assert [entry["endpoint"] for entry in result["services"][0]["endpoints"]] == [f"127.0.0.1:{server.port}"]
        assert result["services"][0]["proven"]


def test_on_python_3_8_and_on_the_newest(machine: Machine, interpreter: str) -> None:
    """With nothing but the standard library: no package is on the path of these interpreters."""
    installed(machine)
    with Nginx(machine.folder / "server", [site(machine)]) as server:
        new = used_by(renewed(machine), "nginx")
        result = machine.install(new, services=[server.service], python=interpreter)
        assert (result["rc"], result["services"][0]["proven"]) == (0, True), result
