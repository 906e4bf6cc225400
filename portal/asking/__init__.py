"""Asking partners about participants: within a time budget, beside the requests, and never taking silence for "no"."""
