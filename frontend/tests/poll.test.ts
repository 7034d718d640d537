import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { poll } from "../src/lib/poll";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("asks again until the step says it is over", async () => {
  const step = vi.fn().mockResolvedValueOnce(true).mockResolvedValueOnce(false);
  poll(step, 1_000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(step).toHaveBeenCalledTimes(2);
});

it("stops, and aborts what is under way", async () => {
  let signal: AbortSignal | undefined;
  const stop = poll((given) => ((signal = given), new Promise(() => {})), 1_000);
  stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(signal!.aborted).toBe(true);
});

it("tells of a failure and waits longer before it tries again", async () => {
  const failed = vi.fn();
  const step = vi.fn().mockRejectedValue(new Error("down"));
  const stop = poll(step, 1_000, failed);
  await vi.advanceTimersByTimeAsync(3_900);
  expect(step).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(step).toHaveBeenCalledTimes(2);
  expect(failed).toHaveBeenCalledTimes(2);
  stop();
});
