"""Documents, which are only ever referred to: their bytes stay in the encrypted blob store."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from zairyu.models.base import BilingualText, Model

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest in lower-case hexadecimal."""


class DocumentRef(Model):
    """Where a document's bytes are: their digest is their address."""

    sha256: Sha256
    size: int = Field(ge=1, description="bytes")
    media_type: str


class AttachmentKind(StrEnum):
    """What an attachment is for. Which kinds an application needs is a table's matter."""

    ORGANIZATION_FORM = "ORGANIZATION_FORM"
    EMPLOYMENT_CERTIFICATE = "EMPLOYMENT_CERTIFICATE"
    TAX_CERTIFICATE = "TAX_CERTIFICATE"
    TAX_PAYMENT_CERTIFICATE = "TAX_PAYMENT_CERTIFICATE"
    CATEGORY_PROOF = "CATEGORY_PROOF"
    STATUTORY_REPORT_TABLE = "STATUTORY_REPORT_TABLE"
    ONLINE_USE_APPROVAL = "ONLINE_USE_APPROVAL"
    REASON_FOR_NO_REPORT_TABLE = "REASON_FOR_NO_REPORT_TABLE"
    EMPLOYMENT_CONTRACT = "EMPLOYMENT_CONTRACT"
    APPOINTMENT_DECISION = "APPOINTMENT_DECISION"
    TRANSFER_ORDER = "TRANSFER_ORDER"
    JOB_DESCRIPTION = "JOB_DESCRIPTION"
    GROUP_RELATION = "GROUP_RELATION"
    COMPANY_REGISTRATION = "COMPANY_REGISTRATION"
    ORGANIZATION_OVERVIEW = "ORGANIZATION_OVERVIEW"
    FINANCIAL_STATEMENTS = "FINANCIAL_STATEMENTS"
    BUSINESS_PLAN = "BUSINESS_PLAN"
    BUSINESS_PLAN_EVALUATION = "BUSINESS_PLAN_EVALUATION"
    BUSINESS_SCALE_PROOF = "BUSINESS_SCALE_PROOF"
    BUSINESS_EXPLANATION = "BUSINESS_EXPLANATION"
    OFFICE_PROOF = "OFFICE_PROOF"
    ACTIVITY_REPORT = "ACTIVITY_REPORT"
    ORGANIZATION_PROFILE = "ORGANIZATION_PROFILE"
    ORGANIZATION_TAX_CERTIFICATE = "ORGANIZATION_TAX_CERTIFICATE"
    ORGANIZATION_INSURANCE_CERTIFICATE = "ORGANIZATION_INSURANCE_CERTIFICATE"
    CURRICULUM_VITAE = "CURRICULUM_VITAE"
    DIPLOMA = "DIPLOMA"
    TRANSCRIPT = "TRANSCRIPT"
    CAREER_PROOF = "CAREER_PROOF"
    LICENCE = "LICENCE"
    ACHIEVEMENTS = "ACHIEVEMENTS"
    RECOMMENDATION = "RECOMMENDATION"
    POINTS_SHEET = "POINTS_SHEET"
    POINTS_PROOF = "POINTS_PROOF"
    SKILL_TEST_RESULT = "SKILL_TEST_RESULT"
    LANGUAGE_TEST_RESULT = "LANGUAGE_TEST_RESULT"
    PAY_EXPLANATION = "PAY_EXPLANATION"
    WITHHOLDING_SLIP = "WITHHOLDING_SLIP"
    INSURANCE_CERTIFICATE = "INSURANCE_CERTIFICATE"
    SEPARATION_CERTIFICATE = "SEPARATION_CERTIFICATE"
    HEALTH_CERTIFICATE = "HEALTH_CERTIFICATE"
    SUPPORT_PLAN = "SUPPORT_PLAN"
    PRESS_CARD = "PRESS_CARD"
    NOTE_VERBALE = "NOTE_VERBALE"
    DISPATCH_LETTER = "DISPATCH_LETTER"
    INVITATION_LETTER = "INVITATION_LETTER"
    CONTRACT_OF_PERFORMANCE = "CONTRACT_OF_PERFORMANCE"
    VENUE_OVERVIEW = "VENUE_OVERVIEW"
    ACTIVITIES_PLAN = "ACTIVITIES_PLAN"
    INSTRUCTOR_CAREER = "INSTRUCTOR_CAREER"
    TRAINING_PLAN = "TRAINING_PLAN"
    TRAINING_PLAN_CERTIFICATE = "TRAINING_PLAN_CERTIFICATE"
    TRAINING_PROGRESS = "TRAINING_PROGRESS"
    TRAINING_PROOF = "TRAINING_PROOF"
    ENROLLMENT_CERTIFICATE = "ENROLLMENT_CERTIFICATE"
    EXPENSE_PROOF = "EXPENSE_PROOF"
    SCHOLARSHIP_CERTIFICATE = "SCHOLARSHIP_CERTIFICATE"
    FAMILY_REGISTER = "FAMILY_REGISTER"
    MARRIAGE_CERTIFICATE = "MARRIAGE_CERTIFICATE"
    BIRTH_CERTIFICATE = "BIRTH_CERTIFICATE"
    ADOPTION_CERTIFICATE = "ADOPTION_CERTIFICATE"
    RESIDENCE_CERTIFICATE = "RESIDENCE_CERTIFICATE"
    LETTER_OF_GUARANTEE = "LETTER_OF_GUARANTEE"
    QUESTION_FORM = "QUESTION_FORM"
    COUPLE_PHOTOS = "COUPLE_PHOTOS"
    SUPPORTER_RESIDENCE_CARD = "SUPPORTER_RESIDENCE_CARD"
    CRIMINAL_RECORD_CERTIFICATE = "CRIMINAL_RECORD_CERTIFICATE"
    PROOF_OF_CAUSE = "PROOF_OF_CAUSE"
    STATEMENT_OF_REASONS = "STATEMENT_OF_REASONS"
    DECLARATION = "DECLARATION"
    OTHER = "OTHER"

    @property
    def label(self) -> BilingualText:
        """What that document is called."""
        return _LABELS[self]


