import { describe, expect, it } from "vitest";

import { richText, safeAddress, type RichNode } from "../src/features/phones/entities";

const plain = (nodes: RichNode[]): string =>
  nodes.map((node) => (node.kind === "text" ? node.text : plain(node.children))).join("");

describe("richText", () => {
  it("nests what lies within", () => {
    const bold = { type: "bold", offset: 0, length: 5 };
    const italic = { type: "italic", offset: 2, length: 2 };
    expect(richText("ab😀c", [italic, bold])).toEqual([
      {
        kind: "entity",
        entity: bold,
        children: [
          { kind: "text", text: "ab" },
          { kind: "entity", entity: italic, children: [{ kind: "text", text: "😀" }] },
          { kind: "text", text: "c" },
        ],
      },
    ]);
  });

  it("loses no text when entities overlap or overrun", () => {
    const entities = [
      { type: "bold", offset: 0, length: 4 },
      { type: "italic", offset: 2, length: 4 },
      { type: "code", offset: 7, length: 99 },
    ];
    expect(plain(richText("abcdefghij", entities))).toBe("abcdefghij");
  });

  it("keeps the order of entities side by side", () => {
    const nodes = richText("one two", [
      { type: "bold", offset: 4, length: 3 },
      { type: "bold", offset: 0, length: 3 },
    ]);
    expect(nodes.map((node) => node.kind)).toEqual(["entity", "text", "entity"]);
  });
});

describe("safeAddress", () => {
  it("follows only addresses that run nothing", () => {
    expect(safeAddress("https://example.org")).toBe("https://example.org");
    expect(safeAddress("javascript:alert(1)")).toBeNull();
    expect(safeAddress("data:text/html,x")).toBeNull();
  });
});
