"""Hands: one sub-package per outside system. An activity is a thin step around a driver that knows no Temporal."""
