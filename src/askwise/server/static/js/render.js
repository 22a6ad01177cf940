// How one row looks, by kind. Every value is a text node or an attribute of an element made here.

import { h } from "./dom.js";

const LONG_CELL = 400;

function text({ text: content }) {
  const size = content.length > 900 ? "long" : content.length < 140 ? "short" : "medium";
  return h("p", { class: `text ${size}`, dir: "auto" }, content === "" ? h("em", {}, "(empty text)") : content);
}

function cellText(value) {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function cell(value) {
  if (value === null) return h("td", { class: "missing" }, "missing");
  const content = cellText(value);
  const kind = typeof value === "number" ? "number" : content.length > LONG_CELL ? "long" : null;
  return h("td", { class: kind, dir: "auto" }, content);
}

function row({ cells }) {
  const body = Object.entries(cells).map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), cell(value)));
  return h("table", { class: "cells" }, h("tbody", {}, ...body));
}

function image({ url }) {
  const picture = h("img", { src: url, alt: "The image to label", class: "picture", decoding: "sync" });
  picture.addEventListener("load", () => picture.classList.toggle("tiny", picture.naturalWidth < 160));
  picture.addEventListener("error", () => picture.replaceWith(h("p", { class: "broken" }, "This image cannot be shown.")));
  return picture;
}

function array({ shape, values }) {
  if (shape.length !== 2) return h("pre", { class: "text long" }, JSON.stringify(values));
  const [rows, columns] = shape;
  const canvas = h("canvas", { width: columns, height: rows, class: "picture tiny", role: "img" });
  canvas.setAttribute("aria-label", "The array to label, as a grey image");
  const flat = values.flat();
  const low = flat.reduce((a, b) => Math.min(a, b), Infinity);
  const span = flat.reduce((a, b) => Math.max(a, b), -Infinity) - low || 1;
  const pixels = flat.flatMap((value) => [...Array(3).fill(((value - low) / span) * 255), 255]);
  canvas.getContext("2d").putImageData(new ImageData(Uint8ClampedArray.from(pixels), columns, rows), 0, 0);
  return canvas;
}

const RENDERERS = { text, row, image, array };

/** An element that shows the view of a row. */
export function rendered(view) {
  const renderer = RENDERERS[view.kind];
  return renderer ? renderer(view) : h("pre", { class: "text long" }, JSON.stringify(view, null, 1));
}
