# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module that installs certificates, run as a process: what it writes, what it refuses, what it tells."""

from __future__ import annotations

import grp
import os
import re
import shutil
import ssl
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.throwaway_ca import Authority, Period, key_pem, new_key, now, pem
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

FILES = ("cert.pem", "chain.pem", "combined.pem", "fullchain.pem", "privkey.pem")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files to others")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def other(entry: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**entry, **changes}


def test_layout_on_disk(machine: Machine) -> None:
    entry = machine.ordered("shop", "shop.example.com", "www.shop.example.com")
    result = machine.install(entry)
    assert (result["rc"], result["changed"]) == (0, True), result
    item = result["certificates"][0]
    assert (item["action"], item["error"], item["names"]) == ("installed", None, entry["names"])
    leaf = x509.load_pem_x509_certificate(entry["certificate"].encode())
    assert int(item["serial"], 16) == leaf.serial_number
    folder = machine.root / "shop" / "versions" / item["version"]
    assert item["version"].startswith(f"{leaf.not_valid_before_utc:%Y%m%dT%H%M%SZ}-{item['sha256'][:12]}-")
    assert (machine.root / "shop" / "current").readlink() == Path("versions") / item["version"]
    assert item["path"] == str(machine.root / "shop" / "current")
    assert sorted(path.name for path in folder.iterdir()) == list(FILES)
    key = (folder / "privkey.pem").read_text()
    assert (folder / "cert.pem").read_text() == entry["certificate"]
    assert (folder / "chain.pem").read_text() == entry["chain"]
    assert (folder / "fullchain.pem").read_text() == entry["certificate"] + entry["chain"]
    assert (folder / "combined.pem").read_text() == key + entry["certificate"] + entry["chain"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "combined.pem")
    assert {name: mode(folder / name) for name in FILES} == {
        "cert.pem": 0o644,
        "chain.pem": 0o644,
        "fullchain.pem": 0o644,
        "privkey.pem": 0o600,
        "combined.pem": 0o600,
    }
    assert mode(folder) == mode(folder.parent) == 0o711


def test_second_run_changes_nothing(machine: Machine) -> None:
    entry = other(machine.ordered(), services=["web"])
    services = [machine.service()]
    assert machine.install(entry, services=services)["changed"]
    assert machine.log() == ["test", "reload"]
    before = machine.picture()
    result = machine.install(entry, services=services, diff=True)
    assert (result["changed"], result["certificates"][0]["action"], result["diff"]) == (False, "unchanged", [])
    assert machine.picture() == before
    assert not machine.install(entry, services=services, check=True)["changed"]


def test_check_mode_predicts_and_writes_nothing(machine: Machine) -> None:
    entry = other(machine.ordered(), services=["web"])
    services = [machine.service()]
    before = machine.picture()
    predicted = machine.install(entry, services=services, check=True, diff=True)
    assert machine.picture() == before
    assert machine.log() == []
    real = machine.install(entry, services=services, diff=True)
    for key in ("changed", "diff"):
        assert predicted[key] == real[key]
    assert predicted["certificates"] == real["certificates"]
    assert predicted["services"][0]["reloaded"]
    assert real["diff"][0]["before"] == {}
    assert set(real["diff"][0]["after"]) == {"names", "serial", "not_after"}


def test_check_mode_on_a_bare_host_predicts_a_certificate_to_come(machine: Machine) -> None:
    entry = {"name": "shop", "names": ["shop.example.com"], "services": ["web"]}
    predicted = machine.install(entry, services=[machine.service()], check=True, diff=True)
    assert (predicted["rc"], predicted["changed"]) == (0, True)
    assert predicted["certificates"][0]["action"] == "installed"
    assert predicted["services"][0]["reloaded"]
    assert predicted["diff"][0]["after"] == {"names": ["shop.example.com"]}
    assert not machine.root.exists()
    real = machine.install(entry, services=[machine.service()])
    assert real["failed"]
    assert "no certificate to install" in real["msg"]
    assert not machine.root.exists()


