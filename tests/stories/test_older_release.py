"""An application that began before there were other sources than the interface, and goes on in its old history."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow

from tests.rules.stories import FILED_AT, receipt, report, state
from zairyu.models.status import ApplicationStatus, DocumentsStatus, Heard, Said, Source
from zairyu.workflows.case import Case


def test_a_mail_takes_nothing_back_that_the_interface_has_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "now", lambda: FILED_AT + timedelta(days=3))
    says: dict[str, Any] = {"receipt_number": "東1", "application": ApplicationStatus.UNDER_EXAMINATION}
    case = Case(state(receipt=receipt(), report=report(**says)))
    said = Said(documents=DocumentsStatus.REQUESTED)
    case.hear(Heard(news_id="mail", source=Source.MAIL, at=FILED_AT + timedelta(days=2), said=said))

    believed = case.state.report
    assert believed is not None
    assert (believed.receipt_number, believed.application) == ("東1", ApplicationStatus.UNDER_EXAMINATION)
    assert believed.documents is DocumentsStatus.REQUESTED
