"""What the agency has said of an application, on four axes that never fold into one."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field

from zairyu.models.base import BilingualText, Model
from zairyu.models.capability import Capability
from zairyu.models.names import number_key
from zairyu.models.residence import PeriodOfStay


class ApplicationStatus(StrEnum):
    """How far the agency is. `EXAMINATION_COMPLETED` does not mean permission."""

    RECEIVED = "RECEIVED"
    UNDER_EXAMINATION = "UNDER_EXAMINATION"
    EXAMINATION_COMPLETED = "EXAMINATION_COMPLETED"
    CLOSED = "CLOSED"


class DocumentsStatus(StrEnum):
    """Whether additional documents are wanted."""

    NONE = "NONE"
    REQUESTED = "REQUESTED"
    SUPPLIED = "SUPPLIED"


class CollectionStatus(StrEnum):
    """How far the handing over of the result is."""

    NOT_READY = "NOT_READY"
    READY = "READY"
    SENT = "SENT"
    COLLECTED = "COLLECTED"


class Outcome(StrEnum):
    """How the agency ended the application."""

    PERMITTED = "PERMITTED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"
    TERMINATED = "TERMINATED"


class PaymentStatus(StrEnum):
    """Whether the fee has reached the agency."""

    DUE = "DUE"
    PAID = "PAID"


class DocumentRequest(Model):
    """One request for additional documents."""

    number: int = Field(ge=1)
    items: tuple[str, ...]
    """What is asked for, in the agency's words."""
    due_on: date
    """The last day to supply them, a day in Japan."""
    supplied: bool = False


class Grant(Model):
    """What a permission grants."""

    period: PeriodOfStay
    expires_on: date
    """The last day of the new period of stay, a day in Japan."""


class Fee(Model):
    """The fee the agency asks for."""

    amount: int = Field(ge=0, description="yen, without the settlement fee")
    settlement_fee: int = Field(default=0, ge=0, description="yen")
    payment_number: str
    due_on: date
    status: PaymentStatus = PaymentStatus.DUE

    @property
    def is_asked_as(self) -> str:
        """What a person has to know to pay it: another fee is asked otherwise."""
        return f"{number_key(self.payment_number)} {self.amount} {self.due_on}"


class Axis(StrEnum):
    """One of the things that the agency says of an application, each with a word of its own."""

    RECEIPT_NUMBER = "RECEIPT_NUMBER"
    APPLICATION = "APPLICATION"
    DOCUMENTS = "DOCUMENTS"
    COLLECTION = "COLLECTION"
    OUTCOME = "OUTCOME"
    GRANT = "GRANT"
    FEE = "FEE"
    PAYMENT = "PAYMENT"

    @property
    def label(self) -> BilingualText:
        """What it is about, in words."""
        return _AXIS_LABELS[self]


_AXIS_LABELS = {
    Axis.RECEIPT_NUMBER: BilingualText(ja="申請受付番号", en="receipt number"),
    Axis.APPLICATION: BilingualText(ja="申請状態", en="status of the application"),
    Axis.DOCUMENTS: BilingualText(ja="追加資料", en="additional documents"),
    Axis.COLLECTION: BilingualText(ja="受領", en="collection"),
    Axis.OUTCOME: BilingualText(ja="審査の結果", en="result"),
    Axis.GRANT: BilingualText(ja="許可の内容", en="what was granted"),
    Axis.FEE: BilingualText(ja="手数料", en="fee"),
    Axis.PAYMENT: BilingualText(ja="手数料の納付", en="payment of the fee"),
}


class UnknownWord(Model):
    """A word of the agency that the profile's table does not have."""

    axis: Axis
    word: str


class StatusReport(Model):
    """All the agency has said of one application up to one revision.

    A report is a whole, not a difference: the one with the highest revision is the truth, so that a lost,
    repeated or late report does no harm.
    """

    event_id: str
    request_id: str
    revision: int = Field(ge=1)
    reported_at: AwareDatetime
    provisional_number: str
    receipt_number: str | None = None
    application: ApplicationStatus
    documents: DocumentsStatus = DocumentsStatus.NONE
    collection: CollectionStatus = CollectionStatus.NOT_READY
    outcome: Outcome | None = None
    document_requests: tuple[DocumentRequest, ...] = ()
    grant: Grant | None = None
    fee: Fee | None = None
    unknown_words: tuple[UnknownWord, ...] = ()
    """Where the agency used a word that nobody knows; what is said here of such an axis means nothing."""
    offers: tuple[Capability, ...] | None = None
    """What the interface can do now; an older release did not say."""


class SubmissionReceipt(Model):
    """The proof of filing: a filing counts from the provisional number, not from the upload."""

    request_id: str
    provisional_number: str
    accepted_at: datetime
    offers: tuple[Capability, ...] | None = None
    """What the interface can do now; an older release did not say."""


class Source(StrEnum):
    """Who brought a word of the agency."""

    INTERFACE = "INTERFACE"
    MAIL = "MAIL"
    HAND = "HAND"
    """A person who looked it up."""

    @property
    def label(self) -> BilingualText:
        """Whose word it is, in words."""
        return _SOURCE_LABELS[self]


_SOURCE_LABELS = {
    Source.INTERFACE: BilingualText(ja="連携先の通知", en="the interface"),
    Source.MAIL: BilingualText(ja="メール", en="a mail"),
    Source.HAND: BilingualText(ja="担当者の確認", en="somebody who looked it up"),
}


class AskedDocuments(Model):
    """Additional documents that the agency asks for, as they stand in a mail or on its website."""

    items: tuple[str, ...] = Field(min_length=1)
    due_on: date


class Said(Model):
    """What the agency says of an application in a mail or on its website: only what stands there."""

    receipt_number: str | None = Field(default=None, min_length=1, max_length=40)
    application: ApplicationStatus | None = None
    documents: DocumentsStatus | None = None
    request: AskedDocuments | None = None
    outcome: Outcome | None = None
    grant: Grant | None = None
    fee: Fee | None = None
    collection: CollectionStatus | None = None


class Heard(Model):
    """A word of the agency that came another way than by its interface."""

    news_id: str = Field(min_length=1, max_length=100)
    """The same word has the same id, so that it counts once."""
    source: Source
    at: AwareDatetime
    """When the agency said it: the date of the mail, or when somebody looked."""
    said: Said


class Disagreement(Model):
    """Two sources say different things; the later one counts."""

    axis: Axis
    counts: Source
    """The source that is believed."""
    counted: str
    other: Source
    set_aside: str
    since: AwareDatetime

    @property
    def sentence(self) -> BilingualText:
        """Both words, whose they are, and which is followed."""
        axis, counts, other = self.axis.label, self.counts.label, self.other.label
        return BilingualText(
            ja=f"{axis.ja}：{counts.ja}では「{self.counted}」、{other.ja}では「{self.set_aside}」です。"
            f"後の「{self.counted}」に従います。",
            en=f"{axis.en.capitalize()}: {counts.en} says {self.counted}, {other.en} says {self.set_aside}. "
            f"The later word counts: {self.counted}.",
        )
