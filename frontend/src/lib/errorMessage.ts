/** What to tell people about an error, and what to do. */

import { Problem } from "$lib/api/problem";
import { duration } from "$lib/i18n/format";
import { i18n, t } from "$lib/i18n/index.svelte";

export function explain(error: unknown): string {
  if (!(error instanceof Problem)) return t("error.network");
  switch (error.status) {
    case 0:
      return t("error.network");
    case 401:
      return t("error.session");
    case 403:
      return error.detail || t("error.forbidden");
    case 404:
      return t("error.notFound");
    case 429:
      return error.retryAfter
        ? t("error.tooMany", { seconds: duration(error.retryAfter, i18n.language) })
        : t("error.tooManyPlain");
    // A proxy's, when the program behind it does not answer: to a reader the same as no network.
    case 502:
    case 504:
      return t("error.network");
  }
  if (error.status >= 500) return error.detail || t("error.server", { status: error.status });
  return error.detail || t("error.check");
}

/** Of a proof of who somebody is in Telegram: 401 is a matter of the proof, not of a session. */
export function explainProof(error: unknown): string {
  const status = error instanceof Problem ? error.status : 0;
  if (status === 401) return t("entry.failed");
  return status === 410 ? t("entry.expired") : explain(error);
}

/** Of a code that the bot gave. */
export function explainCode(error: unknown): string {
  return error instanceof Problem && [404, 410].includes(error.status)
    ? t("link.wrong")
    : explain(error);
}
