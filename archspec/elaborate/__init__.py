"""Elaboration: from the spec language to the graph, carrying shapes along."""
