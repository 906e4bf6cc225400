"""The tax service: JSON of its own. Says who owes taxes; is told of exports, for the refund of VAT, and of debts."""
