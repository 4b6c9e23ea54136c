# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the artifact from the current folder, check that a user needs each file in it, and import it as Galaxy does."""

from __future__ import annotations

import fnmatch
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

# Each of these is matched by a file, and every file matches one of these or of the others.
WANTED = (
    "MANIFEST.json",
    "FILES.json",
    "README.md",
    "LICENSES/GPL-3.0-or-later.txt",
    "changelogs/changelog.yaml",
    "docs/*.md",
    "docs/awx/*.yml",
    "docs/deploy-tasks/*.yml",
    "meta/runtime.yml",
    "meta/execution-environment.yml",
    "meta/ee-requirements.txt",
    "meta/ee-bindep.txt",
    "playbooks/*.yml",
    "playbooks/files/*.py",
    "plugins/action/*.py",
    "plugins/doc_fragments/*.py",
    "plugins/module_utils/*.py",
    "plugins/modules/*.py",
    "plugins/plugin_utils/*.py",
    "roles/*/defaults/main.yml",
    "roles/*/meta/*.yml",
    "roles/*/tasks/*.yml",
    "roles/sandbox/files/resello_sandbox/*.py",
)
OTHERS = ("CHANGELOG.md", "roles/*/README.md", "roles/*/handlers/*.yml", "roles/*/templates/*.j2", "roles/*/vars/*.yml")


def build(folder: Path) -> Path:
    """Build the collection in the current folder and return the artifact."""
    subprocess.run(["ansible-galaxy", "collection", "build", "--output-path", folder], check=True)
    (artifact,) = folder.glob("*.tar.gz")
    return artifact


def differences(names: list[str]) -> list[str]:
    """Return one line for each file too many and each kind of file that is missing."""
    extra = [name for name in names if not any(fnmatch.fnmatchcase(name, pattern) for pattern in WANTED + OTHERS)]
    lacking = [pattern for pattern in WANTED if not fnmatch.filter(names, pattern)]
    return [f"{name} is nothing a user needs" for name in extra] + [f"no file matches {pattern}" for pattern in lacking]


def main() -> int:
    """Return 0 when the artifact is complete, free of anything else, and accepted by galaxy-importer."""
    with tempfile.TemporaryDirectory() as folder:
        artifact = build(Path(folder))
        with tarfile.open(artifact) as tar:
            names = sorted(member.name for member in tar if member.isfile())
        print("\n".join(names), flush=True)
        problems = differences(names)
        for problem in problems:
            print(f"ERROR: {problem}", flush=True)
        imported = subprocess.run([sys.executable, "-m", "galaxy_importer.main", artifact], check=False, cwd=folder)
    return 1 if problems else imported.returncode


if __name__ == "__main__":
    sys.exit(main())
