import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { uiContractVersion } from "../protocol/ui-contract.ts";
import { findInBundle, type Bundle, type BundleFile } from "./bundle.ts";

const noBundleText =
  "This node has no user interface of its own installed.\n" +
  "Use the command line: reelfarm --help\n";

/** How pages are given out by one listener. */
export interface PageRules {
  readonly isOwnHost: (host: string | undefined) => host is string;
  /** Of the line a page opens. */
  readonly socketScheme: "ws" | "wss";
  /** Answers `GET /health`; with `?prove=NONCE`, also that it knows the window's token. Null: no such answer. */
  readonly proveToken: ((nonce: string) => string) | null;
}

/** Answers plain HTTP: the bundle's files and `GET /health`. Everything else is refused. */
export function answerPage(
  bundle: Bundle,
  request: IncomingMessage,
  response: ServerResponse,
  { isOwnHost, socketScheme, proveToken }: PageRules,
): void {
  const { host } = request.headers;
  const [requestPath = "/", query = ""] = (request.url ?? "/").split("?");
  if (!isOwnHost(host)) answerText(response, 403, "Forbidden\n");
  else if (request.method !== "GET" && request.method !== "HEAD")
    answerText(response, 405, "Method not allowed\n");
  else if (proveToken !== null && requestPath === "/health")
    answerHealth(response, new URLSearchParams(query), proveToken);
  else if (requestPath === "/ui")
    answerText(response, 426, "A WebSocket upgrade is expected here\n");
  else {
    const file = findInBundle(bundle, requestPath);
    const line = `${socketScheme}://${host}`;
    if (file) sendFile(file, line, request.method === "HEAD", response);
    else answerText(response, 404, bundle.size ? "Not found\n" : noBundleText);
  }
}

function answerHealth(
  response: ServerResponse,
  query: URLSearchParams,
  proveToken: (nonce: string) => string,
): void {
  const nonce = query.get("prove");
  const proof = nonce === null ? {} : { proof: proveToken(nonce) };
  response.writeHead(200, {
    ...safetyHeaders,
    "content-type": "application/json",
    "cache-control": "no-store",
  });
  response.end(
    JSON.stringify({ ok: true, contract: uiContractVersion, ...proof }),
  );
}

function sendFile(
  file: BundleFile,
  line: string,
  headOnly: boolean,
  response: ServerResponse,
): void {
  response.setHeaders(
    new Map<string, string>([
      ...Object.entries(safetyHeaders),
      ["content-type", file.contentType],
      ["content-security-policy", contentSecurityPolicy(line)],
      [
        "cache-control",
        file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
      ],
    ]),
  );
  if (headOnly) {
    response.end();
    return;
  }
  const content = createReadStream(file.file);
  content.once("error", () => {
    // Removed since the start; once bytes left, only the broken connection can tell.
    if (response.headersSent) response.destroy();
    else answerText(response, 404, "Not found\n");
  });
  content.once("open", () => {
    pipeline(content, response, () => undefined);
  });
}

/** A plain answer to a request that gets no page. */
export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
): void {
  response.writeHead(status, {
    ...safetyHeaders,
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
  });
  response.end(text);
}

/** For every answer. */
export const safetyHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

/**
 * SHA-256 of nothing: a style element may be made while it is empty, as the
 * code field does, which fills it by script. One that comes with text may not.
 */
const emptyStyleHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/**
 * Nothing but our own files. The socket is named as well, because not every
 * browser counts ws: as 'self'. Style attributes are allowed (bars are drawn
 * with them); style elements are not.
 */
function contentSecurityPolicy(line: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' '${emptyStyleHash}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self' ${line}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
