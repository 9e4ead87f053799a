"""The command line: one verb per command; it parses, calls the pipeline and prints."""
