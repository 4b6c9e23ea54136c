# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that the modules of managed hosts share: where the certificates lie."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  root:
    description:
      - Folder under which each certificate has its own folder.
      - It is made when the first file is written, and carries the mark of this collection from then on.
      - No folder on the way to it may be changeable by anybody but root and the user who runs the task.
    type: path
    default: /etc/ssl/resello
    version_added: 1.0.0
"""

    # Modules that are run before anything is installed, so that a root may be missing.
    EXPECTED = r"""
options:
  expect_root:
    description:
      - Say that O(root) was used before. If it does not carry the mark of this collection then, see
        RV(certops.resello.ssl_certificate_host_info#module:root_marker), the task fails and makes nothing, because a
        file system that is not mounted is not a host without keys.
    type: bool
    default: false
    version_added: 1.0.0
"""
