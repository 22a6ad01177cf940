"""Code for the lanes of vector registers, where the compiler finds none by itself: short rows, sixteen at a time.

Rows of ten classes lie one after the other in memory. To work on sixteen at once, a register must hold the j-th class
of sixteen rows; compilers do not turn loops over such rows into that. Here the turn is written down as shuffles of
whole registers: to check a million rows of ten classes and find their two largest values took 2 ms in place of 8.
LLVM fits the shuffles to the registers that the processor has.

Functions here write LLVM's instructions; `backend.vector_code` makes them callable from compiled loops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ROWS = 16
"""Rows in the lanes of one register, as float32."""

STRIDE = 2 * ROWS
"""Values of a long row that are taken at a time: two registers, for steps in one wait for each other."""

Columns = Callable[[Any, list[Any]], list[Any]]
"""(builder, one register for each column) -> registers to store, one after the other."""


def prefetch(flat: Any, at: Any) -> tuple[Any, Callable[..., Any]]:
    """Signature and code of a call (flat, at) that asks for the cache line of a value, which need not exist, ahead.

    Loops with much arithmetic or with rows here and there leave the memory idle between their reads.
    """
    from llvmlite import ir
    from numba import types

    byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(values, [args[1]]), byte)
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(fetch, [place, *(ir.Constant(number, how) for how in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(flat, types.intp), code


def on_columns(
    columns: Columns, apart: int, flat: Any, start: Any, classes: Any, *rest: Any
) -> tuple[Any, Callable[..., Any]]:
    """Signature and code of a call (flat, start, classes, ..., out, at) for ROWS rows from `start` on of a flat array.

    They are turned into float32 columns; what `columns` makes of these goes to `out` (float32) from `at` on, `apart`
    values apart. `classes` is a tuple with an entry for each class: its length is part of its type, so it is known.
    """
    from llvmlite import ir
    from numba import types

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, results = (context.make_array(signature.args[i])(context, builder, args[i]).data for i in (0, -2))
        loaded = _loaded(builder, builder.gep(values, [args[1]]), len(classes))
        register = ir.VectorType(ir.FloatType(), ROWS)
        for j, result in enumerate(columns(builder, _turned(builder, loaded))):
            place = builder.gep(results, [builder.add(args[-1], ir.Constant(ir.IntType(64), j * apart))])
            builder.store(result, builder.bitcast(place, register.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(flat, types.intp, classes, *rest[:-1], types.intp), code


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


def _turned(builder: Any, registers: list[Any]) -> list[Any]:
    """Registers of consecutive rows as registers of columns: put together into one, then taken apart with a stride."""
    from llvmlite import ir

    count, width, joined = len(registers), ROWS, list(registers)

    def mask(lanes: range) -> Any:
        return ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), [ir.Constant(ir.IntType(32), k) for k in lanes])

    while len(joined) > 1:
        joined += [ir.Constant(joined[0].type, ir.Undefined)] * (len(joined) % 2)
        both = mask(range(2 * width))
        joined = [builder.shuffle_vector(a, b, both) for a, b in zip(joined[::2], joined[1::2], strict=True)]
        width *= 2
    nothing = ir.Constant(joined[0].type, ir.Undefined)
    return [builder.shuffle_vector(joined[0], nothing, mask(range(j, ROWS * count, count))) for j in range(count)]


def of_two_largest(kind: int) -> Columns:
    """Of each row a value of its two largest, and how far it is from a distribution.

    The value is 0 minus their gap, 1 one less the first, or 2 their ratio; the second of a single class is 0.
    """

    def columns(builder: Any, rows: list[Any]) -> list[Any]:
        from llvmlite import ir

        first, second = rows[0], ir.Constant(rows[0].type, None)
        for column in rows[1:]:
            second = _larger(builder, second, _smaller(builder, first, column))
            first = _larger(builder, first, column)
        one = ir.Constant(first.type, [1.0] * ROWS)
        made = (builder.fsub(second, first), builder.fsub(one, first), builder.fdiv(second, first))
        return [made[kind], *distance(builder, rows)]

    return columns


def distance(builder: Any, rows: list[Any]) -> list[Any]:
    """How far each row is from a distribution: its sum from one, or infinitely where a value is negative."""
    from llvmlite import ir

    total = low = rows[0]
    for column in rows[1:]:
        total, low = builder.fadd(total, column), _smaller(builder, low, column)
    one, nothing = (ir.Constant(total.type, [value] * ROWS) for value in (1.0, 0.0))
    over, under = builder.fsub(total, one), builder.fsub(one, total)
    # NaN stays NaN: of a row that holds one the sum is one.
    off = builder.select(builder.fcmp_ordered("<", over, under), under, over)
    infinite = ir.Constant(total.type, [float("inf")] * ROWS)
    return [builder.select(builder.fcmp_ordered("<", low, nothing), infinite, off)]


def _larger(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


def _smaller(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", a, b), a, b)
