"""The bank through which payments come in and refunds go out. Its form is ours and fictitious: docs/partners.md."""
