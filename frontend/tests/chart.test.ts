import { describe, expect, it } from "vitest";

import { chartOf } from "../src/features/broadcast/results/chart";

const bucket = (second: number, sent: number, failed = 0) => ({
  at: `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`,
  sent,
  failed,
  skipped: 0,
  unknown: 0,
});

describe("chartOf", () => {
  it("is nothing without numbers", () => {
    expect(chartOf([], 1)).toEqual({ width: 0, most: 0, bars: [] });
  });

  it("stacks outcomes and leaves room for spans in which nothing happened", () => {
    expect(chartOf([bucket(0, 3), bucket(20, 2, 4)], 10)).toEqual({
      width: 3,
      most: 6,
      bars: [
        { series: "sent", x: 0, y: 0, height: 3 },
        { series: "sent", x: 2, y: 0, height: 2 },
        { series: "failed", x: 2, y: 2, height: 4 },
      ],
    });
  });
});
