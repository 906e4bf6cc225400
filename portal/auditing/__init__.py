"""The independent checker: everything stored is verified anew, and the database is believed in nothing.

`archive` reads what is stored, `dossier` works out of one declaration's papers what should be in them, `checks` compare
the two, `whole` looks at what no single declaration shows, and `run` does all of it. Nothing here goes through the code
that records (portal/recording.py, portal/pipeline.py): only its pure functions are used again. See docs/audit.md.
"""
