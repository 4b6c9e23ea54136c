# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secret of a provider in a real run at -vvvvv with ANSIBLE_DEBUG=1: not shown, in no argument, in no file left."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.dns.conftest import SHOP
from ansible_collections.certops.resello.tests.dns.keeper import MODULE, Keeper, cname, txt
from ansible_collections.certops.resello.tests.support.powerdns import PowerDns
from ansible_collections.certops.resello.tests.support.run_module import python_path

# As the role runs its tasks on the controller.
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def play(folder: Path, options: dict[str, object], *, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run one task in a playbook; return its exit code and output, after looking at all arguments and files."""
    secret = options.pop("secret", None)
    variables = folder / "variables.json"
    variables.write_text(json.dumps({"vault_secret": secret}))
    task = {f"certops.resello.{MODULE}": {**options, **({"secret": "{{ vault_secret }}"} if secret else {})}}
    tasks = [{"name": "Place", **task, "register": "dcv"}, {"name": "Show", "ansible.builtin.debug": {"var": "dcv"}}]
    (folder / "play.yml").write_text(
        json.dumps(
            [
                {
                    "hosts": "localhost",
                    "gather_facts": False,
                    "vars": LOCAL,
                    "vars_files": ["variables.json"],
                    "tasks": tasks,
                }
            ]
        )
    )
    own = {
        "ANSIBLE_COLLECTIONS_PATH": python_path(),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
        "ANSIBLE_REMOTE_TMP": str(folder / "remote"),
        "TMPDIR": str(folder),
        "ANSIBLE_DEBUG": "1",
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ANSIBLE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-vvvvv", "play.yml"],
        cwd=folder,
        env={**kept, **own, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seen: set[str] = set()
    watcher = threading.Thread(target=_arguments, args=(process, seen))
    watcher.start()
    output, _nothing = process.communicate(timeout=240)
    watcher.join()
    variables.unlink()
    assert any("AnsiballZ_" in arguments for arguments in seen)  # the module itself was seen
    left = [path for path in folder.rglob("*") if path.is_file()]
    return process.returncode, "\n".join([output, *seen, *(path.read_bytes().decode("latin-1") for path in left)])


def _arguments(process: subprocess.Popen[str], seen: set[str]) -> None:
    while process.poll() is None:
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
        time.sleep(0.01)


def places_of(everything: str, secret: str) -> list[str]:
    """Return what stands before the secret, or before its base64, wherever it is."""
    found = []
    for spelling in (secret, base64.b64encode(secret.encode()).decode().rstrip("=")):
        found += [
            everything[max(at - 200, 0) : at] for at in range(len(everything)) if everything.startswith(spelling, at)
        ]
    return found


@pytest.mark.parametrize("by_environment", [False, True])
def test_the_secret_of_a_tsig_key(bind: Keeper, tmp_path: Path, by_environment: bool) -> None:
    wanted = [txt(SHOP), cname(f"_5c1f.{SHOP}"), cname(f"_elsewhere.{SHOP}")]
    options = bind.arguments("present", wanted)
    environment = {}
    if by_environment:
        environment["RESELLO_DNS_SECRET"] = options.pop("secret")
    code, everything = play(tmp_path, options, environment=environment)
    assert code == 2 and "1 of 3 records failed" in everything
    assert places_of(everything, bind.key_secret) == []
    bind.run("absent", wanted[:2])


@pytest.mark.parametrize("right", [True, False])
def test_the_token_of_an_api(powerdns: PowerDns, tmp_path: Path, right: bool) -> None:
    token = powerdns.api_key if right else "wrong-" + powerdns.api_key
    options = {
        "provider": "lexicon",
        "lexicon_provider": "powerdns",
        "settings": {"pdns_server": powerdns.url},
        "secret": f"auth_token={token}\nauth_username=nobody-at-all",
        "zones": [SHOP],
        "timeout": 60,
        "records": [txt(SHOP)],
    }
    code, everything = play(tmp_path, dict(options))
    assert code == (0 if right else 2), everything[-3000:]
    assert places_of(everything, token) == []
    assert "nobody-at-all" not in everything
    if right:
        Keeper("127.0.0.1", 53, "", "", {**options, "server": None, "key_name": None}).run("absent", [txt(SHOP)])
