import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import {
  get,
  getIfChanged,
  post,
  queryString,
  useCsrfToken,
  whenUnauthorized,
} from "../src/lib/api/client";
import { Problem } from "../src/lib/api/problem";

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> };

/** A server that gives these answers in turn and remembers what it was asked. */
function serve(...answers: Answer[]) {
  const asked: { url: string; init: RequestInit }[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push({ url, init });
    const { status = 200, body = {}, headers = {} } = answers.shift() ?? {};
    const text = status === 204 || status === 304 ? null : JSON.stringify(body);
    return Promise.resolve(new Response(text, { status, headers }));
  });
  return asked;
}

const headers = (init: RequestInit) => init.headers as Record<string, string>;
const problem = (work: Promise<unknown>) => work.then(() => null).catch((error: Problem) => error);

beforeEach(() => useCsrfToken("token"));
afterEach(() => vi.unstubAllGlobals());

describe("the client", () => {
  it("sends the CSRF token with writes only", async () => {
    const asked = serve({}, {});
    await get("/site");
    await post("/auth/logout");
    expect(headers(asked[0]!.init)).not.toHaveProperty("X-CSRF-Token");
    expect(headers(asked[1]!.init)["X-CSRF-Token"]).toBe("token");
  });

  it("asks for a token when it has none", async () => {
    useCsrfToken(null);
    const asked = serve({ body: { user: null, csrf_token: "new" } }, {});
    await post("/auth/login", {});
    expect(asked.map(({ url }) => url)).toEqual(["/api/v1/session", "/api/v1/auth/login"]);
    expect(headers(asked[1]!.init)["X-CSRF-Token"]).toBe("new");
  });

  it("turns a problem into an error with its faults by field", async () => {
    const faults = [{ field: "password", message: "too short" }];
    serve({ status: 422, body: { title: "Unprocessable", detail: "wrong", faults } });
    const error = await problem(post("/auth/register", {}));
    expect(error).toBeInstanceOf(Problem);
    expect(error!.detail).toBe("wrong");
    expect(error!.of("password")).toEqual(["too short"]);
    expect(error!.of("email")).toEqual([]);
  });

  it("survives an answer that is no problem document", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<html>", { status: 502 })));
    expect((await problem(get("/site")))!.status).toBe(502);
  });

  it("says how long to wait", async () => {
    serve({ status: 429, headers: { "Retry-After": "30" } });
    expect((await problem(get("/site")))!.retryAfter).toBe(30);
  });

  it("calls a lost connection a problem without a status", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no route")));
    expect((await problem(get("/site")))!.status).toBe(0);
  });

  it("tells when the session has ended", async () => {
    const react = vi.fn();
    whenUnauthorized(react);
    serve({ status: 401 });
    await problem(get("/messages"));
    expect(react).toHaveBeenCalledOnce();
  });

  it("fetches a page again only when it changed", async () => {
    const asked = serve({ body: { n: 1 }, headers: { ETag: '"a"' } }, { status: 304 });
    const first = await getIfChanged("/broadcasts/1", null);
    expect(first).toEqual({ value: { n: 1 }, etag: '"a"' });
    expect(await getIfChanged("/broadcasts/1", first!.etag)).toBeNull();
    expect(headers(asked[1]!.init)["If-None-Match"]).toBe('"a"');
  });
});

describe("queryString", () => {
  it("leaves out what was not said", () => {
    expect(queryString({ q: "a b", cursor: null, status: "", limit: 30 })).toBe("?q=a+b&limit=30");
    expect(queryString({})).toBe("");
  });
});
