import { describe, expect, it } from "vitest";

import { parseWord, withWord } from "../src/lib/audience";

describe("parseWord", () => {
  it.each([
    ["all", { kind: "all", value: "" }],
    ["groups", { kind: "groups", value: "" }],
    ["topic:news", { kind: "topic", value: "news" }],
    ["lang:ru", { kind: "lang", value: "ru" }],
    ["user:ann@example.org", { kind: "user", value: "ann@example.org" }],
    ["chat:-100123", { kind: "chat", value: "-100123" }],
  ])("%s", (word, expected) => {
    expect(parseWord(word)).toEqual(expected);
  });

  it.each(["", "everyone", "lang:", ":x", "zone:x"])("does not know %j", (word) => {
    expect(parseWord(word)).toBeNull();
  });
});

describe("withWord", () => {
  it("adds a word once", () => {
    expect(withWord(["all"], "linked")).toEqual(["all", "linked"]);
    expect(withWord(["all"], "all")).toEqual(["all"]);
  });
});
