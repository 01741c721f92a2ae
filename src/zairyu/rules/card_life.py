"""Whether the signer's My Number card lasts as long as the application needs it."""

from datetime import date
from enum import StrEnum

from zairyu.models.assessment import CardOutlook, Intention, MyNumberCard, Reason
from zairyu.models.base import BilingualText
from zairyu.models.residence import Filer
from zairyu.rules.applicants import applicant_rule
from zairyu.rules.deadlines import Term, closing, expiry, with_days
from zairyu.rules.examination import likely_decided_by
from zairyu.rules.special_period import special_period
from zairyu.rules.tables import DatedRow, in_force, load_table


class Occasion(StrEnum):
    """When a fact about a card matters."""

    ASSUMED = "ASSUMED"
    """Nobody has said when it ends."""
    EXTENDABLE = "EXTENDABLE"
    """The municipality extends it because an application is pending."""
    EXTENDED = "EXTENDED"
    """It was extended so already."""
    RENEWABLE = "RENEWABLE"
    """It ends too early, and not with the stay."""
    LAPSED = "LAPSED"
    """It has lapsed, or will."""


class CardRow(DatedRow):
    """One fact about the life of a card."""

    rule: str
    """Short stable name."""
    occasion: Occasion
    text: BilingualText
    in_special_period: bool = False
    """It matters in the holder's own special period of stay, and nowhere else."""
    until: Term | None = None
    """Until when the municipality extends the card."""


_FACTS = load_table("card_life", CardRow)


def card_outlook(intention: Intention, *, on: date) -> CardOutlook | None:
    """Whether the signer's card lasts; if not, by when it must be extended, until when, and what is lost otherwise.

    It is needed to the end of the special period, where there is one, because documents may be asked for until then;
    otherwise to the likely decision. Looked at after the expiry, the application counts as filed by the expiry.

    A resident who applies and of whose card nothing is said is taken to have one that ends with the stay. Of anybody
    else only a card that is given counts. Nothing where no card counts, and for a day before online filing began.
    """
    own, stay_ends, card = intention.filer is Filer.APPLICANT, expiry(intention), intention.card
    if card is None and own and stay_ends is not None and _resident(intention, on):
        card = MyNumberCard(expires_on=stay_ends)
    facts = in_force(_FACTS, on)
    if card is None or not facts:
        return None
    filed_on = on if stay_ends is None else min(on, stay_ends)
    special, decided_by = special_period(intention, filed_on=filed_on), _likely_decided_by(intention, filed_on)
    special_until = special.until.on if special and special.until else None
    needed_until = special_until or (stay_ends if special else decided_by)
    if card.expires_on >= max(on, needed_until or on):
        return CardOutlook(lasts=True)

    in_special_period = own and special_until is not None and stay_ends is not None
    occasion = _occasion(card, extendable=in_special_period and card.expires_on == stay_ends, on=on)
    said = {occasion, Occasion.LAPSED} | (set() if intention.card else {Occasion.ASSUMED})
    rows = [row for row in facts if row.occasion in said and (in_special_period or not row.in_special_period)]
    place = "/card/expires_on" if intention.card else "/applicant/current_stay/expires_on"
    reasons = [Reason(place=place, rule=row.rule, text=row.text, source=row.source) for row in rows]
    if decided_by is not None and on <= card.expires_on < decided_by:
        text = with_days(_BEFORE_DECISION, card=card.expires_on, decision=decided_by)
        reasons.insert(0, Reason(place=place, rule="card-before-decision", text=text, source=_PROCESSING_PERIODS))
    return CardOutlook(
        lasts=False,
        extend_by=closing(card.expires_on, _BY[occasion]) if occasion in _BY else None,
        extended_until=next((row.until.day(intention) for row in rows if row.until), None),
        reasons=tuple(reasons),
    )


def _resident(intention: Intention, on: date) -> bool:
    """Only residents, who are in a municipality's register, have a My Number card."""
    stay, rule = intention.applicant.current_stay, applicant_rule(on)
    return stay is not None and rule is not None and rule.resident(stay)


def _likely_decided_by(intention: Intention, filed_on: date) -> date | None:
    caused_on = intention.cause.happened_on if intention.cause else None
    decided_by = likely_decided_by(intention.application_type, filed_on=filed_on, caused_on=caused_on)
    return decided_by.on if decided_by else None


def _occasion(card: MyNumberCard, *, extendable: bool, on: date) -> Occasion:
    if card.expires_on < on:
        return Occasion.LAPSED
    if card.extended:
        return Occasion.EXTENDED
    return Occasion.EXTENDABLE if extendable else Occasion.RENEWABLE


_PROCESSING_PERIODS = "ISA, procedures, standard processing periods"
_BEFORE_DECISION = BilingualText(
    ja="カードは{card}に終わりますが、標準処理期間の終わりは{decision}です。決定の前にカードが終わるおそれがあります。",
    en="The card ends on {card}, before the standard processing period does ({decision}): it may well lapse before "
    "the decision.",
)
_BY = {
    Occasion.EXTENDABLE: BilingualText(
        ja="カードの延長は、申請の後、{day}までに市区町村の窓口で手続をしてください。窓口の開いている日を確かめてください。",
        en="After filing, have the municipality extend the card by {day}; check on which days its counter is open.",
    ),
    Occasion.RENEWABLE: BilingualText(
        ja="カードの更新や延長は、{day}までに市区町村の窓口で手続をしてください。窓口の開いている日を確かめてください。",
        en="Have the municipality renew or extend the card by {day}; check on which days its counter is open.",
    ),
}
