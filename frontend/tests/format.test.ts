import { describe, expect, it } from "vitest";

import { bytes, countdown, duration, relative, weekday } from "../src/lib/i18n/format";

describe("duration", () => {
  it.each([
    [0, "0 sec"],
    [41.4, "41 sec"],
    [60, "1 min"],
    [3_725, "1 hr 2 min"],
    [90_000, "1 day 1 hr"],
    [86_400 + 59, "1 day"],
  ])("%d s is %s", (seconds, expected) => {
    expect(duration(seconds, "en")).toBe(expected);
  });

  it("speaks Russian", () => {
    expect(duration(65, "ru")).toBe("1 мин 5 с");
  });
});

describe("countdown", () => {
  it("counts minutes and seconds, and stops at nothing", () => {
    expect(countdown(249.9)).toBe("4:09");
    expect(countdown(-3)).toBe("0:00");
  });
});

describe("relative", () => {
  const now = Date.parse("2026-01-02T12:00:00Z");

  it.each([
    ["2026-01-02T11:59:55Z", "5 seconds ago"],
    ["2026-01-02T11:57:00Z", "3 minutes ago"],
    ["2026-01-02T14:00:00Z", "in 2 hours"],
    ["2026-01-01T12:00:00Z", "yesterday"],
  ])("%s is %s", (time, expected) => {
    expect(relative(time, now, "en")).toBe(expected);
  });
});

describe("bytes", () => {
  it.each([
    [0, "0 byte"],
    [14_300, "14 kB"],
    [2_345_678, "2.3 MB"],
  ])("%d is %s", (size, expected) => {
    expect(bytes(size, "en")).toBe(expected);
  });
});

describe("weekday", () => {
  it("counts from Sunday, as cron does", () => {
    expect([0, 1, 6].map((day) => weekday(day, "en"))).toEqual(["Sunday", "Monday", "Saturday"]);
    expect(weekday(3, "ru")).toBe("среда");
  });
});
