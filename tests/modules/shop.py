# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A customer with a web site and an account at the sandbox, and the real modules in hand."""

from __future__ import annotations

import functools
import http.server
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from ansible_collections.certops.resello.plugins.module_utils._order_spec import CONTACT, listed_order_spec
from ansible_collections.certops.resello.tests.support import pki
from ansible_collections.certops.resello.tests.support.run_module import (
    module_command,
    module_environment,
    module_input,
    run_module,
)
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess
from ansible_collections.certops.resello.tests.support.warm_modules import run_warm

API_MODULES = (
    "ssl_certificate",
    "ssl_certificates",
    "ssl_certificate_info",
    "ssl_certificate_plan_info",
    "ssl_certificate_validate",
    "ssl_certificate_download",
)
PLAN = "PositiveSSL"
PLAN_ID = "3f7830c3-3fa4-404d-908f-35daaa1cd17b"
MULTI_DOMAIN = "PositiveSSL Multi-Domain"
OV_PLAN = "InstantSSL"
MAILBOX = "admin@example.com"
CREATE, TOKEN = "/api/v1/ssl-certificate", "/token"
VALIDATION_FOLDER = ".well-known/pki-validation"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class Site:
    """The web server that the provider fetches validation files from, one for all names."""

    def __init__(self, webroot: Path) -> None:
        self.webroot = webroot
        self._server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(_Quiet, directory=str(webroot))
        )
        self.port = self._server.server_port

    def __enter__(self) -> Site:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def place(self, validation: Mapping[str, Any]) -> None:
        """Put the files of a module's RV(validation) where the provider looks for them."""
        folder = self.webroot / VALIDATION_FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for record in validation["records"]:
            assert record["refused"] is None, record
            (folder / record["file_name"]).write_text(record["file_content"])


