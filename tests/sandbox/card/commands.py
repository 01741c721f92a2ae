"""Commands in hexadecimal, and what a card says to them."""

from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.virtual_card import VirtualCard

SELECT = "00A4040C0AD392F000260100000001"
SELECT_CARD_INFO = "00A4040C0AD3921000310001010408"
SIGN_CERTIFICATE = "00A4020C020001"
AUTH_CERTIFICATE = "00A4020C02000A"
AUTH_KEY = "00A4020C020017"
AUTH_PIN = "00A4020C020018"
SIGN_KEY = "00A4020C02001A"
SIGN_PASSWORD = "00A4020C02001B"
CARD_INFO_PIN = "00A4020C020011"
READ = "00B0000000"
TRIES = "00200080"
RIGHT = "002000800C" + LINH.sign_password.encode().hex()
RIGHT_PIN = "0020008004" + LINH.auth_pin.encode().hex()
WRONG = "0020008006" + b"WRONG1".hex()
SIGN = "802A008003010203" + "00"


def answer(card: VirtualCard, *commands: str) -> bytes:
    """The last answer, status word and all."""
    last = b""
    for command in commands:
        last = card.process(bytes.fromhex(command))
    return last


def run(card: VirtualCard, *commands: str) -> str:
    """The last status word, in hexadecimal."""
    return answer(card, *commands)[-2:].hex().upper()


def read_file(card: VirtualCard, file: int) -> bytes:
    """The whole of a file, filler and all, in reads of 256 bytes."""
    assert run(card, f"00A4020C02{file:04X}") == "9000"
    content = b""
    while (part := answer(card, f"00B0{len(content):04X}00"))[-2:] == b"\x90\x00":
        content += part[:-2]
    assert part == b"\x6b\x00"
    return content
