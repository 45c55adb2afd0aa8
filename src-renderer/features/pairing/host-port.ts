/** The port a master listens on unless its owner chose another. */
const defaultPort = 47_600;

/** `host`, `host:port` or `[v6]:port`; null when it is none of them. */
export function readHostPort(
  text: string,
): { readonly host: string; readonly port: number } | null {
  const match = /^(?:\[([0-9a-f:.%a-z]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i.exec(
    text.trim(),
  );
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) return null;
  return { host, port };
}
