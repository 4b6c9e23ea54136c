# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lost answers, killed runs, two runs at once, and an account that is not the one of yesterday."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.relay import Relay, Trouble, posts
from ansible_collections.certops.resello.tests.modules.shop import CREATE, Shop
from ansible_collections.certops.resello.tests.support.hostile_server import message
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until


@pytest.fixture
def relay(shop: Shop) -> Iterator[Relay]:
    """All runs of the shop go through it."""
    with Relay(shop.sandbox) as running:
        shop.options["api_url"] = running.api_url
        yield running


@pytest.fixture
def journal(shop: Shop) -> Path:
    """All runs of the shop keep their records here."""
    folder = shop.folder / "journal"
    shop.options["journal_path"] = str(folder)
    return folder


def records(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text())["record"] for path in sorted(folder.glob(f"*.{kind}"))]


def kill_when_posted(relay: Relay, trouble: Trouble, process: subprocess.Popen[bytes]) -> None:
    """kill -9 while the answer to the purchase is on its way."""
    assert trouble.reached.wait(60), process.communicate()
    process.kill()
    process.communicate()
    trouble.release.set()
    relay.trouble = None


def test_evidence_is_written_for_the_owner_alone(shop: Shop, journal: Path) -> None:
    order = shop.bought(shop.item())["order"]
    assert records(journal, "intent") == []
    evidence = records(journal, "evidence")
    assert [entry["order_id"] for entry in evidence] == [order["id"]]
    assert journal.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in journal.iterdir()} == {0o600}
    text = "".join(path.read_text() for path in journal.iterdir())
    assert shop.sandbox.info["api_key"] not in text


@pytest.mark.parametrize("remembers", [True, False], ids=["journal", "no-journal"])
def test_a_lost_answer_is_looked_for_and_found(shop: Shop, relay: Relay, remembers: bool, tmp_path: Path) -> None:
    if remembers:
        shop.options["journal_path"] = str(tmp_path / "journal")
    relay.trouble = Trouble(posts, drop=True)
    result = shop.order(shop.item())
    assert (result["rc"], result["changed"], result["outcome"], result["money_spent"]) == (0, True, "recovered", "yes")
    assert (shop.charges, relay.sent(posts)) == (1, 1)


def test_an_answer_that_is_no_answer_is_not_believed(shop: Shop, relay: Relay) -> None:
    relay.trouble = Trouble(posts, answer=message(504, b"<html>gateway</html>"))
    result = shop.order(shop.item())
    assert (result["outcome"], result["changed"]) == ("recovered", True)
    assert (shop.charges, relay.sent(posts)) == (1, 1)


def test_a_run_killed_after_the_purchase_is_not_repeated(shop: Shop, relay: Relay, journal: Path) -> None:
    item = shop.item()
    relay.trouble = trouble = Trouble(posts, after=True, drop=True)
    kill_when_posted(relay, trouble, shop.start("ssl_certificate", **item))
    assert shop.charges == 1
    assert [intent["phase"] for intent in records(journal, "intent")] == ["sent"]
    plan = shop.order(item, check=True)
    assert (plan["rc"], plan["changed"], plan["state"]) == (0, False, "waiting")
    result = shop.order(item)
    assert (result["rc"], result["changed"], result["state"]) == (0, False, "waiting")
    assert (records(journal, "intent"), shop.charges) == ([], 1)
    assert [entry["order_id"] for entry in records(journal, "evidence")] == [result["order"]["id"]]


@pytest.mark.usefixtures("journal")
def test_a_run_killed_with_an_open_outcome_blocks_the_next(shop: Shop, relay: Relay) -> None:
    item = shop.item()
    relay.trouble = trouble = Trouble(posts, before=True, drop=True)
    kill_when_posted(relay, trouble, shop.start("ssl_certificate", **item))
    assert shop.charges == 0
    shop.forget_calls()
    for check in (True, False):
        result = shop.order(item, check=check, recovery_timeout=1)
        assert (result["changed"], result["money_spent"]) == (False, "no")
        text = result.get("msg") or result["reason"]
        assert "outcome is not known" in text
        assert "counts as not done" in text, "until when"
        assert "remove the intent" in text, "how a person lifts it"
        assert result["next_date"] is not None
    assert (shop.charges, shop.writing_calls()) == (0, [])
    shop.bought(shop.item("other"))  # the others go on


def test_an_order_that_appears_late_is_taken_not_bought_again(shop: Shop, relay: Relay, journal: Path) -> None:
    item = shop.item()
    relay.trouble = trouble = Trouble(posts, before=True)  # the request reaches the provider after the kill
    kill_when_posted(relay, trouble, shop.start("ssl_certificate", **item))
    wait_until(lambda: shop.charges or None, seconds=20, what="the purchase reaches the provider")
    result = shop.order(item)
    assert (result["rc"], result["state"], shop.charges) == (0, "waiting", 1)
    assert records(journal, "intent") == []


