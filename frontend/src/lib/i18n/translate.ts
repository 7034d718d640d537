/** Texts with gaps and plurals, as pure functions. */

/** What `n` of something is called: English has one and other; Russian one, few, many. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Text = string | Plural;
export type Gaps = Record<string, string | number>;

/** The form for `gaps.n` where the text has forms; `{name}` is filled in, numbers as the language writes them. */
export function render(text: Text, gaps: Gaps, language: string): string {
  const form = typeof text === "string" ? text : plural(text, gaps.n, language);
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = gaps[name];
    // Shown with its brace rather than thrown: a missing word must not take the page away.
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : value;
  });
}

function plural(forms: Plural, n: string | number | undefined, language: string): string {
  const rule = new Intl.PluralRules(language).select(Number(n ?? 0));
  return forms[rule] ?? forms.other;
}

/** The first language of the browser that the site speaks. */
export function chooseLanguage<L extends string>(
  wanted: readonly string[],
  spoken: readonly L[],
  fallback: L,
): L {
  for (const tag of wanted) {
    const found = spoken.find((language) => tag.toLowerCase().split("-")[0] === language);
    if (found) return found;
  }
  return fallback;
}
