# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What services see of an installation: config tests, reloads, ways back, and what a later run repairs."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.throwaway_ca import Period


def used_by(entry: dict[str, Any], *services: str) -> dict[str, Any]:
    return {**entry, "services": list(services)}


def refusing(machine: Machine, *names: str) -> list[str]:
    """Return a config test that fails while one of the certificates' serial numbers given is in use."""
    condition = " || ".join(
        f"[ \"$(readlink {machine.root}/{name}/current)\" = 'versions/{version}' ]"
        for name, version in (text.split("=") for text in names)
    )
    return ["sh", "-c", f"echo test >> {machine.folder}/web.log; if {condition}; then echo 'bad file'; exit 1; fi"]


def predicted_version(machine: Machine, entry: dict[str, Any]) -> str:
    return str(machine.install(used_by(entry), check=True)["certificates"][0]["version"])


def test_two_services_take_many_certificates_in_one_reload_each(machine: Machine) -> None:
    entries = [
        used_by(machine.ordered("one"), "web", "mail"),
        used_by(machine.ordered("two"), "web"),
        used_by(machine.ordered("three"), "web"),
        machine.ordered("nobodys"),
    ]
    services = [machine.service("web"), machine.service("mail"), machine.service("idle")]
    result = machine.install(*entries, services=services)
    assert result["changed"]
    assert (machine.log("web"), machine.log("mail"), machine.log("idle")) == (
        ["test", "reload"],
        ["test", "reload"],
        [],
    )
    assert {item["name"]: (item["validated"], item["reloaded"]) for item in result["services"]} == {
        "web": (True, True),
        "mail": (True, True),
        "idle": (False, False),
    }
    again = used_by(machine.ordered("two"), "web")
    machine.install(entries[0], again, entries[2], services=services)
    assert (machine.log("web"), machine.log("mail")) == (["test", "test", "reload"], [])


def test_failing_config_test_takes_the_switch_back(machine: Machine) -> None:
    services = [machine.service()]
    machine.install(used_by(machine.ordered(), "web"), services=services)
    before = machine.current()
    machine.log()
    new = used_by(machine.ordered(), "web")
    services = [machine.service(validate_command=refusing(machine, f"shop={predicted_version(machine, new)}"))]
    result = machine.install(new, services=services)
    assert (result["failed"], result["changed"]) == (True, False)
    assert machine.current() == before
    assert "bad file" in result["msg"]
    assert "previous one is in use again" in result["certificates"][0]["error"]
    assert machine.log() == ["test", "test"], "before and after the switch, and no reload"
    assert not machine.look({"name": "shop"})["certificates"][0]["reload_needed"]
    # Next night, the cause removed: the version that was staged is used again.
    assert machine.install(new, services=[machine.service()])["changed"]
    assert machine.current() != before


def test_failing_config_test_on_the_first_issue_leaves_no_link(machine: Machine) -> None:
    entry = used_by(machine.ordered(), "web")
    result = machine.install(entry, services=[machine.service(validate_command=["false"])])
    assert "none before" in result["certificates"][0]["error"]
    assert machine.current() is None
    assert machine.log() == []
    assert machine.install(entry, services=[machine.service()])["changed"]


def test_first_issue_may_cure_a_config_test_that_waits_for_its_files(machine: Machine) -> None:
    wants = ["sh", "-c", f"test -s {machine.root}/shop/current/fullchain.pem"]
    result = machine.install(used_by(machine.ordered(), "web"), services=[machine.service(validate_command=wants)])
    assert (result["rc"], result["services"][0]["validated"]) == (0, True)
    assert machine.log() == ["reload"]


def test_config_test_that_fails_before_switches_nothing(machine: Machine) -> None:
    machine.install(used_by(machine.ordered(), "web"), services=[machine.service()])
    before = machine.current()
    machine.log()
    broken = machine.service(validate_command=["sh", "-c", "echo 'typo in line 7'; exit 1"])
    result = machine.install(used_by(machine.ordered(), "web"), machine.ordered("lone"), services=[broken])
    assert "Nothing was switched" in result["certificates"][0]["error"]
    assert "typo in line 7" in result["certificates"][0]["error"]
    assert result["certificates"][1]["action"] == "installed"
    assert (machine.current(), machine.log()) == (before, [])


