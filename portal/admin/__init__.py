"""Administration: officials, posts, participants, powers of attorney, reference data, and whether all is well.

Nothing here reads what was declared: no document, no goods, no values, and no registration number.
"""
