/** The other side broke a rule of SPEC.md: the link is closed, the process goes on. */
export class ProtocolViolation extends Error {
  constructor(rule: string, what: string) {
    super(`${rule}: ${what}`);
    this.name = "ProtocolViolation";
  }
}
