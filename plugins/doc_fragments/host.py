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
      - It is created when the first file is written. From then on it contains the marker file of this collection.
      - Only root and the user who runs the task may be able to change the folders above it.
    type: path
    default: /etc/ssl/resello
    version_added: 1.0.0
"""

    # Modules that are run before anything is installed, so that a root may be missing.
    EXPECTED = r"""
options:
  expect_root:
    description:
      - States that O(root) was used before. If its marker file is missing, see
        RV(certops.resello.ssl_certificate_host_info#module:root_marker), the task fails and creates nothing. The file
        system is then probably not mounted, and new keys must not replace those on it.
    type: bool
    default: false
    version_added: 1.0.0
"""
