import { describe, expect, it } from "vitest";

import { base64 } from "../src/features/phones/base64";

describe("base64", () => {
  it.each([0, 3, 100_000])("says each of %d bytes", (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => index % 256);
    expect(Buffer.from(base64(bytes), "base64").equals(bytes)).toBe(true);
  });
});
