import { describe, expect, it } from "vitest";

import type { PhoneMessage } from "../src/lib/api/types";
import { keyboardOf, mediaOf } from "../src/features/phones/phone.svelte";

const message = (fields: Partial<PhoneMessage>) =>
  ({ from: "bot", reply_markup: null, ...fields }) as PhoneMessage;

describe("mediaOf", () => {
  it("names what a message carries", () => {
    expect(mediaOf(message({}))).toBeNull();
    expect(mediaOf(message({ photo: [{}] }))).toEqual({ kind: "photo", name: "" });
    const document = { file_name: "plan.pdf" };
    expect(mediaOf(message({ document }))).toEqual({ kind: "document", name: "plan.pdf" });
    expect(mediaOf(message({ document, animation: document }))!.kind).toBe("animation");
  });
});

describe("keyboardOf", () => {
  it("is the latest one that was not taken away", () => {
    const shown = message({ reply_markup: { keyboard: [[{ text: "a" }, { text: "b" }]] } });
    const own = message({ from: "person", reply_markup: { keyboard: [[{ text: "x" }]] } });
    expect(keyboardOf([shown, own, message({})])).toEqual([["a", "b"]]);
    expect(keyboardOf([shown, message({ reply_markup: { remove_keyboard: true } })])).toEqual([]);
  });
});
