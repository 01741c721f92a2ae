"""Synthetic documents, for demonstrations and tests. Nobody is in them, and every one says SAMPLE.

The same call gives the same bytes.
"""

import io
from pathlib import Path
from typing import Final

import pikepdf
from PIL import Image, ImageDraw, ImageFont

_TITLES: Final = {
    "ORGANIZATION_FORM": "Application form, part made by the organization",
    "EMPLOYMENT_CERTIFICATE": "Certificate of employment",
    "TAX_CERTIFICATE": "Certificate of taxation of resident tax",
    "TAX_PAYMENT_CERTIFICATE": "Certificate of tax payment of resident tax",
    "STATUTORY_REPORT_TABLE": "Total table of statutory reports",
    "EMPLOYMENT_CONTRACT": "Employment contract",
    "WITHHOLDING_SLIP": "Withholding record of the former employer",
    "SEPARATION_CERTIFICATE": "Certificate of leaving the former employer",
    "COMPANY_REGISTRATION": "Certificate of registered matters",
    "FINANCIAL_STATEMENTS": "Financial statements",
    "ORGANIZATION_OVERVIEW": "Brochure of the organization",
    "MARRIAGE_CERTIFICATE": "Marriage certificate",
    "BIRTH_CERTIFICATE": "Certificate that the birth was reported",
    "RESIDENCE_CERTIFICATE": "Residence certificate of the household",
    "QUESTION_FORM": "Question form",
    "SUPPORTER_RESIDENCE_CARD": "Copy of the supporter's residence card",
    "DECLARATION": "Declaration on attached documents",
}


def write_samples(directory: Path) -> dict[str, Path]:
    """Write a photo and one PDF of each kind that a sample encloses; the names are `PHOTO` and those of the kinds."""
    directory.mkdir(parents=True, exist_ok=True)
    contents = {"PHOTO": draw_photo(), **{kind: write_pdf(title) for kind, title in _TITLES.items()}}
    paths = {}
    for name, content in contents.items():
        ending = "jpg" if name == "PHOTO" else "pdf"
        paths[name] = directory / f"{name.lower().replace('_', '-')}.{ending}"
        paths[name].write_bytes(content)
    return paths


def draw_photo(width: int = 600, height: int = 800) -> bytes:
    """A drawn head before a plain ground, as JPEG."""
    image = Image.new("RGB", (width, height), (225, 232, 240))
    draw = ImageDraw.Draw(image)
    draw.ellipse((width * 0.15, height * 0.72, width * 0.85, height * 1.2), fill=(70, 90, 120))
    draw.ellipse((width * 0.28, height * 0.2, width * 0.72, height * 0.68), fill=(214, 190, 165))
    for eye in (0.41, 0.59):
        draw.ellipse((width * (eye - 0.02), height * 0.4, width * (eye + 0.02), height * 0.43), fill=(50, 50, 50))
    draw.line((width * 0.43, height * 0.56, width * 0.57, height * 0.56), fill=(120, 70, 70), width=6)
    draw.text(
        (width / 2, height * 0.9), "SAMPLE", fill=(255, 255, 255), anchor="mm", font=ImageFont.load_default(width / 7)
    )
    written = io.BytesIO()
    image.save(written, "JPEG", quality=90)
    return written.getvalue()


def write_pdf(title: str) -> bytes:
    """A page with a title and the word SAMPLE across it. The title is ASCII."""
    page = (
        "0.85 g BT /F1 110 Tf 0.7071 0.7071 -0.7071 0.7071 130 230 Tm (SAMPLE) Tj ET "
        f"0 g BT /F1 18 Tf 60 770 Td ({title}) Tj 0 -30 Td /F1 11 Tf (Synthetic document. It certifies nothing.) Tj ET"
    )
    with pikepdf.new() as pdf:
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        pdf.add_blank_page(page_size=(595, 842))
        pdf.pages[0].obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        pdf.pages[0].obj.Contents = pdf.make_stream(page.encode("ascii"))
        written = io.BytesIO()
        pdf.save(written, deterministic_id=True)
    return written.getvalue()