def test_replacement_keeps_the_old_version_and_shows_both(machine: Machine) -> None:
    old = machine.ordered()
    machine.install(old)
    before = machine.current()
    new = machine.ordered()
    result = machine.install(new, diff=True)
    assert result["changed"]
    assert machine.current() != before
    assert (machine.root / "shop" / "versions" / str(before) / "privkey.pem").exists()
    diff = result["diff"][0]
    serials = [
        f"{x509.load_pem_x509_certificate(entry['certificate'].encode()).serial_number:X}" for entry in (old, new)
    ]
    assert [diff[side]["serial"].lstrip("0") for side in ("before", "after")] == serials
    seen = machine.look({"name": "shop"})["certificates"][0]
    assert seen["current"]["certificate"] == new["certificate"]
    assert (seen["current"]["version"], seen["current"]["has_key"]) == (machine.current(), True)
    assert seen["current"]["certificate_path"] == str(machine.root / "shop" / "current" / "cert.pem")


def test_new_chain_for_the_same_certificate_is_a_new_version(machine: Machine) -> None:
    entry = machine.ordered()
    machine.install(entry)
    before = str(machine.current())
    cross = Authority(
        key=machine.ca.intermediate.key,
        certificate=x509.load_pem_x509_certificate(_again(machine.ca.root, machine.ca.intermediate).encode()),
    )
    assert machine.install(other(entry, chain=cross.pem))["changed"]
    after = str(machine.current())
    assert before.rpartition("-")[0] == after.rpartition("-")[0]
    assert before != after


def _again(root: Authority, intermediate: Authority, *, period: Period | None = None) -> str:
    """Certify the intermediate's key and name once more."""
    span = period or Period(intermediate.certificate.not_valid_before_utc, intermediate.certificate.not_valid_after_utc)
    builder = x509.CertificateBuilder(
        issuer_name=root.certificate.subject,
        subject_name=intermediate.certificate.subject,
        public_key=intermediate.key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=span.begin,
        not_valid_after=span.end,
    ).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return pem(builder.sign(root.key, SHA256()))


def test_repeated_leaf_and_root_are_left_out(machine: Machine) -> None:
    entry = machine.ordered()
    chain = entry["certificate"] + machine.ca.intermediate.pem + machine.ca.root.pem
    assert machine.install(other(entry, chain=chain.replace("\n", "\r\n")))["changed"]
    assert (machine.root / "shop" / "current" / "chain.pem").read_text() == machine.ca.intermediate.pem
    assert not machine.install(entry)["changed"], "the same set in another dress"


def test_a_dead_cross_signed_root_and_what_is_above_the_root_are_left_out(machine: Machine) -> None:
    """A CA may go on delivering them for years (AddTrust 2020), and whoever serves them breaks some clients."""
    ca = machine.ca
    old = Authority.make("Old Root", period=Period.over())
    dead = _again(old, ca.root, period=Period.over())
    entry = machine.ordered()
    chains = {
        "with roots": ca.intermediate.pem + dead + old.pem + ca.root.pem,
        "without": ca.intermediate.pem + dead,
        "root first": ca.intermediate.pem + ca.root.pem + dead + old.pem,
        "another certificate of the same": _again(old, ca.intermediate, period=Period.over()) + ca.intermediate.pem,
    }
    for name, chain in chains.items():
        result = machine.install(other(entry, chain=chain))
        assert result["rc"] == 0, (name, result)
        assert (machine.root / "shop" / "current" / "chain.pem").read_text() == ca.intermediate.pem, name
        assert result["changed"] is (name == "with roots"), "the same set in another dress"


def test_no_chain_is_installed_with_a_warning(machine: Machine) -> None:
    result = machine.install(other(machine.ordered(), chain=""))
    assert result["changed"]
    assert "without intermediate certificates" in str(result["warnings"])
    assert (machine.root / "shop" / "current" / "chain.pem").read_bytes() == b""


Case = Callable[[dict[str, Any], str], dict[str, Any]]


