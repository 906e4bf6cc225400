"""What is done with a declaration after it was lodged: by officers, by its declarant, and by time.

`model` has the shapes, `work.CaseWork` is what pages call, `moving.make_move` is the one way in which a status changes.
"""
