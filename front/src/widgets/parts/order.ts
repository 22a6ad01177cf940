// Building an order of things, best first.

/** The order with a thing in the next place; one that has a place moves to the end. The last thing places itself. */
export function place(order: number[], thing: number, of: number): number[] {
  const next = [...order.filter((one) => one !== thing), thing];
  if (next.length !== of - 1) return next;
  const rest = Array.from({ length: of }, (_, i) => i).filter((one) => !next.includes(one));
  return [...next, ...rest];
}

/** The order without its last place that a person gave: what placed itself goes with it. */
export function back(order: number[], of: number): number[] {
  return order.slice(0, order.length === of ? of - 2 : -1);
}
