"""Interface, mail and people: the later word counts, and nobody is silently set aside."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.stories import FILED_AT, asked, fee, receipt, report
from zairyu.models.residence import PeriodOfStay
from zairyu.models.status import (
    ApplicationStatus,
    AskedDocuments,
    Axis,
    CollectionStatus,
    DocumentsStatus,
    Grant,
    Heard,
    Outcome,
    PaymentStatus,
    Said,
    Source,
    StatusReport,
    UnknownWord,
)
from zairyu.rules.sources import Standing, asked_anew, request_heard, said_since, standing, supplied_id, understood

HOUR = timedelta(hours=1)


def heard(hours: float, *, source: Source = Source.MAIL, news_id: str = "mail", **said: Any) -> Heard:
    return Heard(news_id=news_id, source=source, at=FILED_AT + hours * HOUR, said=Said(**said))


def told(*reports: StatusReport, also: tuple[Heard, ...] = ()) -> Standing:
    """What is believed after these reports of the interface, one after the other, and what was heard."""
    before: StatusReport | None = None
    since: dict[Axis, datetime] = {}
    for number, each in enumerate(reports, start=1):
        now = understood(before, each.model_copy(update={"revision": number}))
        since, before = said_since(since, before, now), now
    found = standing(receipt(), before, since, also, ())
    assert found is not None
    return found


def at(hours: float, **says: Any) -> StatusReport:
    return report(reported_at=FILED_AT + hours * HOUR, **says)


def test_nothing_is_believed_while_nobody_has_said_anything() -> None:
    assert standing(receipt(), None, {}, (), ()) is None


def test_a_mail_alone_is_enough() -> None:
    found = told_by(heard(20, receipt_number="東オンＥＮ26000001"))

    assert found.report.receipt_number == "東オンＥＮ26000001"
    assert found.report.provisional_number == receipt().provisional_number
    assert found.disagreements == ()


def told_by(*also: Heard) -> Standing:
    found = standing(receipt(), None, {}, also, ())
    assert found is not None
    return found


def test_the_same_number_in_another_width_is_no_disagreement_and_the_interface_s_is_kept() -> None:
    found = told(at(1, receipt_number="東オンＥＮ26000001"), also=(heard(2, receipt_number="東オンEN26000001"),))

    assert found.report.receipt_number == "東オンＥＮ26000001"
    assert found.disagreements == ()


def test_a_mail_that_is_ahead_of_a_slow_interface_counts_and_is_shown() -> None:
    found = told(
        at(1, application=ApplicationStatus.UNDER_EXAMINATION),
        also=(heard(5, application=ApplicationStatus.EXAMINATION_COMPLETED),),
    )

    assert found.report.application is ApplicationStatus.EXAMINATION_COMPLETED
    (shown,) = found.disagreements
    assert (shown.axis, shown.counts, shown.other) == (Axis.APPLICATION, Source.MAIL, Source.INTERFACE)
    assert shown.set_aside == "UNDER_EXAMINATION"


def test_an_interface_that_has_gone_beyond_a_mail_agrees_with_it() -> None:
    mail = heard(5, application=ApplicationStatus.EXAMINATION_COMPLETED)
    found = told(
        at(1, application=ApplicationStatus.UNDER_EXAMINATION),
        at(9, application=ApplicationStatus.CLOSED),
        also=(mail,),
    )

    assert found.report.application is ApplicationStatus.CLOSED
    assert found.disagreements == ()


def test_a_later_word_of_the_interface_counts_also_against_a_mail_and_both_are_shown() -> None:
    found = told(
        at(1, application=ApplicationStatus.RECEIVED),
        at(9, application=ApplicationStatus.UNDER_EXAMINATION),
        also=(heard(5, application=ApplicationStatus.EXAMINATION_COMPLETED),),
    )

    assert found.report.application is ApplicationStatus.UNDER_EXAMINATION
    (shown,) = found.disagreements
    assert (shown.counts, shown.counted, shown.set_aside) == (
        Source.INTERFACE,
        "UNDER_EXAMINATION",
        "EXAMINATION_COMPLETED",
    )


def test_news_on_one_axis_makes_an_old_word_on_another_no_younger() -> None:
    """The interface repeats everything with each report; what it repeats was said when it was said."""
    mail = heard(5, application=ApplicationStatus.EXAMINATION_COMPLETED)
    found = told(
        at(1, application=ApplicationStatus.UNDER_EXAMINATION),
        at(9, application=ApplicationStatus.UNDER_EXAMINATION, receipt_number="東オンＥＮ26000001"),
        also=(mail,),
    )

    assert found.report.application is ApplicationStatus.EXAMINATION_COMPLETED


def test_what_the_interface_does_not_carry_is_believed_from_others() -> None:
    granted = Grant(period=PeriodOfStay(years=3), expires_on=date(2030, 1, 31))
    found = told(
        at(1, application=ApplicationStatus.EXAMINATION_COMPLETED),
        also=(heard(2, source=Source.HAND, outcome=Outcome.PERMITTED, grant=granted, fee=fee()),),
    )

    assert (found.report.outcome, found.report.grant, found.report.fee) == (Outcome.PERMITTED, granted, fee())
    assert found.disagreements == ()


def test_a_denial_and_a_permission_are_both_shown() -> None:
    found = told(at(1, outcome=Outcome.DENIED), also=(heard(2, source=Source.HAND, outcome=Outcome.PERMITTED),))

    assert found.report.outcome is Outcome.PERMITTED
    assert [(each.axis, each.set_aside) for each in found.disagreements] == [(Axis.OUTCOME, "DENIED")]


def test_a_fee_that_somebody_saw_paid_does_not_fall_due_again() -> None:
    paid = heard(5, source=Source.HAND, fee=fee(status=PaymentStatus.PAID))
    found = told(at(1), at(9, fee=fee()), also=(paid,))

    assert found.report.fee == fee(status=PaymentStatus.PAID)
    assert found.disagreements == ()
    assert told(at(1, fee=fee(status=PaymentStatus.PAID)), also=(heard(5, fee=fee()),)).report.fee == paid.said.fee


def test_documents_that_were_supplied_since_are_no_disagreement() -> None:
    found = told(
        at(1),
        at(9, documents=DocumentsStatus.SUPPLIED),
        also=(heard(5, documents=DocumentsStatus.REQUESTED),),
    )

    assert found.report.documents is DocumentsStatus.SUPPLIED
    assert found.disagreements == ()


def test_documents_no_longer_wanted_are_said_and_not_left_out() -> None:
    found = told(
        at(1, documents=DocumentsStatus.REQUESTED),
        at(9, documents=DocumentsStatus.NONE),
        also=(heard(5, documents=DocumentsStatus.REQUESTED),),
    )

    assert found.report.documents is DocumentsStatus.NONE


# ----- words that nobody knows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [Axis.APPLICATION, Axis.DOCUMENTS, Axis.COLLECTION, Axis.OUTCOME])
def test_an_unknown_word_leaves_what_was_known(axis: Axis) -> None:
    known = at(
        1,
        application=ApplicationStatus.UNDER_EXAMINATION,
        documents=DocumentsStatus.REQUESTED,
        collection=CollectionStatus.READY,
        outcome=Outcome.PERMITTED,
    )
    odd = at(2, unknown_words=(UnknownWord(axis=axis, word="保留"),))

    field = axis.value.lower()
    assert getattr(understood(known, odd), field) == getattr(known, field)
    assert understood(known, odd).unknown_words == odd.unknown_words


@pytest.mark.parametrize("axis", [Axis.APPLICATION, Axis.DOCUMENTS, Axis.COLLECTION, Axis.OUTCOME])
def test_an_unknown_word_that_comes_first_says_nothing(axis: Axis) -> None:
    placeholder = at(
        1,
        application=ApplicationStatus.CLOSED,
        documents=DocumentsStatus.REQUESTED,
        collection=CollectionStatus.READY,
        outcome=Outcome.DENIED,
        unknown_words=(UnknownWord(axis=axis, word="保留"),),
    )

    nothing = {
        Axis.APPLICATION: ApplicationStatus.RECEIVED,
        Axis.DOCUMENTS: DocumentsStatus.NONE,
        Axis.COLLECTION: CollectionStatus.NOT_READY,
        Axis.OUTCOME: None,
    }
    assert getattr(understood(None, placeholder), axis.value.lower()) is nothing[axis]


def test_a_fee_with_an_unknown_word_is_still_due_or_paid_as_before() -> None:
    unknown = (UnknownWord(axis=Axis.PAYMENT, word="確認中"),)
    paid = fee(status=PaymentStatus.PAID)

    assert understood(at(1, fee=paid), at(2, fee=fee(), unknown_words=unknown)).fee == paid
    assert understood(None, at(2, fee=paid, unknown_words=unknown)).fee == fee()


# ----- requests for documents -----------------------------------------------------------------------------------------


def test_a_request_that_is_known_is_not_made_again() -> None:
    mail = heard(3, request=AskedDocuments(items=("課税証明書",), due_on=asked().due_on))

    assert request_heard(mail, [asked()]) is None
    again = request_heard(mail, [asked(supplied=True)])
    assert again is not None
    assert again.number == 2


def test_a_mail_that_comes_late_asks_for_nothing_that_was_answered_since() -> None:
    answered = heard(5, source=Source.HAND, news_id=supplied_id(1))
    of_before, of_after = (
        heard(hours, request=AskedDocuments(items=("x",), due_on=asked().due_on)) for hours in (3, 6)
    )

    assert request_heard(of_before, [asked(supplied=True)], [answered]) is None
    assert request_heard(of_after, [asked(supplied=True)], [answered]) is not None


def test_another_request_under_the_number_of_one_that_people_answered_is_still_asked() -> None:
    """The interface counts only its own: what came by letter has no number there."""
    of_the_interface = at(5, document_requests=(asked(1, date(2026, 12, 20)),))
    answered = asked(1, supplied=True)

    assert asked_anew(of_the_interface, [answered]) == {1}
    found = standing(receipt(), of_the_interface, {}, (heard(1),), (answered,))
    assert found is not None
    assert not found.report.document_requests[0].supplied
    assert asked_anew(at(5, document_requests=(asked(1),)), [answered]) == set()


def test_what_the_interface_tells_in_full_takes_the_place_of_what_was_heard() -> None:
    of_the_interface = asked(1, date(2026, 12, 20))
    found = standing(receipt(), at(5, document_requests=(of_the_interface,)), {}, (heard(1),), (asked(1), asked(2)))

    assert found is not None
    assert found.report.document_requests == (of_the_interface, asked(2))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Source.INTERFACE, Source.MAIL, Source.HAND]),
            st.integers(min_value=0, max_value=50),
            st.sampled_from(list(ApplicationStatus)),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda each: each[1],
    )
)
def test_whoever_spoke_last_is_believed(words: list[tuple[Source, int, ApplicationStatus]]) -> None:
    """An interface that repeats its word says nothing new by it."""
    words = sorted(words, key=lambda each: each[1])
    reports: list[StatusReport] = []
    others: list[Heard] = []
    changes: list[tuple[int, ApplicationStatus]] = []
    for source, hours, word in words:
        if source is Source.INTERFACE:
            if not reports or reports[-1].application is not word:
                changes.append((hours, word))
            reports.append(at(hours, application=word))
        else:
            others.append(heard(hours, source=source, application=word))
            changes.append((hours, word))
    found = told(*reports, also=tuple(others)) if reports else told_by(*others)

    assert found.report.application is changes[-1][1]


@pytest.mark.parametrize(
    ("told_word", "mailed", "believed"),
    [
        (
            {"application": ApplicationStatus.RECEIVED},
            {"application": ApplicationStatus.EXAMINATION_COMPLETED},
            {"application": ApplicationStatus.EXAMINATION_COMPLETED},
        ),
        (
            {"documents": DocumentsStatus.SUPPLIED},
            {"documents": DocumentsStatus.REQUESTED},
            {"documents": DocumentsStatus.SUPPLIED},
        ),
    ],
)
def test_a_mail_of_the_same_second_counts_where_it_goes_further(
    told_word: dict[str, Any], mailed: dict[str, Any], believed: dict[str, Any]
) -> None:
    """A mail's date has no fractions of a second: nobody can say which came first."""
    found = told(
        at(0, **told_word).model_copy(update={"reported_at": FILED_AT + timedelta(milliseconds=700)}),
        also=(heard(0, **mailed),),
    )

    assert {field: getattr(found.report, field) for field in believed} == believed
