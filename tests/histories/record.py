"""Record the stories afresh: `make histories`. The README beside says when that is allowed."""

import asyncio
import logging
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.histories.after_sending import SILENT, TAKING_BACK, by_hand, feed_noticed, special_period, taken_back
from tests.histories.agency_mail import agency_mail, agency_mail_continued
from tests.histories.applications import completed, continued, denied, early, window_missed, withdrawn
from tests.histories.document_requests import documents_by_hand, documents_by_post, documents_changed, documents_signed
from tests.histories.files import DIRECTORY
from tests.histories.kinds import KINDS
from tests.histories.recorder import Recorder
from tests.histories.registrations import registered, registration_continued, registration_expired
from tests.histories.stays import stay, stay_continued, stay_expired, stay_special_period
from tests.histories.terminals import terminal, terminal_continued, terminal_gone
from tests.world import World, temporal_environment
from zairyu.runtime.codec import EncryptingCodec
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import SandboxPki

_A_STORY = 120.0
"""Seconds that a story may take."""


Story = Callable[[World, Recorder], Awaitable[None]]
STORIES: Mapping[tuple[str, ...], Sequence[Story]] = {
    (): (
        completed,
        denied,
        withdrawn,
        window_missed,
        early,
        documents_by_post,
        documents_by_hand,
        documents_signed,
        documents_changed,
        special_period,
        by_hand,
        taken_back,
        feed_noticed,
        *KINDS,
        terminal,
        terminal_gone,
        stay,
        stay_special_period,
        stay_expired,
        registered,
        registration_expired,
        agency_mail,
    ),
    ("limit.historyCount.suggestContinueAsNew=40",): (
        continued,
        terminal_continued,
        stay_continued,
        registration_continued,
        agency_mail_continued,
    ),
}
"""The stories, by the flags of the server that they need."""
PROFILES: Mapping[Story, Mapping[str, Any]] = {
    documents_signed: {"supplies_are_signed": True},
    by_hand: SILENT,
    taken_back: TAKING_BACK,
}
"""What the interface's profile says otherwise in a story."""


async def main() -> None:
    """Live through every story, and replace what was recorded only when all of them came to their end."""
    # A story has its failed steps; they are no news here.
    logging.getLogger("temporalio").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        fresh = directory / "histories"
        fresh.mkdir()
        keys = KeyRing.load_or_generate(directory / "keys.json")
        pki = SandboxPki(directory / "pki")
        recorder = Recorder(EncryptingCodec(keys), fresh)
        for flags, stories in STORIES.items():
            async with temporal_environment(keys, *flags) as environment:
                for story in stories:
                    print(story.__doc__)
                    folder = directory / story.__name__
                    folder.mkdir()
                    profile = PROFILES.get(story, {})
                    async with World(environment, keys, pki, folder, **profile) as world, asyncio.timeout(_A_STORY):
                        await story(world, recorder)
        for file in fresh.iterdir():
            content = file.read_text(encoding="utf-8")
            if any(trace in content for trace in (f"@{socket.gethostname()}", str(Path.home()), name)):
                sys.exit(f"{file.name} would name this machine: mend _anonymous in tests/histories/files.py")
        for file in DIRECTORY.glob("*.json"):
            file.unlink()
        for file in fresh.iterdir():
            (DIRECTORY / file.name).write_bytes(file.read_bytes())


if __name__ == "__main__":
    asyncio.run(main())
