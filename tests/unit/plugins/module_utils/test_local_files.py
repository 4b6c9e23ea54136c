# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that options name: read whole, whatever their size, or refused with the option's name."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.certops.resello.plugins.module_utils import _local_files as local_files
from ansible_collections.certops.resello.plugins.module_utils._errors import ConfigurationError

LARGEST = local_files.LARGEST_FILE


@pytest.mark.parametrize("size", [0, 1, 16383, 16384, 16385, 50_000, LARGEST])
def test_read_whole(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    path = tmp_path / "file"
    path.write_bytes(content)
    assert local_files.read_file(str(path), option="csr_path") == content
    assert local_files.read_beginning(str(path), 20_000) == content[:20_000]


def test_what_comes_in_pieces_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    content = os.urandom(50_000)  # no pipe gives that at once to a reader who asks for less
    threading.Thread(target=path.write_bytes, args=(content,), daemon=True).start()
    assert local_files.read_file(str(path), option="csr_path") == content


def nothing(path: Path) -> None:
    """There is no file."""


def folder(path: Path) -> None:
    path.mkdir()


def too_large(path: Path) -> None:
    path.write_bytes(b"x" * (LARGEST + 1))


def circle(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (nothing, "No such file"),
        (folder, "directory"),
        (too_large, "larger than 1 MiB"),
        (circle, "symbolic links"),
    ],
)
def test_refused(tmp_path: Path, make: Callable[[Path], None], problem: str) -> None:
    path = tmp_path / "file"
    make(path)
    with pytest.raises(ConfigurationError, match=problem) as caught:
        local_files.read_file(str(path), option="csr_path")
    assert "csr_path" in str(caught.value)
    assert str(path) in str(caught.value)
