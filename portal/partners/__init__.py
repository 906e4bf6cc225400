"""Administration of partners, and the log of who asked about whom.

An administrator sees how the exchange goes and what a policy lets leave, of a sample; never a violation, nor whom it is
about. Whom partners asked about is for the auditor.
"""
