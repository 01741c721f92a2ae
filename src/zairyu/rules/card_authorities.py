"""Which authorities' certificates for signatures count: the pinned roots of the Japanese Public Key Infrastructure."""

from datetime import date

from pydantic import Field

from zairyu.rules.tables import DatedRow, in_force, load_table


class CardAuthorityRow(DatedRow):
    """One generation of the authority, on the days on which its certificate is valid."""

    key_identifier: str = Field(pattern=r"^[0-9a-f]{40}$")
    """What certificates it issued name as their authority's key."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of its self-signed certificate, DER."""


_AUTHORITIES = load_table("card_authorities", CardAuthorityRow)


def is_card_authority(sha256: str) -> bool:
    """Whether a certificate is that of an authority, of whatever generation, in force or not."""
    return any(row.sha256 == sha256 for row in _AUTHORITIES)


def card_authority(key_identifier: str, *, on: date) -> CardAuthorityRow | None:
    """The authority that holds a key; nothing when it is none, or not in force on a day in Japan."""
    return next((row for row in in_force(_AUTHORITIES, on) if row.key_identifier == key_identifier), None)
