import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

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

describe("a key that is kept in the browser", () => {
  beforeEach(() => {
    const items = new Map<string, string>();
    vi.stubGlobal("localStorage", {
      getItem: (name: string) => items.get(name) ?? null,
      setItem: (name: string, value: string) => items.set(name, value),
      removeItem: (name: string) => items.delete(name),
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("outlives a reload, whatever another tab has sent meanwhile", () => {
    const key = new IdempotencyKey("keys").for("lost");
    const otherTab = new IdempotencyKey("keys");
    expect(otherTab.for("other")).not.toBe(key);
    otherTab.renew();
    expect(new IdempotencyKey("keys").for("lost")).toBe(key);
  });

  it("is forgotten once it has arrived", () => {
    const sent = new IdempotencyKey("keys");
    const key = sent.for("ok");
    sent.renew();
    expect(localStorage.getItem("keys")).toBeNull();
    expect(new IdempotencyKey("keys").for("ok")).not.toBe(key);
  });

  it("is forgotten after a day", () => {
    vi.useFakeTimers({ now: 0 });
    const key = new IdempotencyKey("keys").for("ok");
    vi.setSystemTime(25 * 3600 * 1000);
    expect(new IdempotencyKey("keys").for("ok")).not.toBe(key);
  });

  it("does without what cannot be read", () => {
    localStorage.setItem("keys", "{");
    expect(new IdempotencyKey("keys").for("ok")).toMatch(/^web-/);
  });
});
