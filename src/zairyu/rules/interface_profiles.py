"""Interface profiles: one file for each interface to the agency, read when a process starts."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from zairyu.models.interface import InterfaceProfile

SANDBOX: Final = "sandbox"


class InterfaceProfileFaulty(Exception):
    """A profile's file cannot be read, or is not as it must be. The text says where."""


def interface_profile(name: str) -> InterfaceProfile:
    """The sandbox's profile by its name, or any other by the path of its TOML file.

    Raises:
        InterfaceProfileFaulty: there is no such file, or it is wrong.
    """
    if name == SANDBOX:
        return _read(name, (files("zairyu") / "interface_profiles" / "sandbox.toml").read_bytes())
    try:
        content = Path(name).read_bytes()
    except OSError as error:
        raise InterfaceProfileFaulty(f"{name}: {error.strerror}") from None
    profile = _read(name, content)
    if profile.name == SANDBOX:
        raise InterfaceProfileFaulty(f"{name}: only the sandbox's own profile is called {SANDBOX}")
    return profile


def _read(name: str, content: bytes) -> InterfaceProfile:
    try:
        return InterfaceProfile.model_validate(tomllib.loads(content.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InterfaceProfileFaulty(f"{name}: {error}") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise InterfaceProfileFaulty(f"{name}: {faults}") from None