@dataclass
class Shop:
    """Short ways to run the modules on one account. ``options`` are added to every run."""

    sandbox: SandboxProcess
    site: Site
    folder: Path
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def credentials(self) -> dict[str, Any]:
        """The options that reach the account by HTTP Basic."""
        return {name: self.sandbox.info[name] for name in ("api_url", "api_username", "api_key")}

    @property
    def bearer(self) -> dict[str, Any]:
        """The same by OpenID Connect."""
        names = ("api_url", "api_token_url", "api_client_id", "api_client_secret", "api_realm")
        return {name: self.sandbox.info[name] for name in names}

    def csr(self, *names: str, key: pki.Key | None = None) -> str:
        """A file with a CSR; its key lies beside it with the suffix ``.key``."""
        key = key or pki.new_key()
        path = self.folder / f"{len(list(self.folder.glob('*.csr')))}.csr"
        path.write_text(pki.pem(pki.new_csr(key, names[0], names)))
        path.with_suffix(".key").write_bytes(pki.key_pem(key))
        return str(path)

    def item(self, reference: str = "shop", *names: str, **changes: Any) -> dict[str, Any]:
        """A certificate as a user wants it, by FILE; options that are None are left out, contact fields nested."""
        names = names or (f"{reference.lower()}.example.com",)
        wanted = {"client_reference": reference, "plan": PLAN, "dcv_type": "FILE", **changes}
        if not {"csr_path", "csr_content"} & set(wanted):
            wanted["csr_path"] = self.csr(*names)
        contact = {name: wanted.pop(name) for name in CONTACT if name in wanted}
        wanted["contact"] = {name: value for name, value in contact.items() if value is not None} or None
        return {name: value for name, value in wanted.items() if value is not None}

    def mailed(self, reference: str = "shop", *names: str, **changes: Any) -> dict[str, Any]:
        """The same by EMAIL, so that the order waits until somebody approves it."""
        return self.item(reference, *names, dcv_type="EMAIL", approver_email_address=MAILBOX, **changes)

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The options of one run, with the account's credentials unless others are given."""
        others = {"api_username", "api_client_id"} & set(given)
        account = {"api_url": self.sandbox.info["api_url"]} if others else self.credentials
        return {**account, **self.options, **given}

    def run(
        self,
        module: str,
        *,
        check: bool = False,
        diff: bool = False,
        environment: Mapping[str, str] | None = None,
        **given: Any,
    ) -> dict[str, Any]:
        """Run any module as it is started on a controller."""
        arguments, env = self.arguments(given), self.environment()
        if environment or module not in API_MODULES:
            return run_module(module, arguments, check=check, diff=diff, env={**env, **(environment or {})})
        return run_warm(API_MODULES, module, arguments, env=env, check=check, diff=diff)

    def order(self, item: Mapping[str, Any], *, check: bool = False, **given: Any) -> dict[str, Any]:
        """Run ssl_certificate."""
        return self.run("ssl_certificate", check=check, **{**item, **given})

    def step(
        self,
        item: Mapping[str, Any],
        *,
        check: bool = False,
        run_id: str | None = None,
        follow_only: bool = False,
        **given: Any,
    ) -> dict[str, Any]:
        """Run ssl_certificates as a step of the role does, for one certificate; returns its result."""
        step = {"run_id": run_id, "follow_only": follow_only}
        of_run = {name: value for name, value in item.items() if name not in listed_order_spec()}
        of_order = {name: value for name, value in item.items() if name not in of_run}
        done = self.orders([of_order], check=check, role_step=step, **{**of_run, **given})
        return {**done, **(done.get("certificates") or [{}])[0]}

    def orders(self, items: Sequence[Mapping[str, Any]], *, check: bool = False, **given: Any) -> dict[str, Any]:
        """Run ssl_certificates."""
        return self.run("ssl_certificates", check=check, certificates=list(items), **given)

    def start(self, module: str, **given: Any) -> subprocess.Popen[bytes]:
        """Start a module and return at once; its result is on its standard output."""
        process = subprocess.Popen(
            module_command(module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=module_environment(self.environment()),
            cwd="/",
        )
        assert process.stdin is not None
        process.stdin.write(module_input(self.arguments(given)))
        process.stdin.close()
        process.stdin = None
        return process

    def environment(self) -> dict[str, str]:
        """A home and a folder for locks of our own."""
        return {"HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder)}

    def bought(self, item: Mapping[str, Any], **given: Any) -> dict[str, Any]:
        """Run ssl_certificate and make sure that it bought."""
        result = self.order(item, **given)
        assert (result["rc"], result.get("outcome")) == (0, "bought"), result
        return result

    def issued(self, item: Mapping[str, Any], **given: Any) -> dict[str, Any]:
        """Buy and follow an order until its certificate is there."""
        first = self.bought(item, **given)
        if item["dcv_type"] == "FILE":
            self.site.place(first["validation"])
        else:
            self.sandbox.approve(first["order"]["id"])
        self.sandbox.wait_for_status(first["order"]["id"], "active")
        result = self.order(item, **given)
        assert result.get("state") == "issued", result
        return result

    def seeded(self, *, age_days: float, certificate_days: int = 199) -> tuple[str, str]:
        """Put an issued order of that age into the account; returns its reference and its only name."""
        self.sandbox.settings(certificate_days=certificate_days)
        order = self.sandbox.control("POST", "seed", {"count": 1, "prefix": "old-", "age_days": age_days})["orders"][0]
        return str(order["client_reference"]), str(self.sandbox.truth(order["id"])["domain"])

    def ledger(self) -> dict[str, Any]:
        """What was paid and refunded."""
        return dict(self.sandbox.control("GET", "ledger"))

    @property
    def charges(self) -> int:
        """How often was paid."""
        return int(self.ledger()["charges"])

    def calls(self, *, tokens: bool = False) -> list[str]:
        """The requests since the log was emptied, as ``METHOD path``."""
        rows = self.sandbox.control("GET", "requests")["requests"]
        return [f"{row['method']} {row['path']}" for row in rows if tokens or not row["path"].endswith(TOKEN)]

    def writing_calls(self) -> list[str]:
        """Those that are more than reading."""
        return [call for call in self.calls() if not call.startswith("GET ")]

    def forget_calls(self) -> None:
        """Empty the request log."""
        self.sandbox.control("DELETE", "requests")
