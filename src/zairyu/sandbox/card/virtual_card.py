"""A My Number card in software: the JPKI application as clients of the real one have observed it.

Sources: soltia48/myna-card for the status words, the counters and the life of a verified PIN; OpenSC
(`card-jpki.c`) and jpki/myna for files and commands; lulitech-dev/jpki-signer-android for the length of VERIFY.
Where they disagree, `Behaviour` has a switch.
"""

import json
import threading
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.serialization import Encoding

from zairyu.sandbox.card.pki import CardCredentials, Credential

ATR: Final = bytes.fromhex("3BE000FF8131FE4514")
"""Of a contact card (OpenSC's table)."""

_AID: Final = bytes.fromhex("D392F000260100000001")
_CURRENT_FILE: Final = 0x80
_MOST_DATA_TO_SIGN: Final = 245


class _File(IntEnum):
    SIGN_CERTIFICATE = 0x0001
    SIGN_CA_CERTIFICATE = 0x0002
    TOKEN = 0x0006
    PRESENCE = 0x0008
    AUTH_CERTIFICATE = 0x000A
    AUTH_CA_CERTIFICATE = 0x000B
    AUTH_KEY = 0x0017
    AUTH_PIN = 0x0018
    SIGN_KEY = 0x001A
    SIGN_PASSWORD = 0x001B


class _Status(IntEnum):
    OK = 0x9000
    MORE_DATA = 0x6100
    WRONG_PIN = 0x63C0
    WRONG_LENGTH = 0x6700
    NOT_A_DATA_FILE = 0x6981
    NOT_VERIFIED = 0x6982
    BLOCKED = 0x6984
    WRONG_DATA_SIZE = 0x6985
    NO_FILE_SELECTED = 0x6986
    NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    NO_SUCH_PIN = 0x6A88
    WRONG_OFFSET = 0x6B00
    UNKNOWN_INSTRUCTION = 0x6D00
    UNKNOWN_CLASS = 0x6E00
    NO_DIAGNOSIS = 0x6F00


class PullMoment(Enum):
    """When, during a VERIFY, the card leaves the reader."""

    BEFORE_COUNTING = "BEFORE_COUNTING"
    AFTER_COUNTING = "AFTER_COUNTING"


class PulledOutError(Exception):
    """The card left the reader during a command: there is no answer."""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What differs between cards in circulation."""

    token_name: str = "JPKIAPICCTOKEN2"  # noqa: S105
    """`JPKIAPICCTOKEN` for a Juki card, `JPKIAPGPSETOKEN` for Android, `JPKIAPIOSTOKEN` for an iPhone."""
    has_sign_certificate: bool = True
    """Holders under 15 have none."""
    fails_first_command: bool = False
    """The first command after power-up is answered 6F00."""
    select_clears: bool = False
    """Selecting the application ends the verified state."""
    warm_reset_clears: bool = False
    """A warm reset ends the verified state; without it, only a loss of power does."""
    chains_answers: bool = False
    """Answers with data are announced by 61xx and fetched by GET RESPONSE."""
    most_per_read: int = 256
    """Bytes; a stack may give fewer than asked for."""


class TryCounters:
    """The counters of wrong tries, kept in a file: neither power nor a restart gives tries back."""

    _FULL: Final = {_File.AUTH_PIN.name: 3, _File.SIGN_PASSWORD.name: 5}

    def __init__(self, file: Path) -> None:
        self._file = file

    def left(self, pin: str) -> int:
        """How many tries a PIN has left."""
        return self._all()[pin]

    def count_one(self, pin: str) -> None:
        """Use up one try."""
        counters = self._all()
        self._write({**counters, pin: max(0, counters[pin] - 1)})

    def restore(self, pin: str) -> None:
        """Give a PIN its full number of tries."""
        self._write({**self._all(), pin: self._FULL[pin]})

    def _all(self) -> dict[str, int]:
        if not self._file.exists():
            return dict(self._FULL)
        return {**self._FULL, **json.loads(self._file.read_text())}

    def _write(self, counters: dict[str, int]) -> None:
        draft = self._file.with_name(f".{self._file.name}")
        draft.write_text(json.dumps(counters))
        draft.replace(self._file)


@dataclass(frozen=True)
class Exchange:
    """One line of the card's log."""

    command: str
    """Hexadecimal; the body of a command that carries a PIN is masked."""
    status: int | None
    """Nothing when the card was gone before it answered."""

    @property
    def presents_pin(self) -> bool:
        """Whether this was a VERIFY with a PIN in it."""
        return "**" in self.command


@dataclass
class _Volatile:
    """What a loss of power clears."""

    is_first_command: bool = True
    in_application: bool = False
    file: int | None = None
    verified: set[_File] = field(default_factory=set)
    waiting: bytes = b""


