"""The published contract is the one that the workflows and activities keep."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter, ValidationError
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from tests.registrations import filled_in
from tests.stays import LINH, ended, filed, held, news
from zairyu.activities.card_reader.registration import ReaderWatch
from zairyu.activities.card_reader.terminal import CardTerminal
from zairyu.models import messages, registration, stay, steps
from zairyu.models.agency_mail import (
    AgencyMailSnapshot,
    AgencyMailState,
    LeftForAPerson,
    StartAgencyMail,
    WatchAgencyMail,
)
from zairyu.models.application import ApplicationForm, ApplicationInput, Sex
from zairyu.models.application_file import ApplicationFile
from zairyu.models.assessment import Assessment, Intention
from zairyu.models.base import BilingualText, Model
from zairyu.models.capability import Capability
from zairyu.models.card import CardReading, ExpectedSigner, SignatureResult
from zairyu.models.document_request import (
    BuildSupply,
    DocumentRequestState,
    FollowDocumentRequest,
    Supply,
)
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.feed import FeedNotice, FeedSnapshot, FeedState, SweepNow, WatchFeed
from zairyu.models.findings import Finding
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.mail import Mail, ReceiptNumberIssued
from zairyu.models.mynaportal import (
    CollectionChange,
    DocumentSupply,
    FeedPosition,
    Submission,
    SubmissionLookUp,
    Sweep,
    Swept,
    Withdrawal,
)
from zairyu.models.package import BuildPackage, SealPackage, UnsignedPackage
from zairyu.models.residence import ApplicationType, CollectionMethod, PeriodOfStay
from zairyu.models.schemas import SCHEMAS
from zairyu.models.snapshot import (
    ApplicationSnapshot,
    Attention,
    AttentionReason,
    End,
    ManualStep,
    ManualStepKind,
    Phase,
    TimelineEntry,
)
from zairyu.models.state import ApplicationState, StartApplication
from zairyu.models.status import (
    ApplicationStatus,
    AskedDocuments,
    CollectionStatus,
    DocumentRequest,
    Fee,
    Grant,
    Heard,
    Outcome,
    PaymentStatus,
    Said,
    Source,
    StatusReport,
    SubmissionReceipt,
)
from zairyu.models.terminal import ReaderProblem, Readers, RegisterTerminal, TerminalSnapshot, TerminalState
from zairyu.rules import document_request_outlook, registration_outlook, stay_outlook
from zairyu.rules.assessment import assess
from zairyu.rules.interface_profiles import interface_profile
from zairyu.rules.outlook import snapshot_of
from zairyu.rules.registration import sheet_of
from zairyu.rules.stay_news import with_news
from zairyu.runtime.embedded import free_port
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.settings import Settings
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.personas import DEMO_APPLICANT
from zairyu.worker import WORKFLOWS, core_activities

_AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
_LEFT = LeftForAPerson(mail_id="a" * 64, arrived_at=_AT, reason=AttentionReason.AGENCY_MAIL_UNPROVEN)
_PDF = DocumentRef(sha256="0" * 64, size=1000, media_type="application/pdf")


# ----- names and types -------------------------------------------------------------------------------------------


def _published(kind: type) -> dict[str, type]:
    """What a workflow takes and gives, under the names of the published contract, from its own definition."""
    definition = workflow._Definition.must_from_class(kind)
    name = definition.name
    assert name is not None
    assert definition.arg_types is not None
    contract: dict[str, Any] = {f"{name}.input": definition.arg_types[0]}
    if definition.ret_type is ApplicationSnapshot:
        contract[f"{name}.result"] = definition.ret_type
    for update, handler in definition.updates.items():
        assert handler.arg_types is not None
        assert handler.validator is not None, f"{name}.{update} writes to history before it checks"
        contract[f"{name}.update.{update}"] = handler.arg_types[0]
        if definition.ret_type is ApplicationSnapshot:
            assert handler.ret_type is ApplicationSnapshot
            contract[f"{name}.update.result"] = ApplicationSnapshot
    for signal, taker in definition.signals.items():
        assert taker.arg_types is not None
        contract[f"{name}.signal.{signal}"] = taker.arg_types[0]
    for query, teller in definition.queries.items():
        assert teller.arg_types == []
        contract[f"{name}.query.{query}"] = teller.ret_type
    return contract


def test_every_handler_has_the_schema_of_what_it_takes_and_no_schema_is_of_nothing() -> None:
    contract = {name: kind for one in WORKFLOWS for name, kind in _published(one).items()}
    handed_in = {"zairyu-start-input": ApplicationFile, "zairyu-register-input": registration.RegistrationFile}
    asked: dict[str, type[Model]] = {"assess-input": Intention, "assess-result": Assessment}
    assert dict(SCHEMAS) == {**handed_in, **asked, **contract}


def test_updates_by_name_are_the_updates_of_the_workflow() -> None:
    definition = workflow._Definition.must_from_class(WORKFLOWS[0])
    taken = {str(name): (handler.arg_types or [])[0] for name, handler in definition.updates.items()}
    assert taken == dict(messages.UPDATES)


def test_workflow_that_outsiders_start_fails_on_what_it_cannot_read() -> None:
    for kind in WORKFLOWS:
        assert ValidationError in workflow._Definition.must_from_class(kind).failure_exception_types


async def test_every_step_is_done_by_one_activity_that_takes_and_gives_what_is_promised(
    temporal: WorkflowEnvironment, keys: KeyRing, tmp_path: Path
) -> None:
    promised = {step.name: step for step in vars(steps).values() if isinstance(step, steps.Step)}
    assert len(promised) >= 9
    async with core_activities(
        Settings(data_dir=tmp_path), keys, temporal.client, interface_profile("sandbox")
    ) as core:
        done = _by_name(
            [*core, CardTerminal.sign_at_terminal, CardTerminal.read_card_at_terminal, ReaderWatch.watch_readers]
        )
    assert {name: len(functions) for name, functions in done.items()} == dict.fromkeys(promised, 1)
    for name, step in promised.items():
        (function,) = done[name]
        hints = get_type_hints(function)
        given = hints.pop("return")
        assert (list(hints.values()), given) == ([step.takes], step.gives), name


async def test_every_step_shows_that_it_lives_from_its_beginning(
    temporal: WorkflowEnvironment, keys: KeyRing, tmp_path: Path, handed_in: dict[str, Any]
) -> None:
    """A step that is silent for longer than its heartbeat is given up and begun anew, again and again."""
    application = _input(handed_in)
    nowhere = f"http://127.0.0.1:{free_port()}"
    package = UnsignedPackage(document=_PDF, digest_to_sign="0" * 64, file_count=1, spec_pack="sample")
    signature = SignatureResult(signature="AAAA", certificate="AAAA", terminal_id="T1", signed_at=_AT)
    asked: dict[str, Model] = {
        "build_package": BuildPackage(application=application, filing_day=date(2026, 11, 24)),
        "seal_package": SealPackage(application_id="app-00000001", package=package, signature=signature),
        "submit_application": Submission(
            profile="sandbox", request_id="r", application_type=application.form.application_type, package=_PDF
        ),
        "look_up_submission": SubmissionLookUp(profile="sandbox", request_id="r"),
        "supply_documents": DocumentSupply(
            profile="sandbox", request_id="r", request_number=1, supply_id="s", attachments=application.attachments
        ),
        "build_supply": BuildSupply(
            application_id="app-00000001",
            application_type=application.form.application_type,
            request=_request(),
            attachments=application.attachments,
            day=date(2026, 11, 24),
        ),
        "withdraw_application": Withdrawal(profile="sandbox", request_id="r"),
        "change_collection": CollectionChange(profile="sandbox", request_id="r", method=CollectionMethod.POST),
        "watch_status_feed": FeedPosition(profile="sandbox"),
        "watch_agency_mail": WatchAgencyMail(profile="sandbox"),
        "send_mail": Mail(
            reference="app-00000001",
            application_type=application.form.application_type,
            to=application.form.applicant.contact,
            name=application.form.applicant.name,
            occasion=ReceiptNumberIssued(receipt_number="東オンＥＮ26000001"),
        ),
        "tell_stay_watch": _news(),
        "build_registration": registration.BuildRegistration(
            sheet=sheet_of("user-0001", _registration().form, _reading()).model_copy(update={"name": "é"}),
            filing_day=date(2026, 11, 24),
        ),
    }
    settings = Settings(
        data_dir=tmp_path,
        mynaportal_url=nowhere,
        smtp_port=free_port(),
        imap_host="127.0.0.1",
        imap_port=free_port(),
        imap_tls=False,
    )
    silent = set()
    profile = interface_profile("sandbox").model_copy(update={"capabilities": frozenset(Capability)})
    async with core_activities(settings, keys, temporal.client, profile) as core:
        for function in core:
            name = activity._Definition.must_from_callable(function).name
            assert name is not None
            beats: list[object] = []
            environment = ActivityEnvironment()
            environment.on_heartbeat = lambda *details, beats=beats: beats.append(details)
            with suppress(ApplicationError):  # but for our own server, there is nobody and nothing outside
                await environment.run(function, asked.pop(name))
            if not beats:
                silent.add(name)
    assert asked == {}
    assert silent == set()


def _by_name(functions: Iterable[Callable[..., Any]]) -> dict[str, list[Callable[..., Any]]]:
    named: dict[str, list[Callable[..., Any]]] = {}
    for function in functions:
        name = activity._Definition.must_from_callable(function).name
        assert name is not None
        named.setdefault(name, []).append(function)
    return named


@pytest.mark.parametrize("step", [step for step in vars(steps).values() if isinstance(step, steps.Step)], ids=str)
def test_no_step_waits_for_a_dead_worker_until_its_own_end(step: steps.Step[Any, Any]) -> None:
    patience = step.patience
    assert patience.heartbeat is not None
    assert patience.heartbeat <= timedelta(seconds=30) < patience.one_try


# ----- the schemas read what is really said -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = write_application(tmp_path_factory.mktemp("input"), DEMO_APPLICANT, expires_on=date(2027, 1, 31))
    content: dict[str, Any] = json.loads(file.read_bytes())
    return content


def _state(handed_in: dict[str, Any]) -> ApplicationState:
    """An application at its end, with everything said that can be said."""
    return ApplicationState(
        application=_input(handed_in),
        phase=Phase.CLOSED,
        end=End.COMPLETED,
        handled=["a", "b"],
        timeline=[{"at": _AT, "text": _text()}],
        attention=[
            {
                "reason": AttentionReason.INPUT_REFUSED,
                "since": _AT,
                "explanation": _text(),
                "findings": [Finding(place="/photo", rule="photo", message=_text())],
            }
        ],
        manual_steps=[{"kind": ManualStepKind.WITHDRAWAL, "since": _AT, "instructions": _text()}],
        opens_on=date(2026, 10, 31),
        last_day_online=date(2027, 1, 30),
        closes_at=_AT,
        office="TOKYO",
        receipt=SubmissionReceipt(request_id="r", provisional_number="K1", accepted_at=_AT),
        special_period_until=date(2027, 3, 31),
        report=_report(),
        payment_reported_on=date(2026, 12, 1),
        collected_on=date(2026, 12, 20),
    )


def _input(handed_in: dict[str, Any]) -> ApplicationInput:
    form = ApplicationForm.model_validate(handed_in)
    attachment = Attachment(kind=AttachmentKind.OTHER, document=_PDF)
    return ApplicationInput(application_id="app-00000001", form=form, photo=_PDF, attachments=(attachment,))


def _text() -> BilingualText:
    return BilingualText(ja="日本語", en="English")


def _terminal() -> TerminalSnapshot:
    """A desk that has left, with everything said that can be said."""
    return TerminalSnapshot(
        terminal_id="T1",
        state=TerminalState.GONE,
        registered_at=_AT,
        ended_at=_AT,
        readers=Readers(names=("SONY FeliCa RC-S300/P 00 00",), problem=ReaderProblem.NO_READER),
        readers_since=_AT,
    )


def _agency_mail() -> AgencyMailState:
    """The agency's mails, with everything said that can be said."""
    return AgencyMailState(
        profile="sandbox",
        handled=["m"],
        timeline=[{"at": _AT, "text": _text()}],
        attention=[{"reason": _LEFT.reason, "since": _AT, "explanation": _text()}],
        left=[_LEFT],
        told=[_LEFT.mail_id],
    )


