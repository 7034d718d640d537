import { describe, expect, it } from "vitest";

import type { Thread, ThreadMessage } from "../src/lib/api/types";
import { joined, lookOf, refreshed, waitingOf, withLabel } from "../src/features/inbox/threads";

const at = (minute: number) => `2026-05-01T10:${String(minute).padStart(2, "0")}:00Z`;
const thread = (id: number, minute: number) => ({ chat: { id }, last_at: at(minute) }) as Thread;
const message = (id: number, minute: number, text = "") =>
  ({ id, at: at(minute), text }) as ThreadMessage;
const ids = (threads: Thread[]) => threads.map(({ chat }) => chat.id);

describe("refreshed", () => {
  const known = [thread(1, 50), thread(2, 40), thread(3, 30), thread(4, 20)];

  it("keeps what lies behind the first page", () => {
    const first = { items: [thread(5, 55), thread(1, 50), thread(2, 40)], next_cursor: "x" };
    expect(ids(refreshed(known, first))).toEqual([5, 1, 2, 3, 4]);
  });

  it("shows once what has moved to the front", () => {
    const first = { items: [thread(4, 59), thread(1, 50)], next_cursor: "x" };
    expect(ids(refreshed(known, first))).toEqual([4, 1, 2, 3]);
  });

  it("drops what no longer fits the filter", () => {
    const first = { items: [thread(1, 50), thread(3, 30)], next_cursor: "x" };
    expect(ids(refreshed(known, first))).toEqual([1, 3, 4]);
    expect(ids(refreshed(known, { items: [thread(2, 40)], next_cursor: null }))).toEqual([2]);
    expect(refreshed(known, { items: [], next_cursor: null })).toEqual([]);
  });
});

describe("waitingOf", () => {
  const page = (unread: number[], next_cursor: string | null) => ({
    items: unread.map((n) => ({ unread: n }) as Thread),
    next_cursor,
  });

  it("counts conversations, not messages", () => {
    expect(waitingOf(page([7, 0, 1], null))).toBe("2");
    expect(waitingOf(page([0, 3], "x"))).toBe("1");
  });

  it("says nothing when none waits", () => {
    expect(waitingOf(page([0], "x"))).toBe("");
    expect(waitingOf(page([], null))).toBe("");
  });

  it("says when there may be more", () => {
    expect(waitingOf(page([1, 1], "x"))).toBe("2+");
    expect(waitingOf(page([1, 1], null))).toBe("2");
  });
});

describe("joined", () => {
  it("puts messages in the order they were written, each once, as last heard of", () => {
    const known = [message(2, 20, "old"), message(3, 30)];
    const found = [message(3, 30), message(2, 20, "new"), message(1, 10)];
    const all = joined(known, found);
    expect(all.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(all[1]!.text).toBe("new");
  });

  it("goes by the number within a second", () => {
    expect(joined([message(9, 1)], [message(8, 1)]).map(({ id }) => id)).toEqual([8, 9]);
  });
});

describe("withLabel", () => {
  it("adds a label once, with single spaces", () => {
    expect(withLabel(["a"], "  two \n words ")).toEqual(["a", "two words"]);
    expect(withLabel(["a"], "a ")).toEqual(["a"]);
    expect(withLabel(["a"], " ")).toEqual(["a"]);
  });
});

describe("lookOf", () => {
  it.each([
    ["photo", null, "image"],
    ["document", "image/png", "image"],
    ["document", "image/svg+xml", "other"],
    ["voice", "audio/ogg", "sound"],
    ["document", null, "other"],
  ])("a %s of %s is shown as %s", (kind, mime, look) => {
    expect(lookOf({ kind, mime })).toBe(look);
  });
});
