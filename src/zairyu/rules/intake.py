"""May this application be filed here? Every finding at once, each with its place."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from zairyu.models.application import ApplicationForm, ApplicationInput, BirthDate, CurrentStay
from zairyu.models.base import BilingualText
from zairyu.models.documents import Attachment, DocumentRef
from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import (
    ApplicationType,
    CollectionMethod,
    ConcurrentPermission,
    Filer,
    ResidenceStatus,
)
from zairyu.rules.applicants import applicant_rule
from zairyu.rules.attachments import check_attachments, check_documents
from zairyu.rules.collection import why_closed
from zairyu.rules.filing_window import filing_window
from zairyu.rules.items import fill_in
from zairyu.rules.jurisdiction import competent_office
from zairyu.rules.my_number import contains_my_number
from zairyu.rules.spec_packs import pack_in_force

_GUIDE = "ISA, user guide for applicants (2024-03)"
_UNSAID: Final = {
    name: field.default for name, field in ApplicationForm.model_fields.items() if not field.is_required()
}
"""What counts when a form does not say it."""
_FARTHEST_EXPIRY: Final = timedelta(days=6 * 366)
"""No period of stay is longer than five years, and an extension can be granted three months ahead."""


def check_application(application: ApplicationInput, *, on: date) -> tuple[Finding, ...]:
    """Everything that speaks against an application on a day in Japan, the documents included."""
    return (*check_form(application.form.model_dump(mode="json"), on=on), *check_attachments(application, on))


def check_input(
    form: Mapping[str, Any], photo: DocumentRef | None, attachments: Sequence[Attachment], *, on: date
) -> tuple[Finding, ...]:
    """The same for an application as it was handed in.

    The form may be malformed: what can be read of it is judged all the same, so that a person hears of a
    closed window, a mistyped telephone number and a missing document in one answer, not one after the other.
    """
    return (
        *check_form(form, on=on),
        *check_documents(
            photo,
            attachments,
            application_type=_part(form, *_TYPE),
            residence_status=_part(form, *_STATUS),
            filer=_part(form, *_FILER),
            on=on,
        ),
    )


def check_form(form: Mapping[str, Any], *, on: date) -> tuple[Finding, ...]:
    """Everything that is wrong with a form, malformed or not."""
    findings = [*_malformed(form), *_judged(form, on), *_my_numbers(form, "")]
    known = {finding.place for finding in findings}
    return (*findings, *(finding for finding in _unwritable(form, on) if finding.place not in known))


def _malformed(form: Mapping[str, Any]) -> Iterator[Finding]:
    try:
        ApplicationForm.model_validate(form)
    except ValidationError as error:
        yield from malformed_findings(error)


def malformed_findings(error: ValidationError, under: str = "") -> Iterator[Finding]:
    """Say what does not have the right form, field by field."""
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        missing = fault["type"] == "missing"
        yield Finding(
            place=under + "".join(f"/{part}" for part in fault["loc"]),
            rule="required" if missing else "format",
            message=BilingualText(
                ja="この項目は必須です。" if missing else f"形式が正しくありません（{fault['type']}）。",
                en="This item is required." if missing else f"This does not have the right form: {fault['msg']}.",
            ),
        )


def _unwritable(form: Mapping[str, Any], on: date) -> Iterator[Finding]:
    """What the agency's own form has no room or no characters for, by the spec pack in force."""
    application_type, status = _part(form, *_TYPE), _part(form, *_STATUS)
    pack = pack_in_force(application_type, on) if application_type else None
    sheet = pack.form_for(application_type, status) if pack and application_type and status else None
    if pack is not None and sheet is not None:
        yield from fill_in(sheet, form, pack).findings


