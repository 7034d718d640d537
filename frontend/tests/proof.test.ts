import { describe, expect, it } from "vitest";

import { afterProof, nameIn, proofIn } from "../src/lib/proof";

describe("a Mini App's address", () => {
  it("holds who opened it, encoded once more", () => {
    const initData = "user=%7B%22id%22%3A1%7D&hash=ab";
    const hash = `#tgWebAppData=${encodeURIComponent(initData)}&tgWebAppVersion=8.0`;
    expect(proofIn(hash)).toEqual({ initData });
  });

  it.each(["", "#", "#link=ab", "#tgWebAppData="])("says nothing elsewhere: %s", (hash) => {
    expect(proofIn(hash)).toBeUndefined();
  });
});

describe("the address the Login Widget's page comes back to", () => {
  const anna = { id: 1001, first_name: "Анна ÿ?>", auth_date: 1767225600, hash: "ab" };
  const encoded = Buffer.from(JSON.stringify(anna));

  it.each(["base64", "base64url"] as const)("holds who logged in, as %s", (encoding) => {
    const hash = `#tgAuthResult=${encoded.toString(encoding)}`;
    expect(proofIn(hash)).toEqual({ widget: anna });
    expect(proofIn(hash.replace(/=+$/, ""))).toEqual({ widget: anna });
  });

  it("keeps fields it does not know, for they are signed too", () => {
    const newer = { ...anna, is_new: 1 };
    const words = Buffer.from(JSON.stringify(newer)).toString("base64url");
    expect(proofIn(`#tgAuthResult=${words}`)).toEqual({ widget: newer });
  });

  it.each(["false", "null", "7", "[]", "{}", '"id"', "{"])("may say nobody: %s", (json) => {
    expect(proofIn(`#tgAuthResult=${Buffer.from(json).toString("base64url")}`)).toBeNull();
  });

  it.each(["", "a", "%%%", "я"])("may be rubbish: %s", (words) => {
    expect(proofIn(`#tgAuthResult=${words}`)).toBeNull();
  });
});

describe("nameIn", () => {
  const about = (user: unknown) =>
    nameIn({
      initData: new URLSearchParams({ user: JSON.stringify(user), hash: "ab" }).toString(),
    });

  it("says whom a Mini App's data is about", () => {
    expect(about({ first_name: "Anna", last_name: "B", username: "anna" })).toBe("Anna B @anna");
    expect(about({ first_name: "Анна" })).toBe("Анна");
  });

  it("says whom the widget's data is about", () => {
    const widget = { id: 1, first_name: "Anna", username: "anna", auth_date: 1, hash: "ab" };
    expect(nameIn({ widget })).toBe("Anna @anna");
  });

  it.each([{}, null, 7, { first_name: { a: 1 } }, []])("says nothing of %j", (user) => {
    expect(about(user)).toBeNull();
  });

  it.each(["", "user=%7B", "hash=ab"])("says nothing of rubbish: %s", (initData) => {
    expect(nameIn({ initData })).toBeNull();
  });
});

describe("afterProof", () => {
  it("asks whoever has no account yet", () => {
    expect(afterProof({ code: "a/b" })).toBe("/link#a%2Fb");
    expect(afterProof({ code: null })).toBe("/messages");
  });
});
