# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors that stop one item of a run."""

from __future__ import annotations

from .._errors import ReselloError


class UnexpectedError(ReselloError):
    """A fault of this collection, kept to its item so that the results of the others are not lost."""

    error_code = "unexpected_error"


class BlockedError(ReselloError):
    """Nothing was done, and a person must act."""
