import { describe, expect, it } from "vitest";

import { kindOf } from "../src/lib/mediaKind";

describe("kindOf", () => {
  it.each([
    ["image/jpeg", 1000, "photo"],
    ["image/png", 11 * 1024 * 1024, "document"],
    ["image/svg+xml", 1000, "document"],
    ["video/mp4", 1000, "video"],
    ["", 1000, "document"],
  ])("%s of %d bytes is a %s", (type, size, kind) => {
    expect(kindOf({ type, size })).toBe(kind);
  });
});
