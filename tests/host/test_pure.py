# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Functions of the host side that need no process: names, DER, facts, groups, modes."""

from __future__ import annotations

import contextlib
import os
import stat
import string
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.certops.resello.plugins.module_utils._host import (
    command,
    names,
    openssl,
    paths,
)
from ansible_collections.certops.resello.plugins.module_utils._host.errors import HostError, InputError
from ansible_collections.certops.resello.plugins.module_utils._host.files import Access, Folder, key_access, open_root
from ansible_collections.certops.resello.plugins.module_utils._host.store import store as version_store
from ansible_collections.certops.resello.plugins.module_utils._host.switch import service_journal
from ansible_collections.certops.resello.plugins.module_utils._host.switch.groups import connected
from ansible_collections.certops.resello.plugins.module_utils._host.switch.state import ServiceState
from ansible_collections.certops.resello.plugins.module_utils._host.tls import der
from ansible_collections.certops.resello.plugins.module_utils._host.tls import x509 as own_x509
from ansible_collections.certops.resello.tests.support.throwaway_ca import Period, ThrowawayCa, new_key, now
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

LABELS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)
DNS_NAMES = st.lists(LABELS, min_size=1, max_size=4).map(lambda parts: ".".join([*parts, "example"]))


@given(st.text(max_size=80))
def test_folder_names_are_one_harmless_step(name: str) -> None:
    try:
        folder = names.folder_name(name, option="name")
    except InputError as error:
        assert "name" in str(error)
    else:
        assert "/" not in folder
        assert not folder.startswith(".")
        assert folder == name.replace("*.", "_wildcard.", 1)
        assert os.path.normpath(f"/root/{folder}") == f"/root/{folder}"


@pytest.mark.parametrize(
    "name", ["shop", "shop.example.com", "_wildcard.example.com", "*.example.com", "a..b", "0", "a" * 63]
)
def test_good_folder_names(name: str) -> None:
    assert names.folder_name(name, option="name")


@given(st.text(max_size=60))
def test_dns_names_become_plain_ascii_and_stay_so(name: str) -> None:
    with contextlib.suppress(InputError):
        found = names.dns_name(name, option="names")
        assert set(found) <= set(string.ascii_lowercase + string.digits + "-.*")
        assert found.count("*") == (1 if found.startswith("*.") else 0)
        assert "\n" not in found
        assert names.dns_name(found, option="names") == found


@given(DNS_NAMES, st.booleans())
def test_ordinary_dns_names_are_accepted(name: str, wildcard: bool) -> None:
    text = f"*.{name}" if wildcard else name
    assert names.dns_name(f"{text.upper()}.", option="names") == text


@pytest.mark.parametrize(
    ("pattern", "name", "served"),
    [
        ("a.example.com", "a.example.com", True),
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "*.example.com", True),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", "example.com", False),
        ("a.example.com", "*.example.com", False),
        ("*.com", "*.example.com", False),
        ("*.a.example.com", "*.example.com", False),
    ],
)
def test_what_a_certificate_covers(pattern: str, name: str, served: bool) -> None:
    assert names.covers(pattern, name) is served


def test_common_name_has_64_characters_at_most() -> None:
    assert names.common_name(("a" * 64,)) == "a" * 64
    assert names.common_name(("a" * 65, "b")) is None
    assert names.common_name(()) is None


@given(st.binary(max_size=200))
def test_der_reader_never_fails_in_another_way(data: bytes) -> None:
    with contextlib.suppress(der.DerError):
        assert der.parse(data).raw == data
    with contextlib.suppress(der.DerError):
        own_x509.certificate(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x01",
        b"\x30\x80\x00\x00",  # indefinite length
        b"\x04\x81\x01\x00",  # not minimal
        b"\x04\x82\x00\x81" + b"\x00" * 0x81,  # not minimal
        b"\x04\x85\x01\x00\x00\x00\x00",  # too large to be true
        b"\x1f\x81\x01\x00",  # high tag number
        b"\x04\x00\x00",  # something after the end
    ],
)
def test_der_reader_is_strict(data: bytes) -> None:
    with pytest.raises(der.DerError):
        der.parse(data)


@pytest.mark.parametrize(
    ("tag", "text", "year"),
    [
        (der.UTC_TIME, "491231235959Z", 2049),
        (der.UTC_TIME, "500101000000Z", 1950),
        (der.GENERALIZED_TIME, "20500101000000Z", 2050),
    ],
)
def test_der_dates(tag: int, text: str, year: int) -> None:
    content = text.encode()
    found = der.moment(der.parse(bytes([tag, len(content)]) + content))
    assert (found.year, found.utcoffset()) == (year, timedelta(0))


@pytest.mark.parametrize("text", ["4912312359Z", "491231235959+0100", "20501301000000Z", "nonsense"])
def test_der_dates_that_are_none(text: str) -> None:
    for tag in (der.UTC_TIME, der.GENERALIZED_TIME):
        with pytest.raises(der.DerError):
            der.moment(der.parse(bytes([tag, len(text)]) + text.encode()))


