"""What a call asks of a spec by name: one of its variants, values for its params."""

from __future__ import annotations

from archspec.diagnostics import Diagnostic, Frame, UsageError
from archspec.report import suggestion
from archspec.spec.fields import listed
from archspec.spec.model import Spec
from archspec.spec.settings import SETTINGS
from archspec.text.span import Span


def refuse_unknown_choice(spec: Spec) -> None:
    """UsageError where the spec lacks the variant that is asked of it, or a param that is to be set."""
    if spec.variant is not None and spec.variant not in spec.variants:
        known = f"its variants: {listed(spec.variants) or 'none'}"
        message = f"`{spec.file.path}` has no variant `{spec.variant}`"
        raise UsageError(message, suggestion(spec.variant, spec.variants) or known)
    names = [param.name for param in spec.file.params]
    for name, value in spec.settings.items():
        if name in names:
            continue
        title, help_ = f"`{spec.name}` has no param `{name}`", suggestion(name, names)
        written = value.span.line
        place = Span(SETTINGS, written, 1, written, len(name) + 1)
        help_ = help_ or f"its params: {listed(names) or 'none'}"
        shown = Diagnostic("E0502", title, place, help=help_) if SETTINGS in spec.texts else None
        raise UsageError(title, help_, shown, spec.texts)


def variant_frame(spec: Spec) -> Frame | None:
    """The variant that was chosen, as what leads to a mistake found under it."""
    place = next((name.span for name, _ in spec.file.variants if name.value == spec.variant), None)
    return None if place is None else Frame(f"variant `{spec.variant}`", place, "under")
