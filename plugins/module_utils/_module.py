# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every API module does besides its own work: check the libraries, open the session, report errors in one line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterable, Iterator, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._argspec import connection_options
from ._client import transport as _transport
from ._client.api import Api
from ._engine.item import Item
from ._errors import ReselloError, named
from ._order_spec import listed_order_spec
from ._x509 import facts as _x509


@contextmanager
def api_for(module: AnsibleModule, *, cryptography: bool = True) -> Iterator[Api]:
    """The API that the module's options name. A ReselloError inside the block ends the module with its message.

    With ``cryptography=False`` the module works without that package.
    """

    if not _transport.HAS_REQUESTS:
        fail_missing(module, "requests", _transport.REQUESTS_IMPORT_ERROR)
    if cryptography and not _x509.HAS_CRYPTOGRAPHY:
        fail_missing(module, "cryptography", _x509.CRYPTOGRAPHY_IMPORT_ERROR)
    with errors_as_failures(module), _transport.Session(connection_options(module.params)) as session:
        yield Api(session)


@contextmanager
def errors_as_failures(module: AnsibleModule) -> Iterator[None]:
    """End the module with one readable line and the error's details if the block raises a ReselloError."""

    try:
        yield
    except ReselloError as error:
        fail(module, error, error.result)


def fail(module: AnsibleModule, error: ReselloError, result: Mapping[str, Any] | None = None) -> None:
    """End the module as failed, with ``error`` as message and as {code, message, details}, beside ``result``."""

    module.fail_json(**{**(result or {}), "msg": str(error), "error": error.as_dict()})


def fail_items(module: AnsibleModule, items: Sequence[Item], result: Mapping[str, Any]) -> None:
    """End the module as failed because of some items, with one line for each."""

    failures = [(item.client_reference, str(item.error)) for item in items if item.error is not None]
    fail_named(module, failures, len(items), result)


def fail_named(
    module: AnsibleModule, failures: Sequence[tuple[str, str]], number: int, result: Mapping[str, Any]
) -> None:
    """End the module as failed because of some of ``number`` entries, given as reference and message."""

    lines = " ".join(named(reference, message) for reference, message in failures)
    module.fail_json(**{**result, "msg": f"{len(failures)} of {number} certificates failed. {lines}"})


def warn(module: AnsibleModule, texts: Iterable[str]) -> None:
    """Show warnings of the run."""

    for text in texts:
        module.warn(text)


def invocation(params: Mapping[str, Any]) -> dict[str, Any]:
    """The task's options as Ansible shows them, without options of single certificates that have their default.

    Ansible visits every value of a result several times: with a thousand certificates, a fifth of the run's time.
    """

    defaults = {name: option.get("default") for name, option in listed_order_spec().items()}
    certificates = [
        {name: value for name, value in item.items() if value != defaults.get(name)} for item in params["certificates"]
    ]
    return {"module_args": {**params, "certificates": certificates}}


def fail_missing(module: AnsibleModule, library: str, traceback: str | None) -> None:
    """End the module because a Python package is missing on the controller."""

    module.fail_json(msg=missing_required_lib(library), exception=traceback)
