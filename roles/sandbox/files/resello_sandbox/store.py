# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything the server remembers, in one SQLite file. A transaction is written completely or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from resello_sandbox.records import Call, Certificate, Email, Job, LedgerEntry, Order, Token, Validation
from resello_sandbox.replica import OrderTable
from resello_sandbox.table import Table

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, client_reference TEXT, plan_id TEXT NOT NULL,
    status TEXT NOT NULL, domain TEXT NOT NULL, csr TEXT NOT NULL, dcv_type TEXT NOT NULL, created REAL NOT NULL,
    updated REAL NOT NULL, paid_until REAL NOT NULL, contact TEXT NOT NULL, provisioned REAL, deleted REAL,
    is_auto_renew_enabled INTEGER NOT NULL, provisioning_reference TEXT, certificate INTEGER, seeded INTEGER NOT NULL,
    renews TEXT);
CREATE INDEX IF NOT EXISTS orders_reference ON orders (client_reference, number);
CREATE INDEX IF NOT EXISTS orders_plan ON orders (plan_id, number);
CREATE INDEX IF NOT EXISTS orders_end ON orders (status, paid_until);
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL, action TEXT NOT NULL, csr TEXT NOT NULL,
    created REAL NOT NULL, state TEXT NOT NULL, organization_done INTEGER NOT NULL, unique_value TEXT, issue_at REAL,
    public_key TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS jobs_order ON jobs (order_id, number);
CREATE INDEX IF NOT EXISTS jobs_state ON jobs (state, number);
CREATE TABLE IF NOT EXISTS validations (
    number INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL, name TEXT NOT NULL, method TEXT NOT NULL,
    random TEXT NOT NULL, email TEXT, done INTEGER NOT NULL, message TEXT NOT NULL, approved INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0, tried REAL);
CREATE INDEX IF NOT EXISTS validations_job ON validations (job, number);
CREATE TABLE IF NOT EXISTS certificates (
    number INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL, job INTEGER, serial TEXT NOT NULL,
    pem TEXT NOT NULL, not_before REAL NOT NULL, not_after REAL NOT NULL, revoked REAL, reason TEXT);
CREATE INDEX IF NOT EXISTS certificates_order ON certificates (order_id, number);
CREATE TABLE IF NOT EXISTS ledger (
    number INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, kind TEXT NOT NULL, action TEXT NOT NULL,
    order_id TEXT NOT NULL, client_reference TEXT, amount INTEGER NOT NULL, refunds INTEGER);
CREATE INDEX IF NOT EXISTS ledger_order ON ledger (order_id, number);
CREATE TABLE IF NOT EXISTS emails (
    number INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, recipient TEXT NOT NULL, order_id TEXT NOT NULL,
    domain TEXT NOT NULL, subject TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT NOT NULL, operation TEXT NOT NULL, status INTEGER NOT NULL, auth TEXT NOT NULL, fields TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
    number INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_ADDED = (
    ("orders", "renews", "TEXT"),
    ("jobs", "public_key", "TEXT NOT NULL DEFAULT ''"),
    ("validations", "approved", "INTEGER NOT NULL DEFAULT 0"),
    ("validations", "tries", "INTEGER NOT NULL DEFAULT 0"),
    ("validations", "tried", "REAL"),
)


class Store:
    """The tables, and ``facts`` for single values. Used from one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._add_new_columns()
        self.orders = OrderTable(self._db, "orders")
        self.jobs = Table(self._db, "jobs", Job)
        self.validations = Table(self._db, "validations", Validation)
        self.certificates = Table(self._db, "certificates", Certificate)
        self.ledger = Table(self._db, "ledger", LedgerEntry)
        self.emails = Table(self._db, "emails", Email)
        self.calls = Table(self._db, "calls", Call)
        self.tokens = Table(self._db, "tokens", Token)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all writes inside, or none if the block raises."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def order(self, order_id: str) -> Order | None:
        """The order with this id."""
        return self.orders.one("id = ?", order_id)

    def open_job(self, order_id: str) -> Job | None:
        """The request in progress at the CA for this order."""
        return self.jobs.one("order_id = ? AND state = 'open'", order_id)

    def latest_job(self, order_id: str) -> Job | None:
        """The newest request to the CA for this order, finished or not."""
        return next(iter(self.jobs.where("order_id = ?", order_id, order="number DESC", limit=1)), None)

    def certificate(self, number: int | None) -> Certificate | None:
        """A certificate by its number."""
        return None if number is None else self.certificates.one("number = ?", number)

    def expire(self, now: float) -> None:
        """End the orders whose paid period is over."""
        if self.orders.count("status = 'active' AND paid_until <= ?", now):
            self._db.execute(
                "UPDATE orders SET status = 'expired', updated = paid_until"
                " WHERE status = 'active' AND paid_until <= ?",
                (now,),
            )

    def _add_new_columns(self) -> None:
        """Add the columns that a data folder of an earlier version lacks."""
        for table, column, kind in _ADDED:
            columns = {row["name"] for row in self._db.execute(f"PRAGMA table_info({table})")}
            if column not in columns:
                self._db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")

    def fact(self, name: str) -> Any:
        """A stored single value, None if there is none."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row["value"])

    def remember(self, name: str, value: Any) -> None:
        """Store a single value across restarts."""
        self._db.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, json.dumps(value)))

    def forget_account(self) -> None:
        """Empty every table; settings, clock and credentials are up to the caller."""
        with self.transaction():
            for table in (self.orders, self.jobs, self.validations, self.certificates):
                table.drop()
            for log in (self.ledger, self.emails, self.calls, self.tokens):
                log.drop()

    def close(self) -> None:
        """Close the file."""
        self._db.close()
