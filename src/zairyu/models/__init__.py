"""Nouns: what things are. No I/O, no clock, no judgement."""
