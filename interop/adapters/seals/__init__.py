"""The operator of electronic seals, who tells what they tell."""