def test_a_reissue_that_never_arrived_asks_for_the_csr_it_was_sent_with(
    shop: Shop, relay: Relay, journal: Path
) -> None:
    reference, name = shop.seeded(age_days=140)
    item = shop.mailed(reference, name)
    relay.trouble = trouble = Trouble(posts, before=True, drop=True)
    kill_when_posted(relay, trouble, shop.start("ssl_certificate", **item))
    assert shop.order(item, check=True)["resend_public_key"] is None, "held, nothing is to be sent"
    path = next(journal.glob("*.intent"))
    intent = json.loads(path.read_text())
    long_ago = (datetime.now(timezone.utc) - timedelta(hours=2)).replace(tzinfo=None).isoformat(timespec="microseconds")
    for over, action in (
        (("started",), "wait"),
        (("started_local",), "wait"),
        (("started", "started_local"), "reissue"),
    ):
        record = {**intent["record"], **dict.fromkeys(over, f"{long_ago}Z")}
        path.write_text(json.dumps({**intent, "record": record}, sort_keys=True) + "\n")
        plan = shop.order({**item, "csr_path": None, "names": [name]}, check=True)
        assert plan["action"] == action, f"over by {over}: {plan}"
    assert (plan["action"], plan["resend_public_key"]) == ("reissue", intent["record"]["csr_key"]), plan
    fresh = shop.order(shop.mailed(reference, name))
    assert (fresh["rc"], fresh["changed"]) == (1, False), fresh
    assert intent["record"]["csr_key"] in fresh["msg"]
    assert shop.order(item)["outcome"] == "reissued"


def test_a_reissue_that_never_arrived_is_sent_with_another_csr_if_other_names_are_wanted(
    shop: Shop, relay: Relay, journal: Path
) -> None:
    """The CSR it was sent with does not ask for them; it was asked for again for ever."""
    reference, name = shop.seeded(age_days=140)
    relay.trouble = trouble = Trouble(posts, before=True, drop=True)
    kill_when_posted(relay, trouble, shop.start("ssl_certificate", **shop.mailed(reference, name)))
    changed = shop.mailed(reference, name, f"www.{name}", names=[name, f"www.{name}"])
    held = shop.order(changed)
    assert (held["changed"], "outcome is not known" in held["msg"]) == (False, True), held
    path = next(journal.glob("*.intent"))
    intent = json.loads(path.read_text())
    assert intent["record"]["names"] == [name]
    long_ago = (datetime.now(timezone.utc) - timedelta(hours=2)).replace(tzinfo=None).isoformat(timespec="microseconds")
    intent["record"].update(dict.fromkeys(("started", "started_local"), f"{long_ago}Z"))
    path.write_text(json.dumps(intent, sort_keys=True) + "\n")
    plan = shop.order({**changed, "csr_path": None}, check=True)
    assert (plan["action"], plan["csr_required"], plan["resend_public_key"]) == ("reissue", True, None), plan
    assert shop.order(changed)["outcome"] == "reissued"


def test_two_runs_at_once_buy_once(shop: Shop, relay: Relay) -> None:
    item = shop.item()
    relay.trouble = trouble = Trouble(posts, before=True)
    first = shop.start("ssl_certificate", **item)
    assert trouble.reached.wait(60)
    second = shop.order(item)
    assert (second["rc"], second["changed"], second["money_spent"]) == (1, False, "no")
    assert "another run" in second["msg"]
    trouble.release.set()
    result = json.loads(first.communicate(timeout=60)[0])
    assert (result["outcome"], shop.charges) == ("bought", 1)


@pytest.mark.usefixtures("journal")
def test_another_account_after_a_purchase_buys_nothing_and_says_why(shop: Shop) -> None:
    item = shop.item()
    order = shop.bought(item)["order"]
    shop.sandbox.control("POST", "reset")  # an empty account, as with the wrong credentials
    for check in (True, False):
        result = shop.order(item, check=check)
        assert (result["rc"], result["changed"], result["money_spent"]) == (1, False, "no")
        assert order["id"] in result["msg"]
        assert "credentials" in result["msg"]
    assert shop.calls().count(f"POST {CREATE}") == 0
    assert shop.charges == 0


def test_a_deployed_certificate_that_was_seen_here_before_buys_nothing(shop: Shop, journal: Path) -> None:
    """An order that was found, not bought: only what it handed out is remembered."""
    reference, name = shop.seeded(age_days=30)
    item = shop.mailed(reference, name)
    deployed = shop.order(item)["fullchain"]
    assert [path.suffix for path in journal.iterdir() if path.suffix != ".lock"] == [".seen"]
    shop.sandbox.control("POST", "reset")
    for check in (True, False):
        result = shop.order(item, check=check, certificate_content=deployed)
        assert (result["rc"], result["changed"]) == (1, False), result
        assert "this account does not show that order" in result["msg"]
    assert shop.charges == 0


def test_a_journal_that_cannot_be_kept_buys_nothing(shop: Shop) -> None:
    folder = shop.folder / "open"
    folder.mkdir()
    folder.chmod(0o777)
    result = shop.order(shop.item(), journal_path=str(folder))
    assert (result["rc"], result["changed"], shop.charges) == (1, False, 0)
    assert str(folder) in result["msg"]
    assert "chmod" in result["msg"]


def test_a_record_that_cannot_be_read_buys_nothing(shop: Shop, journal: Path) -> None:
    shop.bought(shop.item())
    next(journal.glob("*.evidence")).write_text("{")
    shop.sandbox.control("POST", "reset")
    result = shop.order(shop.item())
    assert (result["rc"], result["changed"], shop.charges) == (1, False, 0)
    assert "cannot be read" in result["msg"]
