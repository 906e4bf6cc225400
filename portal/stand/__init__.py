"""Partners that stand in for real ones: separate servers with databases of their own, and faults on demand."""
