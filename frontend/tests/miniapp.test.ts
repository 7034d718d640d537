import { describe, expect, it } from "vitest";

import { afterProof, initDataOf, nameIn } from "../src/lib/miniapp";

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

describe("nameIn", () => {
  const about = (user: unknown) =>
    nameIn(new URLSearchParams({ user: JSON.stringify(user), hash: "ab" }).toString());

  it("says whom the data is about", () => {
    expect(about({ first_name: "Anna", last_name: "B", username: "anna" })).toBe("Anna B @anna");
    expect(about({ first_name: "Анна" })).toBe("Анна");
  });

  it.each([{}, null, 7, { first_name: { a: 1 } }, []])("says nothing of %j", (user) => {
    expect(about(user)).toBeNull();
  });

  it.each(["", "user=%7B", "hash=ab"])("says nothing of rubbish: %s", (initData) => {
    expect(nameIn(initData)).toBeNull();
  });
});

describe("afterProof", () => {
  it("asks whoever has no account yet", () => {
    expect(afterProof({ code: "a/b" })).toBe("/link#a%2Fb");
    expect(afterProof({ code: null })).toBe("/messages");
  });
});
