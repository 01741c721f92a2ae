"""`python -m zairyu` is the command `zairyu`."""

from zairyu.cli import main

main()
