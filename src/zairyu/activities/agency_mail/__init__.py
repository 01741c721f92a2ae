"""The agency's mails: a mailbox, the proof of the sender, the news for the application."""
