/**
 * The licences of what the built style sheet holds, added to the file of Vite's `build.license`:
 * that one lists the packages of the scripts, which is all the bundler sees.
 */

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

// The package of `daisyui/theme` is `daisyui`; none of ours has a scope.
const PACKAGE = /^@(?:import|plugin)\s+"([^"./]+)/gm;

export function styleLicenses(styleSheet: string, fileName: string): Plugin {
  return {
    name: "style-licenses",
    apply: "build",
    generateBundle: {
      order: "post", // Vite's file must be there to be added to
      handler(_, bundle) {
        const file = bundle[fileName];
        if (file?.type !== "asset") throw new Error(`${fileName} is not built`);
        const named = readFileSync(styleSheet, "utf8").matchAll(PACKAGE);
        const packages = [...new Set([...named].map((one) => one[1]!))].sort();
        file.source = [file.source, ...packages.map(licenseOf)].join("\n");
      },
    },
  };
}

/** In the form Vite gives to those of scripts. */
function licenseOf(name: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const { version, license } = JSON.parse(readFileSync(manifest, "utf8"));
  const file = readdirSync(dirname(manifest)).find((one) => /^licen[sc]e/i.test(one));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  const text = readFileSync(join(dirname(manifest), file), "utf8").trim();
  return `## ${name} - ${version} (${license})\n\n${text}\n`;
}
