"""Judgement: pure functions over models and dated tables. No I/O, no Temporal, no today: the day is a parameter."""