def test_one_bad_of_three_is_found_and_the_others_stay(machine: Machine) -> None:
    names = ["one", "two", "three"]
    machine.install(*[used_by(machine.ordered(name), "web") for name in names], services=[machine.service()])
    before = {name: machine.current(name) for name in names}
    machine.log()
    new = [used_by(machine.ordered(name), "web") for name in names]
    picky = machine.service(validate_command=refusing(machine, f"two={predicted_version(machine, new[1])}"))
    result = machine.install(*new, services=[picky])
    assert [item["action"] for item in result["certificates"]] == ["installed", "failed", "installed"]
    assert [machine.current(name) == before[name] for name in names] == [False, True, False]
    assert machine.log().count("reload") == 1
    assert result["changed"]
    second = machine.install(*new, services=[picky])
    assert [item["action"] for item in second["certificates"]] == ["unchanged", "failed", "unchanged"]
    assert machine.log().count("reload") == 0


def test_expired_certificate_is_never_brought_back(machine: Machine) -> None:
    machine.install(used_by(machine.ordered(), "web"), services=[machine.service()])
    before = str(machine.current())
    new = used_by(machine.ordered(), "web")
    picky = machine.service(validate_command=refusing(machine, f"shop={predicted_version(machine, new)}"))
    # As if it had been installed long ago.
    csr = machine.look({"name": "shop"})["certificates"][0]["pending"][0]["csr"]
    expired = machine.ca.sign_request(csr, period=Period.over())
    (machine.root / "shop" / "versions" / before / "cert.pem").write_text(expired)
    result = machine.install(new, services=[picky])
    assert result["failed"]
    assert "has expired" in result["certificates"][0]["error"]
    assert machine.current() not in {before, None}
    assert result["services"][0]["reload_needed"]
    assert machine.look({"name": "shop"})["certificates"][0]["reload_needed"]


def test_failed_reload_is_tried_again(machine: Machine) -> None:
    entry = used_by(machine.ordered(), "web")
    failing = machine.service(reload_command=["sh", "-c", "echo 'master gone' >&2; exit 7"])
    first = machine.install(entry, services=[failing])
    assert (first["failed"], first["changed"], first["certificates"][0]["action"]) == (True, True, "installed")
    assert "master gone" in first["msg"]
    assert "returned 7" in first["services"][0]["error"]
    assert (first["services"][0]["reloaded"], first["services"][0]["reload_needed"]) == (False, True)
    assert machine.look({"name": "shop"})["certificates"][0]["reload_needed"]
    machine.log()
    predicted = machine.install(entry, services=[machine.service()], check=True)
    second = machine.install(entry, services=[machine.service()])
    assert (predicted["changed"], second["changed"]) == (True, True)
    assert second["certificates"][0]["action"] == "unchanged"
    assert second["services"][0]["reloaded"]
    assert machine.log() == ["test", "reload"]
    assert not machine.install(entry, services=[machine.service()])["changed"]
    assert not machine.look({"name": "shop"})["certificates"][0]["reload_needed"]


def test_interrupted_run_is_completed(machine: Machine) -> None:
    """Killed between the switch and the reload: the next run tests and reloads."""
    entry = used_by(machine.ordered(), "web")
    killing = machine.service(validate_command=["sh", "-c", "kill -9 $PPID"])
    with pytest.raises(AssertionError, match="printed no JSON"):
        machine.install(entry, services=[killing])
    assert machine.current()
    assert machine.look({"name": "shop"})["certificates"][0]["reload_needed"]
    result = machine.install(entry, services=[machine.service()])
    assert (result["rc"], result["changed"], machine.log()) == (0, True, ["test", "reload"])


