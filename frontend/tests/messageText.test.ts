import { describe, expect, it } from "vitest";

import { inWords } from "../src/lib/messageText";

describe("inWords", () => {
  const name = (kind: string) => ({ photo: "фото", video_note: "видеосообщение" })[kind] ?? kind;

  it.each([
    ["[photo × 3] the hall", "[фото × 3] the hall"],
    ["[video_note]", "[видеосообщение]"],
    ["[hologram] x", "[hologram] x"],
    ["look: [photo]", "look: [photo]"],
    ["", ""],
  ])("says what stands before %s", (text, words) => {
    expect(inWords(text, name)).toBe(words);
  });
});
