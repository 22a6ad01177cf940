// What the built files were made from: tests compare it with the sources, without Node.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Plugin } from "vite";

const ENTRIES = ["build-manifest.ts", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "public", "src"];

function walk(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => walk(join(path, name)));
}

function digests(root: string, files: string[]): Record<string, string> {
  const named = files.map((file) => [relative(root, file).split(sep).join("/"), readFileSync(file)] as const);
  const sorted = named.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, data]) => [name, createHash("sha256").update(data).digest("hex")]));
}

/** Writes manifest.json: the SHA-256 of every source (tests of ours aside) and of every built file. */
export function buildManifest(): Plugin {
  let root = "";
  let out = "";
  return {
    name: "askwise-manifest",
    configResolved(config) {
      root = config.root;
      out = join(root, config.build.outDir);
    },
    closeBundle() {
      const pages = readdirSync(root).filter((name) => name.endsWith(".html"));
      const sources = [...pages, ...ENTRIES].flatMap((name) => walk(join(root, name))).filter((file) => !/\.test\.tsx?$/.test(file));
      const manifest = { format: 1, sources: digests(root, sources), built: digests(out, walk(out)) };
      writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
    },
  };
}
