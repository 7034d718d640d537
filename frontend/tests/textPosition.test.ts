import { describe, expect, it } from "vitest";

import { markFaults, unitIndex } from "../src/lib/textPosition";

const fault = (offset: number) => ({ field: "text", message: "wrong", offset });

describe("unitIndex", () => {
  it("turns code points into UTF-16 units", () => {
    expect(unitIndex("a😀b", 2)).toBe(3);
    expect(unitIndex("a😀b", 99)).toBe(4);
  });
});

describe("markFaults", () => {
  it("marks the tag that begins at the fault", () => {
    expect(markFaults("😀 <b>x</i>", [fault(6)])).toEqual([
      { text: "😀 <b>x", fault: null },
      { text: "</i>", fault: 0 },
    ]);
  });

  it("marks a single character elsewhere", () => {
    expect(markFaults("a😀b", [fault(1)])).toEqual([
      { text: "a", fault: null },
      { text: "😀", fault: 0 },
      { text: "b", fault: null },
    ]);
  });

  it("gives the text back, whatever the faults", () => {
    const text = "<b>one</i> & two";
    const pieces = markFaults(text, [fault(0), fault(6), fault(1), fault(11), fault(900)]);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  });

  it("marks nothing for a fault without a place", () => {
    expect(markFaults("abc", [{ field: "text", message: "too long" }])).toEqual([
      { text: "abc", fault: null },
    ]);
  });
});
