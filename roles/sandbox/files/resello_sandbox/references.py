# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the provider changes the client's reference. Pure."""

from __future__ import annotations

from resello_sandbox.dialects import Dialect


def stored_reference(sent: str | None, dialect: Dialect) -> str | None:
    """The part of a reference that the provider stores."""
    if sent is None or dialect.reference_kept == "dropped":
        return None
    kept = sent[: dialect.reference_length]
    return kept.lower() if dialect.reference_kept == "lower-case" else kept


def reference_after(action: str, *, before: str | None, sent: str | None, dialect: Dialect) -> str | None:
    """The reference of an order after a create, renew or reissue."""
    if action == "renew" and dialect.renew_reference != "sent":
        return None if dialect.renew_reference == "blanked" else before
    return before if sent is None else stored_reference(sent, dialect)
