"""What the sheets of each status of residence ask beyond the first one, filled in for the people of the samples.

Nobody and nothing in it exists: the corporate numbers, too, were made up and only have a check digit that fits.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

Details = dict[str, Any]

_ELIGIBILITY: Final = "CERTIFICATE_OF_ELIGIBILITY"
_CHANGE: Final = "CHANGE_OF_STATUS"
_EXTENSION: Final = "EXTENSION_OF_PERIOD"
_ACQUISITION: Final = "ACQUISITION_OF_STATUS"
_OF_FAMILY: Final = {
    "DEPENDENT",
    "SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL",
    "SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT",
    "LONG_TERM_RESIDENT",
}


@dataclass(frozen=True)
class _Case:
    """For what, and by whom."""

    residence_status: str
    application_type: str
    filer: str


def details_for(residence_status: str, application_type: str, filer: str) -> Details:
    """Complete details of an application: what is asked of this filer, and nothing else.

    Args:
        residence_status: the status applied for.
        application_type: one of the five types that are applications.
        filer: the applicant, a legal representative or a relative.
    """
    case = _Case(residence_status, application_type, filer)
    parts = [] if filer == "APPLICANT" else [_REPRESENTATIVE]
    if application_type != "AUTHORIZED_EMPLOYMENT_CERTIFICATE":
        applicant, organization = _PARTS[residence_status]
        parts.append(applicant(case))
        # Applicants enter the organization's part only where nothing speaks against it: see pack.toml.
        if organization and (filer != "APPLICANT" or residence_status in ("OFFICIAL", "DESIGNATED_ACTIVITIES")):
            parts.append(organization(case))
    return deepcopy(_merged(*parts))


def comes_as_child(residence_status: str, application_type: str) -> bool:
    """Whether the sample is about a child born in Japan."""
    return application_type == _ACQUISITION and residence_status in _OF_FAMILY


def comes_as_spouse(residence_status: str, application_type: str) -> bool:
    """Whether the sample is about somebody's wife or husband."""
    return application_type != _ACQUISITION and residence_status in _OF_FAMILY


def _merged(*parts: Details) -> Details:
    """Parts that speak of the same thing become one."""
    whole: Details = {}
    for part in parts:
        for key, value in part.items():
            whole[key] = {**whole[key], **value} if isinstance(whole.get(key), dict) else value
    return whole


# ----- people and organizations that many sheets ask for --------------------------------------------------------------

_ADDRESS: Final = "東京都千代田区架空町４丁目５番６号"
_PHONE: Final = "0300001234"
_REPRESENTATIVE: Final[Details] = {
    "representative": {"postal_code": "1600000", "address": "東京都新宿区架空町１丁目２番３号"}
}
_WORKPLACE: Final[Details] = {
    "workplace": {"name": "架空システム株式会社", "branch": "東京本社", "address": _ADDRESS, "phone": _PHONE}
}
_HOST: Final[Details] = {"workplace": {"name": "架空文化財団", "address": _ADDRESS, "phone": _PHONE}}
_EDUCATION: Final[Details] = {
    "education": {
        "place": "ABROAD",
        "level": "BACHELOR",
        "school": "SAMPLE UNIVERSITY OF HANOI",
        "graduated_on": "2018-06-30",
    }
}
_ENGINEERING: Final[Details] = {"education": {**_EDUCATION["education"], "major": "ENGINEERING"}}
_CAREERS: Final[Details] = {
    "careers": [
        {"country": "VNM", "joined": "201809", "left": "202103", "employer": "SAMPLE SOFTWARE CO., LTD."},
        {"country": "JPN", "joined": "202104", "employer_in_japanese": "架空システム株式会社"},
    ]
}
_ORGANIZATION: Final[Details] = {
    "name": "架空システム株式会社",
    "has_corporate_number": True,
    "corporate_number": "8999999999901",
    "postal_code": "1000000",
    "address": _ADDRESS,
    "phone": _PHONE,
}
_OFFICE: Final[Details] = {"branch": "東京本社", "insurance_number": "13010000001"}
_INDUSTRY: Final[Details] = {
    "industry": "INFORMATION_COMMUNICATIONS",
    "other_industries": [{"industry": "TECHNICAL_SERVICES"}, {"industry": "OTHER", "other": "催事の企画"}],
}
_MONEY: Final[Details] = {"capital": 30_000_000, "annual_sales": 850_000_000}
_STAFF: Final[Details] = {"employees": 84, "foreign_employees": 9, "technical_interns": 0}
_TERM: Final[Details] = {"term": "FIXED", "years": 3, "months": 0, "starts_on": "2027-04-01", "monthly_salary": 320_000}
_POSITION: Final[Details] = {"has_position": True, "position": "主任"}
_SENDER: Final[Details] = {
    "name": "SAMPLE TRADING CO., LTD.",
    "country": "VNM",
    "address": "1 SAMPLE STREET, HANOI",
}
_LODGING: Final[Details] = {"provided": True, "address": "東京都足立区架空町７丁目８番９号"}


