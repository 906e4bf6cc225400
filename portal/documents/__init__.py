"""Documents for people: a declaration on paper (PDF), and lists for a spreadsheet (XLSX, CSV)."""
