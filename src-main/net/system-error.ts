/** The system's name of an error, e.g. EADDRINUSE; the class's where there is none. */
export function codeOf(error: unknown): string {
  const hasCode =
    error instanceof Error && "code" in error && typeof error.code === "string";
  if (hasCode) return String(error.code);
  return error instanceof Error ? error.name : "unknown";
}
