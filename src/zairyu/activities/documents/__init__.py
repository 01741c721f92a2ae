"""Documents: the encrypted blob store."""