def refusals(machine: Machine) -> dict[str, tuple[Case, str]]:
    """Return bad entries: what makes one of a good entry and its request, and a word of the message it must get."""
    ca = machine.ca
    below = Authority.make("Lower CA", parent=ca.intermediate)
    stranger = Authority.make("Stranger CA", parent=Authority.make("Stranger Root"))
    old_ca = Authority.make("Old CA", parent=ca.root, period=Period.over())
    twin = Authority.make("Throwaway Issuing CA", parent=ca.root)

    def by(signer: Authority, csr: str, **how: Any) -> str:
        request = x509.load_pem_x509_csr(csr.encode())
        return signer.sign(request.public_key(), ["shop.example.com"], **how)

    def leaf(make: Callable[[str], str], *, chain: str = ca.intermediate.pem) -> Case:
        return lambda entry, csr: other(entry, certificate=make(csr), chain=chain)

    def given(**fields: Any) -> Case:
        return lambda entry, _csr: other(entry, **fields)

    def text(change: Callable[[str], str]) -> Case:
        return lambda entry, _csr: other(entry, certificate=change(entry["certificate"]))

    stolen = ca.intermediate.sign(new_key().public_key(), ["shop.example.com"])
    late = Period(begin=now() + timedelta(days=1))
    return {
        "expired": (leaf(lambda csr: ca.sign_request(csr, period=Period.over())), "expired on"),
        "future": (leaf(lambda csr: ca.sign_request(csr, period=late)), "not valid before"),
        "other-key": (given(certificate=stolen), "no private key"),
        "other-names": (leaf(lambda csr: ca.sign_request(csr, names=["evil.example.net"])), "does not cover"),
        "fewer-names": (given(names=["shop.example.com", "www.shop.example.com"]), "cover www.shop"),
        "no-names": (leaf(lambda csr: ca.sign_request(csr, names=[])), "no DNS name"),
        "not-for-servers": (leaf(lambda csr: ca.sign_request(csr, for_servers=False)), "serverAuth"),
        "authority": (leaf(lambda csr: by(ca.intermediate, csr, is_ca=True)), "one of a certificate authority"),
        "self-signed": (given(certificate=_self_signed(), chain=""), "signed by itself"),
        "wrong-order": (leaf(lambda csr: by(below, csr), chain=ca.intermediate.pem + below.pem), "out of order"),
        "root-in-the-middle": (given(chain=ca.root.pem + ca.intermediate.pem), "in its middle"),
        "foreign-extra": (given(chain=ca.intermediate.pem + stranger.pem), "foreign part"),
        "foreign-chain": (given(chain=stranger.pem), "foreign part"),
        "missing-intermediate": (leaf(lambda csr: by(below, csr)), "foreign part"),
        "leaf-as-intermediate": (given(chain=stolen), "is not a CA certificate"),
        "expired-intermediate": (leaf(lambda csr: by(old_ca, csr), chain=old_ca.pem), "'Old CA' expired on"),
        "signed-by-a-namesake": (given(chain=twin.pem), "client would refuse"),
        "several": (text(lambda pem_text: pem_text * 2), "2 certificates"),
        "no-pem": (given(certificate="<html>502 Bad Gateway</html>"), "not made of PEM"),
        "damaged": (text(lambda pem_text: pem_text.replace("M", "N", 1)), "cannot be read"),
        "cut": (text(lambda pem_text: pem_text[:300]), "not made of PEM"),
        "path": (given(name="../shop"), "cannot be the name of a folder"),
        "bad-name": (given(names=["192.0.2.7"]), "IP address"),
    }


def _self_signed() -> str:
    key = new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Myself")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, now() - timedelta(days=1), now() + timedelta(days=1)
    )
    return pem(builder.sign(key, SHA256()))


