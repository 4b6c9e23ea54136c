# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One PowerDNS process for tests: authoritative, with its HTTP API and dynamic updates, on 127.0.0.1, by any user."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import requests
from ansible_collections.certops.resello.tests.support.named import free_port
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until

_SEARCH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
_TABLES = """
CREATE TABLE domains (id INTEGER PRIMARY KEY, name VARCHAR(255) NOT NULL COLLATE NOCASE, master VARCHAR(128),
  last_check INTEGER, type VARCHAR(8) NOT NULL, notified_serial INTEGER, account VARCHAR(40), options TEXT,
  catalog TEXT);
CREATE TABLE records (id INTEGER PRIMARY KEY, domain_id INTEGER, name VARCHAR(255), type VARCHAR(10), content TEXT,
  ttl INTEGER, prio INTEGER, disabled BOOLEAN DEFAULT 0, ordername VARCHAR(255), auth BOOL DEFAULT 1);
CREATE TABLE supermasters (ip VARCHAR(64), nameserver VARCHAR(255), account VARCHAR(40));
CREATE TABLE comments (id INTEGER PRIMARY KEY, domain_id INTEGER, name VARCHAR(255), type VARCHAR(10),
  modified_at INT, account VARCHAR(40), comment TEXT);
CREATE TABLE domainmetadata (id INTEGER PRIMARY KEY, domain_id INT, kind VARCHAR(32), content TEXT);
CREATE TABLE cryptokeys (id INTEGER PRIMARY KEY, domain_id INT, flags INT, active BOOL, published BOOL, content TEXT);
CREATE TABLE tsigkeys (id INTEGER PRIMARY KEY, name VARCHAR(255), algorithm VARCHAR(50), secret VARCHAR(255));
"""


class PowerDns:
    """One server in a folder of its own. It has an API key and a TSIG key that may update every zone made here."""

    address = "127.0.0.1"
    key_name = "update-key"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.web_port = free_port()
        self.api_key = secrets.token_hex(16)
        self.key_secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.web_port}"

    def start(self) -> None:
        """Write the configuration and an empty database, start, and wait until the API answers."""
        database = self.folder / "zones.sqlite3"
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(_TABLES)
        settings = {
            "launch": "gsqlite3",
            "gsqlite3-database": str(database),
            "local-address": self.address,
            "local-port": str(self.port),
            "socket-dir": ".",  # a path of a socket may have no more than 107 characters
            "api": "yes",
            "api-key": self.api_key,
            "webserver-address": self.address,
            "webserver-port": str(self.web_port),
            "webserver-allow-from": "127.0.0.0/8",
            "dnsupdate": "yes",
            "allow-dnsupdate-from": "127.0.0.0/8",
            "cache-ttl": "0",
            "query-cache-ttl": "0",
            "negquery-cache-ttl": "0",
            "zone-cache-refresh-interval": "0",
            "security-poll-suffix": "",
            # Caches must not outlive a test's patience, neither what is there nor what is not.
            "default-soa-content": "a.misconfigured.dns.server.invalid hostmaster.@ 0 60 10 600 2",
            "loglevel": "6",
        }
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        (self.folder / "pdns.conf").write_text(text, encoding="utf-8")
        program = shutil.which("pdns_server", path=_SEARCH)
        assert program, "pdns_server is not installed; Debian has it in the package pdns-backend-sqlite3"
        with (self.folder / "pdns.log").open("ab") as log:
            command = [program, f"--config-dir={self.folder}", "--guardian=no", "--daemon=no"]
            self._process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._ready, seconds=30, what=f"PowerDNS in {self.folder} answers")
        self.api("POST", "tsigkeys", name=self.key_name, algorithm="hmac-sha256", key=self.key_secret)

    def _ready(self) -> bool | None:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"PowerDNS ended: {(self.folder / 'pdns.log').read_text()[-3000:]}")
        try:
            self.api("GET", "zones")
        except requests.ConnectionError:
            return None
        return True

    def api(self, method: str, path: str, **body: Any) -> Any:
        """Call its API as the administrator."""
        url = f"{self.url}/api/v1/servers/localhost/{path}"
        answer = requests.request(method, url, json=body or None, headers={"X-API-Key": self.api_key}, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def make_zone(
        self,
        name: str,
        records: Sequence[tuple[str, str, int, list[str]]] = (),
        name_servers: Sequence[str] = (),
    ) -> None:
        """Make a zone with sets of records (full name, type, TTL, contents), open to updates with the TSIG key."""
        sets = [
            {"name": f"{owner}.", "type": kind, "ttl": ttl, "records": [{"content": text} for text in contents]}
            for owner, kind, ttl, contents in records
        ]
        servers = [f"{server}." for server in name_servers or [f"ns1.{name}"]]
        self.api("POST", "zones", name=f"{name}.", kind="Native", nameservers=servers, rrsets=sets)
        self.api(
            "PUT", f"zones/{name}./metadata/TSIG-ALLOW-DNSUPDATE", kind="TSIG-ALLOW-DNSUPDATE", metadata=[self.key_name]
        )

    def records(self, zone: str) -> list[tuple[str, str, int, str]]:
        """Return all records of a zone but its SOA, sorted."""
        sets = self.api("GET", f"zones/{zone}.")["rrsets"]
        return sorted(
            (one["name"], one["type"], one["ttl"], record["content"])
            for one in sets
            for record in one["records"]
            if one["type"] != "SOA"
        )

    def stop(self) -> None:
        """End it. Its files stay."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
