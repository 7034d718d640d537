import { describe, expect, it } from "vitest";

import { scopesFor } from "../src/features/account/scopes";

describe("scopesFor", () => {
  it("offers nobody more than the role allows", () => {
    expect(scopesFor("member")).toEqual(["read", "notify"]);
    expect(scopesFor("admin")).toEqual(["read", "notify", "inbox", "broadcasts"]);
    expect(scopesFor(undefined)).toEqual([]);
  });
});