def _activity(case: _Case, description: str) -> Details:
    """What the applicant will do; at an extension also what has changed."""
    changed = case.application_type == _EXTENSION
    return {
        "activity": {
            "description": description,
            **({"changed": True, "change": "担当する工程が設計から開発管理に変わった。"} if changed else {}),
        }
    }


def _employer(*parts: Details) -> Details:
    return {"employer": _merged(_ORGANIZATION, *parts)}


# ----- I: Professor, Instructor ---------------------------------------------------------------------------------------


def _teacher(case: _Case) -> Details:
    licence = {"teaching_licence": {"held": True, "name": "特別免許状（英語）"}}
    return _merged(_WORKPLACE, _ENGINEERING, _CAREERS, licence if case.residence_status == "INSTRUCTOR" else {})


def _school_of_teacher(case: _Case) -> Details:
    post = "PROFESSOR" if case.residence_status == "PROFESSOR" else "LANGUAGE_TEACHER"
    employment = {"teaching_post": post, "weekly_lessons": 12, "subjects": "情報工学、プログラミング演習"}
    return _merged(
        {"employer": {**_ORGANIZATION, **_OFFICE, **_STAFF, "name": "学校法人架空学園", "school_kind": "UNIVERSITY"}},
        {"employment": {"contract_form": "EMPLOYMENT", **_TERM, **_POSITION, **employment}},
        _activity(case, "情報工学の講義と学生の研究指導を行う。"),
    )


# ----- J: Artist, Cultural Activities ---------------------------------------------------------------------------------


def _artist(case: _Case) -> Details:
    art = {"field": "TRADITIONAL_ARTS", "years": 6, "achievements": "２０２４年架空書道展入選"}
    return _merged(
        _HOST,
        _ENGINEERING,
        _CAREERS,
        {"art": art},
        _FUNDED_FROM_HOME if case.residence_status == "CULTURAL_ACTIVITIES" else {},
    )


_FUNDED_FROM_HOME: Final[Details] = {
    "funding": {
        "from_abroad": 150_000,
        "remitted": 150_000,
        "payers": [
            {
                "name": "TRAN VAN MINH",
                "relationship": "父",
                "address": "2 SAMPLE STREET, HANOI",
                "phone": "84000000000",
                "employer": "SAMPLE TRADING CO., LTD.",
                "annual_income": 3_600_000,
            }
        ],
    }
}


def _host_of_artist(case: _Case) -> Details:
    cultural = case.residence_status == "CULTURAL_ACTIVITIES"
    host = {"name": "公益財団法人架空文化財団", "branch": "書道会館", "industry": "OTHER_EDUCATION"}
    paid = {"paid": True} if not cultural else {"paid": False}
    return _merged(
        {"employer": {**_ORGANIZATION, **host}},
        {
            "activity": {
                "description": "書道の制作と発表を行う。",
                "from": "2027-04-01",
                "until": "2028-03-31",
                "weekly_hours": 20,
                **paid,
            }
        },
        {"instructor": {"name": "架空 花子", "career": "書道歴３０年、架空書道会師範"}} if cultural else {},
        {} if cultural else {"employment": {"monthly_salary": 250_000}},
    )


# ----- K: Religious Activities ----------------------------------------------------------------------------------------


def _missionary(_: _Case) -> Details:
    return _merged(_HOST, _EDUCATION, _CAREERS, {"sender": {**_SENDER, "position": "司祭"}})


def _religious_body(case: _Case) -> Details:
    body = {"name": "宗教法人架空教会", "denomination": "架空派", "clergy": 8, "foreign_clergy": 2}
    return _merged(
        {"employer": {**_ORGANIZATION, **body}},
        {"employment": {**_TERM, **_POSITION}},
        _activity(case, "礼拝の司式と信徒の相談に当たる。"),
        {"lodging": _LODGING},
    )


