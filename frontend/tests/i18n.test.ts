import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { en } from "../src/lib/i18n/en";
import { ru } from "../src/lib/i18n/ru";
import { chooseLanguage, render, type Text } from "../src/lib/i18n/translate";

const keys = Object.keys(en) as (keyof typeof en)[];
const forms = (text: Text) => (typeof text === "string" ? [text] : Object.values(text));
const gaps = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((gap) => gap[1]!).sort();

describe("the catalogues", () => {
  it("have the same keys", () => {
    expect(Object.keys(ru).sort()).toEqual([...keys].sort());
  });

  it("have the same gaps in every form", () => {
    const named = (text: Text) => forms(text).map((form) => [...new Set(gaps(form))].join());
    const differ = keys.filter((key) => {
      const wanted = [...new Set(forms(en[key]).flatMap(gaps))].sort().join();
      return named(ru[key]).some((found) => found !== wanted);
    });
    expect(differ).toEqual([]);
  });

  it("have a plural in both languages or in none, with every form of the language", () => {
    const shape = (text: Text) => (typeof text === "string" ? "" : Object.keys(text).sort().join());
    const pairs = ["/", "one,other/few,many,one,other"];
    const differ = keys.filter((key) => !pairs.includes(`${shape(en[key])}/${shape(ru[key])}`));
    expect(differ).toEqual([]);
  });

  it("hold no text that nothing shows", () => {
    const source = sources(join(import.meta.dirname, "../src")).join("\n");
    // Keys made from a word of the API are used by their prefix.
    const used = (key: string) =>
      source.includes(`"${key}"`) ||
      source.includes(`'${key}'`) ||
      source.includes(`\`${key.slice(0, key.lastIndexOf("."))}.$`);
    const byWord = /^(reason|event|actor|chats\.type|system\.part|part|role)\./;
    expect(keys.filter((key) => !used(key) && !byWord.test(key))).toEqual([]);
  });
});

describe("render", () => {
  it.each([
    [1, "1 получатель"],
    [2, "2 получателя"],
    [5, "5 получателей"],
    [11, "11 получателей"],
    [21, "21 получатель"],
    [112, "112 получателей"],
  ])("declines Russian: %d", (n, expected) => {
    expect(render(ru["composer.count"], { n }, "ru")).toBe(expected);
  });

  it("writes numbers as the language does", () => {
    expect(render(en["composer.count"], { n: 12345 }, "en")).toBe("12,345 recipients");
    expect(render(ru["composer.count"], { n: 12345 }, "ru")).toBe("12\u00a0345 получателей");
  });

  it("fills a gap with the value as it is", () => {
    expect(render("{a} and {b}", { a: "{b}", b: "x" }, "en")).toBe("{b} and x");
  });

  it("leaves a gap without a value visible", () => {
    expect(render("{a}", {}, "en")).toBe("{a}");
  });
});

describe("chooseLanguage", () => {
  const spoken = ["en", "ru"] as const;

  it("takes the first that is spoken, whatever its region", () => {
    expect(chooseLanguage(["de-DE", "RU-ru", "en"], spoken, "en")).toBe("ru");
  });

  it("falls back", () => {
    expect(chooseLanguage(["de"], spoken, "en")).toBe("en");
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(svelte|ts)$/.test(name) && !/i18n\/(en|ru)(-\w+)?\.ts$/.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"));
}
