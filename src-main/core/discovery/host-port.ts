/** Where a master may be dialled: a name or an address, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with brackets around IPv6. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Reads what `formatHostPort` wrote or a person typed; null: it is none. */
export function parseHostPort(text: string): HostPort | null {
  const match = /^(?:\[([^\]\s]{1,100})\]|([^:[\]\s]{1,253})):(\d{1,5})$/.exec(
    text.trim(),
  );
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port >= 1 && port <= 65_535)) return null;
  return { host, port };
}