# ----- L: Journalist, Intra-company Transferee ------------------------------------------------------------------------


def _sent_from_abroad(case: _Case) -> Details:
    transfer = {"transfer": {"months_before": 36, "duties_before": "本社における業務システムの設計"}}
    return _merged(
        _WORKPLACE,
        _ENGINEERING,
        _CAREERS,
        {"press_card": "外国記者登録証"} if case.residence_status == "JOURNALIST" else transfer,
    )


def _office_in_japan(case: _Case) -> Details:
    work = {"experience_months": 60, "occupation": "INFORMATION_TECHNOLOGY", "salary_payer": "JAPAN"}
    transferred = case.residence_status == "INTRA_COMPANY_TRANSFEREE"
    return _merged(
        {"sender": _SENDER},
        {"transfer": {"relation": "PARENT_AND_SUBSIDIARY"}} if transferred else {},
        _employer(_OFFICE, _INDUSTRY, _MONEY, _STAFF),
        {"employment": {"contract_form": "EMPLOYMENT", **_TERM, **_POSITION, **work}},
        _activity(case, "東京事務所で取材または業務システムの設計を行う。"),
    )


# ----- M: Business Manager --------------------------------------------------------------------------------------------


def _manager(_: _Case) -> Details:
    return _merged(
        _WORKPLACE,
        {"education": {**_EDUCATION["education"], "major": "BUSINESS_ADMINISTRATION"}},
        _CAREERS,
        {"management_years": 5, "japanese": {"level": "N2"}},
    )


def _business(case: _Case) -> Details:
    figures = {"corporate_tax": 4_200_000, "full_time_staff": 6, "settled_staff": 4, "began_on": "2022-10-01"}
    planned = {"business_plan": {"confirmed": True, "confirmed_by": "中小企業診断士 架空 太郎"}}
    return _merged(
        _employer(_OFFICE, _INDUSTRY, _MONEY, _STAFF, figures),
        {"employment": {**_TERM, "has_position": True, "position": "代表取締役"}},
        {"investment": {"total": 30_000_000, "own": 25_000_000}},
        {"premises": {"area": 82, "tenure": "RENTED", "rent": 380_000}},
        {} if case.application_type == _EXTENSION else planned,
        {"activity": {"role": "RUNS"}},
        _activity(case, "会社の経営方針を定め、営業と人事を統括する。"),
    )


# ----- N: work in a profession ----------------------------------------------------------------------------------------


def _professional(_: _Case) -> Details:
    return _merged(
        _WORKPLACE, _ENGINEERING, _CAREERS, {"it_qualification": {"held": True, "name": "基本情報技術者試験"}}
    )


_MAIN_ACTIVITY: Final = {
    "HIGHLY_SKILLED_PROFESSIONAL": "ENGINEER_SPECIALIST",
    "RESEARCHER": "RESEARCHER",
    "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES": "ENGINEER_SPECIALIST",
    "NURSING_CARE": "NURSING_CARE",
    "SKILLED_LABOR": "SKILLED_LABOR",
}


def _employer_of_professional(case: _Case) -> Details:
    work = {
        "experience_months": 60,
        "occupation": "INFORMATION_TECHNOLOGY",
        "other_occupations": ["TRANSLATION", "CAD"],
        "dispatched": True,
    }
    site = {
        "name": "架空ソリューションズ株式会社",
        "corporate_number": "7999999999902",
        "branch": "横浜開発室",
        "insurance_number": "14010000002",
        "industry": "PROFESSIONAL_SERVICES",
        "other_industries": [{"industry": "ADVERTISING"}],
        "months": 24,
    }
    researcher = case.residence_status == "RESEARCHER"
    return _merged(
        {"activity": {"main": _MAIN_ACTIVITY[case.residence_status]}},
        _employer(_OFFICE, _INDUSTRY, _MONEY, _STAFF),
        {"laboratory": {"name": "計算機科学研究室", "supervisor": "架空　太郎"}} if researcher else {},
        {"employment": {"contract_form": "EMPLOYMENT", **_TERM, **_POSITION, **work}},
        _activity(case, "業務システムの設計、開発及び海外拠点との調整を行う。"),
        {"dispatch": {**_ORGANIZATION, **_MONEY, **site}},
        {"points": _POINTS} if case.residence_status == "HIGHLY_SKILLED_PROFESSIONAL" else {},
    )