def test_bad_ones_are_refused_with_reasons_and_the_good_ones_go_on(machine: Machine) -> None:
    cases = refusals(machine)
    wanted = [
        {"name": name, "names": ["shop.example.com"], "key_type": "ECDSA", "create_pending": True}
        for name in ("good", *cases, "better")
    ]
    waiting = {item["name"]: item["pending"][0]["csr"] for item in machine.prepare(*wanted)["certificates"]}
    good = {
        name: {
            "name": name,
            "names": ["shop.example.com"],
            "certificate": machine.ca.sign_request(csr),
            "chain": machine.ca.intermediate.pem,
        }
        for name, csr in waiting.items()
    }
    bad = [make(good[name], waiting[name]) for name, (make, _word) in cases.items()]
    entries = [good["good"], *bad, good["better"]]
    predicted = machine.install(*entries, check=True)
    result = machine.install(*entries)
    for outcome in (predicted, result):
        assert (outcome["failed"], outcome["changed"], outcome["rc"]) == (True, True, 1)
        assert [item["action"] for item in outcome["certificates"]] == [
            "installed",
            *["failed"] * len(cases),
            "installed",
        ]
    errors = {name: item["error"] for name, item in zip(cases, result["certificates"][1:-1], strict=True)}
    assert {name: error for name, error in errors.items() if cases[name][1] not in error} == {}
    assert all(error in result["msg"] for error in errors.values())
    assert _without_clock(predicted["certificates"]) == _without_clock(result["certificates"])
    assert [machine.current(name) is None for name in ("good", "better", *cases)] == [
        False,
        False,
        *[True] * len(cases),
    ]
    assert sorted(path.parent.parent.name for path in machine.root.glob("*/versions/*")) == ["better", "good"]


def _without_clock(certificates: list[dict[str, Any]]) -> list[str]:
    return [re.sub(r"clock says [0-9TZ:-]+", "", str(item)) for item in certificates]


def test_private_key_given_by_mistake_is_not_repeated(machine: Machine) -> None:
    entry = machine.ordered()
    result = machine.install(other(entry, certificate=entry["certificate"] + key_pem(new_key())))
    assert "contains a private key" in result["msg"]
    assert "PRIVATE KEY" not in str(result)


def test_key_of_another_certificate_in_the_pending_folder(machine: Machine) -> None:
    """A key file that was exchanged under its request is found out by OpenSSL, not by names or notes."""
    entry = machine.ordered()
    key = next((machine.root / "shop" / "pending").iterdir()) / "privkey.pem"
    key.write_text(key_pem(new_key()))
    result = machine.install(entry)
    assert "does not belong to the certificate" in result["msg"]
    assert machine.current() is None


def test_encrypted_key_asks_nobody(machine: Machine) -> None:
    entry = machine.ordered()
    key = next((machine.root / "shop" / "pending").iterdir()) / "privkey.pem"
    key.write_text(key_pem(new_key(), password=b"throwaway"))
    result = machine.install(entry, timeout=20)
    assert "is encrypted" in result["msg"]


def test_many_certificates_one_bad(machine: Machine) -> None:
    count = 20
    entries = [
        other(entry, services=["web"])
        for entry in machine.ordered_many(*(f"site{number:02d}" for number in range(count)))
    ]
    entries[7]["certificate"] = entries[8]["certificate"]
    result = machine.install(*entries, services=[machine.service()])
    assert [item["action"] for item in result["certificates"]].count("installed") == count - 1
    assert result["certificates"][7]["action"] == "failed"
    assert result["msg"].count("site") == result["msg"].count("site07")
    assert machine.log() == ["test", "reload"]


def test_old_key_serves_a_new_certificate(machine: Machine) -> None:
    """The key is found in an installed version too, when its waiting folder is gone."""
    entry = machine.ordered()
    csr = machine.look({"name": "shop"})["certificates"][0]["pending"][0]["csr"]
    machine.install(entry)
    shutil.rmtree(machine.root / "shop" / "pending")
    assert machine.install(other(entry, certificate=machine.ca.sign_request(csr)))["changed"]


def test_half_written_version_is_replaced(machine: Machine) -> None:
    entry = machine.ordered()
    name = machine.install(entry, check=True)["certificates"][0]["version"]
    half = machine.root / "shop" / "versions" / name
    half.mkdir(parents=True, mode=0o711)
    half.parent.chmod(0o711)
    (half / "cert.pem").write_text(entry["certificate"])
    left = half.parent / ".staging-0123456789abcdef"
    left.mkdir(mode=0o700)
    (left / "privkey.pem").write_text("half a key")
    result = machine.install(entry)
    assert (result["rc"], result["changed"], machine.current()) == (0, True, name)
    assert sorted(path.name for path in half.iterdir()) == list(FILES)
    assert sorted(path.name for path in half.parent.iterdir()) == [name]


