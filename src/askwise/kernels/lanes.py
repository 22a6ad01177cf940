"""Code for the lanes of vector registers, where the compiler finds none by itself: short rows, sixteen at a time.

Rows of ten classes lie one after the other in memory. To work on sixteen at once, lanes of a register must belong to
different rows; compilers do not turn loops over such rows into that. Here it is written down as shuffles of whole
registers: to check a million rows of ten classes and find their two largest values takes as long as to read them.
LLVM fits the shuffles to the registers that the processor has.

Functions here write LLVM's instructions; `backend.vector_code` makes them callable from compiled loops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

ROWS = 16
"""Rows in the lanes of one register, as float32."""

STRIDE = 2 * ROWS
"""Values of a long row that are taken at a time: two registers, for steps in one wait for each other."""

AHEAD = 2048
"""Values by which short rows are fetched beforehand."""

_LINE = 64
"""Bytes of a cache line."""


def prefetch(flat: Any, at: Any) -> tuple[Any, Callable[..., Any]]:
    """Signature and code of a call (flat, at) that asks for the cache line of a value, which need not exist, ahead.

    Loops with much arithmetic or with rows here and there leave the memory idle between their reads.
    """
    from numba import types

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values = context.make_array(signature.args[0])(context, builder, args[0]).data
        _fetch(builder, builder.gep(values, [args[1]]))
        return context.get_dummy_value()

    return types.void(flat, types.intp), code


def on_rows(
    parts: Parts, apart: int, flat: Any, start: Any, classes: Any, *rest: Any
) -> tuple[Any, Callable[..., Any]]:
    """Signature and code of a call (flat, start, classes, ..., out, at) for ROWS rows from `start` on of a flat array.

    What `parts` makes of them goes to `out` (float32) from `at` on, `apart` values apart. `classes` is a tuple with an
    entry for each class: its length is part of its type, so it is known. What is AHEAD of them is asked for meanwhile.
    """
    from llvmlite import ir
    from numba import types

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, results = (context.make_array(signature.args[i])(context, builder, args[i]).data for i in (0, -2))
        rows = builder.gep(values, [args[1]])
        _ask_for(builder, rows, ROWS * len(classes))
        register = ir.VectorType(ir.FloatType(), ROWS)
        found = _joined(builder, parts, _loaded(builder, rows, len(classes)))
        for j, result in enumerate(parts.last(builder, found)):
            place = builder.gep(results, [builder.add(args[-1], ir.Constant(ir.IntType(64), j * apart))])
            builder.store(result, builder.bitcast(place, register.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(flat, types.intp, classes, *rest[:-1], types.intp), code


def _ask_for(builder: Any, values: Any, size: int) -> None:
    """Ask for the cache lines of so many values, AHEAD of these."""
    from llvmlite import ir

    width = 8 if isinstance(values.type.pointee, ir.DoubleType) else 4
    for k in range(0, size * width, _LINE):
        _fetch(builder, builder.gep(values, [ir.Constant(ir.IntType(64), AHEAD + k // width)]))


def _fetch(builder: Any, place: Any) -> None:
    from llvmlite import ir

    byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
    call = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
    builder.call(call, [builder.bitcast(place, byte), *(ir.Constant(number, how) for how in (0, 3, 1))])


def sum_of_draws(flat: Any, start: Any, classes: Any, draws: Any, out: Any) -> tuple[Any, Callable[..., Any]]:
    """Signature and code of a call (flat, start, classes, draws, out): the sum of so many draws, one after the other
    from `start` on, to `out` (float32). Whole registers are read and written: up to ROWS values beyond either end, and
    what `out` holds beyond the classes is no sum of theirs.
    """
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils

    c, registers = len(classes), -(-len(classes) // ROWS)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, results = (context.make_array(signature.args[i])(context, builder, args[i]).data for i in (0, 4))
        register = ir.VectorType(ir.FloatType(), ROWS)
        sums = [cgutils.alloca_once_value(builder, ir.Constant(register, None)) for _ in range(registers)]
        with cgutils.for_range(builder, args[3]) as draw:
            at = builder.add(args[1], builder.mul(draw.index, ir.Constant(ir.IntType(64), c)))
            for total, part in zip(sums, _loaded(builder, builder.gep(values, [at]), registers), strict=True):
                builder.store(builder.fadd(builder.load(total), part), total)
        for j, total in enumerate(sums):
            place = builder.gep(results, [ir.Constant(ir.IntType(64), j * ROWS)])
            builder.store(builder.load(total), builder.bitcast(place, register.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(flat, types.intp, classes, types.intp, out), code


def two_largest_of_many(flat: Any, start: Any, size: Any, out: Any) -> tuple[Any, Callable[..., Any]]:
    """Signature and code of a call (flat, start, size, out) over STRIDE values at a time of one long row.

    To `out` (4 STRIDE,) float32 go, for each lane, the largest value, the second largest (0 of one), the sum, and the
    smallest value or 0; what is over after the last whole STRIDE of the size is left out.
    """
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils

    sets = STRIDE // ROWS

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, results = (context.make_array(signature.args[i])(context, builder, args[i]).data for i in (0, 3))
        register, number = ir.VectorType(ir.FloatType(), ROWS), ir.IntType(64)
        held = [cgutils.alloca_once_value(builder, ir.Constant(register, None)) for _ in range(4 * sets)]
        with cgutils.for_range(builder, builder.sdiv(args[2], ir.Constant(number, STRIDE))) as step:
            at = builder.add(args[1], builder.mul(step.index, ir.Constant(number, STRIDE)))
            for j, value in enumerate(_loaded(builder, builder.gep(values, [at]), sets)):
                first, second, total, low = (builder.load(held[sets * k + j]) for k in range(4))
                second = _larger(builder, second, _smaller(builder, first, value))
                made = (
                    _larger(builder, first, value),
                    second,
                    builder.fadd(total, value),
                    _smaller(builder, low, value),
                )
                for k, one in enumerate(made):
                    builder.store(one, held[sets * k + j])
        for k, one in enumerate(held):
            place = builder.gep(results, [ir.Constant(number, k * ROWS)])
            builder.store(builder.load(one), builder.bitcast(place, register.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(flat, types.intp, types.intp, out), code


def _loaded(builder: Any, values: Any, count: int) -> list[Any]:
    """So many registers of float32 from consecutive values, which may be float64."""
    from llvmlite import ir

    kind = values.type.pointee
    registers = []
    for j in range(count):
        place = builder.gep(values, [ir.Constant(ir.IntType(64), j * ROWS)])
        place = builder.bitcast(place, ir.VectorType(kind, ROWS).as_pointer())
        register = builder.load(place, align=4)
        if isinstance(kind, ir.DoubleType):
            register = builder.fptrunc(register, ir.VectorType(ir.FloatType(), ROWS))
        registers.append(register)
    return registers


def _joined(builder: Any, parts: Parts, loaded: list[Any]) -> list[Any]:
    """What `parts` finds of each of ROWS rows, from the registers of their values in memory.

    With c = g s classes, g a power of two and s odd, s registers hold ROWS / g rows, each as s groups of g values. The
    j-th groups of these rows lie in lanes that differ, so that they come together by blends and one turn; then each
    row has g lanes, and g such sets are joined by halves.
    """
    g = len(loaded) & -len(loaded)
    s = len(loaded) // g
    sets = [parts.of(builder, _groups(builder, loaded[q * s : (q + 1) * s], g)) for q in range(g)]
    while len(sets) > 1:
        halves = [
            [[_shuffled(builder, a, b, range(h, 2 * ROWS, 2)) for a, b in zip(*two, strict=True)] for h in (0, 1)]
            for two in zip(sets[::2], sets[1::2], strict=True)
        ]
        sets = [parts.both(builder, even, odd) for even, odd in halves]
    return sets[0]


def _groups(builder: Any, registers: list[Any], g: int) -> list[Any]:
    """The registers of ROWS / g rows of so many groups of g values as one register for each place of a group."""
    s = len(registers)
    groups = []
    for j in range(s):
        # Where in the registers the lanes of the result are.
        at = [((lane // g) * s + j) * g + lane % g for lane in range(ROWS)]
        held = {k % ROWS: k // ROWS for k in at}
        blend = registers[0]
        for k in range(1, s):
            blend = _shuffled(builder, blend, registers[k], [x + ROWS * (held[x] == k) for x in range(ROWS)])
        groups.append(_shuffled(builder, blend, blend, [k % ROWS for k in at]) if s > 1 else blend)
    return groups


def _shuffled(builder: Any, a: Any, b: Any, lanes: Iterable[int]) -> Any:
    from llvmlite import ir

    numbers = [ir.Constant(ir.IntType(32), k) for k in lanes]
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(numbers)), numbers))


@dataclass(frozen=True)
class Parts:
    """A function of rows that does not ask for the order of their values, found in parts.

    `of` (builder, registers with values of the same rows in the same lanes) -> what is held of them; `both` joins what
    is held of two parts of the rows; `last` makes of it the registers to store.
    """

    of: Callable[[Any, list[Any]], list[Any]]
    both: Callable[[Any, list[Any], list[Any]], list[Any]]
    last: Callable[[Any, list[Any]], list[Any]]


def of_two_largest(kind: int) -> Parts:
    """Of each row a value of its two largest, and how far it is from a distribution.

    The value is 0 minus their gap, 1 one less the first, or 2 their ratio; the second of a single class is 0.
    """

    def of(builder: Any, rows: list[Any]) -> list[Any]:
        first, second = rows[0], _all(rows[0], 0.0)
        for column in rows[1:]:
            second = _larger(builder, second, _smaller(builder, first, column))
            first = _larger(builder, first, column)
        return [first, second, *distance.of(builder, rows)]

    def both(builder: Any, a: list[Any], b: list[Any]) -> list[Any]:
        second = _larger(builder, _larger(builder, a[1], b[1]), _smaller(builder, a[0], b[0]))
        return [_larger(builder, a[0], b[0]), second, *distance.both(builder, a[2:], b[2:])]

    def last(builder: Any, found: list[Any]) -> list[Any]:
        first, second = found[:2]
        made = (
            lambda: builder.fsub(second, first),
            lambda: builder.fsub(_all(first, 1.0), first),
            lambda: builder.fdiv(second, first),
        )
        return [made[kind](), *distance.last(builder, found[2:])]

    return Parts(of, both, last)


def _mass(builder: Any, rows: list[Any]) -> list[Any]:
    """Sum and least value."""
    total = low = rows[0]
    for column in rows[1:]:
        total, low = builder.fadd(total, column), _smaller(builder, low, column)
    return [total, low]


def _masses(builder: Any, a: list[Any], b: list[Any]) -> list[Any]:
    return [builder.fadd(a[0], b[0]), _smaller(builder, a[1], b[1])]


def _off(builder: Any, found: list[Any]) -> list[Any]:
    """The sum's distance from one, or infinity where a value is negative."""
    total, low = found
    one, nothing = _all(total, 1.0), _all(total, 0.0)
    over, under = builder.fsub(total, one), builder.fsub(one, total)
    # NaN stays NaN: of a row that holds one the sum is one.
    off = builder.select(builder.fcmp_ordered("<", over, under), under, over)
    return [builder.select(builder.fcmp_ordered("<", low, nothing), _all(total, float("inf")), off)]


distance = Parts(_mass, _masses, _off)
"""How far each row is from a distribution: its sum from one, or infinitely where a value is negative."""


def _all(like: Any, value: float) -> Any:
    from llvmlite import ir

    return ir.Constant(like.type, [value] * ROWS)


def _larger(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


def _smaller(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", a, b), a, b)