_POINTS: Final[Details] = {
    "kind": "SPECIALIST",
    "special_system": False,
    "education_specialist": "MASTER",
    "several_degrees": False,
    "education_total": 20,
    "career_specialist": "FROM_5",
    "career_total": 10,
    "age": "TO_34",
    "age_total": 10,
    "annual_income": 6_400_000,
    "income_specialist": "FROM_6M",
    "income_total": 20,
    "research_papers": False,
    "licences": "ONE",
    "achievement_total": 5,
    "contractor_innovation": False,
    "contractor_innovation_small": False,
    "contractor_local_support": False,
    "contractor_research_ratio": True,
    "site_innovation": False,
    "site_innovation_small": False,
    "site_local_support": False,
    "site_research_ratio": False,
    "research_costs": 34_000_000,
    "research_sales": 850_000_000,
    "foreign_award": False,
    "japan": "N2",
    "growth_project": False,
    "listed_university": True,
    "listed_university_kind": "RANKED",
    "listed_university_ranking": "架空世界大学ランキング２１０位",
    "jica_training": False,
    "investment_management": False,
    "bonus_total": 25,
    "total": 90,
}

# ----- O: Entertainer -------------------------------------------------------------------------------------------------


def _entertainer(_: _Case) -> Details:
    performance = {
        "kind": "MUSIC",
        "stage_name": "LINH AND THE SAMPLES",
        "years": 7,
        "training_years": 2,
        "history": "２０２４年ハノイ見本音楽祭出演",
    }
    return _merged(_CAREERS, {"performance": performance})


def _promoter(_: _Case) -> Details:
    hall = {
        "name": "架空音楽ホール",
        "address": "神奈川県横浜市中区架空町８番地９",
        "phone": "0450001234",
        "kind": "THEATRE",
        "seats": 420,
        "serves": False,
        "from": "2027-04-10",
        "until": "2027-04-25",
    }
    club = {**hall, "name": "架空ライブハウス", "kind": "LIVE_HOUSE", "seats": 110, "serves": True, "stage_area": 24}
    return _merged(
        {"employer": {**_ORGANIZATION, **_MONEY, **_STAFF, "name": "架空興行株式会社", "entertainers": 12}},
        {"manager": {"name": "架空 太郎", "years": 9}},
        {"venues": [hall, {**club, "from": "2027-05-01", "until": "2027-05-20"}]},
        {"performance": {"per_day": 2, "in_group": True, "group_size": 5}},
        {"contract": {"begins_on": "2027-04-01", "ends_on": "2027-06-30", "fee": 350_000, "fee_unit": "MONTH"}},
        {"lodging": {"name": "架空ホテル横浜", "address": "神奈川県横浜市西区架空町１番地"}},
        {"activity": {"description": "音楽公演への出演及び公演のための稽古を行う。"}},
    )


# ----- P: Student -----------------------------------------------------------------------------------------------------

_PART_TIME: Final[Details] = {
    "part_time": {
        "does": True,
        "work": "接客",
        "employer": "架空食堂",
        "phone": "0300005678",
        "hours": 18,
        "pay": 80_000,
    }
}


def _stays(case: _Case) -> bool:
    return case.application_type in (_EXTENSION, _CHANGE)


def _student(case: _Case) -> Details:
    education = {
        "years": 16,
        "state": "GRADUATED",
        "level": "BACHELOR",
        "school": "SAMPLE UNIVERSITY OF HANOI",
        "graduated": "201806",
    }
    return _merged(
        {"school": {"name": "架空大学大学院", "address": "東京都文京区架空１丁目２番３号", "phone": "0300009876"}},
        {"education": education},
        {"japanese": {"basis": "TEST", "test": "JLPT", "result": "N2", "hours": 720}},
        _FUNDED_FROM_HOME,
        {"funding": {**_FUNDED_FROM_HOME["funding"], "self": 20_000, "scholarship": 48_000}},
        {"scholarship": {"provider": "SCHOOL", "name": "架空大学奨学金"}},
        {"after_graduation": {"plan": "WORK"}},
        _PART_TIME if _stays(case) else {},
    )


