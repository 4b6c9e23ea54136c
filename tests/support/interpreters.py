# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interpreters that managed hosts may have: the oldest that is supported, and the newest on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

_NEWEST = ("3.15", "3.14", "3.13", "3.12")


def python38() -> str:
    """Return a Python 3.8, or skip the test."""
    candidate = os.environ.get("RESELLO_TEST_PYTHON38") or shutil.which("python3.8")
    if _version(candidate) != "3.8":
        pytest.skip("no Python 3.8: neither python3.8 on PATH nor RESELLO_TEST_PYTHON38 is one")
    return str(candidate)


def newest_python() -> str:
    """Return RESELLO_TEST_PYTHON_NEWEST or the newest that a versioned name on PATH leads to, or skip the test."""
    candidates = (os.environ.get("RESELLO_TEST_PYTHON_NEWEST"), *(shutil.which(f"python{name}") for name in _NEWEST))
    for candidate in candidates:
        if candidate and _version(candidate) in _NEWEST:
            return candidate
    pytest.skip(f"neither RESELLO_TEST_PYTHON_NEWEST nor python{', python'.join(_NEWEST)}")


def _version(candidate: str | None) -> str:
    if not candidate:
        return ""
    question = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(question, capture_output=True, text=True, check=False).stdout.strip()
