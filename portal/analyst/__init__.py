"""The analyst's desk: profiles from their first draft to their end, and what shows whether they are worth it."""
