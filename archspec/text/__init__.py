"""The text of a spec: strict YAML, read into values that know where they stand."""
