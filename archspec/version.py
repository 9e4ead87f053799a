"""The version, in one place: the build, `--version` and the headers of generated files read it here."""

VERSION = "0.1.0"
