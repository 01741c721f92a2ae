"""The municipal office of the sandbox: it hands out cards."""

from datetime import date
from pathlib import Path

from zairyu.sandbox.card.personas import Persona
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.virtual_card import Behaviour, TryCounters, VirtualCard


def issue_card(directory: Path, persona: Persona, valid_until: date, behaviour: Behaviour | None = None) -> VirtualCard:
    """Hand out a persona's card, or the same card once more; it remembers its tries.

    Args:
        directory: Of the `SandboxPki`.
        persona: Whose card.
        valid_until: The last day in Japan; for a foreign resident, that of the period of stay.
        behaviour: What kind of card.
    """
    pki = SandboxPki(directory)
    credentials = pki.credentials(persona, valid_until)
    return VirtualCard(
        credentials,
        sign_password=persona.sign_password,
        auth_pin=persona.auth_pin,
        tries=TryCounters(pki.card_directory(persona, valid_until) / "tries.json"),
        behaviour=behaviour or Behaviour(),
    )
