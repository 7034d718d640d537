/** Forms with files. XMLHttpRequest, because fetch tells nothing of how far an upload is. */

import { knownToken } from "./client";
import { Problem, problemOf } from "./problem";

export interface Progress {
  /** Gets the share that is sent, 0 to 1. */
  onprogress: (share: number) => void;
  signal: AbortSignal;
}

/** `key` is for `Idempotency-Key`. Rejects with Problem, or when aborted. */
export async function upload<T>(
  path: string,
  form: FormData,
  progress: Progress,
  key?: string,
): Promise<T> {
  const headers = { "X-CSRF-Token": await knownToken(), ...(key && { "Idempotency-Key": key }) };
  const response = await post(path, form, headers, progress);
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

function post(
  path: string,
  form: FormData,
  headers: Record<string, string>,
  { onprogress, signal }: Progress,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader("Accept-Language", document.documentElement.lang);
    request.upload.onprogress = ({ loaded, total }) => onprogress(total ? loaded / total : 0);
    request.onload = () => resolve(new Response(request.response, { status: request.status }));
    request.onerror = () => reject(new Problem(0, ""));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}
