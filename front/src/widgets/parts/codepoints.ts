// Offsets: JavaScript counts UTF-16 units, labels count characters (Unicode code points), as Python does.

/** Both ways between the two countings of one text. */
export class CodePoints {
  /** Code points before each unit; both units of a pair have the same number. */
  private readonly points: Uint32Array;
  /** Units before each code point. */
  private readonly units: Uint32Array;

  constructor(text: string) {
    this.points = new Uint32Array(text.length + 1);
    const units: number[] = [];
    let at = 0;
    for (const character of text) {
      for (let i = 0; i < character.length; i++) this.points[at + i] = units.length;
      units.push(at);
      at += character.length;
    }
    this.points[at] = units.length;
    this.units = Uint32Array.from([...units, at]);
  }

  /** Number of code points. */
  get length(): number {
    return this.units.length - 1;
  }

  /** From units to code points; an offset inside a pair is that of its character. */
  point(unit: number): number {
    return this.points[Math.max(0, Math.min(unit, this.points.length - 1))]!;
  }

  /** From code points to units. */
  unit(point: number): number {
    return this.units[Math.max(0, Math.min(point, this.length))]!;
  }
}
