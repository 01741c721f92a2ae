"""A virtual My Number card: test PKI, the card itself, and its way into a PC/SC reader."""
