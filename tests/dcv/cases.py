# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the world shows and what must be said of it: every proof fails, nothing else does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.certops.resello.tests.dcv.world import FILE, LONG, SECTIGO, file, probe, record


@dataclass(frozen=True)
class Case:
    """One certificate, one of its checks, the verdict, and words of the reason."""

    name: str
    check: str
    verdict: str
    words: tuple[str, ...]
    certificate: dict[str, Any] = field(default_factory=dict)


def existence(name: str, verdict: str, words: str, *, host: str, dcv_type: str = "DNS") -> Case:
    certificate = {"names": [host], "dcv_type": dcv_type}
    return Case(f"existence: {name}", "existence", verdict, (words,), certificate)


def placed(name: str, verdict: str, *words: str, zone: str, expected: dict[str, Any] | None = None) -> Case:
    certificate = {"names": [zone], "records": [expected or probe(zone)]}
    return Case(f"record: {name}", "dns_record", verdict, words, certificate)


def served(name: str, verdict: str, *words: str, host: str, brand: str = "Sectigo", **more: Any) -> Case:
    fqdn = f"{host}.site.example"
    certificate = {"names": [fqdn], "dcv_type": "FILE", "brand": brand, "records": [file(fqdn)], **more}
    return Case(f"file: {name}", "file", verdict, words, certificate)


def caa(name: str, verdict: str, *words: str, host: str, brand: str | None = "Sectigo") -> Case:
    return Case(f"caa: {name}", "caa", verdict, words, {"names": [host], "brand": brand})


def mailbox(name: str, verdict: str, *words: str, host: str, approver: str | None) -> Case:
    certificate = {"names": [host], "dcv_type": "EMAIL", "approver_email_address": approver}
    return Case(f"mailbox: {name}", "mailbox", verdict, words, certificate)


def dnssec(name: str, verdict: str, *words: str, host: str) -> Case:
    return Case(f"dnssec: {name}", "dnssec", verdict, words, {"names": [host]})


