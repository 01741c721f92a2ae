"""The programs that make the documents of tests: qpdf, ghostscript and ImageMagick. They share no code with ours."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_PROGRAMS = ("qpdf", "gs", "convert")


def require_document_tools() -> None:
    """Leave a test out where nobody can install the programs and somebody said so; fail it otherwise."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if not missing:
        return
    if os.environ.get("ZAIRYU_NO_DOCUMENT_TOOLS") == "1":
        pytest.skip("ZAIRYU_NO_DOCUMENT_TOOLS=1, and this machine lacks " + ", ".join(missing))
    pytest.fail(
        f"This machine lacks {', '.join(missing)}, which the tests of documents need. Install them with "
        "`make debian-packages`, or set ZAIRYU_NO_DOCUMENT_TOOLS=1 to leave these tests out."
    )


class Workbench:
    """A folder in which the programs make documents."""

    def __init__(self, directory: Path) -> None:
        require_document_tools()
        self.directory = directory
        self._made = 0

    def qpdf(self, content: bytes, *arguments: str) -> bytes:
        """What qpdf makes of a PDF."""
        source, target = self._file(content), self._place()
        self._run("qpdf", *arguments, str(source), str(target))
        return target.read_bytes()

    def says_sound(self, content: bytes) -> bool:
        """Whether qpdf finds nothing wrong with a PDF."""
        done = subprocess.run(["qpdf", "--check", self._file(content)], capture_output=True, check=False)
        return done.returncode == 0

    def ghostscript(self, content: bytes, device: str, *arguments: str) -> bytes:
        """What ghostscript prints of a PDF or of PostScript on a device; several pages only as PDF."""
        source, target = self._file(content), self._place()
        self._run("gs", "-q", "-dBATCH", "-dNOPAUSE", f"-sDEVICE={device}", *arguments, "-o", str(target), str(source))
        return target.read_bytes()

    def scanned(self, content: bytes, dpi: int, device: str = "pdfimage8") -> bytes:
        """A PDF as it comes from a scanner: pages that are pictures."""
        return self.ghostscript(content, device, f"-r{dpi}")

    def words_of(self, content: bytes) -> list[list[str]]:
        """The words of each page of a PDF."""
        self._made += 1
        pages = self.directory / f"{self._made}-%d.txt"
        self._run("gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=txtwrite", "-o", str(pages), str(self._file(content)))
        written = sorted(
            self.directory.glob(f"{pages.name.removesuffix('%d.txt')}*"), key=lambda page: (len(page.name), page.name)
        )
        return [page.read_text().split() for page in written]

    def picture(self, *arguments: str, ending: str = "jpg") -> bytes:
        """A picture that ImageMagick makes from nothing, or as it is told."""
        target = self._place(ending)
        self._run("convert", *arguments, str(target))
        return target.read_bytes()

    def changed(self, picture: bytes, *arguments: str, ending: str = "jpg") -> bytes:
        """What ImageMagick makes of a picture."""
        return self.picture(str(self._file(picture)), *arguments, ending=ending)

    def seen(self, picture: bytes, what: str) -> str:
        """What ImageMagick sees in a picture, in its own words of format."""
        return self._run("convert", str(self._file(picture)), "-format", what, "info:-").stdout.decode()

    def _file(self, content: bytes) -> Path:
        place = self._place()
        place.write_bytes(content)
        return place

    def _place(self, ending: str = "") -> Path:
        self._made += 1
        return self.directory / (f"{self._made}.{ending}" if ending else str(self._made))

    def _run(self, *words: str) -> "subprocess.CompletedProcess[bytes]":
        done = subprocess.run(words, capture_output=True, check=False)
        assert done.returncode == 0, f"{' '.join(words)}: {done.stderr.decode(errors='replace')}"
        return done