def test_damaged_version_in_use_is_replaced_beside(machine: Machine) -> None:
    names = ("privkey", "cert", "chain", "combined", "fullchain")
    entries = machine.ordered_many(*names)
    machine.install(*entries)
    before = {name: str(machine.current(name)) for name in names}
    for name in names:
        damaged = machine.root / name / "current" / f"{name}.pem"
        if name == "fullchain":
            damaged.unlink()
        else:
            damaged.write_text("damaged\n")
    for check in (True, False):
        result = machine.install(*entries, check=check)
        assert [item["action"] for item in result["certificates"]] == ["installed"] * len(names), result
    assert {name: machine.current(name) for name in names} == {name: f"{before[name]}-r2" for name in names}
    assert not machine.install(*entries)["changed"]


def test_write_that_fails_half_way_leaves_the_old_set(machine: Machine) -> None:
    """A limit on the size of files stands in for a full disk: the last and largest file of a set does not fit."""
    machine.install(machine.ordered())
    before = machine.picture()
    entry = machine.ordered()
    largest = len(entry["certificate"] + entry["chain"]) + 20
    result = machine.install(entry, prefix=["prlimit", f"--fsize={largest}"])
    assert result["failed"]
    assert "File too large" in result["msg"]
    assert machine.picture() == before
    assert machine.install(entry)["changed"]


def test_key_without_a_final_newline(machine: Machine) -> None:
    entry = machine.ordered()
    key = next((machine.root / "shop" / "pending").iterdir()) / "privkey.pem"
    key.write_text(key.read_text().rstrip())
    assert machine.install(entry)["changed"]
    assert not machine.install(entry)["changed"]


def test_dangling_link_is_repaired(machine: Machine) -> None:
    entry = machine.ordered()
    machine.install(entry)
    shutil.rmtree(machine.root / "shop" / "versions" / str(machine.current()))
    seen = machine.look({"name": "shop"})["certificates"][0]
    assert seen["current"] is None
    assert machine.install(entry)["changed"]
    assert (machine.root / "shop" / "current" / "cert.pem").read_text() == entry["certificate"]


def test_current_that_is_not_ours_is_left_alone(machine: Machine) -> None:
    entry = machine.ordered()
    current = machine.root / "shop" / "current"
    current.mkdir()
    assert "not the symbolic link" in machine.install(entry)["msg"]
    current.rmdir()
    outside = machine.folder / "outside"
    outside.mkdir()
    current.symlink_to(outside)
    assert "points to" in machine.install(entry)["msg"]
    assert list(outside.iterdir()) == []


def test_links_planted_in_the_way_are_refused(machine: Machine) -> None:
    outside = machine.folder / "outside"
    outside.mkdir()
    entry = machine.ordered()
    (machine.root / "shop" / "versions").symlink_to(outside)
    assert "symbolic link" in machine.install(entry)["msg"]
    assert list(outside.iterdir()) == []
    (machine.root / "shop" / "versions").unlink()
    key = next((machine.root / "shop" / "pending").iterdir()) / "privkey.pem"
    key.rename(machine.folder / "elsewhere.pem")
    key.symlink_to(machine.folder / "elsewhere.pem")
    assert "symbolic link" in machine.install(entry)["msg"]


def test_folder_others_can_write_is_refused(machine: Machine) -> None:
    machine.install(machine.ordered())
    before = machine.current()
    new = machine.ordered(fresh_pending=True)
    for part in ("", "shop", "shop/versions", "shop/pending"):
        folder = machine.root / part
        bits = mode(folder)
        folder.chmod(0o777)
        result = machine.install(new)
        assert result["failed"]
        assert "can be written by everybody" in result["msg"]
        assert machine.current() == before
        folder.chmod(bits)
    assert machine.install(new)["changed"]


