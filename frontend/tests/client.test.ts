import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { api, body, useCsrfToken, whenUnauthorized } from "../src/lib/api/client";
import { pollBroadcast } from "../src/lib/api/broadcasts";
import { Problem } from "../src/lib/api/problem";
import { addPerson } from "../src/lib/api/sandbox";

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> };

/** A server that gives these answers in turn and remembers what it was asked. */
function serve(...answers: Answer[]): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(request);
    const { status = 200, body = {}, headers = {} } = answers.shift() ?? {};
    const text = status === 204 || status === 304 ? null : JSON.stringify(body);
    return Promise.resolve(new Response(text, { status, headers }));
  });
  return asked;
}

const site = () => body(api.GET("/api/v1/site"));
const logout = () => body(api.POST("/api/v1/auth/logout"));
const problem = (work: Promise<unknown>) => work.then(() => null).catch((error: Problem) => error);

beforeEach(() => useCsrfToken("token"));
afterEach(() => vi.unstubAllGlobals());

describe("the client", () => {
  it("sends the CSRF token with writes only", async () => {
    const asked = serve({}, {}, {});
    await site();
    await logout();
    await addPerson({});
    expect(asked.map((one) => one.headers.get("X-CSRF-Token"))).toEqual([null, "token", "token"]);
  });

  it("asks for the language of the page", async () => {
    const page = { documentElement: { lang: "ru" } };
    vi.stubGlobal("document", page);
    const asked = serve({}, {});
    await site();
    page.documentElement.lang = "en";
    await logout();
    expect(asked.map((one) => one.headers.get("Accept-Language"))).toEqual(["ru", "en"]);
  });

  it("asks for a token when it has none", async () => {
    useCsrfToken(null);
    const asked = serve({ body: { user: null, csrf_token: "new" } }, {});
    await logout();
    const paths = asked.map((one) => new URL(one.url).pathname);
    expect(paths).toEqual(["/api/v1/session", "/api/v1/auth/logout"]);
    expect(asked[1]!.headers.get("X-CSRF-Token")).toBe("new");
  });

  it("turns a problem into an error with its faults by field", async () => {
    const faults = [{ field: "password", message: "too short" }];
    serve({ status: 422, body: { title: "Unprocessable", detail: "wrong", faults } });
    const error = await problem(logout());
    expect(error).toBeInstanceOf(Problem);
    expect(error!.detail).toBe("wrong");
    expect(error!.of("password")).toEqual(["too short"]);
    expect(error!.of("email")).toEqual([]);
  });

  it("survives an answer that is no problem document", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<html>", { status: 502 })));
    expect((await problem(site()))!.status).toBe(502);
  });

  it("says how long to wait", async () => {
    serve({ status: 429, headers: { "Retry-After": "30" } });
    expect((await problem(site()))!.retryAfter).toBe(30);
  });

  it("calls a lost connection a problem without a status", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no route")));
    expect((await problem(site()))!.status).toBe(0);
  });

  it("tells when the session has ended", async () => {
    const react = vi.fn();
    whenUnauthorized(react);
    serve({ status: 401 });
    await problem(site());
    expect(react).toHaveBeenCalledOnce();
  });

  it("fetches a broadcast again only when it changed", async () => {
    const asked = serve({ body: { id: 1 }, headers: { ETag: '"a"' } }, { status: 304 });
    const first = await pollBroadcast(1, null);
    expect(first).toEqual({ value: { id: 1 }, etag: '"a"' });
    expect(await pollBroadcast(1, first!.etag)).toBeNull();
    expect(asked[1]!.headers.get("If-None-Match")).toBe('"a"');
  });
});