@settings(max_examples=25, deadline=None)
@given(wanted=st.lists(DNS_NAMES, min_size=1, max_size=6, unique=True), days=st.integers(1, 20000))
def test_facts_agree_with_cryptography(ca: ThrowawayCa, wanted: list[str], days: int) -> None:
    period = Period(end=now() + timedelta(days=days))
    text = ca.intermediate.sign(new_key().public_key(), wanted, period=period)
    theirs = x509.load_pem_x509_certificate(text.encode())
    ours = own_x509.certificates(text, where="test")[0]
    assert (ours.not_before, ours.not_after) == (theirs.not_valid_before_utc, theirs.not_valid_after_utc)
    assert (ours.serial, int(ours.serial_hex, 16)) == (theirs.serial_number, theirs.serial_number)
    assert list(ours.names) == wanted
    assert ours.subject == theirs.subject.public_bytes()
    assert ours.issuer == theirs.issuer.public_bytes()
    assert (ours.is_ca, ours.for_servers, ours.self_issued) == (False, True, False)
    assert (ours.public_key.kind, ours.public_key.bits) == ("ECDSA", 256)
    assert ours.raw == theirs.public_bytes(serialization.Encoding.DER)
    assert ours.pem == text


def test_facts_of_authorities(ca: ThrowawayCa) -> None:
    root, intermediate = own_x509.certificates(ca.root.pem + "text between\n" + ca.intermediate.pem, where="test")
    assert (root.is_ca, root.self_issued, root.for_servers) == (True, True, True)
    assert (intermediate.is_ca, intermediate.self_issued) == (True, False)
    assert intermediate.issuer_text == "Throwaway Root"


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_certificates_are_refused_or_read_but_never_crash(ca: ThrowawayCa, data: st.DataObject) -> None:
    raw = bytearray(own_x509.certificates(ca.intermediate.pem, where="test")[0].raw)
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(der.DerError):
        own_x509.certificate(bytes(raw))


FOLDERS = st.sampled_from("abcdefgh")
MEMBERS = st.dictionaries(FOLDERS, st.lists(st.sampled_from(["s1", "s2", "s3", "s4"]), max_size=3))


@given(MEMBERS)
def test_groups_are_whole_and_apart(members: dict[str, list[str]]) -> None:
    groups = connected(members)
    assert sorted(name for group in groups for name in group) == sorted(members)
    used = [{service for name in group for service in members[name]} for group in groups]
    for number, services in enumerate(used):
        assert not any(services & others for others in used[number + 1 :])
    for group in groups:
        # No group can be cut in two without cutting a service.
        reached = {group[0]}
        for _step in group:
            touched = {service for name in reached for service in members[name]}
            reached |= {name for name in group if touched & set(members[name])}
        assert reached == set(group)


SOME_VERSIONS = st.dictionaries(FOLDERS, st.sampled_from(["v1", "v2"]))


@given(SOME_VERSIONS, SOME_VERSIONS, SOME_VERSIONS)
def test_reload_is_needed_unless_what_is_in_use_was_given_and_seen(
    wanted: dict[str, str], proven: dict[str, str], current: dict[str, str]
) -> None:
    state = ServiceState(name="web").remember(
        service_journal.Record(wanted=wanted, proven=proven), seen={*wanted, *proven, *current}
    )
    unseen = [folder for folder, version in current.items() if proven.get(folder) != version]
    perhaps_given = [folder for folder, version in wanted.items() if proven.get(folder) != version]
    assert state.needs_reload(current) is bool(unseen or perhaps_given)
    assert not state.loaded(current).needs_reload(current)


@given(SOME_VERSIONS, SOME_VERSIONS)
def test_certificates_that_a_run_is_not_about_ask_for_no_reload(wanted: dict[str, str], proven: dict[str, str]) -> None:
    state = ServiceState(name="web").remember(service_journal.Record(wanted=wanted, proven=proven), seen=())
    assert not state.needs_reload({})
    assert (state.others.wanted, state.others.proven) == (wanted, proven)


@given(st.dictionaries(st.sampled_from(list(openssl.SUBJECT_FIELDS)), st.text(min_size=1, max_size=20)))
def test_subjects_keep_their_parts(subject: dict[str, str]) -> None:
    spec = openssl.RequestSpec(names=("a.example",), key=openssl.KeyKind("RSA", 2048), subject=subject)
    text = openssl.subject_text(spec)
    parts: list[str] = []
    part, escaped = "", False
    for letter in text[1:]:
        if escaped or letter not in "\\/":
            part, escaped = part + letter, False
        elif letter == "\\":
            escaped = True
        else:
            parts, part = [*parts, part], ""
    assert [*parts, part] == [f"{openssl.SUBJECT_FIELDS[name][0]}={value}" for name, value in subject.items()] + [
        "CN=a.example"
    ]