@dataclass(frozen=True)
class _Command:
    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    le: int | None

    @classmethod
    def parse(cls, apdu: bytes) -> "_Command | None":
        """Read a short APDU; nothing when its length is wrong, or extended."""
        if len(apdu) < 4:
            return None
        cla, ins, p1, p2, *_ = apdu
        body = apdu[4:]
        if len(body) <= 1:
            return cls(cla, ins, p1, p2, b"", (body[0] or 256) if body else None)
        length = body[0]
        if length == 0 or len(body) not in (1 + length, 2 + length):
            return None
        le = (body[-1] or 256) if len(body) == 2 + length else None
        return cls(cla, ins, p1, p2, body[1 : 1 + length], le)


class VirtualCard:
    """One card. A reader gives it power and commands."""

    def __init__(
        self,
        credentials: CardCredentials,
        *,
        sign_password: str,
        auth_pin: str,
        tries: TryCounters,
        behaviour: Behaviour,
    ) -> None:
        """Personalise the card."""
        self._behaviour = behaviour
        self._tries = tries
        self._pins = {_File.SIGN_PASSWORD: sign_password.encode(), _File.AUTH_PIN: auth_pin.encode()}
        self._keys = {
            _File.SIGN_KEY: (credentials.sign, _File.SIGN_PASSWORD),
            _File.AUTH_KEY: (credentials.auth, _File.AUTH_PIN),
        }
        self._data = _data_files(credentials, behaviour)
        self._now = _Volatile()
        self._one_at_a_time = threading.Lock()
        self.pull_during_verify: PullMoment | None = None
        """At the next VERIFY the card leaves the reader, once."""
        self.log: list[Exchange] = []
        """Every command since the card was made, PINs masked."""

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return ATR

    @property
    def sign_tries_left(self) -> int:
        """The counter of the signature password, as it stands in the card's memory."""
        return self._tries.left(_File.SIGN_PASSWORD.name)

    @property
    def pins_presented(self) -> int:
        """How many times a PIN reached the card."""
        return sum(exchange.presents_pin for exchange in self.log)

    @property
    def is_unlocked(self) -> bool:
        """Whether a PIN is verified now, so that whoever reaches the card may use what it protects."""
        return bool(self._now.verified)

    def power_on(self) -> None:
        """Take power from the reader."""
        self._now = _Volatile()

    def power_off(self) -> None:
        """Lose power."""
        self._now = _Volatile()

    def reset(self) -> None:
        """Warm reset: selections end, the verified state as the behaviour says."""
        keeps = set() if self._behaviour.warm_reset_clears else self._now.verified
        self._now = _Volatile(verified=keeps)

    def unblock(self) -> None:
        """Give all tries back, as the municipal office does together with a new password."""
        for pin in self._pins:
            self._tries.restore(pin.name)

    def process(self, apdu: bytes) -> bytes:
        """Carry out one command.

        Returns:
            The answer, with its two status bytes.

        Raises:
            PulledOutError: The card left the reader during the command.
        """
        with self._one_at_a_time:
            status: int | None = None
            try:
                data, status = self._answer(apdu)
            finally:
                self.log.append(Exchange(_masked(apdu), status))
            return data + status.to_bytes(2, "big")

    def _answer(self, apdu: bytes) -> tuple[bytes, int]:
        is_first, self._now.is_first_command = self._now.is_first_command, False
        if is_first and self._behaviour.fails_first_command:
            return b"", _Status.NO_DIAGNOSIS
        command = _Command.parse(apdu)
        if command is None:
            return b"", _Status.WRONG_LENGTH
        data, status = self._dispatch(command)
        if data and self._behaviour.chains_answers and command.ins != 0xC0:
            self._now.waiting = data
            return b"", _Status.MORE_DATA | len(data) & 0xFF
        return data, status

    def _dispatch(self, command: _Command) -> tuple[bytes, int]:
        match command.cla, command.ins:
            case 0x00, 0xA4:
                return b"", self._select(command)
            case 0x00, 0xB0:
                return self._read(command)
            case 0x00, 0x20:
                return b"", self._verify(command)
            case 0x80, 0x2A:
                return self._sign(command)
            case 0x00, 0xC0:
                waiting, self._now.waiting = self._now.waiting, b""
                return waiting[: command.le], _Status.OK
            case 0x00 | 0x80, _:
                return b"", _Status.UNKNOWN_INSTRUCTION
            case _:
                return b"", _Status.UNKNOWN_CLASS

    def _select(self, command: _Command) -> int:
        if command.p1 == 0x04:
            if command.data != _AID:
                return _Status.NOT_FOUND
            self._now.in_application, self._now.file = True, None
            if self._behaviour.select_clears:
                self._now.verified.clear()
            return _Status.OK
        if command.p1 != 0x02 or command.p2 != 0x0C:
            return _Status.WRONG_PARAMETERS
        file = int.from_bytes(command.data, "big")
        if not self._now.in_application or not self._exists(file):
            return _Status.NOT_FOUND
        self._now.file = file
        return _Status.OK

    def _read(self, command: _Command) -> tuple[bytes, int]:
        if command.p1 & 0x80:
            file, offset = self._short_file(command.p1 & 0x1F), command.p2
        else:
            file, offset = self._now.file, command.p1 << 8 | command.p2
        if file is None:
            return b"", _Status.NO_FILE_SELECTED
        if file not in self._data:
            return b"", _Status.NOT_A_DATA_FILE
        if file == _File.SIGN_CERTIFICATE and _File.SIGN_PASSWORD not in self._now.verified:
            return b"", _Status.NOT_VERIFIED
        content = self._data[file]
        if offset >= len(content):
            return b"", _Status.WRONG_OFFSET
        length = min(command.le or 0, self._behaviour.most_per_read)
        return content[offset : offset + length], _Status.OK

    def _verify(self, command: _Command) -> int:
        file = self._addressed(command.p2)
        pin = next((pin for pin in self._pins if pin == file), None)
        if command.p1 != 0x00:
            return _Status.WRONG_PARAMETERS
        if pin is None:
            return _Status.NO_SUCH_PIN
        left = self._tries.left(pin.name)
        if not command.data:
            # A question for the counter, of exactly four bytes. A verified PIN does not change the answer.
            return _Status.WRONG_LENGTH if command.le is not None else _Status.WRONG_PIN | left
        if left == 0:
            return _Status.BLOCKED
        pulled, self.pull_during_verify = self.pull_during_verify, None
        if pulled is PullMoment.BEFORE_COUNTING:
            raise PulledOutError
        # The try is counted before the comparison, so that cutting the power gives no free guess.
        self._tries.count_one(pin.name)
        if pulled is PullMoment.AFTER_COUNTING:
            raise PulledOutError
        if command.data != self._pins[pin]:
            self._now.verified.discard(pin)
            return _Status.WRONG_PIN | left - 1
        self._tries.restore(pin.name)
        self._now.verified.add(pin)
        return _Status.OK

    def _sign(self, command: _Command) -> tuple[bytes, int]:
        if command.p1 != 0x00:
            return b"", _Status.WRONG_PARAMETERS
        file = self._addressed(command.p2)
        key = next((key for key in self._keys if key == file), None)
        if key is None:
            return b"", _Status.NO_FILE_SELECTED
        credential, pin = self._keys[key]
        if pin not in self._now.verified:
            return b"", _Status.NOT_VERIFIED
        if not 0 < len(command.data) <= _MOST_DATA_TO_SIGN:
            return b"", _Status.WRONG_DATA_SIZE
        # Whatever comes is padded and signed; it is the sender who makes a DigestInfo of it.
        return credential.key.sign(command.data, PKCS1v15(), NoDigestInfo()), _Status.OK

    def _exists(self, file: int) -> bool:
        return file in self._data or file in self._pins or file in self._keys

    def _addressed(self, p2: int) -> int | None:
        """The file that P2 names: the selected one, or a short identifier."""
        return self._now.file if p2 == _CURRENT_FILE else self._short_file(p2 & 0x1F)

    def _short_file(self, identifier: int) -> int | None:
        return identifier if self._now.in_application and self._exists(identifier) else None


def _data_files(credentials: CardCredentials, behaviour: Behaviour) -> dict[int, bytes]:
    def der(credential: Credential) -> bytes:
        return credential.certificate.public_bytes(Encoding.DER)

    files: dict[int, bytes] = {
        _File.SIGN_CA_CERTIFICATE: credentials.sign_ca.public_bytes(Encoding.DER),
        _File.TOKEN: behaviour.token_name.encode().ljust(32).ljust(160, b"\x00"),
        _File.PRESENCE: b"\x8f\x8f\x00" if behaviour.has_sign_certificate else b"\x00\x8f\x00",
        _File.AUTH_CERTIFICATE: der(credentials.auth),
        _File.AUTH_CA_CERTIFICATE: credentials.auth_ca.public_bytes(Encoding.DER),
    }
    if behaviour.has_sign_certificate:
        files[_File.SIGN_CERTIFICATE] = der(credentials.sign)
    return files


def _masked(apdu: bytes) -> str:
    if len(apdu) > 5 and apdu[1] in (0x20, 0x24):
        return apdu[:5].hex().upper() + "**" * (len(apdu) - 5)
    return apdu.hex().upper()
