"""Writing a mail: the person's first language above, the other below."""

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

from jinja2 import Environment, PackageLoader, StrictUndefined

from zairyu.models.application import Language
from zairyu.models.mail import Mail
from zairyu.rules.calendar import JAPAN

_TEMPLATES = Environment(
    loader=PackageLoader("zairyu.activities.mail"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - plain text, not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters |= {
    "in_japanese": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "moment_in_japanese": lambda moment: _moment(moment, "{0.year}年{0.month}月{0.day}日 {0:%H:%M}（日本時間）"),
    "moment": lambda moment: _moment(moment, "{0:%Y-%m-%d %H:%M} (Japan time)"),
}
_RULE = "\n" + "-" * 60 + "\n\n"


def compose(mail: Mail, *, sender: str, at: datetime) -> EmailMessage:
    """The mail as it goes over the wire, dated as told.

    The Message-ID follows from the application, the occasion and its key: the same mail sent twice can be
    recognised as the same by any mail program.
    """
    languages = sorted(Language, key=lambda language: language is not mail.to.language)
    subjects, bodies = zip(*(_written(mail, language) for language in languages), strict=True)
    message = EmailMessage()
    message["Message-ID"] = message_id(mail, domain=Address(addr_spec=sender).domain)
    message["Date"] = at
    message["From"] = Address("Zairyu", addr_spec=sender)
    message["To"] = _recipient(mail.to.email)
    message["Subject"] = " / ".join(subjects)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_RULE.join(bodies))
    return message


def _recipient(email: str) -> Address:
    """Taken apart by hand: mobile carriers gave out `a..b@` and `a.@`, which no parser of the standard accepts."""
    username, _, domain = email.rpartition("@")
    return Address(username=username.strip('"'), domain=domain)


def message_id(mail: Mail, *, domain: str) -> str:
    """Says nothing about the person, and the same for every try."""
    name = "\n".join((mail.reference, mail.occasion.occasion, mail.key))
    return f"<{hashlib.sha256(name.encode()).hexdigest()[:40]}@{domain}>"


def _written(mail: Mail, language: Language) -> tuple[str, str]:
    template = _TEMPLATES.get_template(f"{mail.occasion.occasion}.{language.value}.txt")
    text = template.render(mail=mail, occasion=mail.occasion, language=language.value)
    subject, _, body = text.partition("\n")
    return subject.removeprefix("Subject: "), body.lstrip("\n")


def _moment(moment: datetime, form: str) -> str:
    return form.format(moment.astimezone(JAPAN))
