"""The value of one item: from what was entered to what stands in the cell, and what is wrong with it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import jaconv

from zairyu.models.base import BilingualText
from zairyu.models.spec_pack import CodeRow, CsvFormat, Item, ItemKind, Normalisation, Width
from zairyu.rules.numbers import is_corporate_number, is_email, is_phone, is_postal_code, is_residence_card_number

_SAME_CHARACTER: Final = str.maketrans("〜‖−—¢£¬", "～∥－―￠￡￢")
"""Characters that Unicode has twice and cp932 once: the receiving side reads the second, whichever was typed."""
_HYPHENS: Final = re.compile(r"[\s\-‐‑–—―−－ー()（）]")


@dataclass(frozen=True)
class Value:
    """What an item holds."""

    text: str
    """As expressions see it; of a code its key. Empty where nothing was entered."""
    cell: str
    """As it is sent; empty where it cannot be."""
    normalised: tuple[Normalisation, ...] = ()
    """What was done to it."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a value, by which rule."""

    rule: str
    message: BilingualText


EMPTY: Final = Value("", "")


def read_value(item: Item, entered: Any, codes: Mapping[str, CodeRow], layout: CsvFormat) -> Value:
    """The value of an item, from a part of the form as JSON."""
    if entered is None or entered in ("", {}):
        return EMPTY
    if item.kind is ItemKind.CODE:
        key = _key(entered)
        return Value(key, codes[key].code if key in codes else "")
    if isinstance(entered, Mapping | list | bool):
        # No text: its presence is all that can be said of it.
        return Value("?", "")
    text = str(entered)
    if item.kind in (ItemKind.DATE, ItemKind.BIRTH_DATE, ItemKind.MONTH) and re.fullmatch(
        r"[0-9]{4}(-[0-9]{2}){1,2}", text
    ):
        text = text.replace("-", "")
    normalised: list[Normalisation] = []
    for step in item.normalise:
        if (changed := _NORMALISE[step](text)) != text:
            text, normalised = changed, [*normalised, step]
    if layout.characters == "JIS_X_0208":
        text = text.translate(_SAME_CHARACTER)
    return Value(text, text, tuple(normalised))


def _key(entered: Any) -> str:
    """The key of a value in a code list, as described in `spec_packs/README.md`."""
    if isinstance(entered, bool | list):
        return "YES" if entered else "NO"
    if isinstance(entered, Mapping):
        return "".join(f"{entered[unit]}{unit[0].upper()}" for unit in ("years", "months", "days") if entered.get(unit))
    return str(entered)


def _half_width(text: str) -> str:
    half: str = jaconv.z2h(text, kana=False, ascii=True, digit=True)
    return half


def _full_width(text: str) -> str:
    full: str = jaconv.h2z(text, kana=True, ascii=True, digit=True)
    return full


_NORMALISE: Final[Mapping[Normalisation, Callable[[str], str]]] = {
    Normalisation.FULL_WIDTH: _full_width,
    Normalisation.HALF_WIDTH: _half_width,
    Normalisation.CAPITALS: str.upper,
    Normalisation.NO_HYPHENS: lambda text: _HYPHENS.sub("", text),
}

# ----- what is wrong with it ------------------------------------------------------------------------------------


def faults_of(item: Item, value: Value, layout: CsvFormat) -> Iterator[Fault]:
    """Everything that is wrong with a value that there is."""
    if item.kind is ItemKind.CODE:
        if not value.cell:
            yield Fault("item-code", _NO_CODE)
        return
    if value.text and not value.cell:
        yield Fault("item-format", _NO_TEXT)
        return
    text = value.cell
    yield from _wrong_characters(item, text, layout)
    if len(text) > item.max_length:
        yield Fault(
            "item-length",
            BilingualText(
                ja=f"{item.max_length}文字以内で記入してください（現在{len(text)}文字）",
                en=f"at most {item.max_length} characters; there are {len(text)}",
            ),
        )
    if item.kind in _FORMATS:
        has_format, message = _FORMATS[item.kind]
        if not has_format(text):
            yield Fault("item-format", message)


