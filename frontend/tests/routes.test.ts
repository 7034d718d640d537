import { describe, expect, it } from "vitest";

import { afterEntry, hasRole, match, safeNext } from "../src/lib/routes";

describe("match", () => {
  it.each([
    ["/", "home"],
    ["/people", "users"],
    ["/people/chats/", "chats"],
    ["/broadcasts/new", "compose"],
    ["/broadcasts/12", "broadcast"],
    ["/topics", "topics"],
    ["/schedules", "schedules"],
    ["/inbox/settings", "inbox-settings"],
    ["/inbox/42", "conversation"],
    ["/profile/tokens", "tokens"],
    ["/nowhere", "not-found"],
    ["/broadcasts/12/more", "not-found"],
  ])("%s is %s", (path, name) => {
    expect(match(path).name).toBe(name);
  });

  it("reads the parameters", () => {
    expect(match("/broadcasts/12").params).toEqual({ id: "12" });
  });
});

describe("hasRole", () => {
  it("counts a higher role as the lower one", () => {
    expect(hasRole("admin", "operator")).toBe(true);
    expect(hasRole("member", "operator")).toBe(false);
    expect(hasRole(undefined, "member")).toBe(false);
  });
});

describe("safeNext", () => {
  it("stays on this site", () => {
    expect(safeNext("/link#abc")).toBe("/link#abc");
    for (const next of [null, "", "https://evil.example", "//evil.example", "/\\evil.example"]) {
      expect(safeNext(next)).toBeNull();
    }
  });
});

describe("afterEntry", () => {
  it("goes where the reader wanted to go", () => {
    expect(afterEntry("login", "?next=%2Finbox%2F4", "")).toBe("/inbox/4");
    expect(afterEntry("login", "?next=%2F%2Fevil.example", "")).toBe("/messages");
  });

  it("goes on to confirm the bot's code, unless the registration has used it", () => {
    expect(afterEntry("login", "?next=%2Fprofile", "#link=a%2Fb")).toBe("/link#a%2Fb");
    expect(afterEntry("register", "", "#link=ab")).toBe("/telegram");
  });
});
