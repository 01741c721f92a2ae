"""A My Number card in software, as clients of the real one have observed it.

Sources: soltia48/myna-card for the status words, the counters and the life of a verified PIN; OpenSC
(`card-jpki.c`) and jpki/myna for files and commands; lulitech-dev/jpki-signer-android for the length of VERIFY.
Where they disagree, `Behaviour` has a switch.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from zairyu.sandbox.card.application import ApplicationName, DataFile, Pin, SigningKey
from zairyu.sandbox.card.behaviour import Behaviour, Token
from zairyu.sandbox.card.card_info_application import card_info_application
from zairyu.sandbox.card.iso7816 import Command, Instruction, StatusWord, masked
from zairyu.sandbox.card.jpki_application import jpki_application
from zairyu.sandbox.card.pki import CardCredentials
from zairyu.sandbox.card.power import PowerCycle, Refused
from zairyu.sandbox.card.pull import PullAt, PulledOutError, PullMoment
from zairyu.sandbox.card.signing_scheme import SigningScheme
from zairyu.sandbox.card.tries import PinName, TryCounters

_MOST_IN_A_STATUS: Final = 0x100
"""Bytes; one byte of a status word tells up to 256."""


@dataclass(frozen=True)
class Exchange:
    """One line of the card's log."""

    command: str
    """Hexadecimal; a PIN in it is masked."""
    status: int | None
    """Nothing when the card was gone before it answered."""
    application: ApplicationName | None
    """The one that is selected after the command."""
    file: int | None
    """The one that is current after the command."""

    @property
    def instruction(self) -> int:
        """The second byte of the command; 0, which none has, when there is no second byte."""
        return int(self.command[2:4] or "0", 16)

    @property
    def presents_pin(self) -> bool:
        """Whether this was a VERIFY with a PIN in it."""
        return self.instruction == Instruction.VERIFY and "**" in self.command


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
        """Personalise the card.

        Args:
            credentials: Its keys and certificates.
            sign_password: 6 to 16 capitals and digits.
            auth_pin: Four digits, which the holder chose for the card-info application too, as most do.
            tries: Its memory of wrong tries.
            behaviour: What kind of card.
        """
        applications = [jpki_application(credentials, behaviour, sign_password=sign_password, auth_pin=auth_pin)]
        if behaviour.token_name == Token.MY_NUMBER_CARD:
            applications.append(card_info_application(credentials.holder, auth_pin))
        self._applications = {application.aid: application for application in applications}
        self._behaviour = behaviour
        self._tries = tries
        self._power = PowerCycle()
        self._one_at_a_time = threading.Lock()
        self.pull_during_verify: PullMoment | None = None
        """At the next VERIFY with a PIN the card leaves the reader, once."""
        self.pull_at: PullAt | None = None
        """At this command the card leaves the reader, once."""
        self.log: list[Exchange] = []
        """Every command since the card was made, PINs masked."""

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return bytes.fromhex(self._behaviour.atr)

    @property
    def tries_left(self) -> Mapping[PinName, int]:
        """The counters as they stand in the card's memory."""
        return {pin: self._tries.left(pin) for pin in PinName}

    @property
    def sign_tries_left(self) -> int:
        """The counter of the signature password."""
        return self._tries.left(PinName.SIGN_PASSWORD)

    @property
    def pins_presented(self) -> int:
        """How many times a PIN reached the card."""
        return sum(exchange.presents_pin for exchange in self.log)

    @property
    def is_unlocked(self) -> bool:
        """Whether a PIN is verified now, so that whoever reaches the card may use what it protects."""
        return bool(self._power.verified)

    @property
    def is_at_work(self) -> bool:
        """Whether it carries out a command now."""
        return self._one_at_a_time.locked()

    def power_on(self) -> None:
        """Take power from the reader."""
        self._begin(PowerCycle())

    def power_off(self) -> None:
        """Lose power. A command under way gets no answer."""
        self._begin(PowerCycle())

    def reset(self) -> None:
        """Warm reset: selections end, the verified state as the behaviour says."""
        keeps = set() if self._behaviour.warm_reset_clears else set(self._power.verified)
        self._begin(PowerCycle(is_fresh=False, verified=keeps))

    def block(self) -> None:
        """Use up all tries of the signature password."""
        self._tries.exhaust(PinName.SIGN_PASSWORD)

    def unblock(self) -> None:
        """Give all tries back, as the municipal office does together with a new password."""
        for pin in PinName:
            self._tries.restore(pin)

    def process(self, apdu: bytes) -> bytes:
        """Carry out one command.

        Returns:
            The answer, with its two status bytes.

        Raises:
            NoAnswerError: The card left the reader, or lost its power, during the command.
        """
        power = self._power
        with self._one_at_a_time:
            status: int | None = None
            try:
                data, status = self._answer(power, apdu)
            finally:
                name = power.application.name if power.application else None
                self.log.append(Exchange(masked(apdu), status, name, power.file))
            return data + status.to_bytes(2, "big")

    def _begin(self, power: PowerCycle) -> None:
        self._power.end()
        self._power = power

    def _answer(self, power: PowerCycle, apdu: bytes) -> tuple[bytes, int]:
        power.work(self._behaviour.delay)
        is_fresh, power.is_fresh = power.is_fresh, False
        if is_fresh and self._behaviour.fails_first_command:
            return b"", StatusWord.NO_DIAGNOSIS
        command = Command.parse(apdu, extended=self._behaviour.takes_extended_length)
        if command is None:
            return b"", StatusWord.WRONG_LENGTH
        self._leave_if_told(command)
        if (command.cla, command.ins) == (0x00, Instruction.GET_RESPONSE):
            return self._get_response(power, command)
        power.waiting = b""
        try:
            data = self._carry_out(power, command)
        except Refused as refused:
            return b"", refused.status
        if self._behaviour.chains_answers:
            power.waiting, data = data, b""
        return data, power.status()

    def _leave_if_told(self, command: Command) -> None:
        if self.pull_at is None or self.pull_at.instruction != command.ins:
            return
        if self.pull_at.nth > 1:
            self.pull_at = replace(self.pull_at, nth=self.pull_at.nth - 1)
            return
        self.pull_at = None
        raise PulledOutError

    def _get_response(self, power: PowerCycle, command: Command) -> tuple[bytes, int]:
        if not power.waiting or command.le is None:
            return b"", StatusWord.CONDITIONS
        data, power.waiting = power.waiting[: command.le], power.waiting[command.le :]
        return data, power.status()

    def _carry_out(self, power: PowerCycle, command: Command) -> bytes:
        match command.cla, command.ins:
            case 0x00, Instruction.SELECT:
                self._select(power, command)
            case 0x00, Instruction.VERIFY:
                self._verify(power, command)
            case 0x80, Instruction.LAST_COMMAND:
                self._hear_last_command(command)
            case 0x00, Instruction.READ_BINARY:
                return self._read(power, command)
            case 0x80, Instruction.SIGN:
                return self._sign(power, command)
            case 0x00 | 0x80, _:
                raise Refused(StatusWord.UNKNOWN_INSTRUCTION)
            case _:
                raise Refused(StatusWord.UNKNOWN_CLASS)
        return b""

    def _select(self, power: PowerCycle, command: Command) -> None:
        match command.p1, command.p2:
            case 0x04, _:
                self._select_application(power, command.data)
            case 0x02, 0x0C:
                power.select_file(int.from_bytes(command.data, "big"))
            case 0x00, 0x00 if power.application and not command.data:
                # Misleading, but observed: it says yes and does nothing.
                pass
            case _:
                raise Refused(StatusWord.WRONG_PARAMETERS)

    def _select_application(self, power: PowerCycle, aid: bytes) -> None:
        if aid not in self._applications:
            raise Refused(StatusWord.NOT_FOUND)
        power.application, power.file = self._applications[aid], None
        if self._behaviour.select_clears:
            power.verified.clear()

    def _read(self, power: PowerCycle, command: Command) -> bytes:
        if command.le is None:
            raise Refused(StatusWord.WRONG_LENGTH)
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            power.select_short(command.p1)
            offset = command.p2
        file = power.current()
        if not isinstance(file, DataFile):
            raise Refused(StatusWord.WRONG_KIND_OF_FILE)
        if file.pin and file.pin not in power.verified:
            raise Refused(StatusWord.NOT_VERIFIED)
        if offset >= len(file.content):
            raise Refused(StatusWord.WRONG_OFFSET)
        length = min(command.le, self._behaviour.most_per_read, len(file.content) - offset)
        self._require_le(command, length)
        return file.content[offset : offset + length]

    def _verify(self, power: PowerCycle, command: Command) -> None:
        if command.p1 != 0x00:
            raise Refused(StatusWord.WRONG_PARAMETERS)
        power.address(command.p2)
        pin = power.current()
        if not isinstance(pin, Pin):
            raise Refused(StatusWord.NO_SUCH_PIN)
        if not command.data:
            # A question for the counter, of exactly four bytes. A verified PIN does not change the answer.
            raise Refused(
                StatusWord.WRONG_PIN | self._tries.left(pin.name) if command.le is None else StatusWord.WRONG_LENGTH
            )
        moment, self.pull_during_verify = self.pull_during_verify, None
        if moment is PullMoment.BEFORE_COUNTING:
            raise PulledOutError
        # The try is counted before the comparison, so that cutting the power gives no free guess.
        left = self._tries.spend(pin.name)
        if moment is PullMoment.AFTER_COUNTING:
            raise PulledOutError
        if left is None:
            raise Refused(self._behaviour.blocked_status)
        if command.data != pin.secret:
            power.verified.discard(pin)
            raise Refused(StatusWord.WRONG_PIN | left)
        self._tries.restore(pin.name)
        power.verified.add(pin)

    def _sign(self, power: PowerCycle, command: Command) -> bytes:
        try:
            scheme = SigningScheme(command.p1)
        except ValueError:
            raise Refused(StatusWord.WRONG_PARAMETERS) from None
        power.address(command.p2)
        key = power.current()
        if not isinstance(key, SigningKey):
            raise Refused(StatusWord.WRONG_KIND_OF_FILE)
        if key.pin not in power.verified:
            raise Refused(StatusWord.NOT_VERIFIED)
        size = key.key.key_size // 8
        self._require_le(command, size)
        if not command.data or (command.le or 0) < size:
            raise Refused(StatusWord.WRONG_LENGTH)
        if not scheme.takes(command.data, key.key):
            raise Refused(StatusWord.CONDITIONS)
        power.work(self._behaviour.signing_delay)
        return scheme.sign(command.data, key.key)

    def _hear_last_command(self, command: Command) -> None:
        bare = (command.p1, command.p2, command.data, command.le) == (0x00, 0x00, b"", None)
        if not bare or self._behaviour.token_name != Token.IPHONE:
            raise Refused(StatusWord.WRONG_LENGTH)

    def _require_le(self, command: Command, right: int) -> None:
        if self._behaviour.corrects_le and command.le != right and right <= _MOST_IN_A_STATUS:
            raise Refused(StatusWord.RIGHT_LE | right & 0xFF)
