"""Inputs that JSON lets through and no form can hold."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from tests.applications import application
from tests.registrations import filled_in
from zairyu.client import ApplicationRefused, Zairyu
from zairyu.models.findings import Finding
from zairyu.rules.intake import check_entries
from zairyu.rules.readable import unreadable_parts
from zairyu.rules.registration import check_registration
from zairyu.rules.spec_packs import sample_packs

ON = date(2026, 12, 1)
HALF = json.loads('"\\ud800"')


def nested(levels: int, *, in_lists: bool = True) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value] if in_lists else {"a": value}
    return value


def of_the_law(content: Mapping[str, Any]) -> tuple[Finding, ...]:
    with pytest.raises(ApplicationRefused) as refused:
        Zairyu.assess(content, on=ON)
    return refused.value.findings


CHECKS: list[Callable[[Mapping[str, Any]], tuple[Finding, ...]]] = [
    lambda content: check_entries(content, sample_packs(), on=ON),
    lambda content: check_registration(content, on=ON),
    of_the_law,
]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("levels", [100, 900, 2000, 100_000])
@pytest.mark.parametrize("in_lists", [True, False])
def test_what_is_nested_too_deep_is_refused_and_breaks_nothing(
    check: Callable[[Mapping[str, Any]], tuple[Finding, ...]], levels: int, in_lists: bool
) -> None:
    (finding,) = check({"application_type": nested(levels, in_lists=in_lists)})
    assert finding.rule == "format"
    assert finding.place.startswith("/application_type")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"applicant": {"address": {"prefecture": HALF}}}, "/applicant/address/prefecture"),
        ({"applicant": [{"a": "b"}, HALF]}, "/applicant/1"),
        ({"applicant": {HALF: "x"}}, "/applicant"),
    ],
)
def test_half_a_character_is_refused_and_can_be_reported(
    check: Callable[[Mapping[str, Any]], tuple[Finding, ...]], content: dict[str, Any], place: str
) -> None:
    (finding,) = check({"application_type": "EXTENSION_OF_PERIOD", **content})
    assert finding.place == place
    assert finding.model_dump_json()


def test_forms_are_readable() -> None:
    assert unreadable_parts(application().form.model_dump(mode="json")) == ()
    assert unreadable_parts(filled_in(date(2028, 1, 31))) == ()
    assert unreadable_parts({"reason": "𠮷野家 é \x00", "relatives": [{"name": "🙂"}]}) == ()
