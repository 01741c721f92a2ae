"""A stand-in for the outside world, for development and tests: the agency, a mailbox, a virtual card."""
