"""What partners said of participants, each answer with its age."""
