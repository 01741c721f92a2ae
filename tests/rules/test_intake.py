import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.applications import EXPIRES_ON, application
from zairyu.models.application import ApplicationForm
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.findings import Finding, Severity
from zairyu.rules.intake import check_application, check_entries, check_input
from zairyu.rules.spec_packs import sample_packs
from zairyu.sandbox.details import details_for

TODAY = date(2026, 11, 24)
MY_NUMBER = "123456789018"
PHOTO = DocumentRef(sha256="0" * 64, size=1000, media_type="image/jpeg")
ORGANIZATION_FORM = Attachment(
    kind=AttachmentKind.ORGANIZATION_FORM,
    document=DocumentRef(sha256="1" * 64, size=1000, media_type="application/pdf"),
)

ENCLOSED = (
    ORGANIZATION_FORM,
    ORGANIZATION_FORM.model_copy(update={"kind": AttachmentKind.STATUTORY_REPORT_TABLE}),
)

Path = tuple[str | int, ...]


def found(form: dict[str, Any], on: date = TODAY) -> list[tuple[str, str]]:
    findings = check_entries(form, sample_packs(), on=on)
    assert_readable(findings)
    return [(finding.place, finding.rule) for finding in findings]


def assert_readable(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        assert finding.rule
        assert finding.message.ja.strip()
        assert finding.message.en.strip()
        assert finding.place.startswith("/")


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value, the inner ones too."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield from paths(child, (*path, key))


def put(form: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    keys: list[Any] = [int(key) if key.isdigit() else key for key in pointer.split("/")[1:]]
    return put_at(form, tuple(keys), value)


def put_at(form: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    holder: Any = form
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return form


# ----- what can be filed --------------------------------------------------------------------------------------


def test_the_sample_application_is_flawless(form: dict[str, Any]) -> None:
    assert check_input(form, PHOTO, ENCLOSED, sample_packs(), on=TODAY) == ()


def test_a_checked_application_is_judged_like_the_input_it_came_from(form: dict[str, Any]) -> None:
    model = application().model_copy(update={"form": ApplicationForm.model_validate(form), "attachments": ENCLOSED})

    assert check_application(model, on=TODAY) == ()
    too_late = check_application(model, on=EXPIRES_ON)
    assert [finding.rule for finding in too_late] == ["filing-window"]
    assert too_late == check_input(form, PHOTO, ENCLOSED, sample_packs(), on=EXPIRES_ON)


def test_a_category_that_cannot_be_read_is_refused_and_asked_for(form: dict[str, Any]) -> None:
    put(form, "/organization_category", "CATEGORY_5")

    found = {
        (finding.rule, finding.severity) for finding in check_input(form, PHOTO, ENCLOSED, sample_packs(), on=TODAY)
    }

    assert found == {("format", Severity.ERROR), ("organization-category", Severity.WARNING)}


# ----- everything at once -------------------------------------------------------------------------------------


def test_a_person_hears_of_everything_in_one_answer(form: dict[str, Any]) -> None:
    put(form, "/applicant/contact/phone", "03-1234-5678")
    put(form, "/reason", f"更新のため。番号は{MY_NUMBER}です。")
    put(form, "/applicant/current_stay/expires_on", TODAY.isoformat())
    put(form, "/applicant/name", "tran thi linh")
    put(form, "/filer", "RELATIVE")
    put(form, "/details", details_for(form["residence_status"], form["application_type"], "RELATIVE"))
    put(form, "/collection_method", "EMAIL")
    del form["applicant"]["occupation"]

    findings = check_input(form, PHOTO.model_copy(update={"media_type": "image/gif"}), [], sample_packs(), on=TODAY)

    assert_readable(findings)
    assert {(finding.place, finding.rule) for finding in findings} == {
        ("/applicant/contact/phone", "format"),
        ("/applicant/occupation", "required"),
        ("/applicant/current_stay/expires_on", "filing-window"),
        ("/applicant/name", "item-normalised"),
        ("/representative", "required"),
        ("/cannot_file_because", "applicant-cannot-file"),
        ("/collection_method", "collection-method"),
        ("/reason", "my-number"),
        ("/photo", "photo-format"),
        ("/attachments", "attachment-required"),
    }


def test_closed_window_malformed_field_missing_document_and_my_number_come_together(form: dict[str, Any]) -> None:
    put(form, "/applicant/passport/number", "C-1")
    put(form, "/applicant/home_town", "１２３４　５６７８　９０１８")

    rules = {finding.rule for finding in check_input(form, PHOTO, [], sample_packs(), on=EXPIRES_ON)}

    assert rules == {"format", "my-number", "filing-window", "attachment-required"}


def test_an_empty_form_names_every_item_it_lacks() -> None:
    places = {place for place, rule in found({}) if rule == "required"}

    assert places == {
        "/application_type",
        "/residence_status",
        "/filer",
        "/applicant",
        "/reason",
        "/criminal_record",
    }


# ----- one by one ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pointer", "value", "rule"),
    [
        ("/application_type", "USER_REGISTRATION", "application-type"),
        ("/application_type", "NATURALISATION", "format"),
        ("/residence_status", "STUDENT", "extension-keeps-the-status"),
        ("/filer", "ORGANIZATION_STAFF", "route"),
        ("/representative", {"name": "X"}, "applicant-signs"),
        ("/re_entry", "SINGLE", "re-entry-not-applied-for"),
        ("/collection_method", "EMAIL", "collection-method"),
        ("/applicant/address/prefecture", "Tokyo", "prefecture"),
        ("/applicant/passport/expires_on", "2026-11-23", "passport-in-force"),
        ("/applicant/current_stay/card_number", "AB1234", "format"),
        ("/applicant/current_stay/expires_on", "2027-02-30", "format"),
        ("/applicant/current_stay/expires_on", "2072-01-31", "expiry-plausible"),
        ("/applicant/current_stay/expires_on", "9999-12-31", "expiry-plausible"),
        ("/applicant/current_stay/expires_on", "0001-01-01", "expiry-plausible"),
        ("/applicant/birth_date", "20270101", "birth-in-the-past"),
        ("/applicant/birth_date", "19960230", "format"),
        ("/desired_period", {}, "format"),
        ("/applicant/name", "TRẦN THỊ LINH", "item-characters"),
    ],
)
def test_what_is_wrong_is_named_at_its_place(form: dict[str, Any], pointer: str, value: Any, rule: str) -> None:
    assert (pointer, rule) in found(put(form, pointer, value))


def test_an_expired_passport_warns_and_does_not_stop(form: dict[str, Any]) -> None:
    put(form, "/applicant/passport/expires_on", "2026-11-23")

    (finding,) = check_entries(form, sample_packs(), on=TODAY)
    assert finding.severity is Severity.WARNING
    assert found(put(form, "/applicant/passport/expires_on", "2026-11-24")) == []


@pytest.mark.parametrize(
    ("birth_date", "refused"),
    [
        ("20111124", False),  # fifteen today
        ("20111125", True),
        ("201111", False),  # the day unknown: perhaps old enough
        ("201112", True),
        ("2011", False),
        ("2012", True),
        ("20120229", True),
    ],
)
def test_only_who_is_surely_under_fifteen_is_sent_away(form: dict[str, Any], birth_date: str, refused: bool) -> None:
    put(form, "/applicant/birth_date", birth_date)
    errors = [
        finding for finding in check_entries(form, sample_packs(), on=TODAY) if finding.severity is Severity.ERROR
    ]

    assert ("minimum-age" in {finding.rule for finding in errors}) is refused


def test_a_child_born_on_leap_day_is_fifteen_on_the_last_of_february(form: dict[str, Any]) -> None:
    put(form, "/applicant/birth_date", "20120229")
    put(form, "/applicant/current_stay/expires_on", "2027-04-30")

    assert ("/applicant/birth_date", "minimum-age") in found(form, on=date(2027, 2, 27))
    assert ("/applicant/birth_date", "minimum-age") not in found(form, on=date(2027, 2, 28))


@pytest.mark.parametrize(
    ("period", "refused"),
    [
        ({"days": 30}, True),
        ({"days": 90}, True),
        ({"months": 3}, True),
        ({"months": 3, "days": 1}, False),
        ({"months": 6}, False),
        ({"years": 1}, False),
    ],
)
def test_short_stays_cannot_file_online(form: dict[str, Any], period: dict[str, int], refused: bool) -> None:
    rules = found(put(form, "/applicant/current_stay/period", period))

    assert (("/applicant/current_stay/period", "mid-to-long-term-resident") in rules) is refused


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (EXPIRES_ON - timedelta(days=200), None),  # too early is no reason to refuse: the service waits
        (EXPIRES_ON - timedelta(days=1), None),
        (EXPIRES_ON, "Monday, February 1, 2027"),  # a Sunday
        (EXPIRES_ON + timedelta(days=1), "Monday, February 1, 2027"),
        (EXPIRES_ON + timedelta(days=2), "has expired"),
        (EXPIRES_ON + timedelta(days=900), "has expired"),
    ],
)
def test_a_closed_window_says_what_still_can_be_done(form: dict[str, Any], on: date, words: str | None) -> None:
    put(form, "/applicant/passport/expires_on", "2035-01-01")
    texts = [
        finding.message for finding in check_entries(form, sample_packs(), on=on) if finding.rule == "filing-window"
    ]

    assert bool(texts) is (words is not None)
    assert all(words is not None and words in text.en for text in texts)


