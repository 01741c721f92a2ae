"""What a virtual card's log tells of the commands it got."""

from zairyu.sandbox.card.application import ApplicationName
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.virtual_card import Exchange


def addressed(log: list[Exchange]) -> set[tuple[ApplicationName | None, int]]:
    """Which files of which applications commands have named, by identifier or by short identifier."""
    files = set()
    for exchange in log:
        command = bytes.fromhex(exchange.command.split("*")[0])
        _, instruction, p1, p2, *body = command
        if instruction == Instruction.SELECT and p1 != 0x04:
            files.add((exchange.application, int.from_bytes(body[1:3], "big")))
        elif instruction == Instruction.READ_BINARY and p1 & 0x80:
            files.add((exchange.application, p1 & 0x1F))
        elif instruction in (Instruction.VERIFY, Instruction.SIGN) and p2 != 0x80:
            files.add((exchange.application, p2 & 0x1F))
    return files