@needs_root
def test_key_of_a_group_is_never_wider_on_the_way(machine: Machine) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    group = grp.getgrgid(65534)
    machine.options = {"group": group.gr_name, "mode": "0640"}
    entry = machine.ordered()
    trace = machine.folder / "trace"
    calls = "trace=openat,chmod,fchmod,fchmodat,chown,fchown,fchownat,write"
    machine.install(entry, umask=0, prefix=["strace", "-f", "-qq", "-y", "-e", calls, "-o", str(trace)])
    steps: dict[str, list[str]] = {}
    for line in trace.read_text().splitlines():
        for name in ("privkey.pem", "combined.pem"):
            if "/versions/.staging-" in line and name in line:
                call = line.split(None, 1)[1].split("(")[0]
                steps.setdefault(name, []).append(f"{call} {line}" if call == "openat" else call)
    assert set(steps) == {"privkey.pem", "combined.pem"}
    for calls_made in steps.values():
        created = [step for step in calls_made if step.startswith("openat") and "O_CREAT" in step]
        assert len(created) == 1
        assert "O_EXCL" in created[0]
        assert "0600)" in created[0]
        rest = [step for step in calls_made if not step.startswith("openat")]
        assert rest == ["fchown", "fchmod", "write"]
    folder = machine.root / "shop" / "current"
    for name in ("privkey.pem", "combined.pem"):
        status = (folder / name).stat()
        assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o640, 65534)
    assert (stat.S_IMODE(folder.stat().st_mode), folder.stat().st_gid) == (0o750, 65534)


@needs_root
def test_access_of_keys_is_corrected(machine: Machine) -> None:
    entry = machine.ordered()
    machine.install(entry)
    folder = machine.root / "shop" / "current"
    (folder / "privkey.pem").chmod(0o644)
    assert machine.install(entry, check=True)["changed"]
    assert mode(folder / "privkey.pem") == 0o644
    result = machine.install(entry, diff=True)
    assert (result["changed"], result["certificates"][0]["action"]) == (True, "permissions")
    assert mode(folder / "privkey.pem") == 0o600
    machine.options = {"owner": "nobody"}
    assert machine.install(entry)["changed"]
    assert (folder / "combined.pem").stat().st_uid == 65534
    assert folder.stat().st_uid == 0
    assert not machine.install(entry)["changed"]


BAD_ACCESS: list[tuple[dict[str, Any], str]] = [
    ({"mode": "0644"}, "not a mode"),
    ({"mode": "0660"}, "not a mode"),
    ({"mode": "u=rw"}, "not a mode"),
    ({"mode": 0o644}, "not a mode"),
    ({"mode": "0000"}, "not a mode"),
    ({"owner": "nobody-of-this-name"}, "not a user"),
    ({"group": "no-group-of-this-name"}, "not a group"),
    ({"keep_versions": 0}, "keep_versions: '0' keeps not even"),
]


def test_bad_access_stops_everything(machine: Machine) -> None:
    entry = machine.ordered()
    for options, word in BAD_ACCESS:
        machine.options = options
        result = machine.install(entry)
        assert result["failed"]
        assert word in result["msg"]
    assert machine.current() is None


def test_old_versions_are_removed_beyond_those_kept(machine: Machine) -> None:
    machine.options = {"keep_versions": 2}
    seen = []
    for _number in range(4):
        assert machine.install(machine.ordered(fresh_pending=True))["changed"]
        seen.append(str(machine.current()))
    left = {path.name for path in (machine.root / "shop" / "versions").iterdir()}
    assert len(left) == 2
    assert seen[-1] in left


def test_two_entries_of_one_name_and_unknown_services(machine: Machine) -> None:
    entry = machine.ordered()
    assert "given twice" in machine.install(entry, entry)["msg"]
    result = machine.install(other(entry, services=["nginx"]), services=[machine.service("web")])
    assert "not among the services" in result["msg"]
    assert "web" in result["msg"]
    assert machine.current() is None


def test_on_the_oldest_and_the_newest_python(machine: Machine, interpreter: str) -> None:
    """With nothing but the standard library: no package is on the path of these interpreters."""
    entry = other(machine.ordered(), services=["web"])
    result = machine.install(entry, services=[machine.service()], python=interpreter)
    assert (result["rc"], result["changed"]) == (0, True), result
    assert machine.log() == ["test", "reload"]
    assert not machine.install(entry, services=[machine.service()], python=interpreter)["changed"]
    bad = other(entry, certificate=machine.ca.intermediate.sign(new_key().public_key(), ["shop.example.com"]))
    assert "no private key" in machine.install(bad, services=[machine.service()], python=interpreter)["msg"]