def _wrong_characters(item: Item, text: str, layout: CsvFormat) -> Iterator[Fault]:
    outside = [position for position, character in enumerate(text, start=1) if not _is_known(character, layout)]
    if outside:
        yield Fault(
            "item-characters",
            BilingualText(
                ja=f"{outside[0]}文字目は使えない文字です（JIS第1・第2水準にない漢字、記号付きの英字、改行など）",
                en=f"character {outside[0]} cannot be used (kanji beyond JIS levels 1 and 2, accented letters, line "
                "breaks)",
            ),
        )
    other_width = [
        position
        for position, character in enumerate(text, start=1)
        if _is_known(character, layout) and not _fits(character, item.width)
    ]
    if other_width:
        width = _WIDTHS[item.width]
        yield Fault(
            "item-width",
            BilingualText(
                ja=f"{width.ja}で記入してください（{other_width[0]}文字目）",
                en=f"write it in {width.en} (character {other_width[0]})",
            ),
        )


def _is_known(character: str, layout: CsvFormat) -> bool:
    if _is_half_width(character):
        return True
    if layout.characters == "JIS_X_0208":
        return _is_jis_x_0208(character)
    return character.isprintable() and _is_writable(character, layout.encoding)


def _is_writable(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _fits(character: str, width: Width) -> bool:
    match width:
        case Width.ANY:
            return True
        case Width.FULL:
            return not _is_half_width(character)
        case Width.HALF:
            return _is_half_width(character)
        case Width.HALF_CAPITALS:
            return _is_half_width(character) and not character.islower()


def _is_half_width(character: str) -> bool:
    return " " <= character <= "~"


def _is_jis_x_0208(character: str) -> bool:
    """Whether a character is in the standard itself, not among the vendors' additions that cp932 also has."""
    try:
        written = character.encode("cp932")
    except UnicodeEncodeError:
        return False
    lead = written[0]
    return len(written) == 2 and (0x81 <= lead <= 0x84 or 0x88 <= lead <= 0x9F or 0xE0 <= lead <= 0xEA)


def _is_day(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{8}", text):
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def _is_month(text: str) -> bool:
    return re.fullmatch(r"[0-9]{4}(0[1-9]|1[0-2])?", text) is not None


def _is_birth_date(text: str) -> bool:
    return _is_day(text) or _is_month(text)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]+", text) is not None


_NO_CODE: Final = BilingualText(ja="この値に対応するコードがありません", en="there is no code for this value")
_NO_TEXT: Final = BilingualText(ja="文字列で記入してください", en="this must be a text")
_WIDTHS: Final = {
    Width.ANY: BilingualText(ja="全角または半角の文字", en="full-width or half-width characters"),
    Width.FULL: BilingualText(ja="全角文字", en="full-width characters"),
    Width.HALF: BilingualText(ja="半角英数字記号", en="half-width letters, digits and signs"),
    Width.HALF_CAPITALS: BilingualText(ja="半角の英大文字・数字・記号", en="half-width capitals, digits and signs"),
}
_FORMATS: Final = {
    ItemKind.DATE: (
        _is_day,
        BilingualText(ja="実在する日付をYYYYMMDDで記入してください", en="this must be a day that exists, as YYYYMMDD"),
    ),
    ItemKind.BIRTH_DATE: (
        _is_birth_date,
        BilingualText(
            ja="YYYYMMDDで記入してください（不明な場合はYYYYMMまたはYYYY）",
            en="this must be YYYYMMDD, or YYYYMM or YYYY where the rest is unknown",
        ),
    ),
    ItemKind.MONTH: (
        _is_month,
        BilingualText(
            ja="YYYYMMで記入してください（月が不明な場合はYYYY）",
            en="this must be YYYYMM, or YYYY where the month is unknown",
        ),
    ),
    ItemKind.NUMBER: (_is_number, BilingualText(ja="半角数字のみで記入してください", en="this must be digits only")),
    ItemKind.POSTAL_CODE: (
        is_postal_code,
        BilingualText(
            ja="郵便番号は半角数字7桁です（不明な場合は0000000）",
            en="a postal code has 7 digits (0000000 if it is unknown)",
        ),
    ),
    ItemKind.PHONE: (
        is_phone,
        BilingualText(
            ja="電話番号は市外局番から、ハイフンなしの半角数字で記入してください",
            en="a telephone number has its area code and no hyphens",
        ),
    ),
    ItemKind.EMAIL: (
        is_email,
        BilingualText(ja="メールアドレスの形式ではありません", en="this is no e-mail address"),
    ),
    ItemKind.CARD_NUMBER: (
        is_residence_card_number,
        BilingualText(
            ja="在留カード等の番号は英字2・数字8・英字2です",
            en="the number of a card is two capitals, eight digits and two capitals",
        ),
    ),
    ItemKind.CORPORATE_NUMBER: (
        is_corporate_number,
        BilingualText(
            ja="法人番号13桁の検査用数字が合いません",
            en="a corporate number has 13 digits, the first of which checks the others",
        ),
    ),
}