def test_interrupted_run_with_a_bad_set_goes_back_to_the_proven_one(machine: Machine) -> None:
    machine.install(used_by(machine.ordered(), "web"), services=[machine.service()])
    before = machine.current()
    new = used_by(machine.ordered(), "web")
    bad = refusing(machine, f"shop={predicted_version(machine, new)}")
    kill = f'[ "$(readlink {machine.root}/shop/current)" = versions/{before} ] || kill -9 $PPID'
    with pytest.raises(AssertionError, match="printed no JSON"):
        machine.install(new, services=[machine.service(validate_command=["sh", "-c", kill])])
    assert machine.current() != before
    machine.log()
    result = machine.install(new, services=[machine.service(validate_command=bad)])
    assert result["failed"]
    assert machine.current() == before
    # Whether the killed run still let the service take the new one is not known, so it is given the old one again.
    assert machine.log() == ["test", "test", "reload"]
    assert not machine.look({"name": "shop"})["certificates"][0]["reload_needed"]


def test_half_written_journal_goes_also_where_nothing_is_to_be_noted(machine: Machine) -> None:
    entry = used_by(machine.ordered(), "web")
    machine.install(entry, services=[machine.service()])
    left = machine.root / ".journal" / ".new-0123456789abcdef"
    left.write_text("{")
    assert not machine.install(entry, services=[machine.service()], check=True)["changed"]
    assert left.exists(), "check mode removes nothing"
    assert not machine.install(entry, services=[machine.service()])["changed"]
    assert [path.name for path in left.parent.iterdir()] == ["web.json"]


@pytest.mark.parametrize("placeholder", [True, False])
def test_interrupted_first_run_with_a_bad_set_goes_back_to_where_it_began(machine: Machine, placeholder: bool) -> None:
    """No service was ever seen with a placeholder, nor with nothing: the interrupted run says what was before."""
    if placeholder:
        machine.prepare({"name": "shop", "names": ["shop.example.com"], "placeholder": True})
    before = machine.current()
    assert bool(before) == placeholder
    new = used_by(machine.ordered(), "web")
    bad = refusing(machine, f"shop={predicted_version(machine, new)}")
    kill = f'[ "$(readlink {machine.root}/shop/current)" = "versions/{before}" ] || kill -9 $PPID'
    with pytest.raises(AssertionError, match="printed no JSON"):
        machine.install(new, services=[machine.service(validate_command=["sh", "-c", kill])])
    assert machine.current() != before
    result = machine.install(new, services=[machine.service(validate_command=bad)])
    assert result["failed"]
    assert machine.current() == before
    assert machine.install(new, services=[machine.service()])["rc"] == 0
    assert machine.current() != before


def test_hanging_reload_is_stopped_with_all_its_children(machine: Machine) -> None:
    child = machine.folder / "child"
    hanging = ["sh", "-c", f"sleep 300 & echo $! > {child}; echo waiting; wait"]
    begin = time.monotonic()
    result = machine.install(
        used_by(machine.ordered(), "web"),
        services=[machine.service(reload_command=hanging, reload_timeout=1)],
        timeout=200,
    )
    assert time.monotonic() - begin < 120  # the child sleeps longer
    assert "did not end within 1 s" in result["services"][0]["error"]
    assert "waiting" in result["services"][0]["error"]
    assert not _is_running(int(child.read_text()))
    assert machine.current(), "the config test passed: the files stay and the reload is tried again"


def test_reload_that_leaves_a_daemon_with_its_output_is_no_hang(machine: Machine) -> None:
    child = machine.folder / "child"
    starting = ["sh", "-c", f"sleep 300 & echo $! > {child}; echo started"]
    begin = time.monotonic()
    result = machine.install(
        used_by(machine.ordered(), "web"), services=[machine.service(reload_command=starting, reload_timeout=120)]
    )
    daemon = int(child.read_text())
    try:
        assert result["rc"] == 0
        assert time.monotonic() - begin < 100  # before its time is over
        assert _is_running(daemon), "a daemon that was started is not ended"
    finally:
        os.kill(daemon, signal.SIGKILL)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] not in "ZX"
    except FileNotFoundError:
        return False