CASES = (
    existence("a name with an address", "pass", "exists", host="www.shop.example"),
    existence("no such name, FILE", "fail", "does not exist", host="new.shop.example", dcv_type="FILE"),
    existence("no such name in a zone of its own, DNS", "pass", "its zone shop.example does", host="new.shop.example"),
    existence("the same, EMAIL", "pass", "its zone shop.example does", host="new.shop.example", dcv_type="EMAIL"),
    existence("no zone is delegated", "fail", "no zone is delegated", host="www.nosuch.example"),
    existence("not even the top-level domain", "fail", "no zone is delegated", host="www.nosuch.nowhere"),
    existence("nothing below co.uk", "unknown", "looks like a registry's", host="www.nosuch.co.uk"),
    existence("a new name below co.uk", "pass", "its zone shop.co.uk does", host="new.shop.co.uk"),
    existence("a wildcard is looked for without it", "pass", "shop.example exists", host="*.shop.example"),
    existence("no address, FILE", "unknown", "no address", host="empty.site.example", dcv_type="FILE"),
    existence("servers of the zone are down", "unknown", "SERVFAIL", host="www.gone.example", dcv_type="FILE"),
    existence("U-label", "pass", "xn--bcher-kva.example exists", host="www.Bücher.example"),
    placed("CNAME at every server", "pass", "name servers that answered", zone="shop.example"),
    placed("CNAME below co.uk", "pass", "the 1 name server", zone="shop.co.uk"),
    placed(
        "CNAME of an internationalised name",
        "pass",
        "in place",
        zone="bücher.example",
        expected=probe("xn--bcher-kva.example"),
    ),
    placed(
        "upper case and final dot",
        "pass",
        "in place",
        zone="shop.example",
        expected=record("shop.example", "_AB.Shop.example.", "CNAME", SECTIGO.upper() + "."),
    ),
    placed(
        "long TXT in several strings",
        "pass",
        "in place",
        zone="shop.example",
        expected=record("shop.example", "_long.shop.example", "TXT", LONG),
    ),
    placed(
        "long TXT written as in a zone file",
        "pass",
        "in place",
        zone="shop.example",
        expected=record("shop.example", "_long.shop.example", "TXT", f'"{LONG[:100]}" "{LONG[100:]}"'),
    ),
    placed(
        "TXT with quotes in it",
        "pass",
        "in place",
        zone="shop.example",
        expected=record("shop.example", "_quoted.shop.example", "TXT", 'a "b" c'),
    ),
    placed(
        "TXT beside others at the name",
        "pass",
        "in place",
        zone="shop.example",
        expected=record("shop.example", "shop.example", "TXT", "token=1"),
    ),
    placed(
        "answer too long for UDP",
        "pass",
        "in place",
        zone="shop.example",
        expected=record("shop.example", "_big.shop.example", "TXT", "0011" + "x" * 200),
    ),
    placed(
        "TXT behind an alias into another zone",
        "pass",
        "in place",
        zone="shop.example",
        expected=record("shop.example", "_alias.shop.example", "TXT", "found"),
    ),
    placed(
        "CNAME to somewhere else",
        "fail",
        "other CNAME: somewhere.else.example",
        zone="shop.example",
        expected=record("shop.example", "_other.shop.example", "CNAME", SECTIGO),
    ),
    placed(
        "not yet",
        "fail",
        "is not in place",
        "no such name",
        zone="shop.example",
        expected=record("shop.example", "_cd.shop.example", "CNAME", SECTIGO),
    ),
    placed(
        "CNAMEs in a circle",
        "fail",
        "lead in a circle",
        zone="shop.example",
        expected=record("shop.example", "_a.shop.example", "TXT", "x"),
    ),
    placed(
        "an outdated secondary",
        "fail",
        "1 of 2 name servers",
        "ns-stale.stale.example (127.53.0.13)",
        zone="stale.example",
    ),
    placed("a server that only the parent names", "fail", "ns-stale.forgotten.example", zone="forgotten.example"),
    placed(
        "dead servers are named",
        "pass",
        "ns-dead.dead.example (127.53.0.19) does not answer",
        "ns-closed",
        zone="dead.example",
    ),
    placed(
        "a lame server is named",
        "pass",
        "ns-root.lame.example (127.53.0.1) does not answer for the zone",
        zone="lame.example",
    ),
    placed("all servers are down", "unknown", "could not be seen", "ns-closed.gone.example", zone="gone.example"),
    placed("broken signatures do not hide it", "pass", "in place", zone="bogus.example"),
    placed(
        "the CA has it already",
        "pass",
        "validated this name already",
        zone="shop.example",
        expected=record("shop.example", "_cd.shop.example", "CNAME", SECTIGO, done=True),
    ),
    placed(
        "a record that was refused",
        "unknown",
        "was refused: it is about",
        zone="shop.example",
        expected=record("shop.example", "", "", "", refused="it is about 'evil.example'"),
    ),
    placed(
        "no record yet", "unknown", "has not said yet", zone="shop.example", expected=record("shop.example", "", "", "")
    ),
    served("in place", "pass", "in place", host="good"),
    served("other line ends", "pass", "in place", host="crlf"),
    served("behind an alias", "pass", "in place", host="alias"),
    served("missing", "fail", "HTTP 404", host="lost"),
    served("missing at one of two addresses", "fail", "1 of 2 addresses", "HTTP 404", host="both"),
    served("other content", "fail", "other content: Welcome { { to", host="other"),
    served("redirect off the name, Sectigo", "fail", "which the CA does not follow", host="off"),
    served("redirect off the name, DigiCert", "unknown", "redirects off the name", host="off", brand="GeoTrust"),
    served("redirect off the name, unknown brand", "unknown", "may not follow", host="off", brand="Acme"),
    served("redirect to https, Sectigo", "fail", "which the CA does not follow", host="https"),
    served(
        "redirect to https, which nobody serves, DigiCert",
        "unknown",
        "cannot be reached",
        host="https",
        brand="GeoTrust",
    ),
    served("redirects in circles, DigiCert", "fail", "redirects more than", host="circles", brand="RapidSSL"),
    served("a body without end", "fail", "more than 16384 bytes", host="huge"),
    served("a body in drops", "unknown", "took longer than", host="slow"),
    served("a head in drops", "unknown", "took longer than", host="slowhead"),
    served("no HTTP", "unknown", "broke off", host="garbage"),
    served("a body that is cut", "unknown", "broke off", host="cut"),
    served("reset", "unknown", "broke off", host="reset"),
    served("nobody listens", "unknown", "cannot be reached from here", host="closed"),
    served("one address of two is closed", "unknown", "1 of 2 addresses have it", host="mixed"),
    served("a metadata address", "unknown", "link-local or metadata address", host="meta"),
    served("no address", "unknown", "has no address", host="empty"),
    served("a backend without it", "fail", "backend", "HTTP 404", host="good", backends=["lost.site.example"]),
    served("a backend with it", "pass", "all 2 addresses", host="good", backends=["127.80.0.2"]),
    Case(
        "file: a name that leads out of the folder",
        "file",
        "unknown",
        ("the file name",),
        {
            "names": ["good.site.example"],
            "dcv_type": "FILE",
            "records": [file("good.site.example", file_name=f"../{FILE}")],
        },
    ),
    caa("none anywhere", "pass", "there are no CAA records", host="www.shop.example"),
    caa("allowed, case and parameters apart", "pass", "allows this CA", host="www.allows.example"),
    caa("denied at the parent", "fail", "CAA of denies.example does not allow this CA", host="www.denies.example"),
    caa(
        "denied at the parent, allowed at the name",
        "pass",
        "CAA of open.denies.example allows",
        host="open.denies.example",
    ),
    caa("nobody may", "fail", 'issue ";"', host="nobody.example"),
    caa("issuewild for a wildcard", "fail", "issuewild", host="*.wild.example"),
    caa("issuewild for another name", "pass", "allows this CA", host="www.wild.example"),
    caa("unknown critical property", "fail", "critical", host="critical.example"),
    caa("critical but known, and unknown but not critical", "pass", "restricts no CA", host="iodef.example"),
    caa("one account only", "unknown", "one account or method only", host="account.example"),
    caa("malformed", "fail", "does not allow", host="malformed.example"),
    caa("at the end of an alias", "pass", "allows this CA", host="to.alias.example"),
    caa(
        "alias below a name that allows: its parents do not count",
        "fail",
        "CAA of alias.example",
        host="below.alias.example",
    ),
    caa("alias to nothing: parent of the original name", "fail", "CAA of alias.example", host="empty.alias.example"),
    caa("aliases in a circle", "unknown", "could not be looked up", host="a.circle.example"),
    caa("servers are down", "unknown", "could not be looked up", host="www.gone.example"),
    caa("unknown brand", "unknown", "not known here", host="denies.example", brand="Acme"),
    caa("no brand", "unknown", "not known here", host="denies.example", brand=None),
    caa("unknown brand, no CAA", "pass", "no CAA records", host="www.shop.example", brand="Acme"),
    caa("DigiCert's brands", "pass", "allows this CA", host="denies.example", brand="Thawte"),
    mailbox("one of the five", "pass", "one of the five", host="www.shop.example", approver="Admin@shop.example"),
    mailbox(
        "at the name itself", "pass", "one of the five", host="www.shop.example", approver="hostmaster@www.shop.example"
    ),
    mailbox("above the zone", "unknown", "above the zone", host="www.shop.co.uk", approver="admin@co.uk"),
    mailbox(
        "another's", "unknown", "neither one of the five", host="www.shop.example", approver="john.doe@example.com"
    ),
    mailbox(
        "named by CAA contactemail",
        "pass",
        "named in the DNS",
        host="www.contact.example",
        approver="ssl@agency.example",
    ),
    mailbox("named by TXT", "pass", "named in the DNS", host="www.txtcontact.example", approver="SSL@agency.example"),
    mailbox("none given", "unknown", "no approver_email_address", host="shop.example", approver=None),
    dnssec("signed", "pass", "hold", host="www.shop.co.uk"),
    dnssec("not signed", "pass", "not signed", host="www.shop.example"),
    dnssec("broken", "fail", "are broken", host="www.bogus.example"),
    dnssec("servers are down", "unknown", "could not be checked", host="www.gone.example"),
)
