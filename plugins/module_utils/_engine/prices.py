# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What orders cost, as the user gives it: the API shows no prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Mapping

from .._errors import ConfigurationError
from .._model.limits import money
from .._model.plans import Plan


@dataclass(frozen=True)
class Prices:
    """The price of one order or one renewal, by the name or the id of its plan, all in one currency."""

    amounts: Mapping[str, Decimal]
    currency: str

    def of(self, plan: Plan | None) -> Decimal | None:
        """The price of this plan; None if it is not known."""
        names = () if plan is None else (plan.name, plan.id)
        return next((self.amounts[name] for name in names if name in self.amounts), None)

    def says(self, amount: Decimal | None) -> str:
        """The amount for people."""
        return "price unknown" if amount is None else money(amount, self.currency)


def read_prices(params: Mapping[str, Any]) -> Prices | None:
    """Return the prices that the options ``prices`` and ``currency`` give; None without prices.

    Raises ConfigurationError for what is no amount, and for prices without a currency.
    """
    given = params.get("prices") or {}
    if not given:
        return None
    amounts = {str(plan).strip(): read_amount("prices", amount, plan) for plan, amount in given.items()}
    currency = str(params.get("currency") or "").strip()
    if not currency:
        raise ConfigurationError(
            option="currency",
            value=currency,
            problem="is needed with prices",
            remedy="Give the currency of all prices, for example EUR.",
        )
    return Prices(amounts, currency)


def read_amount(option: str, value: Any, plan: Any = "") -> Decimal:
    """Return an amount of money. Raises ConfigurationError."""
    try:
        amount = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ConfigurationError(
            option=option,
            value=f"{plan}: {value}" if plan else str(value),
            problem="is not an amount of money",
            remedy="Give a number from 0 on, with a point and without a currency, for example 8.50.",
        )
    return amount