def _news() -> stay.StayNews:
    """Everything that an application can tell at once."""
    return news(
        "user-0001",
        "n",
        held=held(date(2027, 1, 31)),
        card_expires_on=date(2027, 1, 31),
        filed=filed("app-00000001", date(2026, 11, 24), date(2027, 1, 31)),
        ended=ended("app-00000002", End.DENIED),
    )


def _stay(application: ApplicationInput) -> stay.StayState:
    """A watch with everything said that can be said."""
    return stay.StayState(
        user_id="user-0001",
        standing=with_news(None, _news(), on=date(2026, 11, 24)),
        handled=["a"],
        said=["b"],
        wanted=[application],
        applications=[
            stay.StartedApplication(
                application_id="app-00000001",
                workflow_id="application/app-00000001",
                application_type=application.form.application_type,
                started_at=_AT,
                end=End.DENIED,
            )
        ],
        undeliverable=stay.StayAttention(reason=stay.StayMatter.MAIL_UNDELIVERABLE, since=_AT, explanation=_text()),
        told_at=_AT,
        close_reason=stay.CloseReason.LEFT_JAPAN,
        timeline=[{"at": _AT, "text": _text()}],
    )


def _reading(**changes: Any) -> CardReading:
    return CardReading(
        **{
            "name": "TRAN\u3000THI\u3000LINH",
            "address": "東京都新宿区架空町１丁目２番３号",
            "birth_date": "19960412",
            "sex": Sex.FEMALE,
            "card_id": "a" * 64,
            "expires_on": date(2028, 1, 31),
            "terminal_id": "T1",
            "read_at": _AT,
            **changes,
        }
    )


