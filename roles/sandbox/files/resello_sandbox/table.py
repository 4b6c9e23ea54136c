# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One SQLite table as typed records: all SQL of a table is here or in the store."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Table(Generic[T]):
    """Rows of ``kind``, a dataclass whose last field ``number`` is the row's primary key."""

    def __init__(self, connection: sqlite3.Connection, name: str, kind: type[T]) -> None:
        fields = dataclasses.fields(kind)  # type: ignore[arg-type]  # T is always a dataclass here
        self._db = connection
        self._name = name
        self._kind = kind
        self._columns = [f.name for f in fields if f.name != "number"]
        self._flags = {f.name for f in fields if f.type == "bool"}
        self._documents = {f.name for f in fields if str(f.type).startswith(("dict", "list"))}
        marks = ", ".join(["?"] * len(self._columns))
        self._insert = f"INSERT INTO {name} ({', '.join(self._columns)}) VALUES ({marks})"  # noqa: S608 - fixed names
        changes = ", ".join(f"{column} = ?" for column in self._columns)
        self._update = f"UPDATE {name} SET {changes} WHERE number = ?"  # noqa: S608 - fixed names

    def add(self, record: T) -> int:
        """Store a new record; its number is set in it and returned."""
        number = self._db.execute(self._insert, self._values(record)).lastrowid or 0
        record.number = number  # type: ignore[attr-defined]  # every record has it
        return number

    def add_all(self, records: Iterable[T]) -> None:
        """Store many records; their numbers are not set."""
        self._db.executemany(self._insert, [self._values(record) for record in records])

    def save(self, record: T) -> None:
        """Write back a record that was read before."""
        self._db.execute(self._update, [*self._values(record), record.number])  # type: ignore[attr-defined]

    def where(
        self, condition: str = "1", *values: Any, order: str = "number", limit: int = -1, offset: int = 0
    ) -> list[T]:
        """The records that meet an SQL condition."""
        statement = f"SELECT * FROM {self._name} WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608 - own text
        return [self._record(row) for row in self._db.execute(statement, (*values, limit, offset))]

    def one(self, condition: str, *values: Any) -> T | None:
        """The first record that meets an SQL condition."""
        return next(iter(self.where(condition, *values, limit=1)), None)

    def count(self, condition: str = "1", *values: Any) -> int:
        """How many records meet an SQL condition."""
        statement = f"SELECT count(*) FROM {self._name} WHERE {condition}"  # noqa: S608 - own text
        return int(self._db.execute(statement, values).fetchone()[0])

    def drop(self, condition: str = "1", *values: Any) -> None:
        """Delete the records that meet an SQL condition."""
        self._db.execute(f"DELETE FROM {self._name} WHERE {condition}", values)  # noqa: S608 - own text

    def _values(self, record: T) -> list[Any]:
        values = ((column, getattr(record, column)) for column in self._columns)
        return [json.dumps(value) if column in self._documents else value for column, value in values]

    def _record(self, row: sqlite3.Row) -> T:
        values: dict[str, Any] = dict(row)
        for column in self._documents:
            values[column] = json.loads(values[column])
        for column in self._flags:
            values[column] = bool(values[column])
        return self._kind(**values)
