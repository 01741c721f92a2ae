"""The record of one application."""

from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from zairyu.models.assessment import HeldStay
    from zairyu.models.base import BilingualText
    from zairyu.models.capability import Capability
    from zairyu.models.document_request import DocumentRequestSnapshot
    from zairyu.models.mail import Mail, Occasion
    from zairyu.models.messages import Message
    from zairyu.models.residence import Filer
    from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, End, Phase
    from zairyu.models.state import ApplicationState
    from zairyu.models.status import (
        CollectionStatus,
        DocumentRequest,
        DocumentsStatus,
        Heard,
        Outcome,
        Said,
        Source,
        StatusReport,
    )
    from zairyu.models.stay import EndedApplication, FiledApplication, StayNews
    from zairyu.rules.admission import why_refused
    from zairyu.rules.alarms import RINGING, alarms
    from zairyu.rules.calendar import day_in_japan
    from zairyu.rules.manual_steps import LOOKED_UP, facts_wanted, instructions, next_status_check
    from zairyu.rules.notices import SPECIAL_PERIOD_BEGINS, notices
    from zairyu.rules.outlook import snapshot_of
    from zairyu.rules.progress import what_is_new
    from zairyu.rules.sources import asked_anew, request_heard, said_since, standing, supplied_id, understood
    from zairyu.rules.stay_news import CHANGING_THE_STAY
    from zairyu.workflows.details import details
    from zairyu.workflows.record import Record, today
    from zairyu.workflows.search_attributes import attributes_of, findable

_BY = {
    Source.INTERFACE: BilingualText(ja="", en=""),
    Source.MAIL: BilingualText(ja="（メールによる）", en=" (By mail.)"),
    Source.HAND: BilingualText(ja="（確認による）", en=" (Looked up by a person.)"),
}


