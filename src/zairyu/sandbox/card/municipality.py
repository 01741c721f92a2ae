"""The municipal office of the sandbox: it hands out cards."""

from datetime import date
from itertools import count
from pathlib import Path

from zairyu.sandbox.card.behaviour import Behaviour
from zairyu.sandbox.card.personas import Persona
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.tries import TryCounters
from zairyu.sandbox.card.virtual_card import VirtualCard
from zairyu.sandbox.clock import months_later


def issue_card(
    directory: Path,
    persona: Persona,
    valid_until: date,
    behaviour: Behaviour | None = None,
    *,
    auth_valid_until: date | None = None,
) -> VirtualCard:
    """Hand out a persona's card, or the same card once more; it remembers its tries.

    Args:
        directory: Of the `SandboxPki`.
        persona: Whose card.
        valid_until: The last day in Japan; for a foreign resident, that of the period of stay.
        behaviour: What kind of card.
        auth_valid_until: The last day of the certificate for user authentication, when it is another.
    """
    pki = SandboxPki(directory)
    credentials = pki.credentials(persona, valid_until, auth_valid_until)
    return VirtualCard(
        credentials,
        sign_password=persona.sign_password,
        auth_pin=persona.auth_pin,
        tries=TryCounters(pki.card_directory(persona, valid_until, auth_valid_until) / "tries.sqlite3"),
        behaviour=behaviour or Behaviour(),
    )


def usual_last_day(persona: Persona, today: date) -> date:
    """Until when the card is valid that a persona brings today, when nobody says another day.

    A period of stay is about to be renewed, so it ends in two months. Permanent residents have none: their
    certificates are fresh, and valid until the fifth birthday to come (J-LIS, 電子証明書の有効期間).

    Args:
        persona: Whose card.
        today: In Japan.
    """
    if not persona.is_permanent_resident:
        return months_later(today, 2)
    age = next(age for age in count() if months_later(persona.birth_date, 12 * age) > today)
    return months_later(persona.birth_date, 12 * (age + 4))
