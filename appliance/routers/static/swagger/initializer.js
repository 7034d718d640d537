// A file of its own, because the site's Content-Security-Policy takes no inline script.
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** Writes need the session's token: ask for it, so that "Try it out" works for whoever is logged in. */
async function addToken(request) {
  if (!SAFE.has((request.method ?? "GET").toUpperCase()) && !request.headers["X-CSRF-Token"]) {
    const session = await fetch("/api/v1/session", { credentials: "same-origin" });
    request.headers["X-CSRF-Token"] = (await session.json()).csrf_token;
  }
  return request;
}

SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null, // asks nobody outside
  requestInterceptor: addToken,
});