class Case(Record[ApplicationState]):
    """The record of one application, from its start to its end."""

    def __init__(self, state: ApplicationState) -> None:
        super().__init__(state)
        self.news = 0
        """Counts what was said of the application, so that the story can tell that there is something new."""
        if state.after_sending and state.told is None and state.report is not None and not state.heard:
            # An older release knew no other source.
            state.told, state.said_since = state.report, said_since({}, None, state.report)

    def snapshot(self) -> ApplicationSnapshot:
        """The application as it is shown to people."""
        return snapshot_of(self.state, parked=self.parked_on is not None, today=today())

    def _seen(self) -> tuple[dict[SearchAttributeKey[Any], Any], str]:
        snapshot, state = self.snapshot(), self.state
        if not state.after_sending:
            return attributes_of(snapshot), details(snapshot)
        return findable(snapshot, request_id=state.request_id, revision=state.revision), details(snapshot)

    # ----- what the agency says ---------------------------------------------------------------------------------

    def take_report(self, report: StatusReport) -> None:
        """The interface says something new."""
        state, before = self.state, self.state.report
        if state.after_sending:
            told = state.told
            if told and (told.revision, told.unknown_words) == (report.revision, report.unknown_words):
                return
            now = understood(told, report)
            state.said_since = said_since(state.said_since, state.told, now)
            state.told = now
            self._make_room_for(asked_anew(now, state.heard_requests))
            self._alarm_unknown_words(report)
            self._believe()
        else:
            state.report = report
        self._tell_news(before, report.reported_at, Source.INTERFACE)

    def hear(self, heard: Heard) -> None:
        """A mail of the agency, or a person who looked it up, says something."""
        state, before = self.state, self.state.report
        if not state.after_sending and before is not None:
            # A process of an older release keeps nowhere else what the interface says.
            state.told, state.said_since = before, said_since({}, None, before)
        if heard.at > workflow.now():
            # Whoever's clock goes wrong does not have the last word for ever.
            heard = heard.model_copy(update={"at": workflow.now()})
        state.heard.append(heard)
        known = (*(before.document_requests if before else ()), *state.heard_requests)
        request = request_heard(heard, known, state.heard)
        # A mail only announces what the interface will tell in full.
        if request is not None and (heard.source is Source.HAND or not state.tells(Capability.DOCUMENT_REQUESTS)):
            state.heard_requests.append(request)
        self._believe()
        self._tell_news(before, heard.at, heard.source)

    def documents_supplied(self, followed: DocumentRequestSnapshot) -> None:
        """A request was answered: where the interface does not know of it, or not of the answer, we do."""
        state, number = self.state, followed.request.number
        if not followed.answered:
            return
        sent = {attachment.document.sha256 for supply in followed.supplies for attachment in supply.attachments}
        state.supplied_later = sorted({*state.supplied_later, *sent})
        self.news += 1
        self.changed()
        heard_of = number in {request.number for request in state.heard_requests}
        if not heard_of and followed.evidence is None:
            # The interface took it, and will say so.
            return
        if not heard_of:
            state.heard_requests.append(followed.request)
        state.heard_requests = [
            followed.request.model_copy(update={"supplied": True}) if request.number == number else request
            for request in state.heard_requests
        ]
        supplied = Said(documents=None if self._still_asked() else DocumentsStatus.SUPPLIED)
        self.hear(Heard(news_id=supplied_id(number), source=Source.HAND, at=workflow.now(), said=supplied))

    def _make_room_for(self, numbers: set[int]) -> None:
        """Under these the interface asks for something else than what people knew of: that is followed as well."""
        state = self.state
        state.heard_requests = [request for request in state.heard_requests if request.number not in numbers]
        state.followed_requests = [number for number in state.followed_requests if number not in numbers]

    def known_as(self, request: DocumentRequest) -> str | None:
        """What its mails are known as; nothing unless another request had its number before."""
        answered = {heard.news_id for heard in self.state.heard}
        return f"{request.number}-{request.due_on}" if supplied_id(request.number) in answered else None

    def _still_asked(self) -> bool:
        told = self.state.told.document_requests if self.state.told else ()
        done = {request.number for request in self.state.heard_requests if request.supplied}
        return any(
            not request.supplied and request.number not in done for request in (*told, *self.state.heard_requests)
        )

    def _believe(self) -> None:
        state, shown = self.state, {(found.axis, found.set_aside) for found in self.state.disagreements}
        found = standing(state.receipt, state.told, state.said_since, state.heard, state.heard_requests)
        if found is None:
            return
        state.report, state.disagreements = found.report, list(found.disagreements)
        for each in found.disagreements:
            if (each.axis, each.set_aside) not in shown:
                self.tell(each.sentence.ja, each.sentence.en)

    def _tell_news(self, before: StatusReport | None, at: datetime, source: Source) -> None:
        state, now = self.state, self.state.report
        self.news += 1
        self.changed()
        if now is None:
            return
        if now.collection is CollectionStatus.SENT and state.sent_on is None:
            state.sent_on = day_in_japan(at)
        by = _BY[source]
        for sentence in what_is_new(before, now, state.application.form.application_type):
            self.tell(sentence.ja + by.ja, sentence.en + by.en)

    def _alarm_unknown_words(self, report: StatusReport) -> None:
        if not report.unknown_words:
            self.settle(AttentionReason.STATUS_WORD_UNKNOWN)
            return
        unknown = report.unknown_words
        words_ja = "、".join(f"{one.axis.label.ja}「{one.word}」" for one in unknown)
        words_en = ", ".join(f"“{one.word}” ({one.axis.label.en})" for one in unknown)
        self.call_for(
            AttentionReason.STATUS_WORD_UNKNOWN,
            BilingualText(
                ja=f"意味の分からない状態の言葉があります：{words_ja}。それまでに分かっていた状態のまま続けます。",
                en=f"The agency uses words that nobody here knows: {words_en}. What was known before still counts.",
            ),
        )

    # ----- what is done without being asked ---------------------------------------------------------------------

    def look_around(self) -> None:
        """Do what the clock or the news bring: alarms, notices, and facts that somebody has to look up."""
        if self.state.after_sending:
            self._ask_for_facts()
            self._give_notices()
        self._ring()

    def wakes(self) -> list[tuple[datetime, str]]:
        """The moments after now at which it has to be looked around again, with what the timers are called."""
        state, now = self.state, workflow.now()
        moments = [(alarm.at, alarm.summary) for alarm in alarms(state)]
        if state.after_sending:
            moments += [(notice.at, notice.summary) for notice in notices(state)]
            check = next_status_check(state)
            moments += [(check, "Have somebody look up where it is")] if check else []
        return [(at, summary) for at, summary in moments if at > now]

    def _ask_for_facts(self) -> None:
        wanted = facts_wanted(self.state, workflow.now())
        for kind in LOOKED_UP:
            is_open = kind in {step.kind for step in self.state.manual_steps}
            if kind in wanted and not is_open:
                self.ask_by_hand(kind, instructions(kind, on=today()))
                self.tell(f"手作業が必要です（{kind.value}）。", f"To be done by hand: {kind.value}.")
            elif is_open and kind not in wanted:
                self.drop_manual_step(kind)

    def _give_notices(self) -> None:
        """Write what counts now; what was missed while nobody worked is not made up for."""
        due = [each for each in notices(self.state) if each.at <= workflow.now() and each.key not in self.state.rung]
        if not due:
            return
        if SPECIAL_PERIOD_BEGINS in {notice.key for notice in due}:
            last = self.state.special_period_until
            self.tell(
                f"特例期間に入りました（{last}まで）。", f"The special period of stay has begun; it ends on {last}."
            )
        self.state.rung += [notice.key for notice in due]
        if due[-1].mail is not None:
            self.mail(due[-1].mail, key=due[-1].key)

    def enter(self, phase: Phase) -> None:
        """The one place where the phase changes, and with it all that is seen from outside."""
        if phase is not self.state.phase:
            self.log.info("phase", before=self.state.phase.value, now=phase.value)
            self.state.phase = phase
        self.changed()

    def close(self, end: End) -> None:
        """The story is over: nothing needs attention any more."""
        self.state.end = end
        self.state.attention.clear()
        self.state.manual_steps.clear()
        self.state.corrections.clear()
        self.tell(f"終了: {end.value}", f"Closed: {end.value}.")
        self.enter(Phase.CLOSED)

    def _ring(self) -> None:
        """Call for a person when a last day has passed, once; settle it when the matter is done."""
        pending = alarms(self.state)
        for alarm in pending:
            if alarm.at <= workflow.now() and alarm.key not in self.state.rung:
                self.state.rung.append(alarm.key)
                self.call_for(alarm.reason, alarm.explanation)
        # A matter that will be due one day needs nobody yet, whatever another of its kind has called for.
        still_open = {alarm.reason for alarm in pending if alarm.at <= workflow.now() or not self.state.after_sending}
        for reason in RINGING:
            if reason not in still_open:
                self.settle(reason)

    def why_refused(self, message: Message) -> BilingualText | None:
        """Why a message cannot be taken now."""
        return why_refused(message, self.state, parked_on=self.parked_on, today=today())

    def mail(self, occasion: Occasion, *, key: str = "") -> None:
        """Write to whoever files it."""
        application, form = self.state.application, self.state.application.form
        self.put_in_outbox(
            Mail(
                reference=application.application_id,
                application_type=form.application_type,
                to=form.signer.contact,
                name=form.signer.name,
                applicant=None if form.representative is None else form.applicant.name,
                receipt_number=self.state.receipt_number,
                occasion=occasion,
                key=key,
            )
        )

    def stay_changed(
        self, what: str, *, filed: FiledApplication | None = None, ended: EndedApplication | None = None
    ) -> None:
        """Have the watch over the applicant's stay told. Only a registered user's stay is watched.

        The end is always told: the watch may have started it as another application than it was amended to be.
        """
        application = self.state.application
        form, report = application.form, self.state.report
        if application.user_id is None or (ended is None and form.application_type not in CHANGING_THE_STAY):
            return
        held = None
        if report is not None and report.grant is not None and report.outcome is Outcome.PERMITTED:
            grant = report.grant
            held = HeldStay(status=form.residence_status, period=grant.period, expires_on=grant.expires_on)
        self.state.stay_news.append(
            StayNews(
                news_id=f"{application.application_id} {what}",
                user_id=application.user_id,
                name=form.signer.name,
                contact=form.signer.contact,
                held=held,
                # A parent's card says nothing of the child's.
                card_expires_on=self.state.card_expires_on if form.filer is Filer.APPLICANT else None,
                filed=filed,
                ended=ended,
            )
        )
