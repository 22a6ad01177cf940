// Colours of the page as a canvas takes them: variables may hold functions, such as light-dark(), that it does not know.

/** The colour in a variable, as it is now: "rgb(1, 2, 3)". */
export function colourIn(root: Element, name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  (root.parentElement ?? document.body).append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** The same colour, see-through: rgb(1, 2, 3) at 0.2 is rgba(1, 2, 3, 0.2). */
export const faint = (colour: string, alpha: number): string => colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
