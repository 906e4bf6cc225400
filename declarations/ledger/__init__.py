"""Who owes what for which document, and who has paid it: double entry in whole tiyn. docs/ledger.md tells how."""
