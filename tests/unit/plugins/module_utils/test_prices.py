# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prices as the user gives them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._engine.prices import Prices, read_prices
from ansible_collections.certops.resello.plugins.module_utils._errors import ConfigurationError
from ansible_collections.certops.resello.plugins.module_utils._model.plans import Plan

PLAN = Plan("3f7830c3-3fa4-404d-908f-35daaa1cd17b", "PositiveSSL")


@pytest.mark.parametrize(
    ("given", "price"),
    [
        ({"PositiveSSL": 8.5}, "8.5"),
        ({" PositiveSSL ": "8.50"}, "8.50"),
        ({PLAN.id: 0}, "0"),
        ({"PositiveSSL Wildcard": 61}, None),
    ],
)
def test_a_plan_is_found_by_its_name_or_id(given: dict[str, Any], price: str | None) -> None:
    prices = read_prices({"prices": given, "currency": "EUR"})
    assert prices is not None
    assert prices.of(PLAN) == (None if price is None else Decimal(price))
    assert prices.of(None) is None


def test_without_prices_there_are_none() -> None:
    assert read_prices({"prices": {}, "currency": "EUR"}) is None
    assert read_prices({}) is None


@pytest.mark.parametrize("amount", ["8,50", "8 EUR", -1, "nan", "inf", None, True, [8]])
def test_what_is_no_amount_is_refused(amount: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"PositiveSSL: ?.*: is not an amount of money"):
        read_prices({"prices": {"PositiveSSL": amount}, "currency": "EUR"})


def test_prices_need_their_currency() -> None:
    with pytest.raises(ConfigurationError, match="currency"):
        read_prices({"prices": {"PositiveSSL": 1}, "currency": " "})


def test_amounts_are_said_with_two_digits() -> None:
    prices = Prices({}, "EUR")
    assert [prices.says(amount) for amount in (Decimal("8.5"), Decimal(0), None)] == [
        "8.50 EUR",
        "0.00 EUR",
        "price unknown",
    ]