_LABELS = {
    AttachmentKind.ORGANIZATION_FORM: BilingualText(ja="所属機関等作成用の申請書", en="form made by the organization"),
    AttachmentKind.EMPLOYMENT_CERTIFICATE: BilingualText(ja="在職証明書", en="certificate of employment"),
    AttachmentKind.TAX_CERTIFICATE: BilingualText(ja="住民税の課税証明書", en="tax certificate"),
    AttachmentKind.TAX_PAYMENT_CERTIFICATE: BilingualText(ja="住民税の納税証明書", en="tax payment certificate"),
    AttachmentKind.CATEGORY_PROOF: BilingualText(
        ja="カテゴリー1の所属機関であることの証明（四季報の写しなど）",
        en="proof that the organization is of category 1 (such as its stock exchange listing)",
    ),
    AttachmentKind.STATUTORY_REPORT_TABLE: BilingualText(
        ja="給与所得の源泉徴収票等の法定調書合計表", en="total table of statutory reports on withholding"
    ),
    AttachmentKind.ONLINE_USE_APPROVAL: BilingualText(
        ja="在留申請オンラインシステムの利用申出の承認を示す資料",
        en="proof that the organization is approved to file online",
    ),
    AttachmentKind.REASON_FOR_NO_REPORT_TABLE: BilingualText(
        ja="法定調書合計表を提出できない理由を示す資料", en="reason why there is no table of statutory reports"
    ),
    AttachmentKind.EMPLOYMENT_CONTRACT: BilingualText(
        ja="雇用契約書・労働条件通知書", en="employment contract or notice of working conditions"
    ),
    AttachmentKind.APPOINTMENT_DECISION: BilingualText(
        ja="役員報酬・就任を決めた定款や議事録", en="articles or minutes that decide an officer's post and pay"
    ),
    AttachmentKind.TRANSFER_ORDER: BilingualText(ja="転勤命令書・辞令", en="transfer order"),
    AttachmentKind.JOB_DESCRIPTION: BilingualText(
        ja="従事する業務の内容を示す所属機関の文書", en="organization's description of the work"
    ),
    AttachmentKind.GROUP_RELATION: BilingualText(
        ja="転勤前後の事業所の関係を示す資料", en="proof of how the offices before and after a transfer belong together"
    ),
    AttachmentKind.COMPANY_REGISTRATION: BilingualText(ja="登記事項証明書", en="certificate of registered matters"),
    AttachmentKind.ORGANIZATION_OVERVIEW: BilingualText(
        ja="所属機関の概要・案内書", en="overview or brochure of the organization"
    ),
    AttachmentKind.FINANCIAL_STATEMENTS: BilingualText(
        ja="決算文書（損益計算書・貸借対照表など）", en="financial statements"
    ),
    AttachmentKind.BUSINESS_PLAN: BilingualText(ja="事業計画書", en="business plan"),
    AttachmentKind.BUSINESS_PLAN_EVALUATION: BilingualText(
        ja="専門家による事業計画の評価", en="an expert's evaluation of the business plan"
    ),
    AttachmentKind.BUSINESS_SCALE_PROOF: BilingualText(
        ja="事業の規模（資本金・常勤職員）を示す資料",
        en="proof of the scale of the business (capital, full-time staff)",
    ),
    AttachmentKind.BUSINESS_EXPLANATION: BilingualText(
        ja="申請に当たっての説明書", en="explanation for the application (agency's reference form)"
    ),
    AttachmentKind.OFFICE_PROOF: BilingualText(
        ja="事業所の存在を示す資料（賃貸借契約書など）", en="proof of the business premises (such as the lease)"
    ),
    AttachmentKind.ACTIVITY_REPORT: BilingualText(
        ja="直近の在留期間の活動を説明する文書", en="account of the activities in the present period of stay"
    ),
    AttachmentKind.ORGANIZATION_PROFILE: BilingualText(
        ja="特定技能所属機関概要書", en="profile of the organization (Specified Skilled Worker)"
    ),
    AttachmentKind.ORGANIZATION_TAX_CERTIFICATE: BilingualText(
        ja="所属機関の納税証明書", en="the organization's tax payment certificate"
    ),
    AttachmentKind.ORGANIZATION_INSURANCE_CERTIFICATE: BilingualText(
        ja="所属機関の労働保険・社会保険料の納付を示す資料",
        en="proof that the organization pays labour and social insurance",
    ),
    AttachmentKind.CURRICULUM_VITAE: BilingualText(ja="履歴書", en="curriculum vitae"),
    AttachmentKind.DIPLOMA: BilingualText(ja="卒業証明書・学位証明書", en="diploma or certificate of graduation"),
    AttachmentKind.TRANSCRIPT: BilingualText(ja="成績証明書", en="transcript of records"),
    AttachmentKind.CAREER_PROOF: BilingualText(ja="職歴・経歴を証明する文書", en="proof of career"),
    AttachmentKind.LICENCE: BilingualText(ja="免許証・資格証明書", en="licence or certificate of qualification"),
    AttachmentKind.ACHIEVEMENTS: BilingualText(ja="活動上の業績を示す資料", en="proof of achievements"),
    AttachmentKind.RECOMMENDATION: BilingualText(ja="推薦状", en="letter of recommendation"),
    AttachmentKind.POINTS_SHEET: BilingualText(
        ja="高度専門職ポイント計算表", en="points calculation sheet (Highly Skilled Professional)"
    ),
    AttachmentKind.POINTS_PROOF: BilingualText(ja="ポイントを裏付ける資料", en="proof of the points claimed"),
    AttachmentKind.SKILL_TEST_RESULT: BilingualText(
        ja="技能試験の合格証明", en="proof of having passed the skills test"
    ),
    AttachmentKind.LANGUAGE_TEST_RESULT: BilingualText(
        ja="日本語能力を示す資料", en="proof of Japanese language ability"
    ),
    AttachmentKind.PAY_EXPLANATION: BilingualText(ja="報酬に関する説明書", en="explanation of the remuneration"),
    AttachmentKind.WITHHOLDING_SLIP: BilingualText(ja="源泉徴収票", en="withholding record"),
    AttachmentKind.INSURANCE_CERTIFICATE: BilingualText(
        ja="本人の社会保険料の納付を示す資料", en="proof that the applicant pays social insurance"
    ),
    AttachmentKind.SEPARATION_CERTIFICATE: BilingualText(
        ja="退職証明書", en="certificate of leaving the former employer"
    ),
    AttachmentKind.HEALTH_CERTIFICATE: BilingualText(ja="健康診断個人票", en="health examination record"),
    AttachmentKind.SUPPORT_PLAN: BilingualText(
        ja="1号特定技能外国人支援計画書", en="support plan (Specified Skilled Worker (i))"
    ),
    AttachmentKind.PRESS_CARD: BilingualText(ja="外国記者登録証", en="foreign press registration card"),
    AttachmentKind.NOTE_VERBALE: BilingualText(
        ja="口上書など外国政府・国際機関の文書",
        en="note verbale or other document of a foreign government or international organization",
    ),
    AttachmentKind.DISPATCH_LETTER: BilingualText(ja="派遣状", en="letter of dispatch"),
    AttachmentKind.INVITATION_LETTER: BilingualText(ja="招へい理由書", en="letter of invitation with the reasons"),
    AttachmentKind.CONTRACT_OF_PERFORMANCE: BilingualText(ja="興行に係る契約書の写し", en="contract of performance"),
    AttachmentKind.VENUE_OVERVIEW: BilingualText(ja="興行を行う施設の概要", en="overview of the venue"),
    AttachmentKind.ACTIVITIES_PLAN: BilingualText(
        ja="活動の内容と期間を示す計画書", en="plan of the activities and their period"
    ),
    AttachmentKind.INSTRUCTOR_CAREER: BilingualText(
        ja="指導者の経歴・業績を示す資料", en="proof of the instructor's career"
    ),
    AttachmentKind.TRAINING_PLAN: BilingualText(
        ja="研修計画（研修実施予定表・処遇概要書）", en="training plan and outline of the treatment"
    ),
    AttachmentKind.TRAINING_PLAN_CERTIFICATE: BilingualText(
        ja="技能実習計画認定通知書と認定申請書の写し",
        en="notice that the technical intern training plan is accredited, with its application",
    ),
    AttachmentKind.TRAINING_PROGRESS: BilingualText(
        ja="研修の進み具合を示す文書", en="report on the progress of the training"
    ),
    AttachmentKind.TRAINING_PROOF: BilingualText(
        ja="技能実習2号を良好に修了したことの証明", en="proof of having completed technical intern training (ii) well"
    ),
    AttachmentKind.ENROLLMENT_CERTIFICATE: BilingualText(ja="在学証明書", en="certificate of enrollment"),
    AttachmentKind.EXPENSE_PROOF: BilingualText(
        ja="経費を支払えることの証明（残高証明書など）",
        en="proof of being able to pay the expenses (such as a bank balance)",
    ),
    AttachmentKind.SCHOLARSHIP_CERTIFICATE: BilingualText(ja="奨学金の給付証明書", en="certificate of a scholarship"),
    AttachmentKind.FAMILY_REGISTER: BilingualText(ja="戸籍謄本（全部事項証明書）", en="family register (full copy)"),
    AttachmentKind.MARRIAGE_CERTIFICATE: BilingualText(ja="結婚証明書・婚姻届受理証明書", en="marriage certificate"),
    AttachmentKind.BIRTH_CERTIFICATE: BilingualText(ja="出生証明書・出生届受理証明書", en="birth certificate"),
    AttachmentKind.ADOPTION_CERTIFICATE: BilingualText(ja="特別養子縁組の証明", en="proof of special adoption"),
    AttachmentKind.RESIDENCE_CERTIFICATE: BilingualText(
        ja="世帯全員の住民票の写し", en="residence certificate of the whole household"
    ),
    AttachmentKind.LETTER_OF_GUARANTEE: BilingualText(ja="身元保証書", en="letter of guarantee"),
    AttachmentKind.QUESTION_FORM: BilingualText(ja="質問書", en="question form"),
    AttachmentKind.COUPLE_PHOTOS: BilingualText(ja="夫婦のスナップ写真", en="snapshots of the couple"),
    AttachmentKind.SUPPORTER_RESIDENCE_CARD: BilingualText(
        ja="扶養者の在留カード又は旅券の写し", en="copy of the supporter's residence card or passport"
    ),
    AttachmentKind.CRIMINAL_RECORD_CERTIFICATE: BilingualText(
        ja="本国の犯罪経歴証明書", en="criminal record certificate of the home country"
    ),
    AttachmentKind.PROOF_OF_CAUSE: BilingualText(ja="事由を証する文書", en="proof of the cause"),
    AttachmentKind.STATEMENT_OF_REASONS: BilingualText(ja="理由書", en="statement of reasons"),
    AttachmentKind.DECLARATION: BilingualText(ja="資料添付に関する申告書", en="declaration on attached documents"),
    AttachmentKind.OTHER: BilingualText(ja="その他の資料", en="other document"),
}


class Attachment(Model):
    """A PDF that travels with an application."""

    kind: AttachmentKind
    document: DocumentRef
