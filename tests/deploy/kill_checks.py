# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold on a host whose installation was killed, and after the next run. Each check returns what is wrong."""

from __future__ import annotations

import grp
import os
import ssl
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.deploy.situations import PASSPHRASE, Situation, Wish
from cryptography.hazmat.primitives.serialization import pkcs12

_KEY_MARK = b"PRIVATE KEY-----"
_KEYSTORE = "keystore.p12"
_TEMPORARY = (".staging-", ".new-")


def at_once(situation: Situation) -> list[str]:
    """Check what holds at every moment: pairs, config tests, who can read keys."""
    return [*_files_in_use(situation), *_config_tests(situation), *_readable_keys(situation)]


def _files_in_use(situation: Situation) -> list[str]:
    names = situation.traits.names
    return [problem for name in names for problem in (*_pair(situation, name), *_copy(situation, name))]


def after_next_run(situation: Situation, wish: Wish, result: dict[str, Any]) -> list[str]:
    """Check that an undisturbed run has come to its end, and that what it says is so."""
    root = situation.machine.root
    if not all((root / name / "current" / "cert.pem").exists() for name in situation.traits.names):
        return [f"the message is {result.get('msg')}", *_files_in_use(situation)]
    links = {name: (root / name / "current").readlink().name for name in situation.traits.names}
    leaves = {name: (root / name / "current" / "cert.pem").read_text() for name in links}
    certificates, services = result.get("certificates", ()), result.get("services", ())
    told = {item["name"]: item["version"] for item in certificates}
    failed = {item["name"] for item in certificates if item["error"]}
    left = sorted(str(path.relative_to(situation.folder)) for path in _left_behind(situation))
    checks = {
        f"wrong leaves in use: {links}": leaves == wish.expected,
        f"told is {told}, in use is {links}": told == links,
        f"failed are {failed}": failed == wish.to_fail and bool(result["rc"]) == bool(wish.to_fail),
        f"services: {services}": not any(item["error"] or item["reload_needed"] for item in services),
        f"left behind: {left}": not left,
    }
    for service in situation.services:
        taken = service.taken.read_text().strip()
        checks[f"{service.name} has loaded {taken}"] = taken == service.links()
    problems = [text for text, good in checks.items() if not good]
    problems += [problem for name in links for problem in _stale_copy(situation, name)]
    problems += [f"the message is {result.get('msg')}"] if problems else []
    asked = [] if situation.traits.tested else _config_tests(situation)  # if the run itself has not asked
    return [*problems, *_files_in_use(situation), *asked, *_readable_keys(situation)]


def _pair(situation: Situation, name: str) -> list[str]:
    """Read certificate and key through one opened `current`."""
    try:
        handle = os.open(situation.machine.root / name / "current", os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        return [f"no pair of {name}: {error}"]
    try:
        place = f"/proc/self/fd/{handle}"
        problems = _loaded(f"pair of {name}", f"{place}/fullchain.pem", f"{place}/privkey.pem")
        problems += _loaded(f"combined file of {name}", f"{place}/combined.pem")
        return problems + _keystore(Path(place), name)
    finally:
        os.close(handle)


def _copy(situation: Situation, name: str) -> list[str]:
    copy = situation.copy_of(name)
    return _loaded(f"copy of {name}", str(copy)) if copy.exists() else []


def _stale_copy(situation: Situation, name: str) -> list[str]:
    copy, original = situation.copy_of(name), situation.machine.root / name / "current" / "combined.pem"
    stale = copy.exists() and copy.read_bytes() != original.read_bytes()
    return [f"copy of {name} is not what is in use"] if stale else []


def _loaded(what: str, *paths: str) -> list[str]:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*paths)
    except (OSError, ssl.SSLError) as error:
        return [f"{what}: {error}"]
    return []


def _keystore(place: Path, name: str) -> list[str]:
    if not (place / _KEYSTORE).exists():
        return []
    try:
        key, leaf, _chain = pkcs12.load_key_and_certificates((place / _KEYSTORE).read_bytes(), PASSPHRASE.encode())
    except ValueError as error:
        return [f"keystore of {name}: {error}"]
    matching = key and leaf and key.public_key() == leaf.public_key()
    return [] if matching else [f"keystore of {name}: no pair"]


def _config_tests(situation: Situation) -> Iterator[str]:
    for service in situation.services:
        completed = subprocess.run(service.server.validate_command, capture_output=True, text=True, check=False)
        if completed.returncode:
            yield f"config test of {service.name}: {completed.stderr.strip()}"


def _readable_keys(situation: Situation) -> Iterator[str]:
    """Look for keys that others can read; only the group of the task may, only where the file is the group's."""
    group = dict(situation.traits.access).get("group")
    number = grp.getgrnam(group).gr_gid if group else None
    for path in (path for place in (*situation.states, situation.temporary) for path in _files(place)):
        status = path.stat()
        wide = stat.S_IMODE(status.st_mode) & (0o037 if status.st_gid == number else 0o077)
        if wide and _KEY_MARK in path.read_bytes():
            yield f"key file {path} has mode {stat.S_IMODE(status.st_mode):o} and group {status.st_gid}"


def _files(folder: Path) -> Iterator[Path]:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _left_behind(situation: Situation) -> Iterator[Path]:
    for place in situation.states:
        yield from (path for path in place.rglob("*") if path.name.startswith(_TEMPORARY))
    yield from (path for path in situation.temporary.rglob("*") if path.is_file() and _KEY_MARK in path.read_bytes())
