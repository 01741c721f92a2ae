"""Which regional office examines an application: the one competent for the place of residence."""

from datetime import date

from zairyu.models.assessment import OfficeInCharge
from zairyu.models.base import BilingualText
from zairyu.rules.tables import DatedRow, in_force, load_table


class OfficeRow(DatedRow):
    """A regional office or district branch office, and the prefectures it is competent for."""

    code: str
    name: BilingualText
    prefectures: tuple[str, ...]


_OFFICES = load_table("offices", OfficeRow)


def competent_office(prefecture: str, *, on: date) -> OfficeRow | None:
    """The office competent for a prefecture, named in Japanese; nothing when there is no such prefecture."""
    return next((row for row in in_force(_OFFICES, on) if prefecture in row.prefectures), None)


def office_of(code: str, *, on: date) -> OfficeRow | None:
    """The office with a code; nothing when there is none on that day."""
    return next((row for row in in_force(_OFFICES, on) if row.code == code), None)


def office_in_charge(prefecture: str, *, on: date) -> OfficeInCharge | None:
    """The office that examines an application, by a prefecture named in Japanese; nothing when there is no such.

    The place is the one of residence; for a certificate of eligibility, the planned one or that of the organization.
    """
    office = competent_office(prefecture, on=on)
    return None if office is None else OfficeInCharge(code=office.code, name=office.name, source=office.source)