def _my_numbers(value: object, place: str) -> Iterator[Finding]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _my_numbers(inner, f"{place}/{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _my_numbers(inner, f"{place}/{index}")
    elif isinstance(value, str) and contains_my_number(value):
        yield Finding(
            place=place,
            rule="my-number",
            message=BilingualText(
                ja="個人番号（マイナンバー）は記入しないでください。", en="A My Number must not be entered anywhere."
            ),
            source="My Number Act (2013, no. 27), article 20",
        )


# ----- what the law and the scope of this service say ---------------------------------------------------------


def _judged(form: Mapping[str, Any], on: date) -> Iterator[Finding]:
    """Each check with the parts of the form it reads; it runs when those parts can be read."""
    said = {**_UNSAID, **form}
    for check, parts in _CHECKS:
        values = [_part(said, place, kind) for place, kind in parts]
        if None not in values:
            yield from check(*values, on)


def _part(form: Any, place: str, kind: Any) -> Any:
    """A part of the form; nothing when it is not there or cannot be read."""
    try:
        for key in place.split("/")[1:]:
            form = form[key]
        return TypeAdapter(kind).validate_python(form)
    except (ValidationError, LookupError, TypeError):
        return None


def _type(application_type: ApplicationType, on: date) -> Iterator[Finding]:
    if application_type is not ApplicationType.EXTENSION_OF_PERIOD:
        yield Finding(
            place="/application_type",
            rule="application-type",
            message=BilingualText(
                ja="この版で申請できるのは在留期間更新許可申請だけです。",
                en="This release carries the application for extension of period of stay only.",
            ),
        )


def _status(status: ResidenceStatus, on: date) -> Iterator[Finding]:
    if status is not ResidenceStatus.ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES:
        yield Finding(
            place="/residence_status",
            rule="residence-status",
            message=BilingualText(
                ja="この版で扱う在留資格は「技術・人文知識・国際業務」だけです。",
                en="This release carries the status Engineer/Specialist in Humanities/International Services only.",
            ),
        )


def _same_status(status: ResidenceStatus, held: ResidenceStatus, on: date) -> Iterator[Finding]:
    if status is not held:
        yield Finding(
            place="/residence_status",
            rule="extension-keeps-the-status",
            message=BilingualText(
                ja="更新できるのは現に有する在留資格だけです。別の在留資格には変更許可申請が必要です。",
                en="An extension is for the status held. Another status needs an application for change of status.",
            ),
            source="Immigration Control and Refugee Recognition Act, article 21",
        )


def _filer(filer: Filer, on: date) -> Iterator[Finding]:
    if filer is not Filer.APPLICANT:
        yield Finding(
            place="/filer",
            rule="filer",
            message=BilingualText(
                ja="この版では申請人本人だけが申請できます。", en="In this release applicants file for themselves."
            ),
        )


def _age(birth_date: str, on: date) -> Iterator[Finding]:
    try:
        # With the month or day unknown the earliest counts: only who is surely too young is refused.
        born = date(int(birth_date[:4]), int(birth_date[4:6] or 1), int(birth_date[6:8] or 1))
    except ValueError:
        yield Finding(
            place="/applicant/birth_date",
            rule="format",
            message=BilingualText(ja="存在しない日付です。", en="There is no such day."),
        )
        return
    if born > on:
        yield Finding(
            place="/applicant/birth_date",
            rule="birth-in-the-past",
            message=BilingualText(ja="未来の日付です。", en="This day lies in the future."),
        )
    elif (rule := applicant_rule(on)) is not None and not rule.old_enough(born, on=on):
        yield Finding(
            place="/applicant/birth_date",
            rule="minimum-age",
            message=BilingualText(
                ja=f"{rule.minimum_age}歳未満の方は、ご本人では申請できません。",
                en=f"A person under {rule.minimum_age} cannot file for themselves.",
            ),
            source=rule.source,
        )


def _stay(stay: CurrentStay, on: date) -> Iterator[Finding]:
    rule = applicant_rule(on)
    if rule is not None and not rule.stays_long_enough(stay.period):
        excluded = rule.excluded_up_to.label
        yield Finding(
            place="/applicant/current_stay/period",
            rule="mid-to-long-term-resident",
            message=BilingualText(
                ja=f"在留期間が{excluded.ja}以下の方は、オンラインで申請できません。",
                en=f"With a period of stay of {excluded.en} or less, filing online is not possible.",
            ),
            source=rule.source,
        )


def _window(application_type: ApplicationType, expires_on: date, on: date) -> Iterator[Finding]:
    if application_type is not ApplicationType.EXTENSION_OF_PERIOD:
        return
    if abs(expires_on - on) > _FARTHEST_EXPIRY:
        # A mistyped year: the application would wait for decades, or no calendar knows the day.
        yield Finding(
            place="/applicant/current_stay/expires_on",
            rule="expiry-plausible",
            message=BilingualText(
                ja="在留期間の満了日を在留カードで確かめてください。在留期間は最長5年です。",
                en="Check this day on the residence card: no period of stay is longer than five years.",
            ),
        )
        return
    window = filing_window(application_type, expires_on, on=on)
    if on <= window.last_day_online:
        return
    if on <= window.counter_until:
        ja = (
            f"オンラインでの申請は{window.last_day_online}で終わりました。"
            f"{window.counter_until}までに窓口で申請してください。"
        )
        en = f"Online filing ended on {window.last_day_online}. File at the counter by {window.counter_until}."
    else:
        ja = "在留期間が満了しています。すぐに地方出入国在留管理局に相談してください。"
        en = "The period of stay has expired. Talk to the regional immigration office at once."
    yield Finding(
        place="/applicant/current_stay/expires_on",
        rule="filing-window",
        message=BilingualText(ja=ja, en=en),
        source=f"{_GUIDE}, section 5 (1) イ",
    )


def _passport(expires_on: date, on: date) -> Iterator[Finding]:
    if expires_on < on:
        yield Finding(
            place="/applicant/passport/expires_on",
            rule="passport-in-force",
            severity=Severity.WARNING,
            message=BilingualText(ja="旅券の有効期限が過ぎています。", en="The passport has expired."),
        )


def _prefecture(prefecture: str, on: date) -> Iterator[Finding]:
    if competent_office(prefecture, on=on) is None:
        yield Finding(
            place="/applicant/address/prefecture",
            rule="prefecture",
            message=BilingualText(
                ja="都道府県名を日本語で記入してください（例: 東京都）。",
                en="Write the prefecture in Japanese, for example 東京都.",
            ),
        )


def _collection(
    application_type: ApplicationType,
    method: CollectionMethod,
    permissions: tuple[ConcurrentPermission, ...],
    on: date,
) -> Iterator[Finding]:
    reason = why_closed(application_type, method, permissions, on=on)
    if reason is not None:
        yield Finding(
            place="/collection_method",
            rule="collection-method",
            message=reason,
            source=f"{_GUIDE}, section 5 (1) IV",
        )


def _concurrent(permissions: tuple[ConcurrentPermission, ...], on: date) -> Iterator[Finding]:
    if permissions:
        yield Finding(
            place="/concurrent_permissions",
            rule="concurrent-permissions",
            message=BilingualText(
                ja="この版では同時申請を扱いません。", en="This release carries no concurrent applications."
            ),
        )


_TYPE = ("/application_type", ApplicationType)
_STATUS = ("/residence_status", ResidenceStatus)
_FILER = ("/filer", Filer)
_PERMISSIONS = ("/concurrent_permissions", tuple[ConcurrentPermission, ...])
_CHECKS: tuple[tuple[Callable[..., Iterable[Finding]], tuple[tuple[str, Any], ...]], ...] = (
    (_type, (_TYPE,)),
    (_status, (_STATUS,)),
    (_same_status, (_STATUS, ("/applicant/current_stay/status", ResidenceStatus))),
    (_filer, (_FILER,)),
    (_age, (("/applicant/birth_date", BirthDate),)),
    (_stay, (("/applicant/current_stay", CurrentStay),)),
    (_window, (_TYPE, ("/applicant/current_stay/expires_on", date))),
    (_passport, (("/applicant/passport/expires_on", date),)),
    (_prefecture, (("/applicant/address/prefecture", str),)),
    (_collection, (_TYPE, ("/collection_method", CollectionMethod), _PERMISSIONS)),
    (_concurrent, (_PERMISSIONS,)),
)
