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
    case 502:
    case 504:
      return t("error.network");
  }
  if (error.status >= 500) return error.detail || t("error.server", { status: error.status });
  return error.detail || t("error.check");
}
