"""What a traveller declares: the document, its rules, what may be brought free, and what is to be paid."""
