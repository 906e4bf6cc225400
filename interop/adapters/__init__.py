"""One folder for each kind of partner that speaks a language of its own: client, messages, stub, and schema.

A client makes requests and reads replies; who sends them, when and how long to wait, is the portal's. Adapters know
nothing of each other.
"""
