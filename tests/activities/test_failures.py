from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from zairyu.activities.failures import translated
from zairyu.models.base import BilingualText
from zairyu.models.errors import StepError
from zairyu.models.failures import StepFailure
from zairyu.models.findings import Finding


class Busy(StepError):
    final = False
    sentence = BilingualText(ja="混雑", en="Busy.")


def test_workflow_learns_name_sentence_and_findings_but_not_the_cause() -> None:
    finding = Finding(place="/photo", rule="photo-size", message=BilingualText(ja="大", en="big"))
    with pytest.raises(ApplicationError) as caught, translated():
        raise Busy(findings=(finding,), detail="503") from RuntimeError("TRAN THI LINH")
    error = caught.value
    assert (error.type, error.message, error.non_retryable) == ("Busy", "Busy. (503)", False)
    assert error.__cause__ is None
    (failure,) = error.details
    decoded = StepFailure.model_validate_json(failure.model_dump_json())
    assert decoded == StepFailure(type_name="Busy", sentence=Busy.sentence, findings=(finding,), detail="503")


def test_bug_stays_a_bug() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError


def test_when_another_try_makes_sense_is_told_to_the_server() -> None:
    error = Busy()
    error.again_in = timedelta(minutes=7)
    with pytest.raises(ApplicationError) as caught, translated():
        raise error
    assert caught.value.next_retry_delay == timedelta(minutes=7)
