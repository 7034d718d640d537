/** The one place that talks to the server: the session's cookie, the CSRF token, errors. */

import createClient from "openapi-fetch";

import { Problem, problemOf } from "./problem";
import type { paths } from "./schema";

const ORIGIN = typeof location === "undefined" ? "http://localhost" : location.origin;

let csrfToken: string | null = null;
let onUnauthorized: () => void = () => {};

/** Called by whoever learns a new token: a session's token changes at log-in and log-out. */
export function useCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** `react` runs when the server no longer knows who is asking. */
export function whenUnauthorized(react: () => void): void {
  onUnauthorized = react;
}

/** Typed by the server's OpenAPI document. Every call rejects with Problem, or when aborted. */
export const api = createClient<paths>({ baseUrl: ORIGIN, fetch: checkedFetch });

/** The body of a successful answer. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/** The answer when it is a success or 304; everything else is thrown as a Problem. */
async function checkedFetch(request: Request): Promise<Response> {
  if (request.method !== "GET") request.headers.set("X-CSRF-Token", await knownToken());
  const language = pageLanguage();
  if (language) request.headers.set("Accept-Language", language);
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    // Somebody left the page: no reason to tell them about the network.
    if (request.signal.aborted) throw error;
    throw new Problem(0, "");
  }
  if (response.ok || response.status === 304) return response;
  const problem = await problemOf(response);
  if (problem.status === 401) onUnauthorized();
  throw problem;
}

/** The language the reader chose here, which need not be the browser's: errors come in it. */
function pageLanguage(): string {
  return typeof document === "undefined" ? "" : document.documentElement.lang;
}

/** The token every write carries. */
export async function knownToken(): Promise<string> {
  // Asked for when it is needed first: most visits write nothing.
  csrfToken ??= (await body(api.GET("/api/v1/session"))).csrf_token;
  return csrfToken;
}
