"""A small spec pack of the tests' own, to be spoilt: every kind of item, one group, one related check."""

from collections.abc import Mapping
from typing import Final

from zairyu.models.spec_pack import SpecPack
from zairyu.rules.spec_packs import SpecPacks, load_pack

ITEMS_HEADER: Final = "id,number,label_ja,label_en,pointer,kind,codes,width,required,when,max_length,repeat,normalise"
_HEAD: Final = """
name = "small"
version = "1"
effective_from = 2026-04-01
sample = true
max_package_bytes = 1000000

[layout]
manifest = "manifest.xml"
csv = "application.csv"
photo = "photo.jpg"
attachment = "attachment-{number:02}.pdf"

[csv]
encoding = "cp932"
characters = "JIS_X_0208"
line_end = "\\r\\n"

[manifest]
root = "Package"
namespace = "urn:example:small"
signature = "XMLDSIG"

[photo]
min_width = 300
min_height = 400

[[form]]
application_type = "EXTENSION_OF_PERIOD"
paper_form = "small form"
sheet = "items/sheet-1.csv"
group_starts_at = 17

[[group]]
letter = "N"
label = { ja = "技術", en = "Engineer" }
residence_statuses = ["ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES", "NURSING_CARE"]
applicant = "items/group-n-applicant.csv"
organization = "items/group-n-organization.csv"
organization_filers = ["RELATIVE", "LEGAL_REPRESENTATIVE"]
"""
_SHEET_1: Final = """
name,3,氏名,Name,/applicant/name,TEXT,,HALF_CAPITALS,true,,26,1,HALF_WIDTH CAPITALS
sex,4,性別,Sex,/applicant/sex,CODE,sex,,true,,4,1,
birth_date,2,生年月日,Date of birth,/applicant/birth_date,BIRTH_DATE,,,true,,8,1,
reason,14,更新の理由,Reason,/reason,TEXT,,ANY,true,,600,1,
"""
_APPLICANT: Final = """
married,+0.1,配偶者,Spouse,/details/married,CODE,yes_no,,true,,4,1,
spouse_name,+0.2,配偶者の氏名,Spouse name,/details/spouse_name,TEXT,,HALF_CAPITALS,true,item.married == 'YES',26,1,
graduated_on,+1,卒業年月日,Graduation,/details/graduated_on,DATE,,,false,,8,1,
has_careers,+2,職歴の有無,Career,/details/careers,CODE,yes_no,,false,,4,1,
career_employer,+2.1,職歴 勤務先,Career: employer,/details/careers/*/employer,TEXT,,FULL,true,,20,3,FULL_WIDTH
career_from,+2.2,職歴 入社年月,Career: from,/details/careers/*/from,MONTH,,,true,,6,3,
career_until,+2.3,職歴 退社年月,Career: until,/details/careers/*/until,MONTH,,,true,entry.career_from != '',6,3,
"""
_ORGANIZATION: Final = """
corporate_number,3.1,機関 法人番号,Employer: No.,/details/employer/number,CORPORATE_NUMBER,,,true,,13,1,
post,3.2,機関 郵便番号,Employer: postal,/details/employer/postal_code,POSTAL_CODE,,,true,,7,1,HALF_WIDTH NO_HYPHENS
phone,3.3,機関 電話番号,Employer: telephone,/details/employer/phone,PHONE,,,false,,12,1,
email,3.4,機関 電子メール,Employer: e-mail,/details/employer/email,EMAIL,,,false,,60,1,
capital,3.5,機関 資本金,Employer: capital,/details/employer/capital,NUMBER,,,true,,13,1,
card,3.6,機関 在留カード番号,Employer: card number,/details/employer/card,CARD_NUMBER,,,false,,12,1,
"""
_CODES: Final = """list,key,code,label_ja,label_en
sex,MALE,XM,男,Male
sex,FEMALE,XF,女,Female
yes_no,YES,X1,有,Yes
yes_no,NO,X0,無,No
"""
_CHECKS: Final = """id,expression,items,message
graduation_after_birth,item.graduated_on == '' || item.graduated_on > item.birth_date,graduated_on birth_date,graduation
"""
_MESSAGES: Final = """id,severity,ja,en
graduation,WARNING,卒業年月日が生年月日より前です。,The graduation is before the birth.
"""


def small_pack_files() -> dict[str, str]:
    return {
        "pack.toml": _HEAD,
        "items/sheet-1.csv": ITEMS_HEADER + _SHEET_1,
        "items/group-n-applicant.csv": ITEMS_HEADER + _APPLICANT,
        "items/group-n-organization.csv": ITEMS_HEADER + _ORGANIZATION,
        "codes.csv": _CODES,
        "related_checks.csv": _CHECKS,
        "messages.csv": _MESSAGES,
    }


def pack_of(files: Mapping[str, str]) -> SpecPack:
    return load_pack({path: text.encode() for path, text in files.items()}, "small")


def small_pack(*changes: tuple[str, str, str]) -> SpecPack:
    """The pack with texts replaced: the file, what stands there, and what shall."""
    return pack_of(spoilt(*changes))


def spoilt(*changes: tuple[str, str, str]) -> dict[str, str]:
    files = small_pack_files()
    for path, before, after in changes:
        assert before in files[path], f"{path} does not say {before!r}"
        files[path] = files[path].replace(before, after, 1)
    return files


def packs_of(*packs: SpecPack) -> SpecPacks:
    return SpecPacks(packs)