def _registration() -> registration.RegistrationInput:
    content = filled_in(date(2028, 1, 31), name="TRAN THI LINH", birth_date="19960412", sex="FEMALE")
    return registration.RegistrationInput(
        user_id="user-0001", form=registration.RegistrationForm.model_validate(content)
    )


def _registered() -> registration.RegistrationState:
    """A registration with everything said that can be said."""
    given = _registration()
    account = registration.Account(
        authentication_id="SB1",
        card_id="a" * 64,
        expires_on=date(2028, 1, 31),
        password_expires_on=date(2027, 11, 23),
    )
    return registration.RegistrationState(
        user_id=given.user_id,
        interface_profile=given.interface_profile,
        form=given.form,
        phase=registration.RegistrationPhase.ACTIVE,
        end=registration.RegistrationEnd.LEFT,
        round=2,
        handled=["a"],
        timeline=[{"at": _AT, "text": _text()}],
        attention=[{"reason": AttentionReason.HELP_DESK_NEEDED, "since": _AT, "explanation": _text()}],
        manual_steps=[{"kind": ManualStepKind.CHANGE_OF_DETAILS, "since": _AT, "instructions": _text()}],
        terms=registration.AcceptedTerms(version="2026-04", accepted_at=_AT),
        visit=registration.TerminalVisit(terminal_id="T1"),
        reading=_reading(address="別の住所"),
        request_id="registration.user-0001.0",
        receipt=SubmissionReceipt(request_id="r", provisional_number="K1", accepted_at=_AT),
        account=account,
        former_account=account,
        stay_news=[_news()],
    )


