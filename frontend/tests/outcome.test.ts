import { describe, expect, it } from "vitest";

import type { Broadcast, BroadcastEvent } from "../src/lib/api/types";
import {
  isOver,
  moves,
  secondsLeft,
  settled,
  sortedReasons,
  canaryOf,
} from "../src/features/broadcast/outcome";

const broadcast = (fields: Partial<Broadcast>) =>
  ({
    status: "running",
    total: 11,
    recipients: 10,
    out_of_reach: 1,
    pending: 4,
    sending: 1,
    sent: 2,
    failed: 1,
    skipped: 2,
    unknown: 1,
    rate: 2.5,
    ...fields,
  }) as Broadcast;

describe("a broadcast's numbers", () => {
  it("count what is settled, of those who are written to", () => {
    expect(settled(broadcast({}))).toBe(5);
  });

  it("say how long it takes while it runs", () => {
    expect(secondsLeft(broadcast({}))).toBe(2);
    expect(secondsLeft(broadcast({ rate: 0 }))).toBeNull();
    expect(secondsLeft(broadcast({ status: "paused" }))).toBeNull();
    const canary = { people: 2, waiting: true, passed: false };
    expect(secondsLeft(broadcast({ canary }))).toBeNull();
  });

  it("move until everything in flight has landed", () => {
    expect(moves(broadcast({ status: "paused" }))).toBe(true);
    expect(moves(broadcast({ status: "paused", sending: 0 }))).toBe(false);
    expect(isOver(broadcast({ status: "cancelled" }))).toBe(true);
    expect(isOver(broadcast({ status: "halted" }))).toBe(false);
  });

  it("list the most frequent reason first", () => {
    expect(sortedReasons({ kicked: 1, blocked: 7, deactivated: 1 })).toEqual([
      ["blocked", 7],
      ["deactivated", 1],
      ["kicked", 1],
    ]);
  });
});

describe("canaryOf", () => {
  const events = (...actions: string[]) => actions.map((action) => ({ action }) as BroadcastEvent);

  it("is what was decided last", () => {
    const judged = broadcast({ canary: { people: 2, waiting: false, passed: true } });
    expect(canaryOf(judged, events("create", "pause"))).toBeNull();
    expect(canaryOf(judged, events("create", "canary_passed", "pause"))).toBe("passed");
    expect(canaryOf(judged, events("canary_failed", "resume"))).toBe("failed");
  });

  it("waits until it is judged", () => {
    const waiting = broadcast({ canary: { people: 2, waiting: true, passed: false } });
    expect(canaryOf(waiting, events("create"))).toBe("waiting");
    expect(canaryOf(broadcast({ canary: null }), events("create"))).toBeNull();
  });
});
