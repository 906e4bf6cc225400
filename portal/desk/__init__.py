"""The officer's desk: the worklist of a post, its cases and what is done with them; and anybody's evidence."""