def _report() -> StatusReport:
    return StatusReport(
        event_id="e",
        request_id="r",
        revision=7,
        reported_at=_AT,
        provisional_number="K1",
        receipt_number="東オンＥＮ26000001",
        application=ApplicationStatus.CLOSED,
        collection=CollectionStatus.COLLECTED,
        outcome=Outcome.PERMITTED,
        document_requests=(_request(),),
        grant=Grant(period=PeriodOfStay(years=3), expires_on=date(2030, 1, 31)),
        fee=Fee(amount=56_000, payment_number="1", due_on=date(2026, 12, 24), status=PaymentStatus.PAID),
    )


def _request() -> DocumentRequest:
    return DocumentRequest(number=1, items=("在職証明書",), due_on=date(2026, 12, 8), supplied=True)


def _heard() -> Heard:
    report = _report()
    said = Said(
        receipt_number=report.receipt_number,
        application=report.application,
        documents=report.documents,
        request=AskedDocuments(items=("在職証明書",), due_on=date(2026, 12, 8)),
        outcome=report.outcome,
        grant=report.grant,
        fee=report.fee,
        collection=report.collection,
    )
    return Heard(news_id="n", source=Source.MAIL, at=_AT, said=said)


def _window() -> MaintenanceWindow:
    return MaintenanceWindow(begins=_AT + timedelta(days=14), ends=_AT + timedelta(days=15), source="calendar")


