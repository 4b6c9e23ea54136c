# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy the collection to where Ansible's tools expect it: DEST/ansible_collections/certops/resello.

ansible-test refuses a symlinked tree, and a copy keeps the tools' own files out of the checkout. Copied is what git
would commit (tracked and new files that are not ignored), as it is on disk now.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = Path("ansible_collections/certops/resello")


def project_files() -> list[Path]:
    """Return the project's files, relative to its root, sorted. Raises CalledProcessError outside a git checkout."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(path for name in set(listed.split("\0")) - {""} if (ROOT / (path := Path(name))).is_file())


def copy_to(destination: Path) -> Path:
    """Lay a fresh copy under `destination` and return the collection's root there."""
    tree = destination / COLLECTION
    if tree.exists():
        shutil.rmtree(tree)
    for path in project_files():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target, follow_symlinks=False)
    return tree


if __name__ == "__main__":
    print(copy_to(Path(sys.argv[1]).resolve()))
