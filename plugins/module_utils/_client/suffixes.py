# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public suffixes: names under which anybody may register a name, such as co.uk or github.io (publicsuffix.org).

The list comes with the Python package tldextract; nothing is downloaded. The package is loaded only if an answer asks
for a record above a name. An old list has fewer suffixes, so the package should be kept up to date.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

MISSING = "whether it is a public suffix is not known: the Python package tldextract is missing on the controller"


def refuse_shared(name: str) -> str | None:
    """Why nothing may be placed at this ancestor of a name; None if it is a registered domain or below one."""
    try:
        found = _extractor().extract_str(name)
    except ImportError:
        return f"at {name}: {MISSING}"
    # For an unknown ending, the list's default rule makes the last label the suffix.
    of_unknown_domain = not found.suffix and "." in name
    return None if found.domain and (found.suffix or of_unknown_domain) else f"{name} is a public suffix"


@lru_cache(maxsize=1)
def _extractor() -> Any:
    from tldextract import TLDExtract  # noqa: PLC0415  # most runs never need it

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
