"""Measurements of the running system; ``python -m bench`` runs them all."""
