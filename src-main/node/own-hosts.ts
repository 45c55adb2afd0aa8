import os from "node:os";
import {
  chooseInterfaces,
  type SystemInterface,
} from "../core/discovery/interface-choice.ts";

/** Addresses a listener for the home takes connections at. */
export function lanAddresses(
  listenHost: string,
  interfaces: readonly SystemInterface[],
  chosen: readonly string[] | null,
): readonly string[] {
  if (listenHost !== "0.0.0.0" && listenHost !== "::")
    return [plainAddress(listenHost)];
  const used = chooseInterfaces(interfaces, chosen)
    .filter(({ isUsed }) => isUsed)
    .flatMap((one) => one.interface.addresses)
    .filter(
      ({ address, family }) =>
        !address.startsWith("fe80:") && (family === 4 || listenHost === "::"),
    );
  return [
    ...used.filter(({ family }) => family === 4),
    ...used.filter(({ family }) => family === 6),
  ].map(({ address }) => address);
}

/** What people may type to get there: those addresses, and this computer's name. */
export function ownHosts(addresses: readonly string[]): ReadonlySet<string> {
  const name = os.hostname().toLowerCase();
  const [first = name] = name.split(".");
  return new Set([...addresses, name, first, `${first}.local`]);
}

/** IPv4 as IPv4, also where it came in on a socket for both; without a zone. */
export function plainAddress(address: string): string {
  const [plain = ""] = address.toLowerCase().split("%");
  return plain.replace(/^::ffff:(?=\d+\.)/, "");
}
