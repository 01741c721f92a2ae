"""From the bytes of a mail to what is read in it. Anybody may have written them, so nothing here raises."""

import email
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from lxml import etree

from zairyu.models.agency_mail import Letter

_ONCE = ("From", "Subject", "Date", "Message-ID", "Content-Type", "Content-Transfer-Encoding", "MIME-Version")
"""Where one of these stands twice, programs differ in which they read."""
_BREAKS = ("br", "p", "div", "tr", "li", "h1", "h2", "h3")
_UNSEEN = ("script", "style", "head", "title")
_BARE_RETURN = re.compile(rb"\r(?!\n)")
"""Some programs end a line there, and others do not: what one takes for a header is another's text."""


@dataclass(frozen=True, kw_only=True)
class ReadMail:
    """What is read in a mail."""

    mail_id: str
    """Of its Message-ID, or of all of it: the same mail has the same id."""
    letter: Letter
    dated: datetime | None
    """The day and time that it bears, with a zone."""
    unambiguous: bool
    """Whether every program reads the same in it: nothing stands twice that may stand once."""


def read_mail(raw: bytes) -> ReadMail:
    """Read a mail. What cannot be read is empty."""
    try:
        return _read(raw)
    except RecursionError:
        # Somebody has put a thousand mails, or brackets, into one another.
        return ReadMail(
            mail_id=hashlib.sha256(raw).hexdigest(),
            letter=Letter(domain="", subject="", text=""),
            dated=None,
            unambiguous=False,
        )


def _read(raw: bytes) -> ReadMail:
    message = email.message_from_bytes(raw)
    return ReadMail(
        mail_id=_mail_id(message, raw),
        letter=Letter(
            domain=_sender_domain(message),
            subject=_sendable(_header(message, "Subject")),
            text=_sendable(_text(message).replace("\r", "")),
        ),
        dated=_date(message),
        unambiguous=_BARE_RETURN.search(raw) is None and all(len(message.get_all(name, ())) <= 1 for name in _ONCE),
    )


def _mail_id(message: Message, raw: bytes) -> str:
    said = _header(message, "Message-ID").strip()
    return hashlib.sha256(said.encode(errors="replace") if said else raw).hexdigest()


def _sendable(text: str) -> str:
    """Without halves of characters, which some encodings can name, and no message to an application can hold."""
    return text.encode(errors="replace").decode()


def _raw_header(message: Message, name: str) -> str:
    """As it stands there; bytes of no known kind as UTF-8."""
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            return str(value).encode(errors="surrogateescape").decode(errors="replace")
    return ""


def _header(message: Message, name: str) -> str:
    value = _raw_header(message, name)
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value


def _sender_domain(message: Message) -> str:
    """The domain after the From, if that names one sender."""
    senders = getaddresses([_raw_header(message, "From")])
    if len(senders) != 1:
        return ""
    name, at, domain = senders[0][1].rpartition("@")
    return domain.lower() if name and at else ""


def _date(message: Message) -> datetime | None:
    try:
        dated = parsedate_to_datetime(_raw_header(message, "Date"))
        # A date that bears no zone says nothing of the moment.
        return None if dated.tzinfo is None else dated.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _text(message: Message) -> str:
    parts = [part for part in message.walk() if part.get_content_disposition() != "attachment"]
    plain = [_decoded(part) for part in parts if part.get_content_type() == "text/plain"]
    if any(text.strip() for text in plain):
        return "\n".join(plain)
    return "\n".join(_without_markup(_decoded(part)) for part in parts if part.get_content_type() == "text/html")


def _decoded(part: Message) -> str:
    try:
        content = part.get_payload(decode=True)
    except (LookupError, ValueError):
        return ""
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(str(part.get_content_charset("utf-8")), errors="replace")
    except (LookupError, ValueError):
        return content.decode(errors="replace")


def _without_markup(markup: str) -> str:
    try:
        root = etree.HTML(markup.encode(errors="replace"), etree.HTMLParser(encoding="utf-8", remove_comments=True))
    except (etree.LxmlError, ValueError):
        return ""
    if root is None:
        return ""
    etree.strip_elements(root, *_UNSEEN, with_tail=False)
    for element in root.iter(*_BREAKS):
        element.tail = "\n" + (element.tail or "")
    return "".join(str(text) for text in root.itertext())
