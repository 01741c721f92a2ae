import json

import pytest

from tests.golden.packages import CASES, DIRECTORY, packed


@pytest.mark.parametrize("name", CASES)
def test_the_same_input_makes_the_package_that_was_recorded(name: str) -> None:
    recorded = json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))

    assert packed(CASES[name]) == recorded, (
        "What is built of the same input has changed, and with it what people sign. If that is meant, record it afresh "
        "(python -m tests.golden.packages), read the difference, and say in the commit why. Packages that wait for a "
        "signature are built again on the day they are signed."
    )


def test_nothing_is_recorded_that_no_case_makes() -> None:
    assert {file.stem for file in DIRECTORY.glob("*.json")} == set(CASES)
