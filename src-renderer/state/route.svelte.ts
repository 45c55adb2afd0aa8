/** Which screen is shown; in the address's hash, so that back and reload work. */
export const screens = [
  "queue",
  "workers",
  "presets",
  "history",
  "settings",
] as const;
export type Screen = (typeof screens)[number];

export interface Place {
  readonly screen: Screen;
  /** What is opened on it, e.g. a job's id. */
  readonly item: string | null;
}

class Route {
  place = $state.raw<Place>(readPlace(location.hash));

  constructor() {
    addEventListener("hashchange", () => {
      this.place = readPlace(location.hash);
    });
  }

  go(screen: Screen, item: string | null = null): void {
    location.hash = item === null ? screen : `${screen}/${item}`;
  }
}

/** `#queue/ab12` → the queue with that job open; anything unknown is the queue. */
export function readPlace(hash: string): Place {
  const [name, ...rest] = hash.replace(/^#\/?/, "").split("/");
  const screen = screens.find((one) => one === name) ?? "queue";
  const item = rest.join("/");
  return { screen, item: item === "" ? null : decodeURIComponent(item) };
}

export const route = new Route();
