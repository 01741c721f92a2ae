"""What the law says of a form that was handed in, as findings. The form may be malformed: each part is judged alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from zairyu.models.application import ApplicationForm, BirthDate
from zairyu.models.assessment import Intention
from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import (
    ApplicationType,
    CollectionMethod,
    ConcurrentPermission,
    Filer,
    Kinship,
    ReEntry,
)
from zairyu.rules.applicants import days_of_birth
from zairyu.rules.assessment import assess
from zairyu.rules.jurisdiction import competent_office
from zairyu.rules.tables import DatedRow, in_force, load_table

_UNSAID: Final = {
    name: field.default for name, field in ApplicationForm.model_fields.items() if not field.is_required()
}
"""What counts when a form does not say it."""
_FARTHEST_DAY: Final = timedelta(days=6 * 366)
"""No period of stay is longer than five years, and an extension can be granted three months ahead."""
_NEEDED: Final = {
    ApplicationType.CERTIFICATE_OF_ELIGIBILITY: ("/entry",),
    ApplicationType.CHANGE_OF_STATUS: ("/applicant/current_stay",),
    ApplicationType.EXTENSION_OF_PERIOD: ("/applicant/current_stay",),
    ApplicationType.ACQUISITION_OF_STATUS: ("/cause",),
    ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE: ("/applicant/current_stay",),
}
"""Parts of the form that only some applications have, and these cannot do without."""


class KinshipRow(DatedRow):
    """What somebody has to be to the applicant, to file as this filer."""

    filer: Filer
    kinships: frozenset[Kinship]


_KINSHIPS = load_table("kinships", KinshipRow)
_REPRESENTED: Final = frozenset(row.filer for row in _KINSHIPS)
"""Those who name a representative: the one who signs."""


def judged(form: Mapping[str, Any], on: date) -> Iterator[Finding]:
    """Everything that the law, and the plain sense of a form, have against it on a day in Japan."""
    said = {**_UNSAID, **form}
    intention = readable_intention(said)
    lacking = tuple(_lacking(intention, said))
    yield from (_required(place) for place in lacking)
    if intention is not None:
        implausible = tuple(implausible_days(intention, on))
        # Nothing is counted from a mistyped year: no calendar may know the days around it.
        for finding in implausible or _assessed(intention, said, on):
            if not finding.place.startswith(tuple(f"{place}/" for place in lacking)):
                yield finding
    for check, parts in _CHECKS:
        values = [part_of(said, place, kind) for place, kind in parts]
        if None not in values:
            yield from check(*values, on)
    yield from _who_files(said, on)
    yield from _re_entry(said)


def part_of(form: Any, place: str, kind: Any) -> Any:
    """A part of the form; nothing when it is not there or cannot be read."""
    try:
        for key in place.split("/")[1:]:
            form = form[key]
        return TypeAdapter(kind).validate_python(form)
    except (ValidationError, LookupError, TypeError):
        return None


def readable_intention(form: Mapping[str, Any]) -> Intention | None:
    """What the law looks at, of a form that may be malformed; nothing when not even the type can be read."""
    readable: Any = form
    while True:
        try:
            return Intention.model_validate(readable)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False, include_input=False):
                place = fault["loc"][:-1] if fault["type"] == "missing" else fault["loc"]
                if not place or place == ("application_type",):
                    return None
                readable = _without(readable, place)


def _without(value: Any, place: tuple[int | str, ...]) -> Any:
    """A copy without the part at a place; a list goes as a whole, because its entries have no names."""
    key, *rest = place
    if not isinstance(value, Mapping):
        return None
    if rest and isinstance(value.get(key), Mapping):
        return {**value, key: _without(value[key], tuple(rest))}
    return {name: part for name, part in value.items() if name != key}


def _lacking(intention: Intention | None, form: Mapping[str, Any]) -> Iterator[str]:
    """The places of whole parts that this kind of application, or this filer, cannot do without."""
    needed = _NEEDED.get(intention.application_type, ()) if intention else ()
    if intention is not None and intention.filer in _REPRESENTED:
        needed = (*needed, "/representative")
    yield from (place for place in needed if part_of(form, place, Any) is None)


# ----- what the assessment says ---------------------------------------------------------------------------------


def _assessed(intention: Intention, form: Mapping[str, Any], on: date) -> Iterator[Finding]:
    """The findings of the law. What it makes a condition, a form has to say."""
    assessment = assess(intention, on=on)
    for finding in assessment.findings:
        unsaid = finding.severity is Severity.WARNING and part_of(form, finding.place, Any) is None
        yield finding.model_copy(update={"severity": Severity.ERROR}) if unsaid else finding
    method = part_of(form, "/collection_method", CollectionMethod)
    for option in assessment.collection:
        if option.method is method:
            yield from (
                Finding(place="/collection_method", rule="collection-method", message=why, source=option.source)
                for why in option.closed_because
            )


def implausible_days(intention: Intention, on: date) -> Iterator[Finding]:
    """Days so far away that they must be mistyped."""
    stay, cause = intention.applicant.current_stay, intention.cause
    if stay is not None and abs(stay.expires_on - on) > _FARTHEST_DAY:
        yield Finding(
            place="/applicant/current_stay/expires_on",
            rule="expiry-plausible",
            message=BilingualText(
                ja="在留期間の満了日を在留カードで確かめてください。在留期間は最長5年です。",
                en="Check this day on the residence card: no period of stay is longer than five years.",
            ),
        )
    if cause is not None and abs(cause.happened_on - on) > _FARTHEST_DAY:
        yield Finding(
            place="/cause/happened_on",
            rule="cause-plausible",
            message=BilingualText(ja="事由の生じた日を確かめてください。", en="Check the day of the cause."),
        )


# ----- the plain sense of a form --------------------------------------------------------------------------------


def _type(application_type: ApplicationType, on: date) -> Iterator[Finding]:
    if application_type is ApplicationType.USER_REGISTRATION:
        yield Finding(
            place="/application_type",
            rule="application-type",
            message=BilingualText(
                ja="利用者情報登録は、申請としてではなく登録の手続で行ってください。",
                en="A user registers by the registration, not by an application.",
            ),
        )


def _birth(birth_date: str, on: date) -> Iterator[Finding]:
    possible = days_of_birth(birth_date)
    if possible is None:
        yield Finding(
            place="/applicant/birth_date",
            rule="format",
            message=BilingualText(ja="存在しない日付です。", en="There is no such day."),
        )
    elif possible[0] > on:
        yield Finding(
            place="/applicant/birth_date",
            rule="birth-in-the-past",
            message=BilingualText(ja="未来の日付です。", en="This day lies in the future."),
        )


def _cause(application_type: ApplicationType, happened_on: date, on: date) -> Iterator[Finding]:
    if application_type is ApplicationType.ACQUISITION_OF_STATUS and happened_on > on:
        yield Finding(
            place="/cause/happened_on",
            rule="cause-in-the-past",
            message=BilingualText(ja="未来の日付です。", en="This day lies in the future."),
        )


def _inquiry(asked_on: date, on: date) -> Iterator[Finding]:
    if asked_on > on:
        yield Finding(
            place="/office_inquiry/asked_on",
            rule="inquiry-in-the-past",
            message=BilingualText(ja="未来の日付です。", en="This day lies in the future."),
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


def _who_files(form: Mapping[str, Any], on: date) -> Iterator[Finding]:
    """The one who signs is the representative if there is one: there has to be one exactly when one files."""
    filer = part_of(form, "/filer", Filer)
    named = part_of(form, "/representative", Any) is not None
    if filer is Filer.APPLICANT and named:
        yield Finding(
            place="/representative",
            rule="applicant-signs",
            message=BilingualText(
                ja="ご本人が申請するときは、代理人を記入しないでください。",
                en="Applicants who file themselves name no representative.",
            ),
        )
    kinship = part_of(form, "/representative/kinship", Kinship)
    for row in in_force(_KINSHIPS, on):
        if row.filer is filer and kinship is not None and kinship not in row.kinships:
            yield Finding(
                place="/representative/kinship",
                rule="kinship",
                message=BilingualText(
                    ja=f"この続柄では「{filer.label.ja}」として申請できません。",
                    en=f"With this relationship one is not: {filer.label.en}.",
                ),
                source=row.source,
            )


def _re_entry(form: Mapping[str, Any]) -> Iterator[Finding]:
    permissions = part_of(form, "/concurrent_permissions", tuple[ConcurrentPermission, ...]) or ()
    kind = part_of(form, "/re_entry", ReEntry)
    if ConcurrentPermission.RE_ENTRY in permissions and part_of(form, "/re_entry", Any) is None:
        yield _required("/re_entry")
    elif ConcurrentPermission.RE_ENTRY not in permissions and kind is not None:
        yield Finding(
            place="/re_entry",
            rule="re-entry-not-applied-for",
            message=BilingualText(
                ja="再入国許可を同時に申請しないときは記入しないでください。",
                en="Leave this out where no re-entry permit is applied for.",
            ),
        )


def _required(place: str) -> Finding:
    return Finding(
        place=place,
        rule="required",
        message=BilingualText(ja="この項目は必須です。", en="This item is required."),
    )


_CHECKS: tuple[tuple[Callable[..., Iterable[Finding]], tuple[tuple[str, Any], ...]], ...] = (
    (_type, (("/application_type", ApplicationType),)),
    (_birth, (("/applicant/birth_date", BirthDate),)),
    (_cause, (("/application_type", ApplicationType), ("/cause/happened_on", date))),
    (_inquiry, (("/office_inquiry/asked_on", date),)),
    (_passport, (("/applicant/passport/expires_on", date),)),
    (_prefecture, (("/applicant/address/prefecture", str),)),
)
