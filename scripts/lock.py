"""Write the hash-pinned requirements files, one per use, from pyproject.toml.

They name no package host, so that everybody installs from the one configured at home.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

_UV = Path(sysconfig.get_path("scripts")) / "uv"
_ROOT = Path(__file__).parent.parent
_NOTE = "make lock"


def main() -> None:
    """Lock what running takes first; the other files agree with it."""
    _compile("run", "pyproject.toml")
    _compile("card", "pyproject.toml", "--extra", "card", "--constraints", "requirements/run.txt")
    _compile("dev", "pyproject.toml", "--extra", "dev", "--constraints", "requirements/run.txt")
    # hatchling builds us; setuptools and wheel build pyscard.
    _compile("build", "-", source="hatchling\nsetuptools\nwheel\n")
    _compile("uv", "-", source="uv\n")


def _compile(use: str, *arguments: str, source: str | None = None) -> None:
    command: list[str | Path] = [
        _UV, "pip", "compile", *arguments, "--universal", "--python-version", "3.11", "--generate-hashes",
        "--custom-compile-command", _NOTE, "--no-annotate", "--quiet", "--output-file", f"requirements/{use}.txt",
        *sys.argv[1:],
    ]  # fmt: skip
    subprocess.run(command, input=source, text=True, check=True, cwd=_ROOT)


if __name__ == "__main__":
    main()
