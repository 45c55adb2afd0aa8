/** The other side broke a rule of SPEC.md: the link is closed, the process goes on. */
export class ProtocolViolation extends Error {
  constructor(rule: string, what: string) {
    super(`${rule}: ${what}`);
    this.name = "ProtocolViolation";
  }
}

/** Whether `ws` refused what the peer sent: too long, badly framed, no UTF-8. */
export function isFramingError(error: Error): boolean {
  return "code" in error && String(error.code).startsWith("WS_ERR_");
}
