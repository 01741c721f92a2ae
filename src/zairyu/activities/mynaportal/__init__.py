"""The Mynaportal application API: wire format, client, activities."""
