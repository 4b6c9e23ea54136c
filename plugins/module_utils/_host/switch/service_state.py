# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a host's services before anything is ordered: whether the config test passes, what they should load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from .service_journal import Record

if TYPE_CHECKING:
    from .services import Service


def tested(services: Mapping[str, Service], records: Mapping[str, Record], *, check_mode: bool) -> list[dict[str, Any]]:
    """Return a result for each wanted service, and for each one that was ever given a certificate here.

    Config tests are commands of the services, so check mode runs none: ``test_passed`` is then None, as for a service
    without a test.
    """
    names = dict.fromkeys((*services, *sorted(records)))
    return [_state(name, services.get(name), records.get(name, Record()), check_mode=check_mode) for name in names]


def _state(name: str, service: Service | None, record: Record, *, check_mode: bool) -> dict[str, Any]:
    passed, problem = None, None
    if service is not None and service.validate_command and not check_mode:
        passed, problem = _test(service)
    return {
        "name": name,
        "test_passed": passed,
        "test_error": problem,
        "wanted": dict(record.wanted),
        "proven": dict(record.proven),
    }


def _test(service: Service) -> tuple[bool | None, str | None]:
    from .service_commands import is_stopped, validate  # noqa: PLC0415  # most looks at a host run no command

    if is_stopped(service):
        return None, None
    problem = validate(service)
    return not problem, problem
