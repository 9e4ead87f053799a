"""A spec's tree with its variant and settings applied: a spec of its own, without variants and parent."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.spec.model import Spec
from archspec.spec.yaml_text import flow
from archspec.text.source import Entry, MapValue, ScalarValue, Value
from archspec.text.span import Span


def resolved(spec: Spec) -> MapValue:
    """The merged tree, each param's default replaced by what the variant, then `--set`, says.

    `expect` stays where it holds: the base's for the base, a variant's for that variant, none under settings. So does
    `weights`, which speaks for the base alone.
    """
    entries = (Entry(e.key, value) for e in spec.file.tree.entries if (value := _section(e, spec)) is not None)
    return MapValue(tuple(entries), spec.file.tree.span)


def _section(entry: Entry, spec: Spec) -> Value | None:
    key, value = entry.key.text, entry.value
    if key in ("variants", "extends"):
        return None
    if key == "weights" and (spec.variant is not None or spec.settings):
        return None
    if key == "params" and isinstance(value, MapValue):
        return _with_defaults(value, _overrides(spec))
    if key == "name":
        return _scalar(spec.name, value.span)
    if key == "expect" and isinstance(value, MapValue):
        return _expectations(value, spec)
    return value


def _overrides(spec: Spec) -> Mapping[str, Value]:
    variant = next((values for name, values in spec.file.variants if name.value == spec.variant), None)
    said = {e.key.text: e.value for e in variant.entries} if variant else {}
    return {**said, **spec.settings}


def _with_defaults(params: MapValue, overrides: Mapping[str, Value]) -> MapValue:
    return MapValue(
        tuple(Entry(e.key, _with_default(e.value, overrides.get(e.key.text))) for e in params.entries), params.span
    )


def _with_default(declared: Value, override: Value | None) -> Value:
    """`open int = 1000` with another value behind the `=`; its place is that of the new value."""
    if override is None or not isinstance(declared, ScalarValue):
        return declared
    kind = declared.text.partition("=")[0].rstrip()
    return _scalar(f"{kind} = {flow(override)}", override.span)


def _expectations(value: MapValue, spec: Spec) -> Value | None:
    if spec.settings:
        return None
    if spec.variant is None:
        return MapValue(tuple(e for e in value.entries if e.key.text != "variants"), value.span)
    variants = value.get("variants")
    return variants.get(spec.variant) if isinstance(variants, MapValue) else None


def _scalar(text: str, span: Span) -> ScalarValue:
    return ScalarValue(text, span, text, False)
