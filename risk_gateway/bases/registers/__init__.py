"""What registers of other authorities said of the numbers that declarations name, each answer with its age."""
