"""Faults under load: ``make chaos``, or ``python -m tests.chaos``; short in ``test_chaos``."""
