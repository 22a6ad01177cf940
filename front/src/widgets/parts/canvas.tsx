// An image with drawings on it, both in pixels of the image as it is stored.

import type { ComponentChildren, TargetedPointerEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { View } from "../../lib/wire";
import type { Point, Size } from "./geometry";
import "./canvas.css";

/** The size that a view names; null where the server could not tell. */
export function sizeOf(view: View): Size | null {
  const { width, height } = view as unknown as Partial<Size>;
  return width && height ? { width, height } : null;
}

interface CanvasProps {
  view: View;
  size: Size;
  /** The part that is seen; without it, all. */
  part?: (Point & Size) | undefined;
  label: string;
  children?: ComponentChildren;
  /** Called with the SVG once it is there, for `pointIn`. */
  onPointerDown?: (event: TargetedPointerEvent<SVGSVGElement>) => void;
  onPointerMove?: (event: TargetedPointerEvent<SVGSVGElement>) => void;
  onPointerUp?: (event: TargetedPointerEvent<SVGSVGElement>) => void;
}

const SMALL = 400;

export function Canvas({ view, size, part, label, children, ...pointer }: CanvasProps) {
  const seen = part ?? { x: 0, y: 0, ...size };
  const root = useRef<SVGSVGElement>(null);
  const [broken, setBroken] = useState(false);
  // Lines and letters keep their size on the screen whatever the part that is seen.
  useEffect(() => {
    const svg = root.current!;
    const fit = () => {
      const box = svg.getBoundingClientRect();
      svg.style.setProperty("--px", String(Math.max(seen.width / box.width, seen.height / box.height) || 1));
    };
    fit();
    const watch = new ResizeObserver(fit);
    watch.observe(svg);
    return () => watch.disconnect();
  }, [seen.width, seen.height]);
  if (broken) return <p class="broken">This image cannot be shown.</p>;
  return (
    <svg
      ref={root}
      class={`canvas ${Math.max(seen.width, seen.height) < SMALL ? "hard" : ""}`.trim()}
      viewBox={`${seen.x} ${seen.y} ${seen.width} ${seen.height}`}
      role="img"
      aria-label={label}
      {...pointer}
    >
      <image href={String(view["url"])} width={size.width} height={size.height} onError={() => setBroken(true)} />
      {children}
    </svg>
  );
}

/** Where a pointer is in the image. */
export function pointIn(svg: SVGSVGElement, event: { clientX: number; clientY: number }): Point {
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM()!.inverse());
  return { x, y };
}

/** A cross for the keyboard. */
export const Cross = ({ x, y }: Point) => (
  <g class="cross" aria-hidden="true">
    <path class="halo" d={`M${x} ${y - 1e5}V${y + 1e5}M${x - 1e5} ${y}H${x + 1e5}`} />
    <path d={`M${x} ${y - 1e5}V${y + 1e5}M${x - 1e5} ${y}H${x + 1e5}`} />
  </g>
);
