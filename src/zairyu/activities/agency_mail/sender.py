"""Whether a mail that names the agency as its sender is the agency's.

Anybody can write any address behind From. Two things prove it: the agency's own signature (DKIM, RFC 6376), or the word
of our own mail server, which saw the mail arrive (Authentication-Results, RFC 8601).
"""

import email
import re
from contextlib import suppress
from dataclasses import dataclass, field

import authres
import dkim
import dkim.util
import dns.exception
import dns.nameserver
import dns.resolver

from zairyu.activities.agency_mail.errors import SenderUncheckable

_SIGNED = frozenset({b"from", b"subject", b"date"})
"""What is recognised must be signed; so must be the date, also that there is none: a mail that is sent once more, with
another date, would be news."""
_MOST_SIGNATURES = 5
_DNS_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Senders:
    """Who is the agency, and how that is proven."""

    domains: tuple[str, ...]
    """The agency's; a subdomain is another domain."""
    authserv_id: str | None = None
    """The name of our own mail server in the headers that it adds; nothing when it does not say whose a mail is."""
    resolver: dns.resolver.Resolver = field(default_factory=lambda: name_server(None))

    def known(self, domain: str) -> bool:
        """Whether a domain is the agency's."""
        return domain in self.domains

    def proven(self, raw: bytes, domain: str) -> bool:
        """Whether a mail comes from the domain that it names.

        Raises:
            SenderUncheckable: DNS does not answer, so nobody knows.
        """
        return self._vouched_for(raw, domain) or self._signed_by(raw, domain)

    def _vouched_for(self, raw: bytes, domain: str) -> bool:
        """Whether our own mail server says so. Its word stands above all that the sender wrote, so the first counts."""
        if self.authserv_id is None:
            return False
        for value in map(str, email.message_from_bytes(raw).get_all("Authentication-Results", ())):
            unfolded = re.sub(r"\r?\n", "", value)
            if unfolded.partition(";")[0].split()[:1] != [self.authserv_id]:
                continue
            try:
                results = authres.AuthenticationResultsHeader.parse_value(unfolded).results
            except Exception:
                # The parser knows no errors of its own for much that it does not understand.
                return False
            return any(domain == _aligned(result) for result in results if result.result.lower() == "pass")
        return False

    def _signed_by(self, raw: bytes, domain: str) -> bool:
        for index in range(_MOST_SIGNATURES):
            try:
                if self._signature_holds(raw, domain, index):
                    return True
            except SenderUncheckable:
                raise
            except Exception:  # noqa: S112 - whatever a verifier stumbles on is no proof
                continue
        return False

    def _signature_holds(self, raw: bytes, domain: str, index: int) -> bool:
        signature = dkim.DKIM(raw)
        there = signature.verify_headerprep(index)
        if not there or signature.domain.lower() != domain.encode():
            return False
        # With `l=` anybody may have written on below; SHA-1 proves nothing any more (RFC 8301).
        if b"l" in signature.signature_fields or signature.signature_fields[b"a"] == b"rsa-sha1":
            return False
        return set(signature.include_headers) >= _SIGNED and bool(signature.verify(index, dnsfunc=self._key))

    def _key(self, name: bytes, timeout: float = _DNS_SECONDS) -> bytes | None:
        """The record of a key, joined; nothing when there is none, or when it is only being tried out (`t=y`)."""
        try:
            answer = self.resolver.resolve(name.decode("ascii"), "TXT", lifetime=timeout, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except (
            dns.exception.Timeout,
            dns.resolver.NoNameservers,
            dns.resolver.NoResolverConfiguration,
            OSError,
        ) as why:
            raise SenderUncheckable(detail=type(why).__name__) from None
        record = b"".join(answer[0].strings)
        flags = dkim.util.parse_tag_value(record).get(b"t", b"")
        return None if b"y" in re.split(rb"\s*:\s*", flags) else record


def name_server(address: str | None) -> dns.resolver.Resolver:
    """A resolver that asks a name server, as `host:port`, or the machine's."""
    if address is None:
        # A machine that names none answers nothing: that is told when something is asked, not at the start.
        with suppress(dns.resolver.NoResolverConfiguration):
            return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    if address is not None:
        host, _, port = address.rpartition(":")
        resolver.nameservers = [dns.nameserver.Do53Nameserver(host.strip("[]"), int(port))]
    return resolver


def _aligned(result: authres.core.BaseAuthenticationResult) -> str | None:
    """The domain that a result of our mail server speaks of."""
    if isinstance(result, authres.core.DKIMAuthenticationResult):
        said = result.header_d or result.header_i
    elif isinstance(result, authres.core.SPFAuthenticationResult):
        said = result.smtp_mailfrom
    else:
        return None
    return said.rpartition("@")[2].lower() if said else None
