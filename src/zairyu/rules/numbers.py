"""Numbers and addresses that forms ask for: whether a text can be one.

Each takes the text as it is sent: half-width, without spaces or hyphens. None says that the number was ever given out.
"""

import re

from stdnum.jp import cn


def is_residence_card_number(text: str) -> bool:
    """Whether a text can be the number of a residence card, or of a special permanent resident's: `AB12345678CD`.

    Source: ISA, the pages where a card's validity is looked up: two capitals, eight digits, two capitals. Which
    letters are never used, and what a My Number card that is a residence card as well has (2026-06), is not public.
    """
    return re.fullmatch("[A-Z]{2}[0-9]{8}[A-Z]{2}", text) is not None


def is_corporate_number(text: str) -> bool:
    """Whether a text can be a corporate number: twelve digits, and the one before them that checks them.

    Source: Order on the designation of corporate numbers (Ministry of Finance, 2014, no. 70), article 2.
    """
    return re.fullmatch("[0-9]{13}", text) is not None and cn.is_valid(text)


def is_postal_code(text: str) -> bool:
    """Whether a text can be a postal code: seven digits. `0000000` is one: that it is unknown.

    Source: ISA, online form, items of postal codes.
    """
    return re.fullmatch("[0-9]{7}", text) is not None


def is_phone(text: str) -> bool:
    """Whether a text can be a telephone number: nine to twelve digits.

    Source: ISA, online form, items of telephone numbers: up to twelve digits. Japanese ones have ten or eleven with
    the 0 they begin with; somebody abroad may give one of another country, so the 0 is not asked for.
    """
    return re.fullmatch("[0-9]{9,12}", text) is not None


def is_email(text: str) -> bool:
    """Whether a text can be a mail address: something, an @, and a domain with a point.

    Looser than any standard on purpose: whether an address exists is known when a mail has arrived. At most 254
    characters (source: RFC 5321, section 4.5.3.1.3, less the brackets).
    """
    return len(text) <= 254 and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) is not None
