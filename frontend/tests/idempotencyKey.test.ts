import { describe, expect, it } from "vitest";

import { Attempt } from "../src/lib/idempotencyKey";

describe("an attempt", () => {
  it("has the same key while the same is sent", () => {
    const attempt = new Attempt();
    const key = attempt.keyFor({ text: "yes" });
    expect(key).toMatch(/^web-[0-9a-f]{32}$/);
    expect(attempt.keyFor({ text: "yes" })).toBe(key);
    expect(attempt.keyFor({ text: "no" })).not.toBe(key);
  });

  it("has another key once it has arrived: the same may be meant twice", () => {
    const attempt = new Attempt();
    const key = attempt.keyFor("ok");
    attempt.arrived();
    expect(attempt.keyFor("ok")).not.toBe(key);
  });
});
