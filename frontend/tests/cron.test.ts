import { describe, expect, it } from "vitest";

import { cronOf, type Every } from "../src/features/compose/cron";

describe("cronOf", () => {
  it.each<[Every, string]>([
    ["day", "5 18 * * *"],
    ["workday", "5 18 * * 1-5"],
    ["week", "5 18 * * 0"],
    ["month", "5 18 28 * *"],
    ["own", "*/5 * * * *"],
  ])("every %s is %s", (every, cron) => {
    const times = { every, at: "18:05", weekday: 0, day: 28, cron: " */5 * * * * " };
    expect(cronOf(times)).toBe(cron);
  });
});
