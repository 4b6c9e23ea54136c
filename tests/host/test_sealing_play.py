# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key is shared by a real play that keeps and prints all it can; then everything it left is searched for the key."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.certops.resello.tests.support.run_module import python_path
from ansible_collections.certops.resello.tests.support.secrets_search import LOUDEST, loud_settings, unwrapped

PLAY = """
- name: Share a key
  hosts: all
  gather_facts: false
  vars:
    key_host: one
    wanted: "{{ hostvars[key_host].made.certificates[0].held_public_keys[0] }}"
  module_defaults:
    certops.resello.ssl_certificate_prepare:
      root: "{{ place }}/root"
  tasks:
    - name: Make the key
      certops.resello.ssl_certificate_prepare:
        certificates:
          - name: shop
            names: [shop.example.com]
            create_pending: true
      register: made
      when: inventory_hostname == key_host
    - name: Make recipients
      certops.resello.ssl_certificate_prepare:
        certificates:
          - name: shop
            receive: true
            wanted_public_key_sha256: ["{{ wanted }}"]
      register: asked
    - name: Publish them
      ansible.builtin.set_fact:
        recipient: "{{ asked.certificates[0].recipient_certificate }}"
        cacheable: true
    - name: Seal the key
      certops.resello.ssl_certificate_prepare:
        certificates:
          - name: shop
            seal_for:
              - host: two
                recipient_certificate: "{{ hostvars.two.recipient }}"
                public_key_sha256: "{{ wanted }}"
      register: handed
      when: inventory_hostname == key_host
    - name: Keep what was sealed as a fact
      ansible.builtin.set_fact:
        sealed: "{{ hostvars[key_host].handed.certificates[0].sealed }}"
        cacheable: true
    - name: Open it
      certops.resello.ssl_certificate_prepare:
        certificates:
          - name: shop
            sealed: "{{ sealed | selectattr('host', 'eq', inventory_hostname) }}"
      when: inventory_hostname != key_host
"""


def test_nothing_but_sealed_text_is_found_anywhere(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    output = run_play(tmp_path, left)
    keys = [(tmp_path / host / "root") for host in ("one", "two")]
    arrived, sent = (next(root.glob("shop/pending/*/privkey.pem")).read_text() for root in reversed(keys))
    assert arrived == sent
    assert not (tmp_path / "two" / "root" / "shop" / "receiving").exists()
    (left / "output").write_text(output)
    texts = list(everything(left))
    sealed = [line for text in texts for line in re.findall(r"BEGIN CMS-----(?:\\+n|\n)([A-Za-z0-9+/]{64})", text)]
    # The search looks in the right places: it finds the ciphertext in facts, output, and arguments of modules.
    assert len(sealed) > 3
    assert [path.name for path in (left / "facts").iterdir()]
    assert list(left.rglob("AnsiballZ_*"))
    lines = sent.splitlines()[1:-1]
    assert len(lines) > 20
    for form in (lines, [line[3:40] for line in lines], ["BEGIN PRIVATE KEY", "BEGIN RSA PRIVATE", "BEGIN EC PRIVATE"]):
        assert [part for part in form for text in texts if part in text] == []


def run_play(folder: Path, left: Path) -> str:
    """Run the play with all that keeps and shows as much as possible; return its whole output."""
    (folder / "play.yml").write_text(PLAY)
    hosts = "\n".join(
        f"{host} ansible_connection=local ansible_python_interpreter={sys.executable} place={folder / host} "
        f"ansible_remote_tmp={left / host}"
        for host in ("one", "two")
    )
    (folder / "hosts").write_text(f"[all]\n{hosts}\n")
    for host in ("one", "two"):
        (folder / host).mkdir()
    settings = {**loud_settings(left), "ANSIBLE_COLLECTIONS_PATH": python_path(), "LC_ALL": "C.UTF-8"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), LOUDEST, "-i", "hosts", "play.yml"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def everything(folder: Path) -> Iterator[str]:
    """Yield the text of each file, and of all that is packed into it."""
    for path in folder.rglob("*"):
        if path.is_file():
            for _place, layer in unwrapped(path.name, path.read_bytes()):
                yield layer.decode("utf-8", errors="replace")