def _school(case: _Case) -> Details:
    enrolment = {
        "class_mode": "DAY",
        "from": "2027-04-01",
        "until": "202903",
        "lessons_per_week": 14,
        "category": "MASTER",
        "course": "情報理工学研究科",
        "major": "ENGINEERING",
        "exchange": False,
    }
    return {
        "school": {
            "registered_name": "国立大学法人架空大学",
            "has_corporate_number": True,
            "corporate_number": "6999999999903",
            "postal_code": "1130000",
        },
        "enrolment": {**enrolment, **({"attendance_rate": 97} if case.application_type == _EXTENSION else {})},
        "tuition": {"entrance": 282_000, "yearly": 535_800, "paid_until": "202803"},
        "lodging": {"provided": False},
    }


# ----- Q: Trainee -----------------------------------------------------------------------------------------------------


def _trainee(_: _Case) -> Details:
    return _merged(
        _HOST,
        _EDUCATION,
        _CAREERS,
        {"sender": {**_SENDER, "position": "技術部員", "plan_after_return": "品質管理部門の指導員となる。"}},
        {"training": {"trained_before": False}},
    )


def _trainer(_: _Case) -> Details:
    training = {
        "kind": "INTERNATIONAL",
        "skills": "水道施設の維持管理に関する知識",
        "from": "2027-04-01",
        "until": "2027-09-30",
        "hours": 900,
        "classroom_hours": 400,
        "on_the_job": True,
        "site": "神奈川県横浜市西区架空町２番地",
        "allowance": 120_000,
        "insured": True,
        "travel_paid": True,
    }
    return _merged(
        _employer(_OFFICE, _INDUSTRY, _MONEY, _STAFF, {"name": "独立行政法人架空協力機構"}),
        {"training": training},
        {"instructor": {"name": "架空 太郎", "years": 12}},
        {"lodging": _LODGING},
        {"mediator": {"name": "架空研修協力センター"}},
    )


# ----- R: Dependent ---------------------------------------------------------------------------------------------------


def _registration(case: _Case) -> Details:
    if comes_as_child(case.residence_status, case.application_type):
        return {"registration": {"kind": "BIRTH", "home_office": "在日ベトナム大使館", "home_on": "2026-03-31"}}
    return {
        "registration": {
            "kind": "MARRIAGE",
            "japan_office": "東京都新宿区役所",
            "japan_on": "2022-05-10",
            "home_office": "在日ベトナム大使館",
            "home_on": "2022-06-01",
        }
    }


def _dependent(case: _Case) -> Details:
    works = _stays(case)
    return _merged(
        _registration(case), {"support": {"method": "RELATIVE", "monthly": 180_000}}, _PART_TIME if works else {}
    )


def _supporter(case: _Case) -> Details:
    """Who earns the family's living."""
    return {
        "supporter": {
            **_EARNER.get(case.residence_status, _COLLEAGUE),
            "relationship": _earner_is(case),
            "employer": "架空システム株式会社",
            "employer_branch": "東京本社",
            "employer_address": _ADDRESS,
            "employer_phone": _PHONE,
            "annual_income": 5_400_000,
        }
    }


def _earner_is(case: _Case) -> str:
    if comes_as_child(case.residence_status, case.application_type):
        return "父"
    # Who is brought to Japan is the husband of the one who files.
    return "妻" if case.application_type == _ELIGIBILITY else "夫"


_COLLEAGUE: Final[Details] = {
    "name": "TRAN VAN HAI",
    "birth_date": "19920815",
    "nationality": "VNM",
    "card_number": "CD87654321AB",
    "status": "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES",
    "period": {"years": 5},
    "expires_on": "2031-03-31",
}
_SETTLED: Final[Details] = {"name": "OLIVEIRA KENTA", "birth_date": "19930704", "nationality": "BRA"}
_EARNER: Final[Mapping[str, Details]] = {
    "SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL": {"name": "架空 健太", "birth_date": "19930704", "nationality": "JPN"},
    "SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT": {
        **_SETTLED,
        "card_number": "EF13572468GH",
        "status": "PERMANENT_RESIDENT",
    },
    "LONG_TERM_RESIDENT": {
        **_SETTLED,
        "card_number": "EF13572468GH",
        "status": "LONG_TERM_RESIDENT",
        "period": {"years": 3},
        "expires_on": "2031-03-31",
    },
}
"""Who it is, by the status of the family."""


def _sheet_of_supporter(case: _Case) -> Details:
    company = {"has_corporate_number": True, "corporate_number": "8999999999901"}
    return _merged(_supporter(case), {"supporter": {**company, "dependents": 1, "lives_together": True}})


# ----- T: spouses, children, Long Term Residents ----------------------------------------------------------------------

