"""A user's registration: who may register, what the card says of it, and how long what comes of it lasts."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from pydantic import Field, ValidationError, model_validator

from zairyu.models.assessment import Answer, IntendedApplicant, Intention
from zairyu.models.base import BilingualText, Model
from zairyu.models.card import CardReading
from zairyu.models.findings import Finding, Severity
from zairyu.models.mail import AuthenticationIdEnds, Occasion, PasswordEnds
from zairyu.models.registration import Account, RegistrationForm, RegistrationSheet, RegistrationState
from zairyu.models.residence import ApplicationType, Filer
from zairyu.rules.calendar import add_months, day_in_japan, start_of_day
from zairyu.rules.filers import permissibility
from zairyu.rules.intake import malformed_findings
from zairyu.rules.items import fill_in
from zairyu.rules.my_number import my_numbers
from zairyu.rules.readable import unreadable_parts
from zairyu.rules.spec_packs import SpecPacks
from zairyu.rules.tables import DatedRow, in_force, load_table

_GUIDE: Final = "ISA, user guide for applicants (2024-03)"


class Subject(StrEnum):
    """What lasts for a time, or is waited for."""

    PASSWORD = "PASSWORD"  # noqa: S105
    AUTHENTICATION_ID = "AUTHENTICATION_ID"
    CONFIRMATION_MAIL = "CONFIRMATION_MAIL"


class RegistrationRow(DatedRow):
    """How long something lasts and when its end is announced, or when its absence is a matter for the help desk."""

    subject: Subject
    lasts_years: int | None = Field(default=None, ge=1)
    notices_days_before: tuple[int, ...] = ()
    overdue_after_days: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.lasts_years is None) == (self.overdue_after_days is None):
            raise ValueError("a row tells how long something lasts, or when it is overdue")
        return self


_ROWS = load_table("registration", RegistrationRow)


def _row(subject: Subject, on: date) -> RegistrationRow:
    return next(row for row in in_force(_ROWS, on) if row.subject is subject)


# ----- who may register, and with what --------------------------------------------------------------------------------


def check_registration(form: Mapping[str, Any], *, on: date) -> tuple[Finding, ...]:
    """Everything that the law says against a registration, malformed or not, on a day in Japan."""
    if unreadable := unreadable_parts(form):
        return unreadable
    findings = [*my_numbers(form)]
    try:
        read = RegistrationForm.model_validate(form)
    except ValidationError as error:
        return (*malformed_findings(error), *findings)
    return (*findings, *_permitted(read, read.birth_date, on), *_residence_card(read))


def check_registration_entries(form: Mapping[str, Any], packs: SpecPacks, *, on: date) -> tuple[Finding, ...]:
    """The same, and everything that the agency's own form has no room, no code or no characters for."""
    findings = check_registration(form, on=on)
    known = {finding.place for finding in findings}
    try:
        read = RegistrationForm.model_validate(form)
    except ValidationError:
        return findings
    return (*findings, *(finding for finding in _unwritable(read, packs, on) if finding.place not in known))


def check_holder(form: RegistrationForm, reading: CardReading, *, on: date) -> tuple[Finding, ...]:
    """Everything that speaks against a registration once the card has told who its holder is."""
    return tuple(_permitted(form, form.birth_date or reading.birth_date, on))


def _permitted(form: RegistrationForm, birth_date: str | None, on: date) -> Iterator[Finding]:
    if form.filer is Filer.LAWYER_OR_SCRIVENER:
        yield Finding(
            place="/filer",
            rule="filer",
            message=BilingualText(
                ja="弁護士・行政書士の方は、届出済証明書番号等により在留申請オンラインシステムで直接登録してください。"
                "このサービスはその登録を扱いません。",
                en="A lawyer or administrative scrivener registers directly with the Online Residence Application "
                "System, with the agent certificate number. This service does not carry that registration.",
            ),
            source="ISA, online procedures from March 2022 (2022-01), registration of lawyers and scriveners",
        )
        return
    stay = form.residence_card.stay if form.residence_card else None
    intention = Intention(
        application_type=ApplicationType.USER_REGISTRATION,
        filer=form.filer,
        applicant=IntendedApplicant(birth_date=birth_date, current_stay=stay),
    )
    answer = permissibility(intention, on=on)
    if answer.answer is not Answer.NOT_ALLOWED:
        return
    instead = BilingualText(
        ja="".join(text.ja for text in answer.instead), en="".join(f" {text.en}" for text in answer.instead)
    )
    for reason in answer.reasons:
        if birth_date is None and reason.place == "/applicant/birth_date":
            # The card will tell.
            continue
        yield Finding(
            place=_PLACES.get(reason.place, reason.place),
            rule=reason.rule,
            message=BilingualText(ja=reason.text.ja + instead.ja, en=reason.text.en + instead.en),
            source=reason.source,
        )


_PLACES: Final = {
    "/applicant/birth_date": "/birth_date",
    "/applicant/current_stay": "/residence_card/stay",
    "/applicant/current_stay/status": "/residence_card/stay/status",
    "/applicant/current_stay/period": "/residence_card/stay/period",
}
"""From the law's question to the form's own places."""


def _residence_card(form: RegistrationForm) -> Iterator[Finding]:
    if form.filer is Filer.APPLICANT and form.residence_card is None:
        yield Finding(
            place="/residence_card",
            rule="required",
            message=BilingualText(
                ja="外国籍の方は在留カード番号が必要です。", en="A foreign national needs the residence card's number."
            ),
            source=f"{_GUIDE}, section 4",
        )


