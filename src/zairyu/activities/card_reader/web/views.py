"""What the page of a desk can show, and what it takes for an answer. It knows no HTTP."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Generic, Literal, Self, TypeVar

from zairyu.activities.card_reader.errors import CardReaderError, PinMalformed, UserPinMalformed, WayOn
from zairyu.activities.card_reader.password import CardInfoPin, SignPassword
from zairyu.activities.card_reader.prompt import NEVER_READ, WILL_BE_READ, Consent
from zairyu.models.base import BilingualText
from zairyu.models.card import CardReadRequest, SignatureRequest

T = TypeVar("T")

_NOTHING_CONFIRMED: Final = BilingualText(
    ja="署名する申請の内容を確認し、「確認しました」にチェックを入れてください。署名はまだ作成されていません。",
    en="Check each application that you want to sign and tick its box. Nothing has been signed yet.",
)
_NOT_SURE: Final = BilingualText(
    ja="続ける場合は、チェックを入れてください。",
    en="To go on, tick the box first.",
)


class Form:
    """What a person sent. It has no text of its own, because a password may be in it."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        """Take the fields, each with all its values."""
        self._fields = fields

    def all(self, name: str) -> frozenset[str]:
        """Every value of a field."""
        return frozenset(self._fields.get(name, ()))

    def one(self, name: str) -> str:
        """The first value of a field; nothing was sent when it is empty."""
        return next(iter(self._fields.get(name, ())), "")


@dataclass(frozen=True)
class View:
    """One state of the page."""

    template: ClassVar[str]
    typed_into: ClassVar[bool] = False
    """Whether a reload would lose something."""


@dataclass(frozen=True)
class AtRest(View):
    """Nobody waits for anything here."""

    template = "rest.html"


@dataclass(frozen=True)
class Moment(View):
    """The desk will say in a moment how it goes on."""

    template = "moment.html"


@dataclass(frozen=True)
class Signing(View):
    """The card signs."""

    template = "signing.html"


@dataclass(frozen=True)
class Reading(View):
    """The card is being read."""

    template = "reading.html"


@dataclass(frozen=True)
class Told(View):
    """What came of it, until the person has taken note."""

    template = "told.html"


@dataclass(frozen=True)
class Ended(View):
    """The terminal's program has ended; the page does not follow it any more."""

    template = "ended.html"


# ----- what is told -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signed:
    """What was signed, and by whom as on the certificate."""

    kind: ClassVar[str] = "signed"
    requests: tuple[SignatureRequest, ...]
    holder: str


@dataclass(frozen=True)
class Read:
    """Whose card was read, and what for."""

    kind: ClassVar[str] = "read"
    request: CardReadRequest
    holder: str


@dataclass(frozen=True)
class Failure:
    """It was not done, and nobody is asked any more."""

    kind: ClassVar[str] = "failure"
    error: CardReaderError


@dataclass(frozen=True)
class TakenBack:
    """Nobody waits any more."""

    kind: ClassVar[str] = "taken back"


Result = Signed | Read | Failure | TakenBack


# ----- what is asked ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What the person said. The view is over with it."""

    value: T


@dataclass(frozen=True)
class Question(View, ABC, Generic[T]):
    """A view that waits for the person."""

    @abstractmethod
    def read(self, form: Form) -> Answer[T] | Self:
        """Understand what was sent.

        Returns:
            The answer, or this view again with a word on what is missing.
        """


@dataclass(frozen=True)
class CardWanted(Question[None]):
    """Asks for the card; only declining is an answer."""

    template = "card.html"
    requests: tuple[SignatureRequest, ...]
    notice: CardReaderError | None
    """Why no card can be read yet."""

    def read(self, form: Form) -> Answer[None] | Self:
        """See whether the person declines."""
        return Answer(None) if form.one("do") == "decline" else self


@dataclass(frozen=True)
class ConsentWanted(Question[Consent | None]):
    """Has each request confirmed, and asks for the password."""

    template = "consent.html"
    typed_into = True
    requests: tuple[SignatureRequest, ...]
    tries_left: int
    confirmed: frozenset[str] = frozenset()
    """The boxes that were ticked when something else was missing."""
    missing: Literal["confirmation", "password"] | None = None

    @property
    def problem(self) -> BilingualText | None:
        """What is missing, for the person."""
        match self.missing:
            case "confirmation":
                return _NOTHING_CONFIRMED
            case "password":
                return PinMalformed.sentence
            case None:
                return None

    def read(self, form: Form) -> Answer[Consent | None] | Self:
        """Take boxes and password; the password goes nowhere but into a `SignPassword`."""
        match form.one("do"):
            case "decline":
                return Answer(None)
            case "sign":
                confirmed = form.all("confirmed") & {request.application_id for request in self.requests}
                if not confirmed:
                    return replace(self, confirmed=confirmed, missing="confirmation")
                try:
                    return Answer(Consent(confirmed, SignPassword(form.one("password"))))
                except PinMalformed:
                    # The card has not seen it, so typing again costs nothing.
                    return replace(self, confirmed=confirmed, missing="password")
            case _:
                return self


@dataclass(frozen=True)
class CardToReadWanted(Question[None]):
    """Asks for a card that is to be read; only declining is an answer."""

    template = "card_to_read.html"
    will_be_read: ClassVar[BilingualText] = WILL_BE_READ
    never_read: ClassVar[BilingualText] = NEVER_READ
    request: CardReadRequest
    notice: CardReaderError | None
    """Why no card can be read yet."""

    def read(self, form: Form) -> Answer[None] | Self:
        """See whether the person declines."""
        return Answer(None) if form.one("do") == "decline" else self


@dataclass(frozen=True)
class PinWanted(Question[CardInfoPin | None]):
    """Says what will be read, and asks for the PIN."""

    template = "pin.html"
    typed_into = True
    will_be_read: ClassVar[BilingualText] = WILL_BE_READ
    never_read: ClassVar[BilingualText] = NEVER_READ
    request: CardReadRequest
    tries_left: int
    problem: BilingualText | None = None

    def read(self, form: Form) -> Answer[CardInfoPin | None] | Self:
        """Take the PIN; it goes nowhere but into a `CardInfoPin`."""
        match form.one("do"):
            case "decline":
                return Answer(None)
            case "read":
                try:
                    return Answer(CardInfoPin(form.one("pin")))
                except PinMalformed:
                    # The card has not seen it, so typing again costs nothing.
                    return replace(self, problem=UserPinMalformed.sentence)
            case _:
                return self


@dataclass(frozen=True)
class Failed(Question[bool]):
    """Says what went wrong, and asks whether to go on."""

    template = "failed.html"
    typed_into = True
    error: CardReaderError
    problem: BilingualText | None = None

    def read(self, form: Form) -> Answer[bool] | Self:
        """See whether the person goes on; whoever overrules us says so twice."""
        match form.one("do"):
            case "stop":
                return Answer(False)
            case "go on" if self.error.way_on is WayOn.INSIST and form.one("sure") != "yes":
                return replace(self, problem=_NOT_SURE)
            case "go on":
                return Answer(True)
            case _:
                return self