_STANDING: Final = {
    "SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL": ("SPOUSE_OF_JAPANESE", "CHILD_OF_JAPANESE"),
    "SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT": ("SPOUSE_OF_PERMANENT_RESIDENT", "CHILD_OF_PERMANENT_RESIDENT"),
    "LONG_TERM_RESIDENT": ("SPOUSE_OF_LONG_TERM_RESIDENT", "MINOR_CHILD"),
}


def _family(case: _Case) -> Details:
    child = comes_as_child(case.residence_status, case.application_type)
    earner = _EARNER[case.residence_status]
    spouse = {name: earner[name] for name in ("name", "birth_date", "nationality")}
    guarantor = {
        "name": earner["name"],
        "occupation": "会社員",
        "postal_code": "1600000",
        "address": "東京都新宿区架空町１丁目２番３号",
        "mobile_phone": "09000005678",
        "relationship": _earner_is(case),
    }
    works = _stays(case)
    at_work = {**_WORKPLACE["workplace"], "works": True, "annual_income": 2_400_000}
    return _merged(
        {"standing": {"kind": _STANDING[case.residence_status][child]}},
        _registration(case),
        {} if child else {"spouse": {**spouse, "lives_together": True}},
        {"workplace": at_work if works else {"works": False}},
        {"funding": {"self" if works else "guarantor": 200_000}},
        {"supporter": {"supports": not works}},
        {} if works else _supporter(case),
        {"guarantor": guarantor},
    )


# ----- U: others ------------------------------------------------------------------------------------------------------


def _other(case: _Case) -> Details:
    licence = {
        "kind": "PHYSICIAN" if case.residence_status == "MEDICAL_SERVICES" else "FOREIGN_LAW_ATTORNEY",
        "number": "000123",
        "registered_on": "2021-04-01",
    }
    licensed = case.residence_status in ("LEGAL_ACCOUNTING_SERVICES", "MEDICAL_SERVICES")
    designated = case.residence_status == "DESIGNATED_ACTIVITIES"
    return _merged(
        _WORKPLACE,
        {"workplace": {"works": True}},
        _ENGINEERING,
        _CAREERS,
        {"licence": licence} if licensed else {"activity": {"planned": "日本語を用いて海外との連絡調整に当たる。"}},
        {"support": {"method": "SELF", "monthly": 200_000}} if designated else {},
    )


def _other_organization(case: _Case) -> Details:
    return _merged(
        _employer(_OFFICE, _INDUSTRY, _MONEY, _STAFF),
        {"employment": {"contract_form": "EMPLOYMENT", **_TERM, **_POSITION, "occupation": "TRANSLATION"}},
        _activity(case, "資格または語学力を要する業務を行う。"),
    )


# ----- V: Specified Skilled Worker ------------------------------------------------------------------------------------


def _skilled_worker(_: _Case) -> Details:
    return _merged(
        {"workplace": {"name": "架空食品株式会社", "address": _ADDRESS, "phone": _PHONE}},
        _CAREERS,
        {"specified_skill": {"kind": "FIRST", "years": 1, "months": 2}},
        {"skill": {"basis": "TEST", "tests": [{"name": "架空技能測定試験１号", "country": "ABROAD"}]}},
        {"japanese": {"basis": "TEST", "tests": [{"name": "架空日本語基礎テスト", "country": "ABROAD"}]}},
        {"deposit": {"agreed": False}},
        {"agency_fee": {"agreed": True, "organization": "SAMPLE AGENCY", "amount": 150_000}},
        {"declarations": {"home_procedures": True, "regular_costs": True, "field_criteria": True}},
    )


