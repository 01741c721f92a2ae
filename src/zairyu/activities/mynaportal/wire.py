"""The wire format of the sandbox's interface profile.

The format of the real interface is disclosed only under agreement. This one is our own invention with the same
duties; an adapter for the real one goes beside it.

    POST /oauth/token                                        client credentials by HTTP Basic -> Token
    PUT  /v1/applications/{request_id}                       ZIP -> Submitted; the same bytes are answered alike
    GET  /v1/applications/{request_id}                       -> StatusRecord, or APPLICATION_NOT_FOUND
    PUT  /v1/applications/{request_id}/documents/{number}/{supply_id}?complete=
                                                             one supply -> Submitted; the same bytes are answered alike
    PUT  /v1/applications/{request_id}/collection            CollectionChoice -> StatusRecord
    PUT  /v1/applications/{request_id}/withdrawal            -> StatusRecord; withdrawn once, answered alike
    GET  /v1/status-feed?cursor=&wait=                       -> FeedPage, waits up to `wait` seconds for something new
    GET  /v1/maintenance                                     -> Maintenance, also while every other call rests
    errors                                                   application/problem+json: Problem

`PUT /v1/applications/{request_id}` carries the headers `Digest: sha-256=<base64>` and `Application-Type`.

A supply is one PDF (`application/pdf`). Several may answer one request: with `complete=false` it stays open, with
`complete=true`, the default, nothing more follows for it. Where supplies are signed, a supply is a package of its own
(`application/zip`): the PDF, and a manifest that is signed as that of the application was.

Codes of errors that a caller has to know:

    404 APPLICATION_NOT_FOUND      nothing was filed under this request id
    404 NO_SUCH_DOCUMENT_REQUEST   no documents were asked for under this number
    409 REQUEST_ID_REUSED          other bytes were filed under this request id
    409 SUPPLY_ID_REUSED           something else was supplied under this supply id
    409 DOCUMENTS_NOT_WANTED       the request is answered, or the application is decided
    409 NOT_POSSIBLE_NOW           a withdrawal after the outcome
    410 CURSOR_UNKNOWN             the feed has to be read from its beginning, with an empty cursor
    501 NOT_OFFERED                this interface has no such call
    503 MAINTENANCE, OUTAGE        it rests; `Retry-After` says for how many seconds
"""

from datetime import date, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Wire(BaseModel):
    """The base of what crosses the wire; errors never repeat the input."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Token(Wire):
    """An access token."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int


class Submitted(Wire):
    """The agency has it."""

    request_id: str
    provisional_number: str
    accepted_at: datetime


class RequestedDocuments(Wire):
    """A request for additional documents."""

    number: int
    items: list[str]
    due_on: date
    supplied: bool = False
    """Whether the request was answered completely."""


class GrantedPeriod(Wire):
    """What was granted."""

    years: int = 0
    months: int = 0
    days: int = 0
    expires_on: date


class FeeSlip(Wire):
    """What to pay, and where it stands: `未納` (due) or `納付済` (paid)."""

    amount: int
    settlement_fee: int
    payment_number: str
    due_on: date
    status: str


class StatusRecord(Wire):
    """All there is to say about one application, up to `revision`. The words are the agency's."""

    event_id: str
    request_id: str
    revision: int
    accepted_at: datetime
    """When the application was filed; the same in every record."""
    reported_at: datetime
    provisional_number: str
    receipt_number: str | None = None
    application: str
    """`申請完了`, `審査中`, `審査完了` or `完了`."""
    documents: str
    """Empty, `返却中` (documents wanted by one request or more) or `追完済` (every request is answered)."""
    collection: str
    """Empty, `発行待ち` (ready to be collected), `送付済` (sent) or `受領済` (collected)."""
    outcome: str
    """Empty, `許可`, `不許可`, `取下げ` or `終止`."""
    document_requests: list[RequestedDocuments] = []
    grant: GrantedPeriod | None = None
    fee: FeeSlip | None = None


class FeedPage(Wire):
    """The news since a cursor, oldest first."""

    events: list[StatusRecord]
    next_cursor: str


class CollectionChoice(Wire):
    """`POST`, `COUNTER` or `EMAIL`."""

    method: str


class Window(Wire):
    """A time in which the interface is planned to rest. Its end is no more part of it."""

    begins: AwareDatetime
    ends: AwareDatetime
    notice_id: str
    """Of the announcement. When the window is moved, the announcement stays the same."""
    title: str


class Maintenance(Wire):
    """When the interface rests."""

    windows: list[Window]
    """Of now and later, the next one first."""
    outage: bool = False
    """Whether it is out of order now, without a plan."""


class ProblemItem(Wire):
    """One thing that is wrong with what was sent."""

    place: str
    code: str


class Problem(Wire):
    """An error (RFC 9457). `code` is its name; the text carries no personal data."""

    title: str
    status: int
    code: str
    detail: str = ""
    items: list[ProblemItem] = []