@pytest.mark.parametrize("on", [date(2026, 11, 24), date(2024, 2, 29)])
def test_the_longest_stay_there_is_can_be_entered(form: dict[str, Any], on: date) -> None:
    """Five years granted three months before the old period ends."""
    put(form, "/applicant/current_stay/expires_on", date(on.year + 5, on.month + 1, 28).isoformat())

    assert ("/applicant/current_stay/expires_on", "expiry-plausible") not in found(form, on=on)


# ----- findings are no place for personal data ----------------------------------------------------------------

OFTEN_ENOUGH = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def some_place(data: st.DataObject, form: dict[str, Any]) -> Path:
    return data.draw(st.sampled_from(sorted(paths(form), key=repr)))


@given(data=st.data(), secret=st.text("abXY09漢é㈱@. -", min_size=6, max_size=40))
@OFTEN_ENOUGH
def test_a_finding_never_repeats_what_was_entered(sample: str, data: st.DataObject, secret: str) -> None:
    form = json.loads(sample)
    put_at(form, some_place(data, form), f"<{secret}>")

    for finding in check_entries(form, sample_packs(), on=TODAY):
        assert f"<{secret}>" not in finding.model_dump_json()
        assert secret not in finding.message.ja + finding.message.en


@given(data=st.data())
@OFTEN_ENOUGH
def test_a_my_number_is_found_in_every_item_and_not_repeated(sample: str, data: st.DataObject) -> None:
    form = json.loads(sample)
    form["applicant"]["relatives"] = [{"relationship": "妻", "name": "X", "card_number": None}]
    path = some_place(data, form)
    put_at(form, path, f"私は{MY_NUMBER[:4]} {MY_NUMBER[4:8]} {MY_NUMBER[8:]}です")

    findings = check_entries(form, sample_packs(), on=TODAY)

    assert ("".join(f"/{key}" for key in path), "my-number") in [(finding.place, finding.rule) for finding in findings]
    assert not [finding for finding in findings if "9018" in finding.model_dump_json()]