def _skilled_workers_employer(_: _Case) -> Details:
    contract = {
        "begins_on": "2027-04-01",
        "ends_on": "2028-03-31",
        "fields": [{"field": "FOOD_MANUFACTURING", "work": "飲食料品製造業全般"}],
        "weekly_hours": 40,
        "monthly_hours": 173,
        "regular_hours": True,
        "treated_differently": False,
        "home_leave": True,
        "field_criteria": True,
        "travel_paid": True,
        "health_checked": True,
    }
    employment = {
        "occupation": "MANUFACTURING",
        "monthly_salary": 215_000,
        "hourly_salary": 1_240,
        "japanese_salary": 210_000,
        "equal_salary": True,
        "salary_method": "TRANSFER",
        "dispatched": False,
    }
    kept = ("social_insurance", "labour_insurance", "keeps_records", "support_costs_borne", "accident_insurance")
    broken = (
        "breach_of_law",
        "dismissals",
        "missing_persons",
        "disqualified",
        "knows_of_deposit",
        "penalty_agreed",
    )
    company = {"name": "架空食品株式会社", "insurance_number": "13010000003", "industry": "FOOD_MANUFACTURING"}
    support = {
        "entrusted": True,
        "language": "ベトナム語",
        "orientation": True,
        "lodging": True,
        "language_study": True,
        "interviews": True,
    }
    return _merged(
        {"contract": contract, "employment": employment},
        {"employer": {**_ORGANIZATION, **_MONEY, **_STAFF, **company, "president": "架空 太郎"}},
        {"work_site": {"name": "架空食品埼玉工場", "address": "埼玉県川口市架空町３丁目４番５号"}},
        {"compliance": {**dict.fromkeys(kept, True), **dict.fromkeys(broken, False), "able_to_perform": True}},
        {"support_plan": support},
        {
            "support_organization": {
                "name": "架空支援協同組合",
                "number": "00登-000000",
                "address": _ADDRESS,
                "phone": _PHONE,
                "fee": 25_000,
            }
        },
    )


# ----- Y: Technical Intern Training -----------------------------------------------------------------------------------


def _intern(_: _Case) -> Details:
    return _merged(
        _HOST,
        _EDUCATION,
        _CAREERS,
        {"training_stage": "SECOND", "earlier_training": "技能実習１号（架空職種・架空作業）"},
        {"sender": {"name": "SAMPLE MANPOWER CO., LTD.", "country": "VNM"}},
        {"japanese": {"level": "N4"}},
    )


def _implementer(_: _Case) -> Details:
    """By the company alone: under a supervising body only its staff files online."""
    plan = {
        "number": "KA0000001",
        "accredited_on": "2026-09-01",
        "type": "COMPANY",
        "from": "2027-04-01",
        "until": "2029-03-31",
        "job": "機械加工",
        "operation": "普通旋盤作業",
    }
    return _merged(
        {"training_plan": plan},
        {
            "employer": {
                **_ORGANIZATION,
                **_MONEY,
                **_STAFF,
                "insurance_number": "13010000004",
                "industry": "METAL_MANUFACTURING",
                "technical_interns": 4,
            }
        },
        {"instructor": {"name": "架空 太郎", "years": 15}},
        {"employment": {"monthly_salary": 198_000, "japanese_salary": 195_000}, "contract": {"weekly_hours": 40}},
        {"lodging": _LODGING},
    )


_Part = Callable[[_Case], Details]
_N: Final = (_professional, _employer_of_professional)
_U: Final = (_other, _other_organization)
_PARTS: Final[Mapping[str, tuple[_Part, _Part | None]]] = {
    "PROFESSOR": (_teacher, _school_of_teacher),
    "INSTRUCTOR": (_teacher, _school_of_teacher),
    "ARTIST": (_artist, _host_of_artist),
    "CULTURAL_ACTIVITIES": (_artist, _host_of_artist),
    "RELIGIOUS_ACTIVITIES": (_missionary, _religious_body),
    "JOURNALIST": (_sent_from_abroad, _office_in_japan),
    "INTRA_COMPANY_TRANSFEREE": (_sent_from_abroad, _office_in_japan),
    "BUSINESS_MANAGER": (_manager, _business),
    "HIGHLY_SKILLED_PROFESSIONAL": _N,
    "RESEARCHER": _N,
    "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES": _N,
    "NURSING_CARE": _N,
    "SKILLED_LABOR": _N,
    "ENTERTAINER": (_entertainer, _promoter),
    "STUDENT": (_student, _school),
    "TRAINEE": (_trainee, _trainer),
    "DEPENDENT": (_dependent, _sheet_of_supporter),
    "SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL": (_family, None),
    "SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT": (_family, None),
    "LONG_TERM_RESIDENT": (_family, None),
    "LEGAL_ACCOUNTING_SERVICES": _U,
    "MEDICAL_SERVICES": _U,
    "OFFICIAL": _U,
    "DESIGNATED_ACTIVITIES": _U,
    "SPECIFIED_SKILLED_WORKER": (_skilled_worker, _skilled_workers_employer),
    "TECHNICAL_INTERN_TRAINING": (_intern, _implementer),
}
"""By status: the applicant's part, and the organization's."""