def _status(mode: int, uid: int = 0, gid: int = 54321) -> os.stat_result:
    return os.stat_result((stat.S_IFDIR | mode, 1, 1, 1, uid, gid, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("status", "trusted"),
    [
        (_status(0o755), True),
        (_status(0o711, uid=1000), True),
        (_status(0o755, uid=1001), False),
        (_status(0o775), False),
        (_status(0o775, gid=0), True),
        (_status(0o757), False),
        (_status(0o777), False),
        (_status(0o1777), True),
        (_status(0o1777, uid=1001), False),
        (_status(0o2755), True),
    ],
)
def test_which_folders_are_trusted(status: os.stat_result, trusted: bool) -> None:
    assert (paths.why_untrusted(status, users={1000}) is None) is trusted


@pytest.mark.parametrize(
    ("group", "mode", "expected"), [(None, None, 0o600), ("0", None, 0o640), (None, "0400", 0o400), ("0", 0o440, 0o440)]
)
def test_access_of_keys(group: str | None, mode: str | int | None, expected: int) -> None:
    assert key_access(owner=None, group=group, mode=mode).mode == expected


def test_versions_to_remove(ca: ThrowawayCa) -> None:
    def version(name: str, *, begin: int, end: int) -> version_store.Version:
        period = Period(begin=now() + timedelta(days=begin), end=now() + timedelta(days=end))
        leaf = own_x509.certificates(
            ca.intermediate.sign(new_key().public_key(), ["a.example"], period=period), where="test"
        )
        return version_store.Version(name=name, path="", leaf=leaf[0], has_key=True)

    found = [
        version("dead", begin=-90, end=-1),
        version("old", begin=-60, end=30),
        version("older", begin=-70, end=20),
        version("new", begin=-1, end=90),
    ]
    assert version_store.removable(found, keep=9, protected={"new"}, now=now()) == ["dead"]
    assert version_store.removable(found, keep=2, protected={"new"}, now=now()) == ["older", "dead"]
    assert version_store.removable(found, keep=1, protected={"new"}, now=now()) == ["old", "older", "dead"]
    assert version_store.removable(found, keep=1, protected={"new", "dead"}, now=now()) == ["old", "older"]


@pytest.mark.parametrize(
    "text", ["-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----", "-----BEGIN EC PRIVATE KEY-----\ncut off"]
)
def test_keys_are_removed_from_output(text: str) -> None:
    assert command.cleaned(f"before {text}").startswith("before [private key removed]")
    assert "MIGH" not in command.cleaned(text)


def test_control_characters_are_removed_from_output() -> None:
    assert command.cleaned("a\x1b[31mb\x00c\x9bd") == "a[31mbcd"


def test_command_output_does_not_fill_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A command that writes without end is cut while it runs, not only when it has ended."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    free = os.statvfs(tmp_path)
    begin = free.f_bavail * free.f_frsize
    result = command.run_command(["sh", "-c", "yes 0123456789 & sleep 1.2; kill $!; echo finished"], timeout=10)
    after = os.statvfs(tmp_path)
    assert (result.rc, result.output[-9:]) == (0, "finished\n")
    assert begin - after.f_bavail * after.f_frsize < 2 << 30


def test_link_loop_on_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(HostError, match="Too many"):
        paths.open_folder(str(tmp_path / "a" / "root"))


def test_relative_links_on_the_way_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "link").symlink_to("../real/./deep")
    descriptor = paths.open_folder(str(tmp_path / "x" / "link" / "root"), create_mode=0o711)
    assert descriptor is not None
    os.close(descriptor)
    assert stat.S_IMODE((tmp_path / "real" / "deep" / "root").stat().st_mode) == 0o711


def test_replacing_a_file_leaves_the_old_one_when_it_fails(tmp_path: Path) -> None:
    folder = open_root(str(tmp_path), create=False)
    assert isinstance(folder, Folder)
    with folder:
        folder.write_over("file", b"old", access=Access())
        (tmp_path / "sub").mkdir()
        with pytest.raises(OSError, match="directory"):
            folder.write_over("sub", b"new", access=Access())
        assert folder.read("file") == b"old"
        assert folder.names() == ["file", "sub"]
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(HostError, match="not a regular file"):
            folder.read("pipe")


def test_functions_run_on_python_3_8(python38: str, ca: ThrowawayCa, tmp_path: Path) -> None:
    """Parse with the oldest Python what this one parsed."""
    (tmp_path / "chain.pem").write_text(ca.intermediate.pem + ca.root.pem)
    program = (
        "import sys; from ansible_collections.certops.resello.plugins.module_utils._host.tls import x509;"
        "print([(c.sha256, c.serial_hex, c.is_ca) for c in x509.certificates(open(sys.argv[1]).read(), where='x')])"
    )
    from ansible_collections.certops.resello.tests.support.run_module import module_environment  # noqa: PLC0415

    done = subprocess.run(
        [python38, "-c", program, str(tmp_path / "chain.pem")],
        capture_output=True,
        text=True,
        env=module_environment(),
        check=True,
    )
    ours = own_x509.certificates((tmp_path / "chain.pem").read_text(), where="x")
    assert done.stdout.strip() == str([(item.sha256, item.serial_hex, item.is_ca) for item in ours])
