"""Telling the watch over a stay."""
