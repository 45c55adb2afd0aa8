/** Sends a browser's file to the node: `POST /upload?name=…` of the UI server. */
import { RequestRefused } from "../../connection/connection.ts";
import type { UiUploaded } from "../../../src-main/protocol/ui-media.ts";

export interface UploadOptions {
  /** `http://127.0.0.1:1234` */
  readonly origin: string;
  /** Null: a cookie goes along by itself. */
  readonly token: string | null;
  readonly signal: AbortSignal;
  readonly onProgress: (sentBytes: number) => void;
}

/** The path the node keeps it under. Rejects with RequestRefused, or an Error when the line broke. */
export function upload(file: File, options: UploadOptions): Promise<string> {
  const { origin, token, signal, onProgress } = options;
  return new Promise((resolve, reject) => {
    // fetch tells nothing while it sends.
    const request = new XMLHttpRequest();
    const address = new URL("/upload", origin);
    address.searchParams.set("name", file.name);
    request.open("POST", address);
    if (token !== null)
      request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onerror = () => reject(new Error(file.name));
    request.onabort = () => reject(new Error(file.name));
    request.onload = () => {
      const answer = request.response as UiUploaded | null;
      if (answer === null)
        reject(new Error(`${file.name}: ${String(request.status)}`));
      else if ("failure" in answer) reject(new RequestRefused(answer.failure));
      else resolve(answer.path);
    };
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
