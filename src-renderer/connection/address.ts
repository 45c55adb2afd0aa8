/** Where the node is and how to be let in. */
export interface NodeAddress {
  readonly url: string;
  readonly token: string;
}

const tokenKey = "reelfarm-token";

/**
 * From the page's own address. The token is taken out of the address bar, so
 * that it is in no history, bookmark or screenshot; a reload finds it in the
 * tab's own storage. Null: no token was ever given.
 */
export function readAddress(
  location: Location,
  storage: Storage,
  history: History,
): NodeAddress | null {
  const page = new URL(location.href);
  const given = page.searchParams.get("token");
  if (given !== null) {
    storage.setItem(tokenKey, given);
    page.searchParams.delete("token");
    history.replaceState(null, "", page);
  }
  const token = given ?? storage.getItem(tokenKey);
  if (token === null) return null;
  const scheme = page.protocol === "https:" ? "wss" : "ws";
  return { url: `${scheme}://${page.host}/ui`, token };
}
