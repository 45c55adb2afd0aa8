/** Where the node is and how to be let in. */
export interface NodeAddress {
  readonly url: string;
  /** Null: the page is open on another device, and a login's cookie lets it in. */
  readonly token: string | null;
}

const tokenKey = "reelfarm-token";

/**
 * From the page's own address. The token is taken out of the address bar, so
 * that it is in no history, bookmark or screenshot; a reload finds it in the
 * tab's own storage. Null: no token was ever given. A page over TLS comes from
 * the listener for other devices, which knows no token.
 */
export function readAddress(
  location: Location,
  storage: Storage,
  history: History,
): NodeAddress | null {
  const page = new URL(location.href);
  if (page.protocol === "https:")
    return { url: `wss://${page.host}/ui`, token: null };
  const given = page.searchParams.get("token");
  if (given !== null) {
    storage.setItem(tokenKey, given);
    page.searchParams.delete("token");
    history.replaceState(null, "", page);
  }
  const token = given ?? storage.getItem(tokenKey);
  if (token === null) return null;
  return { url: `ws://${page.host}/ui`, token };
}
