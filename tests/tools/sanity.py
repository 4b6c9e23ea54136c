# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run every sanity test of ansible-test on the collection in the current folder, on the Python that runs this script.

Before its first test ansible-test fetches a script that installs pip, once per version of ansible-core. That fails in a
closed network, so a script that does the same from Python's own ensurepip is laid into its cache beforehand.
A test that ansible-test skips is a failure here: green has to mean that it ran.
"""

from __future__ import annotations

import ast
import configparser
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

PIP_SCRIPT = """\
import subprocess, sys

subprocess.check_call([sys.executable, "-m", "ensurepip"])
wanted = (word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel"))
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *wanted]))
"""


def pip_versions() -> set[str]:
    """Return the versions of pip that the installed ansible-test may ask for, as its own source names them."""
    package = importlib.util.find_spec("ansible_test")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("ansible-test is not installed beside this Python")
    source = Path(package.submodule_search_locations[0]) / "_internal" / "python_requirements.py"
    return set(re.findall(r"""\bpip=["']([0-9.]+)["']""", source.read_text(encoding="utf-8")))


def seed_cache() -> None:
    """Put the replacement script wherever ansible-test would look for a downloaded one."""
    cache = Path.home() / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in pip_versions():
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(PIP_SCRIPT, encoding="utf-8")


def keep_pip_settings() -> None:
    """Write pip's settings, wherever they come from, into the home folder: ansible-test hides the environment from pip.

    Only meant for a home folder that belongs to the tests.
    """
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True)
    settings = configparser.RawConfigParser()
    for line in sorted(listed.stdout.splitlines(), reverse=True):  # `:env:` sorts first, so it is written last and wins
        name, value = line.split("=", 1)
        section, key = name.replace(":env:", "global").rsplit(".", 1)
        if not settings.has_section(section):
            settings.add_section(section)
        settings.set(section, key, str(ast.literal_eval(value)))
    target = Path.home() / ".config" / "pip" / "pip.conf"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8") as file:
        settings.write(file)


def main() -> int:
    """Return 0 when all sanity tests ran and passed."""
    ignored = sorted(Path("tests/sanity").glob("ignore*.txt"))
    if ignored:
        print(f"ERROR: sanity ignore files are not allowed: {', '.join(map(str, ignored))}")
        return 1
    # Within another git checkout that ignores this copy, ansible-test would find no file.
    subprocess.run(["git", "init", "--quiet"], check=True)
    seed_cache()
    if os.environ.get("RESELLO_TEST_HOME"):
        keep_pip_settings()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = ["ansible-test", "sanity", "--local", "--python", python, *sys.argv[1:]]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout)
    skipped = re.findall(r"^WARNING: .*[Ss]kipp.*$", done.stdout, re.MULTILINE)
    ran = set(re.findall(r"^Running sanity test ['\"]([\w-]+)['\"]", done.stdout, re.MULTILINE))
    print(f"{len(ran)} sanity tests ran, {len(skipped)} were skipped")
    return done.returncode or (1 if skipped or not ran else 0)


if __name__ == "__main__":
    sys.exit(main())
