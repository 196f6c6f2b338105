"""The hub's own tables: every key, what it means and what it is when nothing is said.

``config.example.toml`` says the same to people; a test keeps the two equal.
"""
