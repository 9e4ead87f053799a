"""Campaigns against the checker: random specs judged by torch, mutated YAML, and seeded faults."""