def _settled(reason: AttentionReason) -> messages.Resolve:
    return messages.Resolve(message_id="m", reason=reason, action=messages.ResolveAction.ACKNOWLEDGE)


def _feed() -> FeedState:
    swept = Swept(began_at=_AT, ended_at=_AT, asked=10, unanswered=1, missed=1)
    sweep = Sweep(began_at=_AT, asked_up_to="r", asked=1, unanswered=1, missed=1, missed_ids=("r",))
    position = FeedPosition(
        profile="sandbox",
        cursor="7",
        told=3,
        sweep=sweep,
        swept=swept,
        sweep_wanted_at=_AT,
        maintenance=(_window(),),
    )
    return FeedState(
        position=position,
        notices=[FeedNotice(notice_id="n", reason=AttentionReason.NEWS_MISSED, count=2, request_ids=("r",))],
        attention=[Attention(reason=AttentionReason.NEWS_MISSED, since=_AT, explanation=_text())],
        timeline=[TimelineEntry(at=_AT, text=_text())],
    )


def _said(handed_in: dict[str, Any]) -> dict[str, Model]:
    """One real message for each schema."""
    state = _state(handed_in)
    application = state.application
    snapshot = snapshot_of(state, parked=False, today=date(2026, 12, 1))
    attachment = application.attachments[0]
    update = "ApplicationWorkflow.update"
    return {
        "assess-input": Intention.model_validate(handed_in),
        "assess-result": assess(Intention.model_validate(handed_in), on=date(2026, 12, 1)),
        "zairyu-start-input": ApplicationFile.model_validate(handed_in),
        "ApplicationWorkflow.input": StartApplication(application=application, carried_over=state),
        "ApplicationWorkflow.result": snapshot,
        f"{update}.amend": messages.Amend(message_id="m", form=application.form, attachments=(attachment,)),
        f"{update}.sign_at": messages.SignAt(message_id="m", terminal_id="T1"),
        f"{update}.stop_signing": messages.StopSigning(message_id="m"),
        f"{update}.choose_collection": messages.ChooseCollection(message_id="m", method=CollectionMethod.POST),
        f"{update}.report_payment": messages.ReportPayment(message_id="m", paid_on=date(2026, 12, 1)),
        f"{update}.confirm_collection": messages.ConfirmCollection(message_id="m", collected_on=date(2026, 12, 1)),
        f"{update}.request_withdrawal": messages.RequestWithdrawal(message_id="m", reason="帰国"),
        f"{update}.request_correction": messages.RequestCorrection(message_id="m", what="電話番号"),
        f"{update}.assign_manual_step": messages.AssignManualStep(
            message_id="m", step=ManualStepKind.WITHDRAWAL, assignee="sato01"
        ),
        f"{update}.complete_manual_step": messages.CompleteManualStep(
            message_id="m", step=ManualStepKind.NOTE_DECISION, evidence="東京局", said=_heard().said
        ),
        f"{update}.resolve": messages.Resolve(
            message_id="m", reason=AttentionReason.FEE_DIFFERS, action=messages.ResolveAction.ACKNOWLEDGE
        ),
        f"{update}.result": snapshot,
        "ApplicationWorkflow.signal.status_changed": messages.StatusChanged(report=_report()),
        "ApplicationWorkflow.signal.agency_wrote": messages.AgencyWrote(heard=_heard()),
        "ApplicationWorkflow.signal.maintenance_planned": messages.MaintenancePlanned(window=_window()),
        "ApplicationWorkflow.query.snapshot": snapshot,
        "DocumentRequestWorkflow.input": FollowDocumentRequest(
            application_id="app-00000001",
            application_type=application.form.application_type,
            profile="sandbox",
            request_id="r",
            receipt_number=None,
            request=_request(),
            to=application.form.applicant.contact,
            name=application.form.applicant.name,
            signer=ExpectedSigner(name="TRAN THI LINH", birth_date="19960412"),
            period_expires_on=date(2027, 1, 31),
            card_expires_on=date(2027, 1, 31),
            office="TOKYO",
            by_hand=True,
            maintenance=(_window(),),
        ),
        "DocumentRequestWorkflow.update.supply_documents": messages.SupplyDocuments(
            message_id="m",
            attachments=(attachment,),
            complete=False,
            to_follow=("在職証明書",),
            card_valid_until=date(2027, 3, 31),
        ),
        "DocumentRequestWorkflow.update.sign_at": messages.SignAt(message_id="m", terminal_id="T1"),
        "DocumentRequestWorkflow.update.stop_signing": messages.StopSigning(message_id="m"),
        "DocumentRequestWorkflow.update.assign_manual_step": messages.AssignManualStep(
            message_id="m", step=ManualStepKind.SUPPLY_DOCUMENTS, assignee="sato01"
        ),
        "DocumentRequestWorkflow.update.complete_manual_step": messages.CompleteManualStep(
            message_id="m", step=ManualStepKind.SUPPLY_DOCUMENTS, evidence="書留"
        ),
        "DocumentRequestWorkflow.signal.maintenance_planned": messages.MaintenancePlanned(window=_window()),
        "DocumentRequestWorkflow.update.resolve": _settled(AttentionReason.MAIL_UNDELIVERABLE),
        "DocumentRequestWorkflow.signal.request_changed": messages.RequestChanged(request=_request()),
        "DocumentRequestWorkflow.signal.documents_received": messages.DocumentsReceived(request=_request()),
        "DocumentRequestWorkflow.query.snapshot": document_request_outlook.snapshot_of(
            _document_request(attachment), today=date(2026, 11, 24)
        ),
        "zairyu-register-input": registration.RegistrationFile.model_validate(
            {**_registration().form.model_dump(), "user_id": "user-0001"}
        ),
        "RegistrationWorkflow.input": registration.StartRegistration(
            registration=_registration(), carried_over=_registered()
        ),
        "RegistrationWorkflow.update.accept_terms": registration.AcceptTerms(message_id="m", version="2026-04"),
        "RegistrationWorkflow.update.read_card_at": registration.ReadCardAt(message_id="m", terminal_id="T1"),
        "RegistrationWorkflow.update.sign_at": messages.SignAt(message_id="m", terminal_id="T1"),
        "RegistrationWorkflow.update.leave_terminal": registration.LeaveTerminal(message_id="m"),
        "RegistrationWorkflow.update.amend": registration.AmendRegistration(message_id="m", form=_registration().form),
        "RegistrationWorkflow.update.enter_authentication_id": registration.EnterAuthenticationId(
            message_id="m", authentication_id="SB1", password_set_on=date(2026, 11, 24)
        ),
        "RegistrationWorkflow.update.password_renewed": registration.PasswordRenewed(
            message_id="m", renewed_on=date(2027, 11, 1)
        ),
        "RegistrationWorkflow.update.change_details": registration.ChangeDetails(
            message_id="m", address=_registration().form.address, contact=LINH
        ),
        "RegistrationWorkflow.update.card_reissued": registration.CardReissued(message_id="m"),
        "RegistrationWorkflow.update.assign_manual_step": messages.AssignManualStep(
            message_id="m", step=ManualStepKind.CHANGE_OF_DETAILS
        ),
        "RegistrationWorkflow.update.complete_manual_step": messages.CompleteManualStep(
            message_id="m", step=ManualStepKind.CHANGE_OF_DETAILS, evidence="画面"
        ),
        "RegistrationWorkflow.update.resolve": messages.Resolve(
            message_id="m", reason=AttentionReason.HELP_DESK_NEEDED, action=messages.ResolveAction.ACKNOWLEDGE
        ),
        "RegistrationWorkflow.update.end_registration": registration.EndRegistration(message_id="m", reason="帰国"),
        "RegistrationWorkflow.query.snapshot": registration_outlook.snapshot_of(
            _registered(), parked=False, today=date(2026, 11, 24)
        ),
        "StatusFeedWorkflow.input": WatchFeed(profile="sandbox", cursor="7", carried_over=_feed()),
        "StatusFeedWorkflow.update.resolve": _settled(AttentionReason.NEWS_MISSED),
        "StatusFeedWorkflow.update.sweep_now": SweepNow(message_id="m"),
        "StatusFeedWorkflow.signal.noticed": _feed().notices[0],
        "StatusFeedWorkflow.signal.unreachable": messages.Unreachable(notice_id="n", why=_text()),
        "StatusFeedWorkflow.query.position": _feed().position,
        "StatusFeedWorkflow.query.snapshot": FeedSnapshot(
            profile="sandbox",
            cursor="7",
            told=3,
            last_sweep=_feed().position.swept,
            sweep_wanted=True,
            attention=tuple(_feed().attention),
            notices=tuple(_feed().notices),
            maintenance=_feed().position.maintenance,
            timeline=tuple(_feed().timeline),
        ),
        "StayWatchWorkflow.input": stay.StartStayWatch(user_id="user-0001", carried_over=_stay(application)),
        "StayWatchWorkflow.update.start_extension": stay.StartExtension(message_id="m", application=application),
        "StayWatchWorkflow.update.card_extended": stay.CardExtended(message_id="m", until=date(2027, 3, 31)),
        "StayWatchWorkflow.update.note_period": stay.NotePeriod(message_id="m", held=held(date(2027, 1, 31))),
        "StayWatchWorkflow.update.update_contact": stay.UpdateContact(message_id="m", contact=LINH),
        "StayWatchWorkflow.update.close": stay.CloseStayWatch(message_id="m", reason=stay.CloseReason.LEFT_JAPAN),
        "StayWatchWorkflow.signal.news": _news(),
        "StayWatchWorkflow.query.snapshot": stay_outlook.snapshot_of(_stay(application), _AT),
        "AgencyMailWorkflow.input": StartAgencyMail(profile="sandbox", carried_over=_agency_mail()),
        "AgencyMailWorkflow.update.resolve": messages.Resolve(
            message_id="m", reason=_LEFT.reason, action=messages.ResolveAction.ACKNOWLEDGE
        ),
        "AgencyMailWorkflow.signal.left_for_a_person": _LEFT,
        "AgencyMailWorkflow.signal.unreachable": messages.Unreachable(notice_id="n", why=_text()),
        "AgencyMailWorkflow.query.snapshot": AgencyMailSnapshot(
            profile="sandbox",
            attention=tuple(_agency_mail().attention),
            left=(_LEFT,),
            timeline=tuple(_agency_mail().timeline),
        ),
        "TerminalWorkflow.input": RegisterTerminal(terminal_id="T1", carried_over=_terminal()),
        "TerminalWorkflow.query.snapshot": _terminal(),
    }


