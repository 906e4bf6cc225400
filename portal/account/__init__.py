"""A participant's account: own record, tokens, what it was told, and webhooks. See docs/account.md."""
