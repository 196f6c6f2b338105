"""What each page is given: the agreement between the read queries and the templates.

Flat, frozen values. Codes stay codes (the templates name them in the reader's language), times are
aware UTC datetimes, and every text in here has already passed ``Scope``: a template shows what it
is given and decides nothing about who may see it.
"""
