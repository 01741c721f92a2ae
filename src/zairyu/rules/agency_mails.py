"""What a mail of the agency says: recognised by dated forms, never guessed."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Self

from pydantic import model_validator

from zairyu.models.agency_mail import AgencyMailKind, Letter, Recognised
from zairyu.models.base import BilingualText
from zairyu.models.snapshot import AttentionReason
from zairyu.models.status import ApplicationStatus, AskedDocuments, CollectionStatus, DocumentsStatus, Said
from zairyu.rules.tables import DatedRow, in_force, load_table

_NUMBERS = ("receipt_number", "provisional_number")
_PARTS = {*_NUMBERS, "due_on", "items"}
_LONGEST_NUMBER = 40
_DAY = re.compile(r"(?:令和(?P<era>元|\d{1,2})年|(?P<year>\d{4})[年/.-])(?P<month>\d{1,2})[月/.-](?P<day>\d{1,2})日?")
_BEFORE_REIWA_1 = 2018
_BULLETS = "・●○◯■□-*"


class AgencyMailRow(DatedRow):
    """One form in which the agency writes."""

    domain: str
    kind: AgencyMailKind
    subject: re.Pattern[str]
    """The whole of it, with its spaces made single ones."""
    body: tuple[re.Pattern[str], ...] = ()
    """Where its parts stand: each pattern names some of them, and a part that is not found is not said."""

    @model_validator(mode="after")
    def _names_parts(self) -> Self:
        unknown = {part for pattern in self.body for part in pattern.groupindex} - _PARTS
        if unknown:
            raise ValueError(f"no part of a mail is called {', '.join(sorted(unknown))}")
        return self


_ROWS = load_table("agency_mails", AgencyMailRow)


def recognised(letter: Letter, on: date) -> Recognised | None:
    """What a mail of a day in Japan says, after it was proven whose it is.

    Nothing when its form is not known, or a number is missing that it has to have.
    """
    for row in in_force(_ROWS, on):
        if row.domain == letter.domain and row.subject.fullmatch(" ".join(letter.subject.split())):
            return _read(row.kind, _parts(row, letter.text))
    return None


def explanation(reason: AttentionReason, mails: int) -> BilingualText:
    """What an operator reads when so many mails wait for a person."""
    if reason is AttentionReason.AGENCY_MAIL_UNPROVEN:
        return BilingualText(
            ja=f"入管庁を名乗るものの、署名などで確認できないメールが{mails}通あります。メールボックスの"
            "「Zairyu-for-a-person」フォルダーを確認してください。記載の連絡先やリンクは使わないでください。",
            en=f"{mails} mail(s) claim to be the agency's, and nothing proves it. Look into the mailbox's folder "
            "Zairyu-for-a-person; do not use the links or addresses in them.",
        )
    return BilingualText(
        ja=f"内容を自動で読み取れないメールが{mails}通あります。メールボックスの「Zairyu-for-a-person」フォルダーを"
        "確認してください。",
        en=f"{mails} mail(s) could not be understood, or belong to no application. Look into the mailbox's folder "
        "Zairyu-for-a-person.",
    )


def _parts(row: AgencyMailRow, text: str) -> Mapping[str, str]:
    found = (pattern.search(text) for pattern in row.body)
    return {part: value for match in found if match for part, value in match.groupdict().items() if value}


def _read(kind: AgencyMailKind, parts: Mapping[str, str]) -> Recognised | None:
    numbers = tuple(parts[part] for part in _NUMBERS if part in parts)
    if kind is AgencyMailKind.PROVISIONAL_NUMBER:
        return Recognised(kind=kind, numbers=numbers, said=None)
    if not numbers or max(map(len, numbers)) > _LONGEST_NUMBER:
        return None
    match kind:
        case AgencyMailKind.RECEIPT_NUMBER:
            if "receipt_number" not in parts:
                return None
            said = Said(receipt_number=parts["receipt_number"])
        case AgencyMailKind.DOCUMENTS_REQUESTED:
            said = Said(documents=DocumentsStatus.REQUESTED, request=_request(parts))
        case AgencyMailKind.EXAMINATION_COMPLETED:
            said = Said(application=ApplicationStatus.EXAMINATION_COMPLETED)
        case AgencyMailKind.READY:
            said = Said(collection=CollectionStatus.READY)
        case AgencyMailKind.SENT:
            said = Said(collection=CollectionStatus.SENT)
    return Recognised(kind=kind, numbers=numbers, said=said)


def _request(parts: Mapping[str, str]) -> AskedDocuments | None:
    lines = (line.strip().lstrip(_BULLETS).strip() for line in parts.get("items", "").splitlines())
    items, due_on = tuple(line for line in lines if line), _day(parts.get("due_on", ""))
    return AskedDocuments(items=items, due_on=due_on) if items and due_on else None


def _day(text: str) -> date | None:
    """A day as the agency writes it: 2026年12月1日, 令和8年12月1日 or 2026/12/1, in letters of any width."""
    match = _DAY.search(unicodedata.normalize("NFKC", text))
    if match is None:
        return None
    era = match["era"]
    year = int(match["year"]) if era is None else _BEFORE_REIWA_1 + (1 if era == "元" else int(era))
    try:
        return date(year, int(match["month"]), int(match["day"]))
    except ValueError:
        return None
