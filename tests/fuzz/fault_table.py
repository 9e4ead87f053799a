"""Faults to be seeded, one line each: where, what stands there, what is put instead, and the tests that cover it."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """`old` stands in the file once; `tests` are pytest's arguments, the quickest first, -k last; `why` explains a survivor."""

    area: str
    file: str
    old: str
    new: str
    tests: str
    why: str = ""


OPS = "test_ops_contract.py -k"
SOURCE = "test_source.py test_golden_errors.py"
BLOCKS = "test_language_blocks.py test_language_repetition.py test_language_params.py"
CODE = "test_random_specs.py::test_what_once_failed test_random_specs.py::test_random_specs test_codegen.py"
PASSES = "test_passes.py test_random_specs.py::test_random_specs test_zoo.py"

FAULTS = (
    # the checker: ops and sizes
    Fault("checker", "ops/conv.py", "larger = max(stride, dilation)", "larger = min(stride, dilation)", f"{OPS} conv_transpose2d"),
    Fault("checker", "ops/conv.py", "return (x.dims[2 + axis] - 1) * stride + trim", "return x.dims[2 + axis] * stride + trim", f"{OPS} conv_transpose2d"),
    Fault("checker", "ops/conv.py", 'elif self.padding != "tf_same":', 'elif self.padding == "tf_same":', f"{OPS} conv2d"),
    Fault("checker", "ops/pool.py", "return self.kernel if self.stride is None else self.stride", "return 1 if self.stride is None else self.stride", f"{OPS} pool2d"),
    Fault("checker", "ops/norm.py", "values = inputs[0].channels // self.groups * prod(inputs[0].dims[2:])", "values = inputs[0].channels * prod(inputs[0].dims[2:])", "test_golden_errors.py -k one_value"),
    Fault("checker", "ops/join.py", "total = total + x.dims[along]", "total = x.dims[along]", f"{OPS} concat"),
    Fault("checker", "ops/join.py", "if size == 1 and (gates or (axis == 0 and rows)):", "if size == 1:", "test_golden_errors.py -k broadcast"),
    Fault("checker", "ops/join.py", "int(self.axis not in inputs[0].axes),", "int(self.axis in inputs[0].axes),", f"{OPS} stack"),
    Fault("checker", "ops/shape.py", "return (x.replace(at, x.dims[at] // parts),) * parts", "return (x.replace(at, x.dims[at] // parts),) * 2", f"{OPS} split"),
    Fault("checker", "ops/shape.py", "return Shape(x.dims[:at] + x.dims[at + 1 :], x.axes[:at] + x.axes[at + 1 :])", "return Shape(x.dims[:at] + x.dims[at + 1 :], x.axes[:-1])", "test_ops_options.py test_language_edges.py"),
    Fault("checker", "ops/linear.py", "int(x.axes[-1] in labels and x.rank > 1),", "int(x.axes[-1] in labels or x.rank > 1),", "test_golden_errors.py test_ops_contract.py -k linear"),
    Fault("checker", "ops/resize.py", "return Shape((*x.dims[:2], x.dims[2] * rows, x.dims[3] * columns), x.axes)", "return Shape((*x.dims[:2], x.dims[2] * columns, x.dims[3] * rows), x.axes)", f"{OPS} upsample2d"),
    Fault("checker", "ops/pad.py", 'margin = 1 if self.mode == "reflect" else 0', "margin = 0", f"{OPS} pad2d"),
    Fault("checker", "ops/pad.py", '(extra // 2, (extra + 1) // 2) if self.place == "both" else (0, extra)', "(extra // 2, (extra + 1) // 2)", "test_ops_options.py"),
    Fault("checker", "ops/spatial.py", "return dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1", "return dilation[0] * (kernel[0] - 1) + 1, dilation[0] * (kernel[1] - 1) + 1", f"{OPS} conv2d"),
    Fault("checker", "ops/spatial.py", "return (size + (divisor - 1)) // divisor", "return size // divisor", f"{OPS} conv2d"),
    Fault("checker", "ops/spatial.py", "offset = 2 * padding - (", "offset = padding - (", f"{OPS} conv2d"),
    Fault("checker", "ops/spatial.py", "offset = min(offset + stride - 1, padding - 1)", "offset = offset + stride - 1", f"{OPS} pool2d"),
    Fault("checker", "shapes.py", "BATCHES = (2, 3)", "BATCHES = (2,)", "test_golden_errors.py -k batch"),
    Fault("checker", "shapes.py", "total += coefficient * value", "total += value", "test_sizes.py test_formulas.py"),
    Fault("checker", "passes/sizes.py", "settled = max([start, *(s + 1 for s in low)])", "settled = start", "test_sizes.py", "no difference: all residues of a size have one slope, so spans with an end and without do not meet"),
    # the checker: the language
    Fault("checker", "elaborate/calls.py", "if op.ranks is not None and operand.shape.rank not in op.ranks:", "if False and operand.shape.rank not in op.ranks:", "test_golden_errors.py"),
    Fault("checker", "elaborate/calls.py", "if len(self._active) < MAX_DEPTH:", "if len(self._active) <= MAX_DEPTH:", "test_bounds.py"),
    Fault("checker", "elaborate/calls.py", "if ref in self._active:", "if False:", "test_golden_errors.py -k ring"),
    Fault("checker", "elaborate/repeats.py", "number = count - index if not varies and index > 0 and following == operands else 1", "number = count - index if index > 0 and following == operands else 1", BLOCKS),
    Fault("checker", "elaborate/repeats.py", "if None in shapes:", "if False:", "test_golden_errors.py -k outputs"),
    Fault("checker", "elaborate/params.py", "return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else _WRONG", "return float(value) if isinstance(value, int | float) else _WRONG", "test_language_params.py test_language_blocks.py"),
    Fault("checker", "elaborate/ties.py", "if shape != own[name]:", "if False:", "test_golden_errors.py -k tied"),
    Fault("checker", "elaborate/items.py", "if place.branch or first is None:", "if first is None:", "test_language_blocks.py test_language_edges.py test_golden_errors.py"),
    Fault("checker", "elaborate/items.py", "if len(sources) > 1:", "if len(sources) > 2:", "test_golden_errors.py -k container"),
    Fault("checker", "elaborate/steps.py", "joined = step.join and isinstance(called.target, Op) and called.target.inputs is None", "joined = False", "test_language_naming.py test_zoo.py"),
    Fault("checker", "elaborate/steps.py", "if joins and len(step.sources) == 1 and (step.missing or step.join):", "if joins and len(step.sources) == 1 and step.missing:", "test_language_blocks.py test_random_specs.py::test_what_once_failed test_random_specs.py::test_random_specs"),
    Fault("checker", "elaborate/body.py", 'return name if count == 1 else f"{name}#{count}"', "return name", "test_language_naming.py test_random_specs.py::test_random_specs"),
    Fault("checker", "elaborate/body.py", "unknown = bool(result.wires) and result.wires[0].shape is None and not result.names", "unknown = False", "test_language_naming.py"),
    Fault("checker", "elaborate/paths.py", "self._claimed.setdefault(folded, (name, span))", "pass", "test_language_naming.py"),
    Fault("checker", "elaborate/rows.py", "if not isinstance(option.value, list | tuple) or len(option.value) > MAX_ROWS:", "if not isinstance(option.value, list | tuple):", "test_bounds.py test_language_fuzz.py::test_bombs_are_defused"),
    Fault("checker", "sharing.py", "return (*op.tensors(*inputs).items(), *op.buffers(*inputs).items(), op.module(*inputs))", "return (*op.tensors(*inputs).items(), *op.buffers(*inputs).items())", "test_golden_errors.py -k sharing"),
    Fault("checker", "expectations.py", "if spec.variant is not None:", "if False:", "test_language_files.py test_zoo.py test_cli.py -k variant"),
    # cost
    Fault("cost", "passes/cost.py", "return 2 * self.macs", "return self.macs", "test_random_specs.py::test_random_specs"),
    Fault("cost", "passes/cost.py", "return Amount(self.parameters * count, self.macs * count)", "return Amount(self.parameters * count, self.macs)", PASSES),
    Fault("cost", "passes/cost.py", "return Amount(0, amount.macs)", "return amount", PASSES),
    Fault("cost", "passes/cost.py", "return Amount(amount.parameters - tied, amount.macs)", "return amount", PASSES),
    Fault("cost", "passes/cost.py", "return [node for node in graph.body.nodes if needed and node.key not in needed]", "return []", PASSES),
    Fault("cost", "passes/depth.py", "if len(into) == len(after) == 1:", "if len(into) == 1:", "test_random_specs.py::test_what_once_failed test_passes.py"),
    Fault("cost", "passes/depth.py", "depths[node.key] = (max(into, default=0) + own,) * len(shapes.nodes[node.key])", "depths[node.key] = (min(into, default=0) + own,) * len(shapes.nodes[node.key])", PASSES),
    Fault("cost", "passes/receptive.py", "step = after[0].extent - into[0].extent", "step = after[0].jump", PASSES),
    Fault("cost", "passes/receptive.py", "open_ones = [f for f in fields if not f.pooled] or list(fields)", "open_ones = list(fields)", PASSES),
    Fault("cost", "passes/memory.py", "if last.get(name, index) <= index:", "if last.get(name, index) < index:", "test_passes.py test_summary.py"),
    Fault("cost", "passes/memory.py", 'prod(int(size or 1) for size in shape.at({"N": 1}))', 'prod(int(size or 1) for size in shape.at({"N": 2}))', "test_passes.py test_summary.py"),
    Fault("cost", "ops/linear.py", "return self.out * features(x) * prod(x.dims[:-1])", "return self.out * features(x)", f"{OPS} linear"),
    Fault("cost", "ops/attention.py", "return batch * (projections + 2 * width * (tokens * others))", "return batch * (projections + width * (tokens * others))", f"{OPS} attention"),
    # the code generator
    Fault("codegen", "backends/torch_code/inline.py", 'if len(body.inputs) != 1 or len(body.outputs) != 1 or body.register:', "if len(body.inputs) != 1 or len(body.outputs) != 1:", CODE),
    Fault("codegen", "backends/torch_code/inline.py", 'if node.inputs != (current,) or node.shares or node.ties or "." in (node.path or ""):', "if node.inputs != (current,) or node.shares or node.ties:", CODE),
    Fault("codegen", "backends/torch_code/constructors.py", 'allowed = inplace and all(c.path in INPLACE and getattr(m.step.op, "inplace", False) for m, c in pairs)', "allowed = all(c.path in INPLACE for m, c in pairs)", CODE),
    Fault("codegen", "backends/torch_code/calls.py", '"nn.LeakyReLU", "nn.SiLU",', '"nn.LeakyReLU", "nn.ELU", "nn.SiLU",', CODE),
    Fault("codegen", "backends/torch_code/forward.py", 'if len(inputs) > 2 and step.op.name in ("add", "mul"):', "if False:", CODE),
    Fault("codegen", "backends/torch_code/forward.py", "mine = k < len(refs) and self.left[refs[k]] <= 0 and operands[k] == source and source not in names", "mine = k < len(refs) and self.left[refs[k]] <= 0 and operands[k] == source", CODE),
    Fault("codegen", "backends/torch_code/forward.py", 'self.called = {*PIECES, *CALLED, f"{family.class_name}Output"}', "self.called: set[str] = set()", "test_names.py"),
    Fault("codegen", "backends/torch_code/classes.py", "if attribute is not None and made.get(attribute) == text:", "if attribute is not None:", CODE),
    Fault("codegen", "backends/torch_code/unroll.py", 'shares=f"{node.shares}.{index}" if node.shares is not None else None,', "shares=None,", CODE),
    Fault("codegen", "backends/torch_code/unroll.py", "return replace(ref, node=last[ref.node]) if ref.node in last else ref", "return ref", CODE),
    Fault("codegen", "backends/torch_code/plan.py", 'always = {output.ref.node for output in graph.outputs if output.mode == "always"}', "always = {output.ref.node for output in graph.outputs}", CODE),
    Fault("codegen", "backends/torch_code/initial.py", 'if always and not (tensor == "bias" and "Conv" in kind):', "if always:", "test_init.py " + CODE),
    Fault("codegen", "backends/torch_code/resolve.py", "if any(one.value != units[low].value + (place - low) * step for place, one in units.items()):", "if False:", CODE),
    Fault("codegen", "backends/torch_code/trace.py", "if last is not None and _alike(last, step) and _same_open(last.inputs, step.inputs, names):", "if last is not None:", CODE),
    Fault("codegen", "backends/torch_code/audit.py", 'if isinstance(part, ast.FunctionDef) and part.name not in ("__init__", "forward", "reset_parameters"):', "if False:", "test_security.py test_codegen.py"),
    Fault("codegen", "backends/torch_code/audit.py", 'if path is None or path[0] not in ROOTS:', 'if path is None or path[0] != "nn":', "test_security.py test_codegen.py"),
    Fault("codegen", "backends/torch_code/naming.py", 'return f"{text}_" if text in RESERVED else text', "return text", "test_names.py test_codegen.py"),
    # the loader
    Fault("loader", "text/scalars.py", 'return int(text) if len(digits) <= _MAX_DIGITS else _out_of_range(text)', "return int(text)", SOURCE),
    Fault("loader", "text/scalars.py", "if math.isinf(value) or sum(c.isdigit() for c in text) > 40:", "if sum(c.isdigit() for c in text) > 40:", SOURCE),
    Fault("loader", "text/lines.py", "if size > MAX_BYTES:", "if size > MAX_BYTES + 1:", SOURCE),
    Fault("loader", "text/lines.py", "return line, offset - self.starts[line - 1] + 1", "return line, offset - self.starts[line - 1]", SOURCE),
    Fault("loader", "text/lines.py", 'return text.removeprefix("\\ufeff").replace("\\r\\n", "\\n").replace("\\r", "\\n")', 'return text.replace("\\r\\n", "\\n").replace("\\r", "\\n")', SOURCE),
    Fault("loader", "text/source.py", "MAX_DEPTH = 64", "MAX_DEPTH = 65", SOURCE),
    Fault("loader", "text/source.py", "if event.tag is not None:", "if False:", SOURCE),
    Fault("loader", "spec/extend.py", "if said & one and not said & other", "if said & one", "test_language_files.py test_random_specs.py::test_random_specs", "no difference: who says a thing in both ways gets E0204, whatever is inherited"),
    Fault("loader", "spec/extend.py", "merged = {e.key.text: e for e in parent.entries if e.key.text not in OWN | replaced}", "merged = {e.key.text: e for e in parent.entries if e.key.text not in replaced}", "test_language_files.py"),
    Fault("loader", "spec/read.py", "elif version.value != 1 or isinstance(version.value, bool):", "elif version.value != 1:", "test_language_files.py test_language_edges.py test_golden_errors.py"),
    Fault("loader", "spec/read.py", 'mode is not None and mode.value == "train",', "mode is not None,", "test_language_files.py"),
    Fault("loader", "spec/signature.py", 'lead = len(text) - len(text.lstrip())', "lead = 0", "test_golden_errors.py test_language_files.py"),
    Fault("loader", "spec/load.py", 'if name.startswith("/") or ".." in name.replace(os.sep, "/").split("/") or "\\0" in name:', 'if name.startswith("/"):', "test_language_files.py test_features.py test_golden_errors.py"),
    Fault("loader", "spec/load.py", "if found in self._open:", "if False:", "test_language_files.py"),
    Fault("loader", "spec/resolve.py", "if spec.variant is None:", "if True:", "test_language_files.py test_zoo.py test_cli.py"),
    Fault("loader", "expressions/evaluation.py", "if not compare(type(op), left, right, self.meter):", "if compare(type(op), left, right, self.meter):", "test_expressions.py"),
    Fault("loader", "expressions/functions.py", "rounded = max(least, int(value + half) // divisor * divisor)", "rounded = int(value + half) // divisor * divisor", "test_expressions.py"),
    Fault("loader", "seal.py", 'return "unedited" if _hash(body) == mark.group(1) else "edited"', 'return "unedited"', "test_files.py"),
    Fault("loader", "files.py", "if mode is not None and _holds(target, data):", "if False:", "test_files.py"),
    Fault("loader", "files.py", "if not stat.S_ISREG(mode):", "if False:", "test_files.py test_file_faults.py"),
)  # fmt: skip
