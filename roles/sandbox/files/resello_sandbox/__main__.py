# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m resello_sandbox``."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 10):  # noqa: UP036 - this is the line that tells users of an older one
        sys.exit("resello_sandbox: Python 3.10 or newer is needed, this is " + sys.version.split()[0])
    try:
        from resello_sandbox.cli import main
    except ImportError as error:
        from resello_sandbox.missing import advice

        sys.exit(f"resello_sandbox: {advice(error)}")

    sys.exit(main(sys.argv[1:]))
