import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

import { styleLicenses } from "./licenses.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const LICENSES = "licenses.md";
const backend = process.env.APPLIANCE_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [tailwindcss(), svelte(), styleLicenses(here("./src/app.css"), LICENSES)],
  resolve: {
    alias: {
      $lib: here("./src/lib"),
      $ui: here("./src/ui"),
      $features: here("./src/features"),
      $layout: here("./src/layout"),
    },
  },
  build: {
    outDir: "../frontend_dist",
    license: { fileName: LICENSES },
    emptyOutDir: true,
    // The polyfill would be an inline script, and data: assets would need a wider CSP.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    target: "es2022",
  },
  server: { proxy: { "/api": backend } },
  preview: { proxy: { "/api": backend } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
