/**
 * What is signed with a window's token (HMAC-SHA-256, RFC 2104) by a node that
 * shows it is still the one the page was opened from, without saying the token.
 * The prefix keeps the answer from being of use for anything else.
 */
export function tokenProofText(nonce: string): string {
  return `reelfarm-window:${nonce}`;
}