# ----- whatever comes -----------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["", "2027-01-31", MY_NUMBER]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(form=st.dictionaries(st.text(max_size=12), JSON, max_size=6))
@OFTEN_ENOUGH
def test_nonsense_is_answered_and_never_crashes(form: dict[str, Any]) -> None:
    assert_readable(check_input(form, None, [], sample_packs(), on=TODAY))


@given(data=st.data(), garbage=JSON, on=st.dates(date(2022, 3, 16), date(2060, 1, 1)))
@OFTEN_ENOUGH
def test_one_broken_part_is_answered_and_never_crashes(
    sample: str, data: st.DataObject, garbage: Any, on: date
) -> None:
    form = json.loads(sample)
    form["applicant"]["relatives"] = [{"relationship": "妻", "lives_together": True}]
    put_at(form, some_place(data, form), garbage)

    assert_readable(check_input(form, PHOTO, [ORGANIZATION_FORM], sample_packs(), on=on))


@given(data=st.data())
@OFTEN_ENOUGH
def test_a_missing_part_is_asked_for_at_its_place(sample: str, data: st.DataObject) -> None:
    form = json.loads(sample)
    path = some_place(data, form)
    assume(path != ("filer",))  # who files decides which parts are asked
    complete = {"".join(f"/{key}" for key in there) for there in paths(form)}
    holder: Any = form
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]

    findings = check_entries(form, sample_packs(), on=TODAY)

    assert_readable(findings)
    lacking = "".join(f"/{key}" for key in path)
    for finding in findings:
        assert finding.place in complete
        if finding.rule == "item-not-asked":
            continue  # what was asked because of the missing part
        assert finding.place.startswith(lacking) or lacking.startswith(finding.place)


def test_a_place_is_a_pointer_whatever_the_keys(form: dict[str, Any]) -> None:
    form["a/b~c"] = ["123456789018"]
    form["123456789018"] = "x"

    places = {finding.place for finding in check_entries(form, sample_packs(), on=TODAY) if finding.rule == "my-number"}

    # RFC 6901, section 3; and a key that is itself a My Number is not repeated.
    assert places == {"/a~1b~0c/0", ""}
