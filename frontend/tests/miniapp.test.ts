import { describe, expect, it } from "vitest";

import { afterProof, initDataOf } from "../src/lib/miniapp";

describe("a Mini App's address", () => {
  it("holds who opened it, encoded once more", () => {
    const initData = "user=%7B%22id%22%3A1%7D&hash=ab";
    const hash = `#tgWebAppData=${encodeURIComponent(initData)}&tgWebAppVersion=8.0`;
    expect(initDataOf(hash)).toBe(initData);
  });

  it.each(["", "#", "#link=ab", "#tgWebAppData="])("says nothing elsewhere: %s", (hash) => {
    expect(initDataOf(hash)).toBeNull();
  });
});

describe("afterProof", () => {
  it("asks whoever has no account yet", () => {
    expect(afterProof({ code: "a/b" })).toBe("/link#a%2Fb");
    expect(afterProof({ code: null })).toBe("/messages");
  });
});