def _unwritable(form: RegistrationForm, packs: SpecPacks, on: date) -> Iterator[Finding]:
    """What the sheet has no room or no characters for. What the card will tell cannot be judged yet."""
    sheet = RegistrationSheet(
        user_id="not-known-yet",
        filer=form.filer,
        name=form.name or "-",
        birth_date=form.birth_date or "19000101",
        sex=form.sex,
        address=form.address,
        contact=form.contact,
        card_number=form.residence_card.number if form.residence_card else None,
    )
    findings = fill_in_sheet(sheet, packs, on)
    yield from (finding for finding in findings if finding.place != "/sex")


def fill_in_sheet(sheet: RegistrationSheet, packs: SpecPacks, on: date) -> tuple[Finding, ...]:
    """What is wrong with a sheet, by the spec pack in force on a day in Japan."""
    pack = packs.in_force(ApplicationType.USER_REGISTRATION, on)
    form = pack.form_for(ApplicationType.USER_REGISTRATION, None) if pack else None
    if pack is None or form is None:
        return ()
    return fill_in(form, sheet.model_dump(mode="json"), pack, on=on).findings


# ----- the form and the card ------------------------------------------------------------------------------------------


def sheet_of(user_id: str, form: RegistrationForm, reading: CardReading) -> RegistrationSheet:
    """What is sent: what the user filled in, and what the card says where they left it out."""
    return RegistrationSheet(
        user_id=user_id,
        filer=form.filer,
        # A card has an ideographic space between the parts of a name.
        name=form.name or reading.name.replace("\u3000", " "),
        birth_date=form.birth_date or reading.birth_date,
        sex=form.sex or reading.sex,
        address=form.address,
        contact=form.contact,
        card_number=form.residence_card.number if form.residence_card else None,
    )


def differences(form: RegistrationForm, reading: CardReading) -> tuple[Finding, ...]:
    """Where the card says something else than the user. They are shown: only the user knows which one is right."""
    address = form.address
    compared = (
        ("/name", form.name, reading.name),
        ("/birth_date", form.birth_date, reading.birth_date),
        ("/sex", form.sex, reading.sex),
        ("/address", f"{address.prefecture}{address.municipality}{address.line}", reading.address),
    )
    return tuple(
        Finding(
            place=place,
            rule="differs-from-card",
            severity=Severity.WARNING,
            message=BilingualText(
                ja="マイナンバーカードの記載と異なります。在留カードのとおりか確かめてください。",
                en="The My Number card says something else. Make sure that this is as on the residence card.",
            ),
            source=f"{_GUIDE}, section 4",
        )
        for place, said, on_card in compared
        if said is not None and on_card is not None and _plain(said) != _plain(on_card)
    )


_DASHES: Final = re.compile("[‐-―−ー]")


def _plain(text: str) -> str:
    """The same for every way to write it: width, spaces, dashes."""
    return _DASHES.sub("-", "".join(unicodedata.normalize("NFKC", text).upper().split()))


# ----- how long it lasts ----------------------------------------------------------------------------------------------


def password_expires_on(set_on: date) -> date:
    """The last day of a password, in Japan. Whether the anniversary counts is not said, so it is left out."""
    return _last_day(Subject.PASSWORD, set_on)


def id_expires_on(issued_on: date, card_expires_on: date | None) -> date:
    """The last day of an authentication ID, in Japan: the card's, and at most so many years."""
    limit = _last_day(Subject.AUTHENTICATION_ID, issued_on)
    return limit if card_expires_on is None else min(limit, card_expires_on)


def _last_day(subject: Subject, began_on: date) -> date:
    years = _row(subject, began_on).lasts_years
    if years is None:
        raise ValueError(f"{subject} has no length")
    return add_months(began_on, 12 * years) - timedelta(days=1)


def help_desk_at(sent_at: datetime) -> datetime:
    """The moment from which a mail that has not come is a matter for the help desk."""
    days = _row(Subject.CONFIRMATION_MAIL, day_in_japan(sent_at)).overdue_after_days
    if days is None:
        raise ValueError("the table does not say when the mail is overdue")
    return sent_at + timedelta(days=days)


class Notice(Model):
    """From `at` on, the user is told that something ends."""

    key: str
    at: datetime
    occasion: Occasion


def notices(account: Account) -> tuple[Notice, ...]:
    """Every notice of an account's ends, the earliest first."""
    ends = (
        (Subject.PASSWORD, account.password_expires_on, PasswordEnds(ends_on=account.password_expires_on)),
        (Subject.AUTHENTICATION_ID, account.expires_on, AuthenticationIdEnds(ends_on=account.expires_on)),
    )
    found = [
        Notice(
            key=f"{ends_on}-{days}-days",
            at=start_of_day(ends_on - timedelta(days=days)),
            occasion=occasion,
        )
        for subject, ends_on, occasion in ends
        for days in _row(subject, ends_on).notices_days_before
    ]
    return tuple(sorted(found, key=lambda notice: (notice.at, notice.key)))


def due_notices(account: Account, now: datetime) -> tuple[Notice, ...]:
    """The notices to be given now: of those that have come for one end, only the last, and none after the end."""
    last: dict[str, Notice] = {}
    for notice in notices(account):
        if notice.at <= now:
            last[notice.occasion.occasion] = notice
    open_ends = {"password-ends": account.password_expires_on, "authentication-id-ends": account.expires_on}
    return tuple(notice for occasion, notice in last.items() if day_in_japan(now) <= open_ends[occasion])


def is_same_card(state: RegistrationState, on: date) -> bool:
    """Whether the card that was read is the one of an account that still counts on a day in Japan."""
    former, reading = state.former_account, state.reading
    return former is not None and reading is not None and former.card_id == reading.card_id and on <= former.expires_on
