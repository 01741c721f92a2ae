"""The ids of patches: which way a process goes that began before a change."""

AFTER_SENDING = "2026-11-21-after-sending"
"""What came with it: other sources than the interface, manual steps, the special period's own mails, search attributes
for the pollers. Goes, with its recordings, when no process that began before this release is open."""
