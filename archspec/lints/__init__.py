"""What reviewers of architectures look for: nets that run, and are probably not what was meant.

A lint is a function from a body, seen with its readers, to findings; each has its reason and reference in the catalogue
of codes. A comment on the line switches one off, `# archspec: ignore[W0604]`; so does `check --ignore W0604`.
"""

from archspec.lints.run import switched_on, warn_of_habits

__all__ = ["switched_on", "warn_of_habits"]
