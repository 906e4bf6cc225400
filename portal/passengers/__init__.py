"""Travellers: they declare on a public page; inspectors decide, inspect, take payment and let them go."""
