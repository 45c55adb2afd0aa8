import {
  shellContractVersion,
  shellGlobal,
  type DesktopShell,
} from "../../src-main/protocol/shell-contract.ts";

/** The desktop around the page; null in a browser, or when the shell is of another version. */
export function desktopShell(page: object): DesktopShell | null {
  const found = (page as Record<string, unknown>)[shellGlobal];
  if (typeof found !== "object" || found === null) return null;
  const shell = found as DesktopShell;
  return shell.version === shellContractVersion ? shell : null;
}
