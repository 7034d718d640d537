import { expect, it } from "vitest";

import { svgAddress } from "../src/features/telegram/picture";

it("gives an SVG the namespace that an image needs, once", () => {
  const shown = (svg: string) => decodeURIComponent(svgAddress(svg).split(",", 2)[1]!);
  const whole = '<svg xmlns="http://www.w3.org/2000/svg" width="1"/>';
  expect(shown('<svg width="1"/>')).toBe(whole);
  expect(shown(whole)).toBe(whole);
});
