import { defineConfig } from "vite";
import { buildManifest } from "./build-manifest.ts";

export default defineConfig({
  base: "/static/",
  build: {
    outDir: "../src/askwise/server/static",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // from where light-dark() is known
    assetsInlineLimit: 0, // the policy of the page allows no data: addresses
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      input: { index: "index.html", login: "login.html", locked: "locked.html" },
    },
  },
  plugins: [buildManifest()],
});
