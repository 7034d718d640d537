/** Errors as the server says them (RFC 9457), and the network's own. */

import type { Fault } from "./types";

export class Problem extends Error {
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    readonly detail: string,
    readonly faults: Fault[] = [],
    /** Seconds after which to try again, from a 429 or 503. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail);
    this.name = "Problem";
  }

  /** The messages for one input, for showing beside it. */
  of(field: string): string[] {
    return this.faults.filter((fault) => fault.field === field).map((fault) => fault.message);
  }
}

/** Reads an answer that is not a success. Never throws: a proxy's HTML page is a Problem too. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = await readJson(response);
  const detail = text(body.detail) ?? text(body.title) ?? response.statusText;
  return new Problem(response.status, detail, faults(body.faults), retryAfter(response));
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    return body && typeof body === "object" ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function faults(value: unknown): Fault[] {
  if (!Array.isArray(value)) return [];
  return value.filter((fault) => typeof fault?.field === "string" && text(fault.message));
}

function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get("Retry-After"));
  // The header may hold a date, of which `Number` makes NaN; proxies send it so.
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}
