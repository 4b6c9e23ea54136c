# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file on the controller that is replaced only after its new content was verified."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ._errors import ConfigurationError


def checked_destination(text: str) -> Path:
    """The file to write. Raises ConfigurationError for a directory, and if the parent directory is missing."""

    path = Path(text)
    if path.is_dir():
        raise ConfigurationError(
            option="dest", value=text, problem="is a directory", remedy="Name the file to write, folder and file name."
        )
    if not path.parent.is_dir():
        raise ConfigurationError(
            option="dest",
            value=text,
            problem=f"is in the folder {path.parent}, which does not exist",
            remedy="Create the folder first, for example with ansible.builtin.file and state: directory.",
        )
    return path


def read_present(path: Path) -> bytes | None:
    """The present content; None if there is no file."""

    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def put(module: AnsibleModule, path: Path, content: bytes | None, *, backup: bool) -> dict[str, Any]:
    """Write ``content`` (None: leave it) and set mode, owner and group from the options; honours check mode.

    The content is written beside the file with mode 0600 and moved over it. Returns ``changed`` and, if one was made,
    ``backup_file``.
    """

    result: dict[str, Any] = {"changed": content is not None}
    if content is not None and not module.check_mode:
        if backup and path.exists():
            result["backup_file"] = module.backup_local(str(path))
        _write_aside(module, path, content)
    if path.exists():
        file_args = module.load_file_common_arguments(module.params, path=str(path))
        result["changed"] = module.set_fs_attributes_if_different(file_args, result["changed"])
    return result


def _write_aside(module: AnsibleModule, path: Path, content: bytes) -> None:
    handle, aside = tempfile.mkstemp(dir=str(path.parent), prefix=f".{path.name}.")
    module.add_cleanup_file(aside)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    module.atomic_move(aside, str(path))
