/** Repeats a request while the page is visible. */

/**
 * Runs `step` at once and again `everyMs` after it ended, until it returns false or the returned
 * function is called, which also aborts the request under way. A hidden page waits; a failed step
 * goes to `onError` and is tried again after four times the interval.
 */
export function poll(
  step: (signal: AbortSignal) => Promise<boolean | void>,
  everyMs: number,
  onError: (error: unknown) => void = () => {},
): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  void (async () => {
    while (!signal.aborted) {
      let pause = everyMs;
      try {
        if ((await step(signal)) === false) return;
      } catch (error) {
        if (signal.aborted) return;
        onError(error);
        // A server in trouble gets a quarter of the questions, from each page that is open.
        pause = everyMs * 4;
      }
      await wait(pause, signal);
      // After the pause: a tab that comes back to the front asks at once.
      await visible(signal);
    }
  })();
  return () => controller.abort();
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

function visible(signal: AbortSignal): Promise<void> {
  if (typeof document === "undefined" || !document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