def _document_request(attachment: Attachment) -> DocumentRequestState:
    """One that has everything a snapshot can show."""
    return DocumentRequestState(
        start=FollowDocumentRequest(
            application_id="app-00000001",
            application_type=ApplicationType.EXTENSION_OF_PERIOD,
            profile="sandbox",
            request_id="r",
            receipt_number=None,
            request=_request(),
            to=LINH,
            name="TRAN THI LINH",
            period_expires_on=date(2027, 1, 31),
        ),
        since=_AT,
        after_sending=True,
        package=UnsignedPackage(document=_PDF, digest_to_sign="0" * 64, file_count=1, spec_pack="sample"),
        sign_at=messages.SignAt(message_id="m", terminal_id="T1"),
        supplies=[Supply(supplied_at=_AT, attachments=(attachment,), complete=False, document=_PDF)],
        prepared=_PDF,
        refusal=_text(),
        evidence="書留",
        maintenance=[_window()],
        timeline=[TimelineEntry(at=_AT, text=_text())],
        attention=[Attention(reason=AttentionReason.SIGNATURE_FAILED, since=_AT, explanation=_text())],
        manual_steps=[ManualStep(kind=ManualStepKind.SUPPLY_DOCUMENTS, since=_AT, instructions=_text())],
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_is_said_comes_back_as_it_was(name: str, handed_in: dict[str, Any]) -> None:
    said = _said(handed_in)[name]
    assert type(said) is SCHEMAS[name]
    assert SCHEMAS[name].model_validate_json(said.model_dump_json()) == said


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_names_every_field_that_is_said(name: str, handed_in: dict[str, Any]) -> None:
    """Also the optional ones, so that nobody who reads the schema is surprised."""
    schema = SCHEMAS[name].model_json_schema(mode="serialization")
    _check_against(schema, json.loads(_said(handed_in)[name].model_dump_json()), schema, "")


def _check_against(schema: dict[str, Any], value: Any, root: dict[str, Any], place: str) -> None:
    """As much of JSON Schema as pydantic writes for our models."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    for among in ("anyOf", "oneOf"):
        if among in schema:
            for one in schema[among]:
                try:
                    _check_against(one, value, root, place)
                except AssertionError:
                    continue
                return
            raise AssertionError(f"{place} is none of {schema[among]}")
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    if "type" in schema:
        assert isinstance(value, kinds[schema["type"]]), place
    if "enum" in schema:
        assert value in schema["enum"], place
    if "const" in schema:
        assert value == schema["const"], place
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema.get("required", ())) <= set(value) <= set(schema["properties"]), place
        for key, inner in value.items():
            _check_against(schema["properties"][key], inner, root, f"{place}/{key}")
    for index, inner in enumerate(value if isinstance(value, list) and "items" in schema else ()):
        _check_against(schema["items"], inner, root, f"{place}/{index}")


@pytest.mark.parametrize("name", SCHEMAS)
def test_newer_sender_with_more_to_say_is_understood(name: str, handed_in: dict[str, Any]) -> None:
    said = _said(handed_in)[name]
    more = {**json.loads(said.model_dump_json()), "said_by_a_newer_release": [1, 2]}
    assert SCHEMAS[name].model_validate(more, strict=False) == said


@pytest.mark.parametrize("name", SCHEMAS)
def test_errors_about_what_is_said_never_repeat_it(name: str, handed_in: dict[str, Any]) -> None:
    said = json.loads(_said(handed_in)[name].model_dump_json())
    secret = "SECRET-" + "X" * 400
    spoilt = {key: {"a": [secret]} for key in said}
    with pytest.raises(ValidationError) as refused:
        SCHEMAS[name].model_validate(spoilt)
    assert secret not in str(refused.value) + repr(refused.value)


def test_every_schema_is_json() -> None:
    for kind in SCHEMAS.values():
        schema = kind.model_json_schema()
        assert TypeAdapter(dict[str, Any]).validate_json(json.dumps(schema, ensure_ascii=False)) == schema
        assert schema["title"] == kind.__name__
        assert schema["description"]
