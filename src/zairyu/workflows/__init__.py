"""Time and order: one durable process per file."""
