"""A compiled kernel and the names of its secret arrays in, every place where it would give them away by its time out.

The kernel's optimised LLVM instructions are followed: what is loaded from a secret array is secret, so is whatever is
computed from it, and so is any array that it is stored to. No branch may hang on it, no address, and no division.
"""

import re
from dataclasses import dataclass, field
from typing import Any

NAME = re.compile(r'[%@](?:"[^"]+"|[\w.$-]+)')
DIVISIONS = ("udiv", "sdiv", "urem", "srem", "fdiv", "frem")
PLAIN = {
    *("add", "sub", "mul", "and", "or", "xor", "shl", "lshr", "ashr", "icmp", "zext", "sext", "trunc", "bitcast"),
    *("freeze", "select", "phi", "insertelement", "extractelement", "shufflevector", "insertvalue", "extractvalue"),
}
"""Instructions that take the same time for all operands; min and max are calls of LLVM's own functions."""
STEADY = ("@llvm.umin", "@llvm.umax", "@llvm.smin", "@llvm.smax", "@llvm.ctpop", "@llvm.vector.reduce", "@llvm.abs")


@dataclass
class Instruction:
    """One line: what it defines, if anything, its operation, and the names that it reads."""

    line: str
    result: str | None
    operation: str
    operands: list[str]


@dataclass
class Flow:
    """What is known so far to be secret, and where pointers lead."""

    secret: set[str] = field(default_factory=set)
    arrays: set[str] = field(default_factory=set)
    roots: dict[str, set[str]] = field(default_factory=dict)

    def size(self) -> int:
        return len(self.secret) + len(self.arrays) + sum(map(len, self.roots.values()))

    def leads_to(self, pointer: str) -> set[str]:
        return self.roots.get(pointer, {pointer})


def function_lines(text: str, name: str) -> list[str]:
    """The lines of the kernel itself, without the wrappers that Python calls it through."""
    found: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("define") and "@_ZN" in line and "@_ZN7cpython" not in line and f"{len(name)}{name}" in line:
            inside = True
        if inside:
            found.append(line)
        if inside and line == "}":
            return found
    raise AssertionError(f"no function {name} in the instructions")


def parsed(line: str) -> Instruction | None:
    text = line.split(", !")[0].split(" ; ")[0].strip()
    if not text or text.startswith((";", "}")) or text.endswith(":") or re.match(r"[\w.\"$-]+:(\s|$)", text):
        return None
    result = None
    if match := re.match(r"(%\S+) = (.*)", text):
        result, text = match[1], match[2]
    text = re.sub(r"^(tail |musttail |notail )", "", text)
    return Instruction(line.strip(), result, text.split()[0], NAME.findall(text))


def joined(lines: list[str]) -> list[str]:
    """Put a switch, which takes several lines, into one."""
    out: list[str] = []
    for line in lines:
        if out and out[-1].count("[") > out[-1].count("]"):
            out[-1] += " " + line.strip()
        else:
            out.append(line)
    return out


def spread_once(flow: Flow, code: list[Instruction]) -> None:
    """Let secrecy flow through each instruction once."""
    for i in code:
        tainted = any(o in flow.secret for o in i.operands)
        if i.operation in ("load", "atomicrmw", "cmpxchg"):
            tainted = tainted or bool(flow.leads_to(i.operands[-1]) & flow.arrays)
        elif i.operation == "store":
            value, pointer = i.line.split(", ptr ")[0], i.operands[-1]
            if any(o in flow.secret for o in NAME.findall(value)):
                flow.arrays |= flow.leads_to(pointer)
        elif "@llvm.memcpy" in i.line or "@llvm.memmove" in i.line:
            copied = flow.leads_to(i.operands[2]) & flow.arrays
            flow.arrays |= flow.leads_to(i.operands[1]) if copied else set()
        if i.result:
            if i.operation == "getelementptr":
                flow.roots[i.result] = flow.roots.get(i.result, set()) | flow.leads_to(i.operands[0])
            elif i.operation in ("phi", "select", "bitcast", "freeze") and " ptr " in f" {i.line} ":
                known = set().union(*(flow.leads_to(o) for o in i.operands if o in flow.roots or ".4" in o))
                flow.roots[i.result] = flow.roots.get(i.result, set()) | known
            if tainted:
                flow.secret.add(i.result)


def offences(flow: Flow, code: list[Instruction]) -> list[str]:
    """The instructions whose time may hang on what is secret."""
    bad = []
    for i in code:
        secret = [o for o in i.operands if o in flow.secret]
        stored = i.operation == "store"
        address = i.operands[-1] if stored or i.operation == "load" else None
        if i.operation == "call":
            known = any(name in i.line for name in STEADY) or "@llvm.lifetime" in i.line or "@llvm.assume" in i.line
            wrong = bool(secret) and not known
        elif stored or i.operation == "load":
            wrong = address in flow.secret
        else:
            wrong = bool(secret) and i.operation not in PLAIN and i.operation != "ret"
        if wrong:
            bad.append(i.line)
    return bad


def followed(compiled: Any, secret_arrays: set[str]) -> tuple[Flow, list[Instruction]]:
    """All that the secret arrays have reached in a kernel, and its instructions."""
    (text,) = compiled.inspect_llvm().values()
    lines = joined(function_lines(text, compiled.py_func.__name__))
    for name in secret_arrays:
        assert f"%arg.{name}.4" in lines[0], f"the kernel has no array {name}"
    code = [found for line in lines[1:] if (found := parsed(line))]
    flow = Flow(arrays={f"%arg.{name}.4" for name in secret_arrays})
    before = -1
    while flow.size() != before:
        before = flow.size()
        spread_once(flow, code)
    return flow, code


def leaks(compiled: Any, secret_arrays: set[str]) -> list[str]:
    """Instructions of a kernel that give away what is in its secret arrays.

    Parameters
    ----------
    compiled : what `uncached` gave, after one call
    secret_arrays : names of the arguments
    """
    return offences(*followed(compiled, secret_arrays))


def reached(compiled: Any, secret_arrays: set[str]) -> set[str]:
    """Names of all arrays that hold something of the secret ones in the end."""
    flow, _ = followed(compiled, secret_arrays)
    return {match[1] for array in flow.arrays if (match := re.fullmatch(r"%arg\.(\w+)\.4", array))}


def jumps(compiled: Any) -> tuple[int, int]:
    """Conditional branches in a kernel's LLVM instructions, and different conditional jumps in its machine code.

    Two jumps to one place after the same comparison are one: the compiler writes the test of a loop twice at times.
    """
    (text,) = compiled.inspect_llvm().values()
    lines = function_lines(text, compiled.py_func.__name__)
    branches = sum(line.strip().startswith("br i1") for line in lines)
    (machine,) = compiled.inspect_asm().values()
    name = re.search(r"@(_ZN[^(\s]+)\(", lines[0])
    assert name
    body = machine.split(f"\n{name[1]}:")[1].split(".Lfunc_end")[0]
    return branches, len(set(re.findall(r"^(.*)\n\s+(j(?!mp)[a-z]+\s.*)$", body, re.MULTILINE)))
