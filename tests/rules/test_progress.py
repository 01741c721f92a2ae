from datetime import date
from typing import Any

from tests.applications import EXTENSION
from tests.rules.stories import asked, fee, report
from zairyu.models.residence import ApplicationType
from zairyu.models.status import (
    ApplicationStatus,
    CollectionStatus,
    DocumentsStatus,
    Outcome,
    PaymentStatus,
    StatusReport,
)
from zairyu.rules.progress import what_is_new


def told(before: StatusReport | None, **says: Any) -> list[str]:
    return told_of(EXTENSION, before, report(**says))


def told_of(application_type: ApplicationType, before: StatusReport | None, now: StatusReport) -> list[str]:
    texts = list(what_is_new(before, now, application_type))
    assert all(text.ja and text.en for text in texts)
    return [text.en for text in texts]


def test_the_same_again_is_no_news() -> None:
    everything: dict[str, Any] = {
        "receipt_number": "東1",
        "application": ApplicationStatus.EXAMINATION_COMPLETED,
        "documents": DocumentsStatus.SUPPLIED,
        "document_requests": (asked(supplied=True),),
        "outcome": Outcome.PERMITTED,
        "fee": fee(status=PaymentStatus.PAID),
        "collection": CollectionStatus.COLLECTED,
    }

    assert told(report(**everything), **everything) == []


def test_filing_is_not_told_twice() -> None:
    assert told(None) == []


def test_the_receipt_number_is_told_once_as_it_was_given() -> None:
    assert told(report(), receipt_number="東オ―１２３") == ["Receipt number 東オ―１２３."]
    assert told(report(receipt_number="東1"), receipt_number="東1") == []


def test_each_step_of_a_whole_story_is_told() -> None:
    received = {"receipt_number": "東1"}
    examined = {**received, "application": ApplicationStatus.UNDER_EXAMINATION}
    completed = {**received, "application": ApplicationStatus.EXAMINATION_COMPLETED, "outcome": Outcome.PERMITTED}

    assert told(report(**received), **examined) == ["The examination has begun."]
    assert told(report(**examined), **completed) == ["The examination is completed.", "Permitted."]
    assert told(report(**completed), **completed, fee=fee(date(2027, 1, 15))) == [
        "Fee of 56,000 yen, due on 2027-01-15."
    ]
    assert told(report(**completed, fee=fee()), **completed, fee=fee(status=PaymentStatus.PAID)) == [
        "The fee has been paid."
    ]
    assert told(report(**completed), **completed, collection=CollectionStatus.READY) == ["The residence card is ready."]
    assert told(report(**completed), **completed, collection=CollectionStatus.SENT) == [
        "The residence card has been sent."
    ]


def test_a_certificate_is_issued_and_not_permitted() -> None:
    employment, eligibility = (
        ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE,
        ApplicationType.CERTIFICATE_OF_ELIGIBILITY,
    )

    assert told_of(employment, report(), report(outcome=Outcome.DENIED)) == [
        "The certificate of authorized employment will not be issued."
    ]
    assert told_of(eligibility, report(), report(outcome=Outcome.PERMITTED)) == [
        "The certificate of eligibility will be issued."
    ]
    assert told_of(eligibility, report(), report(outcome=Outcome.TERMINATED)) == ["Terminated."]


def test_an_outcome_that_is_taken_back_is_told() -> None:
    assert told(report(outcome=Outcome.PERMITTED), outcome=Outcome.TERMINATED) == ["Terminated."]


def test_lost_reports_lose_no_news() -> None:
    """A report is a whole: the one that comes tells all that the missing ones would have told."""
    assert told(
        report(),
        receipt_number="東1",
        application=ApplicationStatus.CLOSED,
        outcome=Outcome.PERMITTED,
        fee=fee(date(2027, 1, 15), status=PaymentStatus.PAID),
        collection=CollectionStatus.COLLECTED,
    ) == [
        "Receipt number 東1.",
        "The agency has closed it.",
        "Permitted.",
        "Fee of 56,000 yen, due on 2027-01-15.",
        "The fee has been paid.",
        "The residence card has been collected.",
    ]


def test_every_document_request_is_told_by_its_number_and_day() -> None:
    first, second = asked(1, date(2026, 12, 10)), asked(2, date(2026, 12, 28))

    assert told(report(document_requests=(first,)), document_requests=(first, second)) == [
        "Additional documents asked for (request 2), due on 2026-12-28."
    ]
    assert told(
        report(document_requests=(first,)), document_requests=(first.model_copy(update={"supplied": True}),)
    ) == ["Additional documents received (request 1)."]