def test_output_is_capped_and_keys_in_it_are_removed(machine: Machine) -> None:
    loud = ["sh", "-c", "yes 'all work and no play' | head -c 30000000; exit 1"]
    result = machine.install(used_by(machine.ordered(), "web"), services=[machine.service(reload_command=loud)])
    assert len(json.dumps(result)) < 30000
    leaking = ["sh", "-c", f"cat {machine.root}/shop/current/combined.pem; exit 1"]
    result = machine.install(used_by(machine.ordered(), "web"), services=[machine.service(reload_command=leaking)])
    assert "[private key removed]" in result["services"][0]["error"] or "CERTIFICATE" in result["services"][0]["error"]


def test_commands_get_no_input_and_no_shell(machine: Machine) -> None:
    seen = machine.folder / "seen"
    reading = ["sh", "-c", f"cat > {seen}.in; printf '%s' \"$1\" > {seen}", "sh", "$(id) ; *"]
    result = machine.install(
        used_by(machine.ordered(), "web"), services=[machine.service(reload_command=reading)], timeout=30
    )
    assert result["rc"] == 0
    assert seen.read_text() == "$(id) ; *"
    assert Path(f"{seen}.in").read_bytes() == b""


def test_missing_program_is_an_error_of_its_service(machine: Machine) -> None:
    services = [machine.service("web", reload_command=["no-such-program"]), machine.service("mail")]
    entries = [used_by(machine.ordered("one"), "web"), used_by(machine.ordered("two"), "mail")]
    result = machine.install(*entries, services=services)
    assert "could not be started" in result["services"][0]["error"]
    assert result["services"][1]["reloaded"]
    assert "web: " in result["msg"]
    assert "mail: " not in result["msg"]


def test_service_added_later_is_reloaded_once(machine: Machine) -> None:
    entry = machine.ordered()
    machine.install(entry)
    assert machine.install(used_by(entry, "web"), services=[machine.service()])["changed"]
    assert machine.log() == ["test", "reload"]
    assert not machine.install(used_by(entry, "web"), services=[machine.service()])["changed"]


def test_certificates_of_other_runs_keep_their_place_in_the_journal(machine: Machine) -> None:
    one, two = (used_by(entry, "web") for entry in machine.ordered_many("one", "two"))
    machine.install(one, two, services=[machine.service()])
    machine.install(used_by(machine.ordered("one"), "web"), services=[machine.service()])
    machine.log()
    assert not machine.install(two, services=[machine.service()])["changed"]
    # A certificate that no longer belongs to the service is forgotten.
    assert not machine.install(used_by(two), services=[machine.service()])["changed"]
    assert machine.install(used_by(two), used_by(machine.ordered("one"), "web"), services=[machine.service()])[
        "changed"
    ]
    assert machine.install(two, services=[machine.service()])["services"][0]["reloaded"]


def test_unreadable_journal_costs_one_reload_only(machine: Machine) -> None:
    entry = used_by(machine.ordered(), "web")
    machine.install(entry, services=[machine.service()])
    machine.log()
    journal = machine.root / ".journal" / "web.json"
    journal.write_text("{")
    assert machine.install(entry, services=[machine.service()])["changed"]
    assert machine.log() == ["test", "reload"]
    assert not machine.install(entry, services=[machine.service()])["changed"]


def test_bad_services(machine: Machine) -> None:
    entry = used_by(machine.ordered(), "web")
    for services, word in (
        ([machine.service(), machine.service()], "given twice"),
        ([machine.service("../web")], "cannot name a service"),
        ([machine.service(reload_command=[""])], "does not start with a program"),
        ([machine.service(reload_timeout=-1)], "not a time-out"),
    ):
        result = machine.install(entry, services=services)
        assert result["failed"]
        assert word in result["msg"]
    assert machine.current() is None
