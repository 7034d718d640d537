/** Files for broadcasts. XMLHttpRequest, because fetch tells nothing of how far an upload is. */

import { knownToken } from "./client";
import { Problem, problemOf } from "./problem";
import type { Media, MediaKind } from "./types";

/** `onprogress` gets the share that is sent, 0 to 1. Rejects with Problem, or when aborted. */
export async function uploadMedia(
  file: File,
  kind: MediaKind,
  onprogress: (share: number) => void,
  signal: AbortSignal,
): Promise<Media> {
  const form = new FormData();
  form.set("kind", kind);
  form.set("file", file, file.name);
  const response = await post("/api/v1/media", form, await knownToken(), onprogress, signal);
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as Media;
}

function post(
  path: string,
  form: FormData,
  token: string,
  onprogress: (share: number) => void,
  signal: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("X-CSRF-Token", token);
    request.setRequestHeader("Accept-Language", document.documentElement.lang);
    request.upload.onprogress = ({ loaded, total }) => onprogress(total ? loaded / total : 0);
    request.onload = () => resolve(new Response(request.response, { status: request.status }));
    request.onerror = () => reject(new Problem(0, ""));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}
