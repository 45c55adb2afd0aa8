import { tokenProofText } from "../../src-main/protocol/token-proof.ts";

/**
 * Whether what answers there now knows the token, without telling it:
 * "stranger" where something answers that does not.
 */
export async function askProof(
  lineUrl: string,
  token: string,
): Promise<"proved" | "stranger" | "silent"> {
  const nonce = hex(crypto.getRandomValues(new Uint8Array(16)));
  const page = new URL("/health", lineUrl.replace("ws", "http"));
  page.searchParams.set("prove", nonce);
  let answer: unknown;
  try {
    answer = await (await fetch(page)).json();
  } catch {
    return "silent";
  }
  const expected = await proofOf(token, nonce);
  const isRight =
    typeof answer === "object" &&
    answer !== null &&
    "proof" in answer &&
    answer.proof === expected;
  return isRight ? "proved" : "stranger";
}

async function proofOf(token: string, nonce: string): Promise<string> {
  const bytes = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const { subtle } = crypto;
  const secret = bytes.encode(token);
  const key = await subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  const text = bytes.encode(tokenProofText(nonce));
  return hex(new Uint8Array(await subtle.sign("HMAC", key, text)));
}

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
