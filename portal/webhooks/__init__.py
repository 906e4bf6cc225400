"""What the portal tells the programs of participants, by the Standard Webhooks specification. See docs/webhooks.md."""
