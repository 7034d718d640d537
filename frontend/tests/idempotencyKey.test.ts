import { describe, expect, it } from "vitest";

import { IdempotencyKey } from "../src/lib/idempotencyKey";

describe("an idempotency key", () => {
  it("has the same key while the same is sent", () => {
    const idempotencyKey = new IdempotencyKey();
    const key = idempotencyKey.for({ text: "yes" });
    expect(key).toMatch(/^web-[0-9a-f]{32}$/);
    expect(idempotencyKey.for({ text: "yes" })).toBe(key);
    expect(idempotencyKey.for({ text: "no" })).not.toBe(key);
  });

  it("has another key once it has arrived: the same may be meant twice", () => {
    const idempotencyKey = new IdempotencyKey();
    const key = idempotencyKey.for("ok");
    idempotencyKey.renew();
    expect(idempotencyKey.for("ok")).not.toBe(key);
  });
});
